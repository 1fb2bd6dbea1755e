"""Null model: the same degrees and classes, and the same numbers of reciprocal connections."""

import numpy as np

from premotor.connectome.circuit import Circuit
from premotor.connectome.nulls.base import NULL_MODELS, null_circuit
from premotor.connectome.nulls.blocks import codes, edge_groups, edges, kinds, matrix_of
from premotor.connectome.nulls.rewired import SWAPS_PER_EDGE, rewired_gaps
from premotor.connectome.nulls.swaps import EdgeList, pair_keys, swap

ROUNDS = 2
"""Reciprocal pairs and single edges are swapped in turns, each against where the others lie."""


@NULL_MODELS.register("rewired_reciprocal")
def rewired_reciprocal(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit rewired as by `rewired`, with its reciprocal connections (as in Milo et al. 2002).

    Kept exactly: what `rewired` keeps, and for every neuron its number of reciprocal partners of each class and sign.
    Pairs of neurons that synapse on each other exchange partners with such pairs of the same classes and signs, and
    single edges with single edges, so that none of them becomes or meets a reciprocal one.
    """
    rng = np.random.default_rng(seed)
    size = len(circuit)
    loops, pairs, lone = dissolved(circuit, *edges(circuit.synapses))
    swaps = mixed(pairs, lone, size, rng, swaps_per_edge)
    arguments = {"seed": seed, "swaps_per_edge": swaps_per_edge, "swaps": swaps}
    gaps = circuit.gap_junctions
    if gaps is not None:
        gaps, arguments["gap_junction_swaps"] = rewired_gaps(circuit, gaps, rng, swaps_per_edge)
    return null_circuit(circuit, matrix_of(size, *joined(loops, pairs, lone)), gaps, "rewired_reciprocal", arguments)


type Loops = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Self-connections: pre, post, count."""


def dissolved(
    circuit: Circuit, pre: np.ndarray, post: np.ndarray, count: np.ndarray
) -> tuple[Loops, EdgeList, EdgeList]:
    """Return self-connections, reciprocal pairs (each as one edge) and single edges, with their counts."""
    size = len(circuit)
    loop = pre == post
    both = np.isin(pre * size + post, post * size + pre) & ~loop
    single = ~both & ~loop
    first = np.flatnonzero(both & (pre < post))
    there = {key: place for place, key in enumerate((pre * size + post).tolist())}
    second = np.array([there[key] for key in (post[first] * size + pre[first]).tolist()], np.int64)
    kind = kinds(circuit) * 3 + circuit.neurons["sign"].to_numpy().astype(np.int64) + 1
    tail, head, out, back = pre[first], post[first], count[first], count[second]
    turn = kind[tail] > kind[head]
    tail, head = np.where(turn, head, tail), np.where(turn, tail, head)
    out, back = np.where(turn, back, out), np.where(turn, out, back)
    group = codes(kind[tail] * (int(kind.max(initial=0)) + 1) + kind[head])
    pairs = EdgeList(tail, head, group, kind[tail] == kind[head], loads=(out, back))
    lone = EdgeList(pre[single], post[single], edge_groups(circuit, pre[single], post[single]), either=True)
    lone.loads = count[single], np.zeros(int(single.sum()), count.dtype)
    return (pre[loop], post[loop], count[loop]), pairs, lone


def mixed(pairs: EdgeList, lone: EdgeList, size: int, rng: np.random.Generator, swaps_per_edge: float) -> int:
    """Swap pairs and single edges in turns, each against where the others lie; return the number of swaps."""
    swaps = 0
    for _ in range(ROUNDS):
        for moving, other in ((pairs, lone), (lone, pairs)):
            moving.taken = pair_keys(other.tail, other.head, size, undirected=True)
            swaps += swap(moving, size, rng, swaps_per_edge / ROUNDS)
    return swaps


def joined(loops: Loops, pairs: EdgeList, lone: EdgeList) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pre, post and count of all edges."""
    assert pairs.loads is not None and lone.loads is not None
    return (
        np.concatenate([loops[0], lone.tail, pairs.tail, pairs.head]),
        np.concatenate([loops[1], lone.head, pairs.head, pairs.tail]),
        np.concatenate([loops[2], lone.loads[0], *pairs.loads]),
    )
