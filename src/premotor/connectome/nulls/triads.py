"""Null model: the same degrees, classes and reciprocal connections, and about the same counts of triads."""

import numpy as np

from premotor.connectome.circuit import Circuit
from premotor.connectome.nulls.base import NULL_MODELS, null_circuit
from premotor.connectome.nulls.blocks import edges, matrix_of
from premotor.connectome.nulls.reciprocal import dissolved, joined, mixed
from premotor.connectome.nulls.rewired import SWAPS_PER_EDGE, rewired_gaps
from premotor.connectome.nulls.swaps import EdgeList
from premotor.connectome.nulls.triad_counts import TABLE, anneal, dyads_of, triad_counts
from premotor.errors import PremotorError
from premotor.settings import note

MOST_NEURONS = 5_000
"""A swap looks at all neurons, and the dyads are a dense table."""
HOT, COOL, SWEEPS = 1e-3, 0.9, 150
"""Temperature at first (1 / edges, where that is more), what it falls by from sweep to sweep, and sweeps at most."""


@NULL_MODELS.register("rewired_triads")
def rewired_triads(
    circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE, tolerance: float = 0.01
) -> Circuit:
    """Return the circuit rewired as by `rewired_reciprocal`, with about its counts of the 16 kinds of triads.

    Kept exactly: what `rewired_reciprocal` keeps. Kept within `tolerance`: how often each kind of connection among
    three neurons occurs, whatever their classes. The wiring of `rewired_reciprocal` is brought there by swaps that are
    accepted by simulated annealing (Milo et al. 2002), and then mixed by swaps that stay there, `swaps_per_edge` tries
    an edge. The last step of the provenance says how far off the worst count is.

    Args:
        circuit: the original.
        seed: of all draws.
        swaps_per_edge: as of `rewired`.
        tolerance: of each count, as a part of it; less than one triad is none.

    Raises:
        PremotorError: the circuit has more than 5,000 neurons.
    """
    size = len(circuit)
    if size > MOST_NEURONS:
        raise PremotorError(
            f"the null model rewired_triads is for {MOST_NEURONS:,} neurons at most, and the circuit has {size:,}: "
            "select a part of it, or take rewired_reciprocal"
        )
    rng = np.random.default_rng(seed)
    pre, post, count = edges(circuit.synapses)
    wanted = triad_counts(dyads_of(size, pre, post))
    loops, pairs, lone = dissolved(circuit, pre, post, count)
    swaps = mixed(pairs, lone, size, rng, swaps_per_edge)
    made = _Annealed(pairs, lone, size, wanted, np.floor(tolerance * wanted))
    tries = int(np.ceil(swaps_per_edge))
    sweep, left = 0, made.left
    while left > 0 and sweep < SWEEPS:
        swaps += made.sweep(rng, tries, max(HOT, 1 / made.tail.size) * COOL**sweep)
        sweep, left = sweep + 1, made.left
    if left == 0:
        swaps += made.sweep(rng, tries, 0.0)
    off = np.abs(made.counts - wanted) / np.maximum(wanted, 1)
    if left > 0:
        note(
            f"rewired_triads: after {swaps:,} swaps the counts of triads are within {off.max():.1%} of those of "
            f"{circuit.provenance.dataset}, not within {tolerance:.1%}"
        )
    made.put(pairs, lone)
    arguments = {"seed": seed, "swaps_per_edge": swaps_per_edge, "swaps": swaps, "tolerance": tolerance}
    arguments["triads_off"] = round(float(off.max()), 5)
    gaps = circuit.gap_junctions
    if gaps is not None:
        gaps, arguments["gap_junction_swaps"] = rewired_gaps(circuit, gaps, rng, swaps_per_edge)
    return null_circuit(circuit, matrix_of(size, *joined(loops, pairs, lone)), gaps, "rewired_triads", arguments)


class _Annealed:
    """Reciprocal pairs and single edges in one list, as `anneal` takes them."""

    def __init__(self, pairs: EdgeList, lone: EdgeList, size: int, wanted: np.ndarray, slack: np.ndarray):
        assert pairs.loads is not None and lone.loads is not None and pairs.free is not None
        self.many, self.wanted, self.slack = pairs.tail.size, wanted, slack
        self.tail = np.concatenate([pairs.tail, lone.tail])
        self.head = np.concatenate([pairs.head, lone.head])
        self.out, self.back = (np.concatenate([pairs.loads[k], lone.loads[k]]) for k in (0, 1))
        self.value = np.where(np.arange(self.tail.size) < self.many, 3, 1).astype(np.uint8)
        self.turns = np.concatenate([pairs.free, np.zeros(lone.tail.size, bool)])
        groups = np.concatenate([pairs.group, lone.group + pairs.group.max(initial=-1) + 1])
        self.order = np.argsort(groups, kind="stable")
        sizes = np.bincount(groups) if groups.size else np.zeros(0, np.int64)
        self.begin, self.sizes = np.concatenate([[0], np.cumsum(sizes)])[groups], sizes[groups]
        both = self.value == 3
        self.dyads = dyads_of(
            size, np.concatenate([self.tail, self.head[both]]), np.concatenate([self.head, self.tail[both]])
        )
        self.counts = triad_counts(self.dyads)
        self.left = float((np.maximum(np.abs(self.counts - wanted) - slack, 0) > 0).any())

    def sweep(self, rng: np.random.Generator, tries: int, heat: float) -> int:
        """So many tries an edge; how many swaps came of them."""
        many = tries * self.tail.size
        first = rng.integers(0, max(self.tail.size, 1), many)
        second = self.order[self.begin[first] + (rng.random(many) * self.sizes[first]).astype(np.int64)]
        coin = self.turns[second] & (rng.random(many) < 0.5)
        made, self.left = anneal(
            *(self.dyads, TABLE, self.counts, self.wanted, self.slack, self.tail, self.head, self.value),
            *(self.out, self.back, first, second, coin, rng.random(many), max(heat, 1e-300)),
        )
        return int(made)

    def put(self, pairs: EdgeList, lone: EdgeList) -> None:
        """Give the ends and what goes along with them back."""
        for part, place in ((pairs, slice(None, self.many)), (lone, slice(self.many, None))):
            part.tail, part.head = self.tail[place], self.head[place]
            part.loads = self.out[place], self.back[place]
