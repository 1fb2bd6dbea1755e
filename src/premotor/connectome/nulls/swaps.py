"""Degree-preserving double-edge swaps, many at once: the engine of `rewired` and its kin.

A swap takes two edges a→b and c→d of one group and makes them a→d and c→b. Every neuron keeps its number of
incoming and outgoing edges, within the group.

Edges are paired at random, and a fair coin decides for each pair whether it tries to swap. A pair swaps when
its four possible edges {a, c} × {b, d} are disjoint from the present edges of the others and from the edges
that other trying pairs may make. That condition is the same before and after any of the swaps, so that each
round is a symmetric step: the process has the uniform distribution over all wirings that swaps can reach,
just like one swap at a time (Rao, Jana and Bandyopadhyay 1996, Sankhya A 58:225), but runs as array code.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

_TABLE = 2**24
"""Up to this many possible edges a table of all of them is faster than sorting."""
CHUNK, RIGID, MOST = 8, 96, 2000
"""Rounds between two looks at what is done, until a group without a swap is left alone, and at most."""


@dataclass
class EdgeList:
    """Edges that may swap, all of them different and none from a neuron to itself.

    Attributes:
        tail, head: positions of the two neurons, int64 (edges,). `swap` changes `head` (and the order of the
            two, where `undirected`).
        group: int64 (edges,), 0 … groups − 1; edges swap within their group.
        free: bool (edges,), for undirected edges: both ends are of one kind, so that either may be swapped.
        either: directed edges of which a pair of neurons has at most one, whatever its direction.
        taken: keys of pairs that are connected by something else, int64 (pairs,).
        loads: what goes along with tail and with head, one array (edges,) each; None: nothing.
        fits: a further condition on swaps of a→b and c→d, by the positions a, b, c, d; the same before as after.
    """

    tail: np.ndarray
    head: np.ndarray
    group: np.ndarray
    free: np.ndarray | None = None
    either: bool = False
    taken: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    loads: tuple[np.ndarray, np.ndarray] | None = None
    fits: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None

    @property
    def unordered(self) -> bool:
        """Whether keys are the same for both orders of a pair."""
        return self.free is not None or self.either

    def keys(self, neurons: int) -> np.ndarray:
        """Return one number an edge, int64 (edges,); the same for both orders of an undirected one."""
        return pair_keys(self.tail, self.head, neurons, undirected=self.unordered)

    def part(self, active: np.ndarray, neurons: int) -> "EdgeList":
        """Return the edges at these positions; of unordered keys the others count as taken."""
        free = None if self.free is None else self.free[active]
        taken = self.taken
        if self.either:
            taken = np.concatenate([taken, np.delete(self.keys(neurons), active)])
        loads = None if self.loads is None else (self.loads[0][active], self.loads[1][active])
        return EdgeList(
            self.tail[active], self.head[active], self.group[active], free, self.either, taken, loads, self.fits
        )

    def put(self, active: np.ndarray, part: "EdgeList") -> None:
        """Take over what became of a part."""
        self.tail[active], self.head[active] = part.tail, part.head
        if self.loads is not None and part.loads is not None:
            self.loads[0][active], self.loads[1][active] = part.loads


def pair_keys(tail: np.ndarray, head: np.ndarray, neurons: int, *, undirected: bool) -> np.ndarray:
    """Return tail · neurons + head, with the smaller of the two first where `undirected`."""
    if undirected:
        tail, head = np.minimum(tail, head), np.maximum(tail, head)
    return tail * neurons + head


def swap(edges: EdgeList, neurons: int, rng: np.random.Generator, swaps_per_edge: float) -> int:
    """Swap in place until each group had this many swaps an edge; return the number of swaps.

    A group without any swap in the first `RIGID` rounds is taken to allow none, and `MOST` rounds are the
    limit of every group, so that wirings in which nearly every pair is connected end too.
    """
    size = np.bincount(edges.group, minlength=1)
    wanted = np.ceil(swaps_per_edge * size)
    done = np.zeros(size.size, np.int64)
    going = size > 1
    for chunk in range(MOST // CHUNK):
        active = np.flatnonzero(going[edges.group])
        if not active.size:
            break
        part = edges.part(active, neurons)
        pairs = _pairs(part.group)
        for _ in range(CHUNK):
            done += np.bincount(_round(part, pairs, neurons, rng), minlength=done.size)
        edges.put(active, part)
        going &= done < wanted
        if (chunk + 1) * CHUNK >= RIGID:
            going &= done > 0
    return int(done.sum())


def _pairs(group: np.ndarray) -> np.ndarray:
    """Return the places p, in edges sorted by group, where p and p + 1 are paired: two and two in each group."""
    group = np.sort(group)
    first = np.searchsorted(group, group)
    place = np.arange(group.size) - first
    return np.flatnonzero((place[:-1] % 2 == 0) & (group[:-1] == group[1:]))


def _round(edges: EdgeList, pairs: np.ndarray, neurons: int, rng: np.random.Generator) -> np.ndarray:
    """Try each pair of a random pairing once; return the groups in which a swap took place, one a swap."""
    count = edges.tail.size
    if edges.free is not None:
        turn = edges.free & (rng.random(count) < 0.5)
        edges.tail, edges.head = (
            np.where(turn, edges.head, edges.tail),
            np.where(turn, edges.tail, edges.head),
        )
        if edges.loads is not None:
            first, second = edges.loads
            edges.loads = np.where(turn, second, first), np.where(turn, first, second)
    order = np.argsort(rng.random(count) + edges.group)
    first = pairs[rng.random(pairs.size) < 0.5]
    i, j = order[first], order[first + 1]
    a, b, c, d = edges.tail[i], edges.head[i], edges.tail[j], edges.head[j]
    undirected = edges.unordered
    present = np.concatenate([edges.keys(neurons), edges.taken])
    new_a = pair_keys(a, d, neurons, undirected=undirected)
    new_c = pair_keys(c, b, neurons, undirected=undirected)
    uses_present, uses_a, uses_c = _uses(present, new_a, new_c, neurons * neurons)
    alone = (uses_present[i] == 1) & (uses_present[j] == 1) & (uses_a == 1) & (uses_c == 1)
    accepted = alone & (a != d) & (c != b)
    if edges.fits is not None:
        accepted &= edges.fits(a, b, c, d)
    i, j = i[accepted], j[accepted]
    edges.head[i], edges.head[j] = d[accepted], b[accepted]
    if edges.loads is not None:
        moving = edges.loads[1]
        moving[i], moving[j] = moving[j], moving[i]
    return edges.group[i]


def _uses(
    present: np.ndarray, new_a: np.ndarray, new_c: np.ndarray, possible: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how often each key occurs among all three, for each of the three."""
    keys = np.concatenate([present, new_a, new_c])
    if possible <= _TABLE:
        uses = np.bincount(keys, minlength=possible)[keys]
    else:
        _, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
        uses = counts[where]
    end = present.size + new_a.size
    return uses[: present.size], uses[present.size : end], uses[end:]
