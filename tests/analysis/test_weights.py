"""Weights before and after learning."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from premotor.analysis import by_class_pair, sorted_by_class, weight_change, weight_matrix
from premotor.errors import PremotorError

CLASSES = ["motor", "sensory", "interneuron", ""]


def test_the_change_of_known_weights():
    found = weight_change([1, -1, 2, -4, 0, 3], [2, -4, 2, 4, 5, 0])
    assert (found.synapses, found.sign_changes, found.appeared, found.vanished) == (6, 1, 1, 1)
    assert found.median_log2_ratio == pytest.approx(0.5)  # of 1, 2, 0, 0
    assert found.changed_twofold == 0.5
    assert found.correlation == pytest.approx(np.corrcoef([0, 0, 1, 2], [1, 2, 1, 2])[0, 1])


def test_weights_that_only_grew_keep_their_correlation():
    before = np.array([0.1, -0.5, 2.0, -3.0])
    found = weight_change(before, 4 * before)
    assert found.correlation == pytest.approx(1)
    assert (found.low_log2_ratio, found.high_log2_ratio) == (pytest.approx(2), pytest.approx(2))
    assert found.changed_twofold == 1


def test_no_synapses_give_nan():
    found = weight_change([], [])
    assert found.synapses == 0
    assert np.isnan(found.median_log2_ratio)
    assert np.isnan(found.correlation)


@given(data=st.data(), count=st.integers(0, 30))
def test_class_pairs_split_the_synapses(data, count):
    pre = data.draw(st.lists(st.sampled_from(CLASSES), min_size=count, max_size=count))
    post = data.draw(st.lists(st.sampled_from(CLASSES), min_size=count, max_size=count))
    before = np.arange(count) + 1.0
    pairs = by_class_pair(pre, post, before, -before)
    positions = [int(i) for pair in pairs for i in pair.index]
    assert sorted(positions) == list(range(count))
    sizes = [len(pair.index) for pair in pairs]
    assert sizes == sorted(sizes, reverse=True)
    for pair in pairs:
        assert all((pre[i], post[i]) == (pair.pre, pair.post) for i in pair.index)
        assert (pair.before == before[pair.index]).all()
        assert pair.change.sign_changes == len(pair.index)


@given(classes=st.lists(st.sampled_from(CLASSES), max_size=30), seed=st.integers(0, 9))
def test_sorting_by_class_is_a_permutation_in_blocks(classes, seed):
    value = np.random.default_rng(seed).normal(size=len(classes))
    order, blocks = sorted_by_class(classes, ["sensory", "interneuron"], value)
    assert sorted(order.tolist()) == list(range(len(classes)))
    assert [b[0] for b in blocks][:1] in ([], *[[c] for c in CLASSES])
    ranked = [classes[i] for i in order]
    for name, start, end in blocks:
        assert ranked[start:end] == [name] * classes.count(name)
        assert (np.diff(value[order[start:end]]) >= 0).all()
    known = [b[0] for b in blocks if b[0] in ("sensory", "interneuron")]
    assert [b[0] for b in blocks][: len(known)] == [c for c in ("sensory", "interneuron") if c in classes]


@given(weight=arrays(float, 12, elements=st.floats(-5, 5)), seed=st.integers(0, 9))
def test_the_matrix_holds_every_synapse_once(weight, seed):
    random = np.random.default_rng(seed)
    pre, post, order = random.integers(0, 5, 12), random.integers(0, 5, 12), random.permutation(5)
    matrix = weight_matrix(pre, post, weight, order)
    oracle = np.zeros((5, 5))
    for a, b, w in zip(pre, post, weight, strict=True):
        oracle[a, b] += w
    assert matrix == pytest.approx(oracle[np.ix_(order, order)])


def test_bad_weights_are_refused():
    with pytest.raises(PremotorError, match="two equal"):
        weight_change([1, 2], [1])
    with pytest.raises(PremotorError, match="not finite"):
        weight_change([1, np.nan], [1, 2])
    with pytest.raises(PremotorError, match="classes"):
        by_class_pair(["a"], ["a", "b"], [1, 2], [1, 2])
