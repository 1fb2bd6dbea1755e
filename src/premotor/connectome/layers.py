"""Layers of a recurrent circuit by colouring its graph (the BrainRNN project).

Within a layer no two neurons are connected, so that one step of activity can pass through the layers in turn:
connections to later layers act at once, connections back act on the next step.
"""

import numpy as np

from premotor.connectome.circuit import Circuit
from premotor.errors import PremotorError


def colour_layers(circuit: Circuit, first: int | None = None, *, last: str = "motor") -> list[np.ndarray]:
    """Return the layers of a circuit as lists of ids, int64 each, in the order of the neuron table.

    The neurons that are not of the class `last` are coloured greedily, those with most partners first (ties
    in the order of the table): each takes the lowest colour that none of its partners, presynaptic or
    postsynaptic, has. Each colour is a layer; that of the neuron `first` (an id) comes first, the others in
    the order of the colours. Neurons of the class `last` are the last layer, whatever connects them.

    The published layers of the standard leg circuit are these, except that the original took positions in the
    list of interneurons for positions in the list of all neurons, so that it lists other ids.

    Raises:
        PremotorError: `first` is not one of the coloured neurons.
    """
    final = (circuit.neurons["class"] == last).to_numpy()
    inner = np.flatnonzero(~final)
    ids = circuit.ids
    if first is not None and first not in ids[inner]:
        raise PremotorError(f"first is {first!r}; it has to be the id of a neuron that is not {last}")
    colours = _greedy(circuit, inner)
    order = list(range(int(colours.max(initial=-1)) + 1))
    if first is not None:
        start = int(colours[np.flatnonzero(ids[inner] == first)[0]])
        order = [start, *(colour for colour in order if colour != start)]
    layers = [ids[inner[colours == colour]] for colour in order]
    return [*layers, ids[final]] if final.any() else layers


def layer_numbers(circuit: Circuit, layers: list[np.ndarray]) -> np.ndarray:
    """Return the layer of each neuron, int64 (neurons,), counted from 0; −1 where no layer lists it.

    Raises:
        PremotorError: a neuron that the circuit lacks, or in two layers.
    """
    number = dict.fromkeys((int(neuron) for neuron in circuit.ids), -1)
    for place, layer in enumerate(layers):
        for neuron in layer:
            if number.get(int(neuron)) != -1:
                where = "in two layers" if int(neuron) in number else "no neuron of the circuit"
                raise PremotorError(f"the layers list {int(neuron)}, which is {where}")
            number[int(neuron)] = place
    return np.array(list(number.values()), dtype=np.int64)


def _greedy(circuit: Circuit, inner: np.ndarray) -> np.ndarray:
    """Return the colour of each of the neurons, int64; partners have different ones."""
    wiring = circuit.synapses[inner][:, inner]
    partners = (wiring + wiring.T.tocsr()).tocsr()
    # A self-connection counts twice towards the degree, as is usual for graphs.
    degree = np.diff(partners.indptr) + (partners.diagonal() > 0)
    colours = np.full(inner.size, -1, np.int64)
    for neuron in np.argsort(-degree, kind="stable"):
        taken = colours[partners.indices[partners.indptr[neuron] : partners.indptr[neuron + 1]]]
        free = np.ones(taken.size + 1, bool)
        free[taken[(taken >= 0) & (taken <= taken.size)]] = False
        colours[neuron] = int(np.argmax(free))
    return colours
