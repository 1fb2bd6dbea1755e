"""Networks of ours as maps, alone and driven."""

import jax.numpy as jnp
import numpy as np
import pytest

import premotor as pm
from premotor.analysis import attractor_kind, lyapunov_spectrum, network_map
from premotor.networks import RateNetworkSettings
from tiny import tiny_circuit


@pytest.fixture(scope="module")
def circuit(tmp_path_factory):
    return pm.load_circuit(tiny_circuit(tmp_path_factory.mktemp("circuit") / "tiny"))


@pytest.fixture(scope="module")
def network(circuit):
    return pm.RateNetwork(circuit, RateNetworkSettings(activation="tanh", substeps=1, gain=1.5))


def test_a_rate_network_has_the_exponents_of_its_jacobian(network):
    """At a fixed point the exponents are ln |eigenvalues| of the step's Jacobian, built here from the wiring."""
    step = network_map(network, current=0.2)
    assert step.dt == network.control_period
    spectrum = lyapunov_spectrum(step, np.zeros(12), steps=4000, dt=step.dt)
    assert attractor_kind(spectrum) == "fixed point"
    rates = spectrum.state
    wiring = np.zeros((12, 12))
    np.add.at(wiring, (np.asarray(network.post), np.asarray(network.pre)), np.asarray(network.weight, np.float64))
    for a, b, g in zip(network.junction_a, network.junction_b, np.asarray(network.conductance, float), strict=True):
        wiring[a, b] += g
        wiring[b, a] += g
        wiring[a, a] -= g
        wiring[b, b] -= g
    blend = 1 - np.exp(-network.control_period / 0.015)
    slope = 1.5 * (1 - np.tanh(1.5 * (wiring @ rates + 0.2 + 0.3)) ** 2)
    jacobian = (1 - blend) * np.eye(12) + blend * slope[:, None] * wiring
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(jacobian))))[::-1] / step.dt
    np.testing.assert_allclose(spectrum.exponents[0], expected[0], rtol=1e-4)
    np.testing.assert_allclose(spectrum.exponents.sum(), expected.sum(), rtol=1e-4)


def test_conditional_exponents_under_an_input(network):
    step = network_map(network, into=[0, 1])
    drive = np.random.default_rng(0).normal(size=(600, 2))
    options = {"exponents": 2, "steps": 500, "dt": step.dt}
    given = lyapunov_spectrum(step, np.zeros(12), inputs=drive, **options)
    table = jnp.asarray(drive)
    function = lyapunov_spectrum(step, np.zeros(12), inputs=lambda index: table[index], **options)
    np.testing.assert_allclose(given.exponents, function.exponents, atol=1e-5)
    assert given.driven and given.exponents[0] < 0
    # Driven, it forgets its initial state, as a negative first exponent says.
    other = lyapunov_spectrum(step, np.ones(12), inputs=drive, **options)
    np.testing.assert_allclose(other.state, given.state, atol=1e-9)
    alone = lyapunov_spectrum(network_map(network), np.zeros(12), **options)
    assert abs(alone.exponents[0] - given.exponents[0]) > 1


def test_replicates_of_a_vnc_network(circuit):
    network = pm.VNCNetwork(circuit, replicates=3)
    current = np.linspace(10, 30, 12)
    every = network_map(network, current)
    options = {"exponents": 3, "steps": 200, "dt": every.dt, "qr_interval": 5}
    batch = lyapunov_spectrum(every, np.ones((3, 12)), parameters=jnp.arange(3), **options)
    one = lyapunov_spectrum(network_map(network, current, replicate=1), np.ones(12), **options)
    np.testing.assert_allclose(batch.exponents[1], one.exponents, rtol=1e-6)
    assert len({tuple(row) for row in batch.exponents}) == 3
    tau = np.asarray(network.parameters[0])[:, 1]
    assert (one.exponents < 0).all() and one.exponents[0] >= -1 / tau.min()


def test_mistakes_are_told(network):
    with pytest.raises(pm.PremotorError, match=r"current has shape \(3,\)"):
        network_map(network, np.ones(3))
    with pytest.raises(pm.PremotorError, match="replicate is 1"):
        network_map(network, replicate=1)


def test_a_class_that_misses_members_is_told_which():
    class Half:
        neurons, replicates = 3, 1

    with pytest.raises(pm.PremotorError, match="the class Half has no period, product, step"):
        network_map(Half())
