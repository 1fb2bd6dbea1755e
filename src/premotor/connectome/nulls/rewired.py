"""Null model: the same neurons, degrees, signs and classes, other partners."""

import numpy as np
from scipy.sparse import csr_array

from premotor.connectome.circuit import Circuit
from premotor.connectome.nulls.base import NULL_MODELS, null_circuit
from premotor.connectome.nulls.blocks import (
    edge_groups,
    edges,
    gap_groups,
    matrix_of,
    pairs,
    symmetric_of,
)
from premotor.connectome.nulls.swaps import EdgeList, swap

SWAPS_PER_EDGE = 10.0
"""Enough that more does not change which fraction of the edges has moved (`edges_moved` in the record)."""


@NULL_MODELS.register("rewired")
def rewired(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit with its edges rewired at random: degrees, signs and classes are kept.

    Kept exactly: the neuron table; for every neuron its number of outgoing edges to each class and its number
    of incoming edges from each class and sign; the counts of every neuron's outgoing edges to each class (so
    the multiset of all counts). Self-connections stay where they are, and no new one is made. Everything else
    is as random as at least `swaps_per_edge` accepted double-edge swaps an edge make it, in every block of
    (presynaptic sign and class, postsynaptic class) that allows enough swaps. Gap junctions are rewired
    likewise, symmetric, by pairs of classes: every neuron keeps its number of partners of each class. What reaches
    muscles or motor modules stays as it is (see `rewired_neuromuscular`, `rewired_all`).

    The last step of the result's provenance says how many swaps there were and which fraction of the edges
    lies where the circuit has none.
    """
    rng = np.random.default_rng(seed)
    size = len(circuit)
    pre, post, count = edges(circuit.synapses)
    loose = np.flatnonzero(pre != post)
    chemical = EdgeList(pre[loose], post[loose], edge_groups(circuit, pre[loose], post[loose]))
    swaps = swap(chemical, size, rng, swaps_per_edge)
    post[loose] = chemical.head
    arguments = {"seed": seed, "swaps_per_edge": swaps_per_edge, "swaps": swaps}
    gaps = circuit.gap_junctions
    if gaps is not None:
        gaps, arguments["gap_junction_swaps"] = _rewired_gaps(circuit, gaps, rng, swaps_per_edge)
    return null_circuit(circuit, matrix_of(size, pre, post, count), gaps, "rewired", arguments)


def _rewired_gaps(
    circuit: Circuit, gaps: csr_array, rng: np.random.Generator, swaps_per_edge: float
) -> tuple[csr_array, int]:
    a, b, count = pairs(gaps)
    loose = np.flatnonzero(a != b)
    junctions = EdgeList(*gap_groups(circuit, a[loose], b[loose]))
    swaps = swap(junctions, len(circuit), rng, swaps_per_edge)
    a[loose], b[loose] = junctions.tail, junctions.head
    return symmetric_of(len(circuit), a, b, count), swaps
