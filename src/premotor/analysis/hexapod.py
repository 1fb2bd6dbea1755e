"""The gait of six legs: which legs step together, and how swing and stance share the stride.

A contact record is 0 or 1 for every step and foot, (steps, 6), the feet in the order left front, mid and hind, right
front, mid and hind, as the fly's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.footfalls import (
    debounced,
    duty_factor,
    foot_strikes,
    limb_phase,
    stride_frequency,
    stride_lengths as lengths_of_strides,
)
from premotor.errors import PremotorError

TRIPODS = ((0, 4, 2), (3, 1, 5))
"""Left front, right mid, left hind; and the mirror image."""
CONTRALATERAL = ((3, 0), (4, 1), (5, 2))
IPSILATERAL = ((1, 0), (2, 1), (4, 3), (5, 4))


@dataclass(frozen=True)
class HexapodGait:
    """A walk on six legs; NaN where a figure does not exist."""

    tripod_index: float
    """Fraction of the time in which exactly the three legs of one tripod swing (as in Mendes et al. 2013)."""
    tripod_strength: float
    """Of the time in which any leg of a tripod swings, the part in which all three do (Wosnitza et al. 2013), mean."""
    stride_frequency: float
    """Hz."""
    stride_length: float
    """In the unit of the position."""
    swing: float
    """Mean duration of a swing, s."""
    stance: float
    """Mean duration of a stance, s."""
    duty_factors: tuple[float, ...]
    """Fraction of the stride that each foot is on the ground."""
    contralateral_phase: float
    """Of a right leg's touch-down in the stride of the left leg of its pair, in strides; 0.5 alternates."""
    ipsilateral_phase: float
    """Of a leg's touch-down in the stride of the leg before it on its side, in strides; 0.5 in a tripod."""
    phases: NDArray[np.float64]
    """Of the touch-down of each leg (row) in the stride of each other one (column), in strides, (6, 6)."""
    asymmetries: tuple[float, float, float]
    """|left − right| over their mean, of the duty factors of the front, mid and hind pair; 0 is the same."""


def hexapod_gait(
    contact: ArrayLike, period: float, position: ArrayLike | None = None, *, chatter: float = 0.008
) -> HexapodGait:
    """Describe a walk on six legs.

    Args:
        contact: (steps, 6), 0 or 1.
        period: time between steps, s.
        position: way of the body along its path, (steps,); without it there is no stride length.
        chatter: swings and stances shorter than this, s, are taken for chatter of a contact sensor.

    Raises:
        PremotorError: not six feet, or a record other than 0 and 1.
    """
    if np.ndim(contact) != 2 or np.shape(contact)[1] != 6:
        raise PremotorError(f"contact has shape {np.shape(contact)}; a walk on six legs has (steps, 6)")
    record = debounced(contact, max(1, round(chatter / period)))
    stride = np.nan
    if position is not None:
        stride = _mean(np.concatenate(lengths_of_strides(record, position)))
    duties = duty_factor(record)
    left, right = duties[:3], duties[3:]
    with np.errstate(invalid="ignore"):  # a pair that never stands has none
        asymmetries = np.abs(left - right) / (0.5 * (left + right))
    return HexapodGait(
        tripod_index=tripod_index(record),
        tripod_strength=tripod_strength(record),
        stride_frequency=stride_frequency(record, period),
        stride_length=stride,
        swing=_mean(durations(record, period, False)),
        stance=_mean(durations(record, period, True)),
        duty_factors=tuple(float(value) for value in duties),
        contralateral_phase=_mean_phase(record, CONTRALATERAL),
        ipsilateral_phase=_mean_phase(record, IPSILATERAL),
        phases=np.array(
            [[limb_phase(record, foot=foot, reference=other)[0] for other in range(6)] for foot in range(6)]
        ),
        asymmetries=(float(asymmetries[0]), float(asymmetries[1]), float(asymmetries[2])),
    )


def tripod_index(contact: ArrayLike) -> float:
    """Fraction of the time in which one tripod stands while exactly the other one swings; NaN for no record."""
    swings = ~np.asarray(contact, bool)
    if not len(swings):
        return float("nan")
    one, other = (swings[:, tripod].all(1) for tripod in TRIPODS)
    none, neither = (~swings[:, tripod].any(1) for tripod in TRIPODS)
    return float(((one & neither) | (other & none)).mean())


def tripod_strength(contact: ArrayLike) -> float:
    """How far the legs of a tripod swing at once: time with all three in swing over time with any, mean of both.

    1 where they lift and land together. NaN where no leg swings.
    """
    swings = ~np.asarray(contact, bool)
    shares = []
    for tripod in TRIPODS:
        some = swings[:, tripod].any(1).sum()
        if some:
            shares.append(swings[:, tripod].all(1).sum() / some)
    return float(np.mean(shares)) if shares else float("nan")


def durations(contact: ArrayLike, period: float, stance: bool) -> NDArray[np.float64]:
    """Durations of all whole stances (or swings) of all feet, s: those that neither begin nor end with the record."""
    found = []
    for foot in np.asarray(contact, bool).T:
        edges = np.flatnonzero(np.diff(foot.astype(np.int8))) + 1
        for first, last in zip(edges[:-1], edges[1:], strict=True):
            if foot[first] == stance:
                found.append((last - first) * period)
    return np.array(found)


def touch_downs(contact: ArrayLike, period: float) -> list[NDArray[np.floating]]:
    """Times of the touch-downs of each foot, s: what a footfall diagram marks."""
    return [strikes * period for strikes in foot_strikes(contact)]


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _mean_phase(record: NDArray[np.bool_], pairs: tuple[tuple[int, int], ...]) -> float:
    """Circular mean over pairs (foot, reference) of legs."""
    phases = [limb_phase(record, foot=foot, reference=reference)[0] for foot, reference in pairs]
    finite = [phase for phase in phases if np.isfinite(phase)]
    if not finite:
        return float("nan")
    return float(np.angle(np.mean(np.exp(2j * np.pi * np.array(finite)))) / (2 * np.pi) % 1.0)
