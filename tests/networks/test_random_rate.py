"""The random rate network against an independent step, its statistics and Dale's law."""

import equinox as eqx
import jax
import numpy as np
import pytest

from premotor import PremotorError, load_circuit
from premotor.networks import RandomRateNetwork, RandomRateSettings, network_arrays, started_from
from premotor.networks.random_rate import random_matrix
from tiny import tiny_circuit


@pytest.fixture(scope="module")
def circuit(tmp_path_factory):
    return load_circuit(tiny_circuit(tmp_path_factory.mktemp("circuit") / "tiny"))


def oracle(matrix, state, kind, gain, shift, dt, current):
    """One step, neuron by neuron."""
    size = len(state)
    after = np.empty(size)
    for i in range(size):
        total = 0.0
        for j in range(size):
            x = state[j]
            rate = {
                "tanh": np.tanh(x),
                "stretched_tanh": np.tanh(gain * (x - shift)),
                "positive_tanh": 0.5 * (1 + np.tanh(gain * (x - shift))),
            }[kind]
            total += matrix[i, j] * rate
        after[i] = (1 - dt) * state[i] + dt * (total + current[i])
    return after


@pytest.mark.parametrize("kind", ["tanh", "stretched_tanh", "positive_tanh"])
def test_a_step_is_that_of_the_equation(kind):
    settings = RandomRateSettings(neurons=7, activation=kind, gain=1.7, shift=0.3, dt=0.2, coupling=2.0)
    rng = np.random.default_rng(0)
    state, current = rng.standard_normal((2, 7))
    with jax.enable_x64(True):
        network = RandomRateNetwork.random(settings, seed=3)
        after = eqx.filter_jit(lambda n, x, u: n.step(n.product(), x, u))(network, state[:, None], current[:, None])
    wanted = oracle(2.0 * random_matrix(7, 3), state, kind, 1.7, 0.3, 0.2, current)
    assert np.allclose(np.asarray(after)[:, 0], wanted, rtol=1e-12)


def test_random_weights_have_the_variance_of_g_and_no_loops():
    network = RandomRateNetwork.random(RandomRateSettings(neurons=400, coupling=1.5), seed=1)
    weight = np.asarray(network.weight)
    assert len(weight) == 400 * 399
    assert (np.asarray(network.pre) != np.asarray(network.post)).all()
    assert weight.std() == pytest.approx(1.5 / np.sqrt(400), rel=0.01)
    assert abs(weight.mean()) < 4 * 1.5 / np.sqrt(400) / 400
    assert np.array_equal(weight, RandomRateNetwork.random(RandomRateSettings(neurons=400), seed=1).weight)


def test_a_circuit_keeps_dales_law_and_its_synapses(circuit):
    network = RandomRateNetwork.from_circuit(circuit, RandomRateSettings(coupling=3.0, weights="input_fraction"))
    sign = circuit.neurons["sign"].to_numpy()
    assert np.array_equal(np.sign(network.weight), sign[np.asarray(network.pre)])
    pairs = set(zip(np.asarray(network.pre).tolist(), np.asarray(network.post).tolist(), strict=True))
    rows, columns = circuit.synapses.nonzero()
    assert pairs == {(a, b) for a, b in zip(rows.tolist(), columns.tolist(), strict=True) if a != b and sign[a]}
    total = np.bincount(np.asarray(network.post), weights=np.abs(network.weight), minlength=len(circuit))
    assert np.allclose(total[total > 0], 3.0, rtol=1e-5)


def test_it_starts_from_the_parameters_of_another(circuit):
    one = RandomRateNetwork.from_circuit(circuit, RandomRateSettings(coupling=3.0, shift=0.5))
    other = RandomRateNetwork.from_circuit(circuit, RandomRateSettings(coupling=1.0))
    started = started_from(other, network_arrays(one, circuit.ids), circuit.ids, "file")
    assert np.array_equal(started.weight, one.weight) and np.array_equal(started.shift, one.shift)
    with pytest.raises(PremotorError, match="file is of 12 other neurons"):
        started_from(other, network_arrays(one, circuit.ids + 1), circuit.ids, "file")
    arrays = network_arrays(one, circuit.ids)
    with pytest.raises(PremotorError, match="other edges.*pre differs"):
        started_from(other, {**arrays, "pre": arrays["pre"][::-1]}, circuit.ids, "file")
    del arrays["shift"]
    with pytest.raises(PremotorError, match="no shift"):
        started_from(other, arrays, circuit.ids, "file")
