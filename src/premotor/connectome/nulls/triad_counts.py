"""How often each of the 16 kinds of triad occurs, and swaps of edges that are accepted by what they do to these counts.

A triad is three neurons and the connections among them; self-connections have no part. Kinds are graphs that no
renaming of the three tells apart (Davis and Leinhardt 1972), numbered in the order of their smallest code.
"""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import kernel, part

KINDS = 16
"""Kinds of triads."""


def _table() -> NDArray[np.int64]:
    """The kind of each of 64 triads: dyads (0, 1), (0, 2) and (1, 2), two bits each, forward first."""
    pairs = ((0, 1), (0, 2), (1, 2))

    def smallest(code: int) -> int:
        edges = [(i, j) for k, (i, j) in enumerate(pairs) if code >> 2 * k & 1]
        edges += [(j, i) for k, (i, j) in enumerate(pairs) if code >> 2 * k & 2]
        found = []
        for order in permutations(range(3)):
            there = {(order[i], order[j]) for i, j in edges}
            found.append(sum(((i, j) in there) + 2 * ((j, i) in there) << 2 * k for k, (i, j) in enumerate(pairs)))
        return min(found)

    return np.unique([smallest(code) for code in range(64)], return_inverse=True)[1].astype(np.int64)


TABLE = _table()


def dyads_of(size: int, pre: NDArray[np.int64], post: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Bit 0: i → j, bit 1: j → i; uint8 (neurons, neurons) with zeros on the diagonal."""
    dyads = np.zeros((size, size), np.uint8)
    loose = pre != post
    dyads[pre[loose], post[loose]] |= 1
    dyads[post[loose], pre[loose]] |= 2
    return dyads


def triad_counts(dyads: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each kind occurs, (16,); the sum is the number of triples."""
    counts = np.zeros(KINDS, np.int64)
    _count(dyads, TABLE, counts)
    return counts


@kernel
def _count(dyads, table, counts):  # type: ignore[no-untyped-def]
    size = dyads.shape[0]
    for i in range(size):
        for j in range(i + 1, size):
            for k in range(j + 1, size):
                counts[table[dyads[i, j] + 4 * dyads[i, k] + 16 * dyads[j, k]]] += 1


@part
def _connect(dyads, table, counts, i, j, value):  # type: ignore[no-untyped-def]
    """Give the dyad of i and j another value, and the counts what follows."""
    size, before = dyads.shape[0], dyads[i, j]
    for k in range(size):
        if k != i and k != j:
            rest = 4 * dyads[i, k] + 16 * dyads[j, k]
            counts[table[before + rest]] -= 1
            counts[table[value + rest]] += 1
    dyads[i, j] = value
    dyads[j, i] = ((value & 1) << 1) | (value >> 1)


@part
def _beyond(counts, wanted, slack):  # type: ignore[no-untyped-def]
    """How far counts lie outside of what is allowed, each as a part of its own size; 0: all within."""
    total = 0.0
    for kind in range(counts.size):
        off = abs(counts[kind] - wanted[kind]) - slack[kind]
        if off > 0:
            total += off / (counts[kind] + wanted[kind])
    return total


@kernel
def anneal(dyads, table, counts, wanted, slack, tail, head, value, out, back, first, second, coin, chance, heat):  # type: ignore[no-untyped-def]
    """Try swaps one after the other: a–b and c–d become a–d and c–b, each with the connections that it had.

    Args:
        dyads, counts: of the wiring; changed in place.
        table: `TABLE`.
        wanted, slack: counts to come to, and how far off each may be.
        tail, head: ends of single edges and of reciprocal pairs, each of these once; changed in place.
        value: the dyad from tail to head: 1 for an edge, 3 for a reciprocal pair.
        out, back: what goes along with tail and with head; changed in place.
        first, second: which two to swap in each try, of one group.
        coin: whether the second is turned round before.
        chance: uniform in [0, 1), by which a wiring further off is accepted.
        heat: the temperature.

    Returns:
        How many swaps were made, and how far off the counts are (0: all are within `slack`).
    """
    made, now = 0, _beyond(counts, wanted, slack)
    for n in range(first.size):
        i, j = first[n], second[n]
        a, b, c, d = tail[i], head[i], tail[j], head[j]
        there, back_there = out[j], back[j]
        if coin[n]:
            c, d, there, back_there = d, c, back_there, there
        if i == j or a == d or c == b or dyads[a, d] != 0 or dyads[c, b] != 0:
            continue
        _connect(dyads, table, counts, a, b, 0)
        _connect(dyads, table, counts, c, d, 0)
        _connect(dyads, table, counts, a, d, value[i])
        _connect(dyads, table, counts, c, b, value[j])
        then = _beyond(counts, wanted, slack)
        if then <= now or chance[n] < np.exp((now - then) / heat):
            now = then
            made += 1
            head[i], tail[j], head[j] = d, c, b
            out[j] = there
            back[i], back[j] = back_there, back[i]
        else:
            _connect(dyads, table, counts, a, d, 0)
            _connect(dyads, table, counts, c, b, 0)
            _connect(dyads, table, counts, a, b, value[i])
            _connect(dyads, table, counts, c, d, value[j])
    return made, now
