"""Null models: the same degrees, alone, with classes, or with classes and hemilineages or distances; other partners."""

from collections.abc import Callable
from dataclasses import replace

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
from premotor.connectome.signs import HEMILINEAGE_COLUMNS
from premotor.errors import PremotorError

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
    return _swapped(circuit, "rewired", seed, swaps_per_edge, edge_groups, gap_groups)


@NULL_MODELS.register("rewired_degree")
def rewired_degree(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit rewired with its degrees alone (Maslov and Sneppen 2002), as published null models often are.

    Kept exactly: the neuron table; for every neuron its number of incoming and of outgoing edges, the counts of its
    outgoing edges, and its number of gap junctions. Classes are not kept: sensory neurons may come to drive motor
    neurons directly, which is a shortcut that `rewired` never makes (`premotor.connectome.pathways`).
    """

    def alike(circuit: Circuit, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        return np.zeros(len(pre), np.int64)

    def all_alike(circuit: Circuit, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
        return a, b, np.zeros(len(a), np.int64), np.ones(len(a), bool)

    return _swapped(circuit, "rewired_degree", seed, swaps_per_edge, alike, all_alike)


@NULL_MODELS.register("rewired_hemilineage")
def rewired_hemilineage(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit rewired as by `rewired`, within hemilineages too.

    Kept exactly what `rewired` keeps, with "class and hemilineage" in the place of "class".

    Raises:
        PremotorError: the neuron table has no hemilineages.
    """
    column = next((name for name in HEMILINEAGE_COLUMNS if name in circuit.neurons), None)
    if column is None or circuit.neurons[column].astype("str").str.strip().eq("").all():
        raise PremotorError(
            f"the null model rewired_hemilineage needs a column {' or '.join(HEMILINEAGE_COLUMNS)}, which "
            f"{circuit.provenance.dataset} does not have"
        )
    word = circuit.neurons["class"].astype("str") + "/" + circuit.neurons[column].astype("str")
    finer = replace(circuit, neurons=circuit.neurons.assign(**{"class": word}))

    def groups(_: Circuit, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        return edge_groups(finer, pre, post)

    def gaps(_: Circuit, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
        return gap_groups(finer, a, b)

    return _swapped(circuit, "rewired_hemilineage", seed, swaps_per_edge, groups, gaps)


@NULL_MODELS.register("rewired_distance")
def rewired_distance(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit rewired as by `rewired`, with the lengths of its connections.

    Kept exactly: what `rewired` keeps of chemical synapses, and how many edges are how long, in ten classes of length
    (tenths of all pairs of neurons, by the distance of their columns x, y and z). Gap junctions are rewired by class
    alone.

    Raises:
        PremotorError: the neuron table has no such columns, or a neuron no place.
    """
    held = [axis for axis in ("x", "y", "z") if axis in circuit.neurons]
    places = circuit.neurons[held].to_numpy(np.float64) if held else np.full((len(circuit), 1), np.nan)
    if not np.isfinite(places).all():
        raise PremotorError(
            f"the null model rewired_distance needs every neuron's place in columns x, y, z, which "
            f"{circuit.provenance.dataset} does not have"
        )
    length = np.linalg.norm(places[:, None] - places[None], axis=-1)
    bins = np.digitize(length, np.quantile(length, np.linspace(0.1, 0.9, 9)))

    def fits(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
        before, after = np.sort([bins[a, b], bins[c, d]], axis=0), np.sort([bins[a, d], bins[c, b]], axis=0)
        return np.asarray((before == after).all(0))

    return _swapped(circuit, "rewired_distance", seed, swaps_per_edge, edge_groups, gap_groups, fits)


def _swapped(
    circuit: Circuit,
    name: str,
    seed: int,
    swaps_per_edge: float,
    groups: Callable[[Circuit, np.ndarray, np.ndarray], np.ndarray],
    gap_blocks: Callable[[Circuit, np.ndarray, np.ndarray], tuple[np.ndarray, ...]],
    fits: Callable[..., np.ndarray] | None = None,
) -> Circuit:
    """Swap edges within their groups; self-connections stay."""
    rng = np.random.default_rng(seed)
    size = len(circuit)
    pre, post, count = edges(circuit.synapses)
    loose = np.flatnonzero(pre != post)
    chemical = EdgeList(pre[loose], post[loose], groups(circuit, pre[loose], post[loose]), fits=fits)
    swaps = swap(chemical, size, rng, swaps_per_edge)
    post[loose] = chemical.head
    arguments = {"seed": seed, "swaps_per_edge": swaps_per_edge, "swaps": swaps}
    gaps = circuit.gap_junctions
    if gaps is not None:
        gaps, arguments["gap_junction_swaps"] = rewired_gaps(circuit, gaps, rng, swaps_per_edge, gap_blocks)
    return null_circuit(circuit, matrix_of(size, pre, post, count), gaps, name, arguments)


def rewired_gaps(
    circuit: Circuit,
    gaps: csr_array,
    rng: np.random.Generator,
    swaps_per_edge: float,
    blocks: Callable[[Circuit, np.ndarray, np.ndarray], tuple[np.ndarray, ...]] = gap_groups,
) -> tuple[csr_array, int]:
    """Return gap junctions with other partners, by blocks of both ends, and how many swaps there were."""
    a, b, count = pairs(gaps)
    loose = np.flatnonzero(a != b)
    first, second, group, free = blocks(circuit, a[loose], b[loose])
    junctions = EdgeList(first, second, group, free)
    swaps = swap(junctions, len(circuit), rng, swaps_per_edge)
    a[loose], b[loose] = junctions.tail, junctions.head
    return symmetric_of(len(circuit), a, b, count), swaps
