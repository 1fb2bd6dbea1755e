"""Neurons that are held silent or driven: against synapses that carry nothing, and against a bias."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from networks.wiring import small_circuit
from premotor.networks import PerturbedNetwork, RateNetwork


@eqx.filter_jit
def stepped(network, state, current):
    return network.step(network.product(), state, current)


def rates(network, current, steps=20):
    state = np.asarray(network.initial_state(1))
    for _ in range(steps):
        state = stepped(network, state, current)
    return np.asarray(state)[:, 0]


@pytest.fixture(scope="module")
def network() -> RateNetwork:
    return RateNetwork(small_circuit())


@pytest.fixture(scope="module")
def current(network):
    return jnp.asarray(np.random.default_rng(0).normal(0.2, 0.2, (network.neurons, 1)), jnp.float32)


def perturbed(network, drive=None, silent=()):
    size = network.neurons
    drive = np.zeros(size) if drive is None else drive
    return PerturbedNetwork.of(network, drive, np.isin(np.arange(size), list(silent)))


def test_undisturbed_it_is_the_network_itself(network, current):
    np.testing.assert_allclose(rates(perturbed(network), current), rates(network, current), rtol=1e-6, atol=1e-7)


def test_without_a_silent_neuron_the_others_do_what_the_circuit_without_it_does(network, current):
    circuit = small_circuit()
    reached = np.asarray(np.abs(circuit.synapses).sum(1)).ravel() * rates(network, current)
    sender = int(np.argmax(reached))
    others = np.arange(network.neurons) != sender
    found = rates(perturbed(network, silent=[sender]), current)
    # the same weights in a dense network that lacks the neuron, integrated here
    edges, steps = network.edges(), 20 * network.substeps
    weight = np.zeros((network.neurons, network.neurons))
    np.add.at(weight, (edges.pre, edges.post), edges.weight)
    for a, b, g in zip(edges.junction_a, edges.junction_b, edges.conductance, strict=True):
        if sender not in (a, b):
            weight[a, b] += g
            weight[b, a] += g
            weight[[a, b], [a, b]] -= g
    keep = np.ix_(others, others)
    state, drive = np.zeros(others.sum()), np.asarray(current)[others, 0] + np.asarray(network.bias)[others]
    time_constant = np.exp(np.asarray(network.log_time_constant)[others])
    blend = 1 - np.exp(-network.control_period / network.substeps / time_constant)
    gain = np.exp(np.asarray(network.log_gain)[others])
    for _ in range(steps):
        state = state + blend * (np.maximum(np.tanh(gain * (weight[keep].T @ state + drive)), 0) - state)
    assert found[sender] == 0
    np.testing.assert_allclose(found[others], state, rtol=1e-4, atol=1e-6)
    assert np.abs(found[others] - rates(network, current)[others]).max() > 1e-3


def test_a_drive_is_a_bias(network, current):
    drive = np.linspace(-1, 1, network.neurons).astype(np.float32)
    biased = eqx.tree_at(lambda n: n.bias, network, network.bias + drive)
    np.testing.assert_allclose(rates(perturbed(network, drive), current), rates(biased, current), rtol=1e-5, atol=1e-7)
