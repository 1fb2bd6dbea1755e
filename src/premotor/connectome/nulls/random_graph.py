"""Null model: a random graph of the same size and number of edges."""

import numpy as np

from premotor.connectome.circuit import Circuit
from premotor.connectome.nulls.base import NULL_MODELS, null_circuit
from premotor.connectome.nulls.blocks import edges, matrix_of, pairs, symmetric_of


@NULL_MODELS.register("random_graph")
def random_graph(circuit: Circuit, seed: int = 0) -> Circuit:
    """Return a directed random graph on the same neurons (Erdős-Rényi with a fixed number of edges).

    Kept exactly: the neuron table (so every neuron's sign), and for the neurons of each sign together the
    number of outgoing edges, the number of self-connections, and the multiset of counts. Which neurons are
    connected is uniformly random. Gap junctions become a symmetric random graph with as many pairs and
    self-connections, and the same counts.
    """
    rng = np.random.default_rng(seed)
    size = len(circuit)
    pre, post, count = edges(circuit.synapses)
    sign = circuit.neurons["sign"].to_numpy()
    for value in (-1, 0, 1):
        sources = np.flatnonzero(sign == value)
        loop = pre == post
        for chosen, draw in (
            (np.flatnonzero((sign[pre] == value) & ~loop), _different),
            (np.flatnonzero((sign[pre] == value) & loop), _loops),
        ):
            pre[chosen], post[chosen] = draw(sources, size, chosen.size, rng)
            count[chosen] = rng.permutation(count[chosen])
    gaps = circuit.gap_junctions
    if gaps is not None:
        a, b, junctions = pairs(gaps)
        loop = a == b
        apart = np.flatnonzero(~loop)
        a[apart], b[apart] = _unordered(size, apart.size, rng)
        a[loop] = b[loop] = rng.choice(size, int(loop.sum()), replace=False)
        for chosen in (apart, np.flatnonzero(loop)):
            junctions[chosen] = rng.permutation(junctions[chosen])
        gaps = symmetric_of(size, a, b, junctions)
    return null_circuit(circuit, matrix_of(size, pre, post, count), gaps, "random_graph", {"seed": seed})


def _different(sources: np.ndarray, size: int, number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw different ordered pairs of different neurons, the first among `sources`."""
    picks = rng.choice(sources.size * (size - 1), number, replace=False)
    pre = sources[picks // max(size - 1, 1)]
    post = picks % max(size - 1, 1)
    return pre, post + (post >= pre)


def _loops(sources: np.ndarray, size: int, number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw different neurons among `sources`, each twice."""
    chosen = rng.choice(sources, number, replace=False) if number else sources[:0]
    return chosen, chosen


def _unordered(size: int, number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw different unordered pairs of different neurons; the first is the lower."""
    picks = rng.choice(size * (size - 1) // 2, number, replace=False)
    # Pair k lies in row b of the lower triangle, where b (b - 1) / 2 ≤ k < b (b + 1) / 2.
    b = ((1 + np.sqrt(1 + 8 * picks.astype(np.float64))) // 2).astype(np.int64)
    b -= b * (b - 1) // 2 > picks
    b += b * (b + 1) // 2 <= picks
    return picks - b * (b - 1) // 2, b
