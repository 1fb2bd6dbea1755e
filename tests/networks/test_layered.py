"""The layered network against loops over neurons, and what layers mean for how fast a signal travels."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from networks.wiring import small_circuit
from premotor.connectome import Circuit, Provenance
from premotor.connectome.layers import colour_layers
from premotor.errors import PremotorError
from premotor.networks import LayeredNetwork, LayeredNetworkSettings


@eqx.filter_jit
def stepped(network: LayeredNetwork, rates: np.ndarray, current: np.ndarray) -> jax.Array:
    return network.step(network.product(), rates, current)


def plain_step(circuit: Circuit, network: LayeredNetwork, before: np.ndarray, current: np.ndarray) -> np.ndarray:
    """One step neuron by neuron: earlier layers count as they are now, all others as they were."""
    layers = colour_layers(circuit)
    number = {int(neuron): i for i, layer in enumerate(layers) for neuron in layer}
    ids, size = [int(i) for i in circuit.ids], len(circuit)
    weight = np.zeros((size, size))
    np.add.at(weight, (np.asarray(network.pre), np.asarray(network.post)), np.asarray(network.weight))
    bias = np.asarray(network.bias).tolist()
    junctions = [np.asarray(part).tolist() for part in (network.junction_a, network.junction_b, network.conductance)]
    after = np.zeros_like(before)
    for layer in layers:
        for neuron in layer:
            post = ids.index(int(neuron))
            total = current[post] + bias[post]
            for pre in range(size):
                earlier = number[ids[pre]] < number[ids[post]]
                total = total + weight[pre, post] * (after if earlier else before)[pre]
            for a, b, g in zip(*junctions, strict=True):
                for one, other in ((a, b), (b, a)):
                    if one == post:
                        total = total + g * (before[other] - before[one])
            after[post] = np.maximum(np.tanh(total), 0)
    return after


def test_a_step_is_that_of_loops_over_layers_and_neurons() -> None:
    circuit, random = small_circuit(), np.random.default_rng(0)
    network = LayeredNetwork(circuit)
    assert len(network.members) > 2
    rates = random.random((14, 3)).astype(np.float32)
    for _ in range(3):
        current = random.normal(size=(14, 3)).astype(np.float32)
        found = stepped(network, rates, current)
        np.testing.assert_allclose(found, plain_step(circuit, network, rates, current), rtol=1e-4, atol=1e-5)
        rates = np.asarray(found)


def chain(classes: list[str], edges: list[tuple[int, int]]) -> Circuit:
    size = len(classes)
    counts = np.zeros((size, size), np.int64)
    for pre, post in edges:
        counts[pre, post] = 5
    table = {name: [""] * size for name in ("type", "transmitter", "side")}
    table |= {"class": classes, "sign": np.ones(size, np.int8)}
    neurons = pd.DataFrame(table, index=pd.Index(range(size), name="id"))
    return Circuit(neurons, csr_array(counts), None, Provenance("chain"))


def test_forward_connections_act_at_once_and_backward_ones_a_step_later() -> None:
    """0 → 1 → 2 with 2 a motor neuron, and 2 → 0 back: input at 0 is at 2 in the same step."""
    circuit = chain(["interneuron", "interneuron", "motor"], [(0, 1), (1, 2), (2, 0)])
    network = LayeredNetwork(circuit, LayeredNetworkSettings(first=0, bias=0.0, activation="tanh"))
    silent = np.asarray(network.initial_state(1))
    pulse = np.eye(1, 3, dtype=np.float32).T
    first = stepped(network, silent, pulse)
    assert (np.asarray(first) > 0).all()
    second = stepped(network, first, silent)
    assert float(second[0, 0]) > 0  # through 2 → 0
    cut = eqx.tree_at(lambda n: n.synapse_on, network, jnp.asarray(np.asarray(network.pre) != 2, jnp.float32))
    assert float(stepped(cut, first, silent)[0, 0]) == 0


def test_the_sum_of_both_parts_is_the_circuit() -> None:
    network = LayeredNetwork(small_circuit())
    whole = np.zeros((14, 14), np.float32)
    for pre, post, value in zip(*map(np.asarray, (network.pre, network.post, network.weight)), strict=True):
        whole[post, pre] += value
    junctions = map(np.asarray, (network.junction_a, network.junction_b, network.conductance))
    for a, b, g in zip(*junctions, strict=True):
        whole[a, b] += g
        whole[b, a] += g
        whole[a, a] -= g
        whole[b, b] -= g
    np.testing.assert_allclose(eqx.filter_jit(lambda n, x: n.product()(x))(network, np.eye(14)), whole, atol=1e-6)


def test_a_first_neuron_that_is_none_is_refused() -> None:
    with pytest.raises(PremotorError, match="first is 7"):
        LayeredNetwork(small_circuit(), LayeredNetworkSettings(first=7))


@pytest.mark.parametrize("plain", [False, pytest.param(True, marks=pytest.mark.slow)])  # every operation by itself
def test_gradients_reach_every_synapse_and_jit_and_no_jit_agree(plain: bool) -> None:
    network = LayeredNetwork(small_circuit())
    current = np.random.default_rng(1).normal(size=(14, 4))

    def total(magnitudes: jax.Array) -> jax.Array:
        changed = eqx.tree_at(lambda n: n.log_magnitude, network, magnitudes)
        product, state = changed.product(), changed.initial_state(4) + 0.5
        for _ in range(2):
            state = changed.step(product, state, current)
        return (state**2).sum()

    fast, gradient = jax.jit(jax.value_and_grad(total))(network.log_magnitude)
    if plain:
        np.testing.assert_allclose(fast, total(network.log_magnitude), rtol=1e-4)
    assert (np.asarray(gradient) != 0).mean() > 0.5
