"""What learning did to the synapses of a circuit, by class of the neurons that they join."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


@dataclass(frozen=True)
class WeightChange:
    """How signed weights changed, over one set of synapses."""

    synapses: int
    sign_changes: int
    """Synapses that were positive and are negative, or the other way round."""
    appeared: int
    """Synapses of weight 0 before and not after."""
    vanished: int
    """Synapses of weight 0 after and not before."""
    median_log2_ratio: float
    """Median of log₂(|after| / |before|) over the synapses that are not 0 on either side: 1 is a doubling."""
    low_log2_ratio: float
    """Its 2.5th percentile."""
    high_log2_ratio: float
    """Its 97.5th percentile."""
    changed_twofold: float
    """Fraction of those synapses that grew or shrank at least by a factor of 2."""
    correlation: float
    """Pearson correlation of log |before| with log |after|; NaN with fewer than 3 or without variance."""


@dataclass(frozen=True)
class ClassPair:
    """The synapses from one class of neurons onto another."""

    pre: str
    post: str
    index: NDArray[np.intp]
    """Their positions among the synapses given."""
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    change: WeightChange


def weight_change(before: ArrayLike, after: ArrayLike) -> WeightChange:
    """Compare the signed weights of the same synapses before and after learning, (synapses,) each.

    Raises:
        PremotorError: the shapes differ or values are not finite.
    """
    old, new = _weights(before, after)
    both = (old != 0) & (new != 0)
    logs = np.log2(np.abs(old[both])), np.log2(np.abs(new[both]))
    ratio = logs[1] - logs[0]
    low, median, high = np.percentile(ratio, [2.5, 50, 97.5]) if len(ratio) else (np.nan,) * 3
    varied = len(ratio) >= 3 and np.ptp(logs[0]) > 0 and np.ptp(logs[1]) > 0
    return WeightChange(
        synapses=len(old),
        sign_changes=int((np.sign(old) * np.sign(new) < 0).sum()),
        appeared=int(((old == 0) & (new != 0)).sum()),
        vanished=int(((old != 0) & (new == 0)).sum()),
        median_log2_ratio=float(median),
        low_log2_ratio=float(low),
        high_log2_ratio=float(high),
        changed_twofold=float((np.abs(ratio) >= 1).mean()) if len(ratio) else float("nan"),
        correlation=float(np.corrcoef(*logs)[0, 1]) if varied else float("nan"),
    )


def by_class_pair(
    pre_class: Sequence[str], post_class: Sequence[str], before: ArrayLike, after: ArrayLike
) -> list[ClassPair]:
    """Split synapses by the classes of their two neurons, pairs with most synapses first.

    Args:
        pre_class: class of the presynaptic neuron of every synapse, (synapses,).
        post_class: of the postsynaptic neuron.
        before: signed weights before learning, (synapses,).
        after: signed weights after learning.
    """
    old, new = _weights(before, after)
    pre, post = np.asarray(pre_class, dtype=str), np.asarray(post_class, dtype=str)
    if pre.shape != old.shape or post.shape != old.shape:
        raise PremotorError(f"{len(old)} synapses, but {len(pre)} presynaptic, {len(post)} postsynaptic classes")
    pairs = []
    for first in np.unique(pre):
        for second in np.unique(post[pre == first]):
            index = np.flatnonzero((pre == first) & (post == second))
            change = weight_change(old[index], new[index])
            pairs.append(ClassPair(str(first), str(second), index, old[index], new[index], change))
    return sorted(pairs, key=lambda pair: (-len(pair.index), pair.pre, pair.post))


def sorted_by_class(
    classes: Sequence[str], order: Sequence[str], within: ArrayLike | None = None
) -> tuple[NDArray[np.intp], list[tuple[str, int, int]]]:
    """An order of neurons in which every class stands together.

    Args:
        classes: class of every neuron.
        order: classes in the order wanted; those not named follow in alphabetical order.
        within: a value a neuron to sort by within its class; without it the given order is kept.

    Returns:
        Positions of the neurons in their new order, and (class, start, end) of every class that occurs.
    """
    names = np.asarray(classes, dtype=str)
    present = [*dict.fromkeys(name for name in order if name in names), *sorted(set(names) - set(order))]
    key = np.arange(len(names)) if within is None else np.asarray(within)
    rank = {name: index for index, name in enumerate(present)}
    chosen = np.lexsort((key, np.array([rank[name] for name in names], int)))
    blocks, start = [], 0
    for name in present:
        end = start + int((names == name).sum())
        blocks.append((str(name), start, end))
        start = end
    return chosen, blocks


def weight_matrix(pre: ArrayLike, post: ArrayLike, weight: ArrayLike, order: ArrayLike) -> NDArray[np.float64]:
    """The signed weights as a matrix, presynaptic × postsynaptic, in the order given; parallel ones add up.

    Args:
        pre: position of the presynaptic neuron of every synapse, (synapses,).
        post: of the postsynaptic neuron.
        weight: signed, (synapses,).
        order: positions of the neurons, a permutation, (neurons,).
    """
    positions = np.asarray(order, np.intp)
    rank = np.empty(len(positions), np.intp)
    rank[positions] = np.arange(len(positions))
    matrix = np.zeros((len(positions), len(positions)))
    at = rank[np.asarray(pre, np.intp)], rank[np.asarray(post, np.intp)]
    np.add.at(matrix, at, np.asarray(weight, np.float64))
    return matrix


def _weights(before: ArrayLike, after: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.ndim != 1 or old.shape != new.shape:
        raise PremotorError(f"weights before {old.shape} and after {new.shape} must be two equal (synapses,)")
    if not (np.isfinite(old).all() and np.isfinite(new).all()):
        raise PremotorError("weights hold values that are not finite")
    return old, new
