"""Layers by colouring, and the published ones of the leg circuit."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from connectome.circuits import circuits
from premotor import PremotorError
from premotor.connectome import colour_layers, layer_numbers, load_circuit


def colour_by_loops(dense: np.ndarray) -> list[int]:
    """Greedy colouring, largest first, as a textbook states it."""
    size = len(dense)
    joined = [{j for j in range(size) if dense[i, j] or dense[j, i]} for i in range(size)]
    degree = [len(joined[i]) + (i in joined[i]) for i in range(size)]
    colour: dict[int, int] = {}
    for node in sorted(range(size), key=lambda i: degree[i], reverse=True):
        taken = {colour[other] for other in joined[node] if other in colour and other != node}
        colour[node] = next(number for number in range(size + 1) if number not in taken)
    return [colour[node] for node in range(size)]


@given(circuits())
def test_layers_are_the_colours_and_then_the_motor_neurons(circuit):
    layers = colour_layers(circuit)
    motor = (circuit.neurons["class"] == "motor").to_numpy()
    assert sorted(int(neuron) for layer in layers for neuron in layer) == sorted(map(int, circuit.ids))
    if motor.any():
        assert list(layers.pop()) == list(circuit.ids[motor])
    inner = np.flatnonzero(~motor)
    expected = colour_by_loops(circuit.synapses.toarray()[np.ix_(inner, inner)])
    assert [list(layer) for layer in layers] == [
        [int(circuit.ids[i]) for i, colour in zip(inner, expected, strict=True) if colour == number]
        for number in range(max(expected, default=-1) + 1)
    ]


@given(circuits(), st.integers(0, 11))
def test_no_two_neurons_of_a_layer_are_connected(circuit, which):
    inner = circuit.neurons.index[circuit.neurons["class"] != "motor"]
    if not len(inner):
        return
    first = int(inner[which % len(inner)])
    layers = colour_layers(circuit, first)
    assert first in layers[0]
    numbers = layer_numbers(circuit, layers)
    for layer in layers[: len(layers) - int((circuit.neurons["class"] == "motor").any())]:
        block = circuit.subset(layer).synapses.toarray()
        assert block.sum() == np.trace(block)
        assert len(set(numbers[np.isin(circuit.ids, layer)])) == 1


def test_the_published_layers_of_the_leg_circuit():
    circuit = load_circuit("fly-leg")
    lists = [[int(word) for word in text.split(";") if word] for text in circuit.neurons["published_layers"]]
    published = [[int(i) for i, own in zip(circuit.ids, lists, strict=True) if place in own] for place in range(12)]
    layers = colour_layers(circuit)
    assert circuit.neurons["layer"].tolist() == layer_numbers(circuit, layers).tolist()
    assert [len(layer) for layer in layers] == [len(layer) for layer in published]
    assert sorted(layers[-1].tolist()) == published[-1]
    # The original coloured the list of interneurons, but looked the positions up in the list of all neurons.
    inner = [int(number) for number in circuit.ids[circuit.neurons["class"] != "motor"]]
    mistaken = [sorted(int(circuit.ids[inner.index(int(neuron))]) for neuron in layer) for layer in layers[:-1]]
    assert mistaken == published[:-1]


def test_bad_layers():
    circuit = load_circuit("fly-cpg")
    with pytest.raises(PremotorError, match="first is 5; it has to be the id of a neuron"):
        colour_layers(circuit, 5)
    with pytest.raises(PremotorError, match="list 10093, which is in two layers"):
        layer_numbers(circuit, [np.array([10093]), np.array([10093])])
    with pytest.raises(PremotorError, match="list 7, which is no neuron"):
        layer_numbers(circuit, [np.array([7])])
