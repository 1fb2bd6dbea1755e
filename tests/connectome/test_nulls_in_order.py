"""Null models in the order of what they keep, from degrees alone upwards, and what that does to shortcuts."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from connectome.circuits import circuit_of, circuits
from connectome.wirings import code, degrees, edge_list, out_counts
from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit, nulls, pathways

seeds = st.integers(0, 2**31)


@given(circuits(), seeds)
def test_rewired_by_degree_keeps_degrees_and_no_more(circuit, seed):
    null = nulls.rewired_degree(circuit, seed=seed)
    before, after = (made.synapses.toarray() for made in (circuit, null))
    np.testing.assert_array_equal((before > 0).sum(0), (after > 0).sum(0))
    np.testing.assert_array_equal(np.sort(before, axis=1), np.sort(after, axis=1))  # counts of outgoing edges
    np.testing.assert_array_equal(before.diagonal(), after.diagonal())
    if circuit.gap_junctions is not None:
        gaps, others = circuit.gap_junctions.toarray() > 0, null.gap_junctions.toarray() > 0
        np.testing.assert_array_equal(gaps.sum(0), others.sum(0))


def mutual(circuit: Circuit) -> dict:
    """Per neuron: partners in both directions, by class and sign."""
    dense = circuit.synapses.toarray() > 0
    both = dense & dense.T & ~np.eye(len(dense), dtype=bool)
    kind = list(zip(circuit.neurons["class"], circuit.neurons["sign"], strict=True))
    return dict(Counter((int(i), kind[j]) for i, j in zip(*np.nonzero(both), strict=True)))


@given(circuits(), seeds)
def test_rewired_reciprocal_keeps_reciprocal_partners_and_all_that_rewired_keeps(circuit, seed):
    null = nulls.rewired_reciprocal(circuit, seed=seed)
    assert mutual(null) == mutual(circuit)
    assert degrees(null) == degrees(circuit)
    assert out_counts(null) == out_counts(circuit)
    assert (null.synapses.diagonal() == circuit.synapses.diagonal()).all()


def test_rewired_reciprocal_mixes_and_rewired_loses_reciprocity():
    worm = load_circuit("celegans")
    null = nulls.rewired_reciprocal(worm, seed=0)
    assert mutual(null) == mutual(worm) and degrees(null) == degrees(worm)
    assert null.provenance.steps[-1]["arguments"]["edges_moved"] > 0.5
    assert sum(mutual(nulls.rewired(worm, seed=0)).values()) < 0.7 * sum(mutual(worm).values())


def test_rewired_reciprocal_is_uniform():
    # Three reciprocal pairs among six neurons of one class: 15 perfect matchings, each as likely.
    pairs = np.zeros((6, 6), int)
    for i in (0, 2, 4):
        pairs[i, i + 1] = pairs[i + 1, i] = 1
    circuit = circuit_of(pairs)
    found = Counter(code(nulls.rewired_reciprocal(circuit, seed=seed)) for seed in range(300))
    assert len(found) == 15
    assert sum((count - 20) ** 2 / 20 for count in found.values()) < 14 + 5 * np.sqrt(28)


@given(circuits(), seeds)
def test_rewired_triads_keeps_all_that_rewired_reciprocal_keeps(circuit, seed):
    null = nulls.rewired_triads(circuit, seed=seed, swaps_per_edge=2)
    assert mutual(null) == mutual(circuit)
    assert degrees(null) == degrees(circuit)
    assert out_counts(null) == out_counts(circuit)
    assert (null.synapses.diagonal() == circuit.synapses.diagonal()).all()
    assert edge_list(null) == edge_list(nulls.rewired_triads(circuit, seed=seed, swaps_per_edge=2))


def test_rewired_triads_keeps_the_counts_of_triads_and_moves_the_edges():
    networkx = pytest.importorskip("networkx", reason="networkx is not installed")

    def census(circuit: Circuit) -> dict[str, int]:
        return networkx.triadic_census(networkx.DiGraph(circuit.synapses.toarray()))

    leg = load_circuit("fly-leg")
    own, null = census(leg), nulls.rewired_triads(leg, seed=1)
    assert degrees(null) == degrees(leg) and mutual(null) == mutual(leg)
    assert all(abs(count - own[kind]) <= 0.01 * own[kind] for kind, count in census(null).items())
    said = null.provenance.steps[-1]["arguments"]
    assert said["edges_moved"] > 0.5 and said["triads_off"] <= 0.01
    lost = census(nulls.rewired_reciprocal(leg, seed=1))
    assert lost["300"] < 0.7 * own["300"] > 0  # triples that are connected in all directions
    from premotor.connectome.nulls.triad_counts import dyads_of, triad_counts

    counted = triad_counts(dyads_of(len(leg), *np.nonzero(leg.synapses.toarray())))
    assert sorted(counted) == sorted(own.values())


def test_rewired_triads_is_uniform_where_all_wirings_have_the_same_triads():
    # Three edges among six neurons: nine ways to pair tails with heads, of which those without a path are alike.
    made = np.zeros((6, 6), int)
    for i in (0, 2, 4):
        made[i, i + 1] = 1
    found = Counter(code(nulls.rewired_triads(circuit_of(made), seed=seed)) for seed in range(180))
    assert len(found) == 6  # tails stay tails: 3! pairings
    assert sum((count - 30) ** 2 / 30 for count in found.values()) < 5 + 5 * np.sqrt(10)


def test_rewired_triads_says_how_far_it_came_and_for_how_many_neurons_it_is(capsys, monkeypatch):
    from premotor.connectome.nulls import triads

    monkeypatch.setattr(triads, "SWEEPS", 0)
    nulls.rewired_triads(load_circuit("fly-leg"), seed=0)
    assert "the counts of triads are within" in capsys.readouterr().err
    monkeypatch.setattr(triads, "MOST_NEURONS", 100)
    with pytest.raises(PremotorError, match="is for 100 neurons at most, and the circuit has 143"):
        nulls.rewired_triads(load_circuit("fly-leg"))


def test_rewired_hemilineage_keeps_hemilineages_or_says_that_there_are_none():
    leg = load_circuit("fly-leg")
    null = nulls.rewired_hemilineage(leg, seed=2)
    named = leg.neurons["class"].astype("str") + leg.neurons["hemilineage"].astype("str")
    finer = [replace(c, neurons=c.neurons.assign(**{"class": named})) for c in (leg, null)]
    assert degrees(finer[0]) == degrees(finer[1]) and (leg.synapses != null.synapses).nnz
    with pytest.raises(PremotorError, match="rewired_hemilineage needs a column hemilineage or .* celegans does not"):
        nulls.rewired_hemilineage(load_circuit("celegans"))


@given(circuits(), seeds)
def test_rewired_distance_keeps_how_many_edges_are_how_long(circuit, seed):
    along = np.random.default_rng(1).random(len(circuit))
    circuit = replace(circuit, neurons=circuit.neurons.assign(x=along))
    null = nulls.rewired_distance(circuit, seed=seed)
    assert degrees(null) == degrees(circuit)
    length = np.abs(along[:, None] - along)
    bins = np.digitize(length, np.quantile(length, np.linspace(0.1, 0.9, 9)))
    lengths = [Counter(int(bins[i, j]) for i, j, _ in edge_list(made)) for made in (circuit, null)]
    assert lengths[0] == lengths[1]


def test_rewired_distance_needs_places():
    with pytest.raises(PremotorError, match="needs every neuron's place in columns x, y, z, which celegans does not"):
        nulls.rewired_distance(load_circuit("celegans"))


def test_classes_keep_shortcuts_as_they_are_and_degrees_alone_do_not():
    worm = load_circuit("celegans")
    own = pathways(worm)
    assert own.start == "sensory" and own.reached > 0.9
    kept = [pathways(nulls.make_null(worm, name, 1)) for name in ("rewired", "rewired_reciprocal")]
    assert all(each.direct == own.direct and each.direct_edges == own.direct_edges for each in kept)
    free = pathways(nulls.rewired_degree(worm, seed=1))
    assert free.direct_edges > 1.5 * own.direct_edges and free.length < own.length - 0.3
    assert pathways(load_circuit("fly-leg")) is None  # it has neither sensory nor descending neurons
