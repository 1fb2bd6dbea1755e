"""A wiring as counts, by an oracle that knows nothing of blocks or swaps."""

from collections import Counter, defaultdict

import numpy as np

from premotor.connectome import Circuit


def edge_list(circuit: Circuit) -> list[tuple[int, int, int]]:
    dense = circuit.synapses.toarray()
    return [(i, j, int(dense[i, j])) for i in range(len(dense)) for j in range(len(dense)) if dense[i, j]]


def gap_list(circuit: Circuit) -> list[tuple[int, int, int]]:
    assert circuit.gap_junctions is not None
    dense = circuit.gap_junctions.toarray()
    assert (dense == dense.T).all()
    return [(i, j, int(dense[i, j])) for i in range(len(dense)) for j in range(i, len(dense)) if dense[i, j]]


def degrees(circuit: Circuit) -> dict:
    """Per neuron: out-edges by class of the target, in-edges by class and sign of the source."""
    kind = list(circuit.neurons["class"])
    sign = [int(value) for value in circuit.neurons["sign"]]
    counts: dict = defaultdict(int)
    for i, j, _ in edge_list(circuit):
        counts["out", i, kind[j]] += 1
        counts["in", j, kind[i], sign[i]] += 1
    return dict(counts)


def out_counts(circuit: Circuit) -> dict:
    kind = list(circuit.neurons["class"])
    counts: dict = defaultdict(Counter)
    for i, j, count in edge_list(circuit):
        counts[i, kind[j]][count] += 1
    return dict(counts)


def code(circuit: Circuit) -> bytes:
    dense = circuit.synapses.toarray() > 0
    return bytes(sum(1 << int(j) for j in np.flatnonzero(row)) for row in dense)
