"""Null models: the same graph, with the counts of its edges or the places of its neurons exchanged."""

import numpy as np
from scipy.sparse import csr_array

from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import tidy
from premotor.connectome.effectors import effector_matrix
from premotor.connectome.nulls.base import NULL_MODELS, null_circuit
from premotor.connectome.nulls.blocks import (
    codes,
    edge_groups,
    edges,
    gap_groups,
    matrix_of,
    pairs,
    source_groups,
    symmetric_of,
)
from premotor.connectome.selection import closest
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError


@NULL_MODELS.register("shuffled_weights")
def shuffled_weights(circuit: Circuit, seed: int = 0, *, neuromuscular: bool = False) -> Circuit:
    """Return the circuit with its counts permuted over its edges, within blocks.

    Kept exactly: the neuron table, which pairs are connected, and the multiset of counts of every block of
    (presynaptic sign and class, postsynaptic class), so that no class wins or loses synapses. Gap junctions
    are permuted likewise by pairs of classes and stay symmetric. With `neuromuscular` the counts of synapses and gap
    junctions onto effectors are permuted, too, by sign and class of the neuron; else they stay as they are.
    """
    rng = np.random.default_rng(seed)
    pre, post, count = edges(circuit.synapses)
    count = _permuted(count, edge_groups(circuit, pre, post), rng)
    gaps = circuit.gap_junctions
    if gaps is not None:
        a, b, junctions = pairs(gaps)
        a, b, group, _ = gap_groups(circuit, a, b)
        gaps = symmetric_of(len(circuit), a, b, _permuted(junctions, group, rng))
    synapses = matrix_of(len(circuit), pre, post, count)
    onto = None
    if neuromuscular:
        onto = (
            _shuffled_links(circuit, circuit.neuromuscular, rng),
            _shuffled_links(circuit, circuit.muscle_junctions, rng),
        )
    name = "shuffled_weights_all" if neuromuscular else "shuffled_weights"
    return null_circuit(circuit, synapses, gaps, name, {"seed": seed}, onto_effectors=onto)


def _shuffled_links(circuit: Circuit, matrix: csr_array, rng: np.random.Generator) -> csr_array:
    row, column, count = edges(matrix)
    count = _permuted(count, source_groups(circuit, row), rng)
    return effector_matrix(len(circuit), len(circuit.effectors), row, column, count)


def _permuted(values: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the values permuted at random within each group."""
    into = np.argsort(group, kind="stable")
    out = np.lexsort((rng.random(values.size), group))
    result = values.copy()
    result[into] = values[out]
    return result


@NULL_MODELS.register("shuffled_identities")
def shuffled_identities(circuit: Circuit, seed: int = 0, *, within: str | None = None) -> Circuit:
    """Return the circuit with its neurons' identities permuted over the nodes of the graph.

    Kept exactly: the neuron table, in its order, and the graph of chemical synapses and gap junctions with
    its counts, up to the names of its nodes. A neuron takes its type, class, transmitter, sign and effectors along,
    so that a sensory neuron may sit where a motor neuron was. With `within`, the name of a column ("class",
    "sign"), only neurons that are equal in it change places.

    Raises:
        PremotorError: the neuron table has no such column.
    """
    rng = np.random.default_rng(seed)
    if within is not None and within not in circuit.neurons:
        names = [str(name) for name in circuit.neurons.columns]
        raise PremotorError(
            f"the neuron table has no column {within!r}{closest(within, names)}; it has {listed(names)}"
        )
    kind = np.zeros(len(circuit), np.int64) if within is None else codes(circuit.neurons[within].astype("str"))
    node = np.empty(len(circuit), np.int64)
    node[np.argsort(kind, kind="stable")] = np.lexsort((rng.random(len(circuit)), kind))
    synapses = tidy(circuit.synapses[node][:, node])
    gaps = None if circuit.gap_junctions is None else tidy(circuit.gap_junctions[node][:, node])
    arguments = {"seed": seed} if within is None else {"seed": seed, "within": within}
    return null_circuit(circuit, synapses, gaps, "shuffled_identities", arguments)
