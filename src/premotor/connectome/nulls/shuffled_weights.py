"""Null model: the same edges, their counts exchanged among them."""

import numpy as np

from premotor.connectome.circuit import Circuit
from premotor.connectome.nulls.blocks import (
    edge_groups,
    edges,
    gap_groups,
    matrix_of,
    null_circuit,
    pairs,
    symmetric_of,
)


def shuffled_weights(circuit: Circuit, seed: int = 0) -> Circuit:
    """Return the circuit with its counts permuted over its edges, within blocks.

    Kept exactly: the neuron table, which pairs are connected, and the multiset of counts of every block of
    (presynaptic sign and class, postsynaptic class), so that no class wins or loses synapses. Gap junctions
    are permuted likewise by pairs of classes and stay symmetric.
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
    return null_circuit(circuit, synapses, gaps, "shuffled_weights", {"seed": seed})


def _permuted(values: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the values permuted at random within each group."""
    into = np.argsort(group, kind="stable")
    out = np.lexsort((rng.random(values.size), group))
    result = values.copy()
    result[into] = values[out]
    return result
