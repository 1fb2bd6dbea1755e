"""Edges of a circuit by block: presynaptic sign, presynaptic class, postsynaptic class.

Where the neuron table has a column `role` (input, output), classes are told apart by it too: neurons that
have no direct synapse onto the outputs of a body then have none in a null model either.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array, triu

from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import tidy


def codes(column: ArrayLike) -> np.ndarray:
    """Return a number 0, 1, … for each different value of a column, in sorted order; int64 (neurons,)."""
    return np.unique(np.asarray(column), return_inverse=True)[1].astype(np.int64)


def kinds(circuit: Circuit) -> np.ndarray:
    """Return the class (and role, if the table has it) of each neuron as a number, int64 (neurons,)."""
    words = circuit.neurons["class"].astype("str")
    if "role" in circuit.neurons:
        words = words + "/" + circuit.neurons["role"].astype("str")
    return codes(words)


def edge_groups(circuit: Circuit, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """Return the block of each edge, int64 (edges,), numbered 0, 1, … without gaps."""
    kind = kinds(circuit)
    sign = circuit.neurons["sign"].to_numpy().astype(np.int64) + 1
    many = int(kind.max(initial=0)) + 1
    return codes((sign[pre] * many + kind[pre]) * many + kind[post])


def source_groups(circuit: Circuit, pre: np.ndarray) -> np.ndarray:
    """Return the block of each edge onto an effector (presynaptic sign and class), int64 (edges,), without gaps."""
    kind = kinds(circuit)
    sign = circuit.neurons["sign"].to_numpy().astype(np.int64) + 1
    return codes(sign[pre] * (int(kind.max(initial=0)) + 1) + kind[pre])


def gap_groups(circuit: Circuit, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the ends of gap junctions, lower class first, their block, and whether both classes are one."""
    kind = kinds(circuit)
    turn = kind[a] > kind[b]
    a, b = np.where(turn, b, a), np.where(turn, a, b)
    return a, b, codes(kind[a] * (int(kind.max(initial=0)) + 1) + kind[b]), kind[a] == kind[b]


def edges(matrix: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, column and count of every entry, int64 (edges,) each."""
    entries = coo_array(matrix)
    return entries.row.astype(np.int64), entries.col.astype(np.int64), entries.data.copy()


def pairs(matrix: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each gap junction once, as a, b and count with a ≤ b."""
    return edges(csr_array(triu(matrix)))


def matrix_of(size: int, row: np.ndarray, column: np.ndarray, count: np.ndarray) -> csr_array:
    """Return the matrix (size, size) with these entries."""
    return tidy(coo_array((count, (row, column)), shape=(size, size)))


def symmetric_of(size: int, a: np.ndarray, b: np.ndarray, count: np.ndarray) -> csr_array:
    """Return the symmetric matrix (size, size) of gap junctions that are given once each."""
    off = a != b
    return matrix_of(
        size, np.concatenate([a, b[off]]), np.concatenate([b, a[off]]), np.concatenate([count, count[off]])
    )
