"""Weights from counts: each rule against a dense restatement."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from connectome.circuits import circuit_of, circuits
from premotor import PremotorError
from premotor.connectome import load_circuit, weights


def dense(circuit):
    return circuit.synapses.toarray().astype(float), circuit.neurons["sign"].to_numpy().astype(float)[:, None]


RULES = {
    "count": lambda counts: counts,
    "logarithm": lambda counts: np.log(1 + counts),
    "square_root": np.sqrt,
    "lif": lambda counts: counts * 0.275,
    "vnc": lambda counts: counts * 0.03,
    "input_fraction": lambda counts: counts / np.maximum(counts.sum(axis=0, keepdims=True), 1),
}


@pytest.mark.parametrize("name", RULES)
@given(circuits())
def test_simple_rules(name, circuit):
    counts, sign = dense(circuit)
    result = weights.weight_rule(name)(circuit)
    np.testing.assert_allclose(result.toarray(), sign * RULES[name](counts), rtol=1e-12)
    assert result.dtype == np.float64
    assert np.array_equal(result.indices, circuit.synapses.indices)


@given(circuits(), st.sampled_from(["normal", "uniform"]), st.booleans(), st.integers(0, 99))
def test_random_weights_keep_signs_and_support(circuit, law, offset, seed):
    result = weights.random(circuit, seed, law, offset=offset)
    counts, sign = dense(circuit)
    assert np.array_equal(np.sign(result.toarray()), np.sign(counts * sign))
    again = weights.random(circuit, seed, law, offset=offset)
    assert np.array_equal(result.data, again.data)


@pytest.mark.parametrize(("law", "variance"), [("normal", 1.0), ("uniform", 1 / 3)])
def test_random_weights_have_the_published_spread(law, variance):
    counts = np.full((150, 150), 10)
    counts[:, 75:] = 40
    circuit = circuit_of(counts)
    for half, spread in ((slice(None, 75), 3 * np.exp(2 * (10 / 40 - 1))), (slice(75, None), 3.0)):
        centred = weights.random(circuit, 1, law).toarray()[:, half]
        assert np.mean(centred**2) == pytest.approx(variance * spread**2, rel=0.05)
        offset = weights.random(circuit, 1, law, offset=True).toarray()[:, half]
        assert np.mean(offset**2) == pytest.approx(variance + spread**2, rel=0.05)


def test_sinkhorn_treats_each_sign_by_itself():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 50, (12, 12))
    both = weights.sinkhorn(circuit_of(counts, signs=[1] * 6 + [-1] * 6)).toarray()
    # Six rows of one half are 3, twelve columns of one half are 6: only the columns can be exact.
    np.testing.assert_allclose(both[:6].sum(axis=0), 0.5)
    np.testing.assert_allclose(both[6:].sum(axis=0), -0.5)
    without = counts.copy()
    without[6:] = 0
    alone = weights.sinkhorn(circuit_of(without, signs=[1] * 6 + [-1] * 6)).toarray()
    np.testing.assert_allclose(alone[:6], both[:6])


def test_sinkhorn_of_a_full_matrix_is_doubly_balanced():
    rng = np.random.default_rng(0)
    for sign in (1, -1):
        circuit = circuit_of(rng.integers(1, 50, (9, 9)), signs=[sign] * 9)
        result = sign * weights.sinkhorn(circuit).toarray()
        np.testing.assert_allclose(result.sum(axis=0), 0.5)
        np.testing.assert_allclose(result.sum(axis=1), 0.5)
        # Scaling rows and columns keeps every ratio a·d / (b·c) of four entries.
        counts = circuit.synapses.toarray().astype(float)
        for a, b, c, d in rng.integers(0, 9, (20, 4)):
            ratio = [m[a, b] * m[c, d] / (m[a, d] * m[c, b]) for m in (result, counts)]
            assert ratio[0] == pytest.approx(ratio[1])


@given(circuits(), st.floats(0.1, 3.0))
def test_scaling_to_a_spectral_radius(circuit, radius):
    result = weights.count(circuit)
    present = np.abs(np.linalg.eigvals(result.toarray())).max()
    assert weights.spectral_radius(result) == pytest.approx(present)
    assume(present > 1e-3)
    scaled = weights.with_spectral_radius(result, radius)
    np.testing.assert_allclose(scaled.toarray(), result.toarray() * (radius / present))


def test_the_radius_of_a_large_circuit_is_the_same_by_iteration(monkeypatch):
    result = weights.input_fraction(load_circuit("celegans"))
    exact = weights.spectral_radius(result)
    monkeypatch.setattr(weights, "_DENSE", 10)
    assert weights.spectral_radius(result) == pytest.approx(exact)


def test_the_leg_circuit_is_normalised_by_input():
    circuit = load_circuit("fly-leg")
    total = np.abs(weights.input_fraction(circuit).toarray()).sum(axis=0)
    unknown = (circuit.neurons["sign"] == 0).to_numpy()
    received = circuit.synapses.toarray()
    untouched = (received[unknown].sum(axis=0) == 0) & (received.sum(axis=0) > 0)
    np.testing.assert_allclose(total[untouched], 1.0)


@pytest.mark.parametrize(
    ("call", "pattern"),
    [
        (lambda c: weights.weight_rule("sqrt"), "no weight rule 'sqrt'.*there are count, input_fraction"),
        (lambda c: weights.random(c, law="cauchy"), "law is 'cauchy'"),
        (lambda c: weights.with_spectral_radius(weights.count(c), 0.0), "radius is 0.0"),
        (lambda c: weights.with_spectral_radius(weights.count(c), float("nan")), "radius is nan"),
        (
            lambda c: weights.with_spectral_radius(weights.count(circuit_of([[0, 1], [0, 0]])), 1.0),
            "radius of 0",
        ),
    ],
)
def test_bad_arguments(call, pattern):
    with pytest.raises(PremotorError, match=pattern):
        call(load_circuit("fly-cpg"))
