"""Strides as the feet tell them: when each foot strikes the ground, for how long, and in what order.

A contact record is 0 or 1 for every control step and foot, shape (steps, feet).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


def contact_array(contact: ArrayLike) -> NDArray[np.bool_]:
    """`contact` as booleans of shape (steps, feet).

    Raises:
        PremotorError: the values are not 0 and 1, or the array has not two axes.
    """
    values = np.asarray(contact)
    if values.ndim != 2:
        raise PremotorError(f"contact has shape {values.shape}: it must be (steps, feet)")
    if not np.isin(values, (0, 1)).all():
        raise PremotorError("contact holds values other than 0 (in the air) and 1 (on the ground)")
    return values.astype(bool)


def debounced(contact: ArrayLike, minimum_steps: int) -> NDArray[np.bool_]:
    """The contact record without chatter.

    Swings shorter than `minimum_steps` are filled first, then stances shorter than that are removed; an
    interval that touches either end of the record is kept, since its length is unknown.
    """
    record = contact_array(contact).copy()
    for foot in record.T:
        for state in (False, True):
            for start, stop in _runs(foot, state):
                if start > 0 and stop < len(foot) and stop - start < minimum_steps:
                    foot[start:stop] = not state
    return record


def _runs(foot: NDArray[np.bool_], state: bool) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every interval in which `foot` is in `state`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], foot == state, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def foot_strikes(contact: ArrayLike) -> list[NDArray[np.intp]]:
    """Steps at which each foot lands (the first step in contact after one in the air), one array a foot."""
    record = contact_array(contact)
    return [np.flatnonzero(foot[1:] & ~foot[:-1]) + 1 for foot in record.T]


def stride_frequency(contact: ArrayLike, control_period: float) -> float:
    """Strides a second (Hz): those between the first and last strike of a foot, over the time they took.

    The mean over the feet that strike at least twice; NaN if none does. `control_period` in s.
    """
    strikes = [s for s in foot_strikes(contact) if len(s) >= 2]
    if not strikes:
        return float("nan")
    return float(np.mean([(len(s) - 1) / ((s[-1] - s[0]) * control_period) for s in strikes]))


def stride_lengths(contact: ArrayLike, position: ArrayLike) -> list[NDArray[np.float64]]:
    """Forward distance (m) that the body covers from each strike of a foot to its next, one array a foot.

    Args:
        contact: (steps, feet).
        position: forward position of the body, (steps,), in m.
    """
    forward = np.asarray(position, np.float64)
    return [np.diff(forward[strikes]) for strikes in foot_strikes(contact)]


def duty_factor(contact: ArrayLike) -> NDArray[np.float64]:
    """Fraction of the time that each foot is on the ground, (feet,).

    Counted over whole strides where a foot strikes at least twice, over the whole record otherwise.
    """
    record = contact_array(contact)
    fractions = np.full(record.shape[1], np.nan)
    for index, (foot, strikes) in enumerate(zip(record.T, foot_strikes(record), strict=True)):
        whole = foot[strikes[0] : strikes[-1]] if len(strikes) >= 2 else foot
        if len(whole):
            fractions[index] = whole.mean()
    return fractions


def support_fractions(contact: ArrayLike) -> NDArray[np.float64]:
    """Fraction of the time with exactly 0, 1, …, `feet` feet on the ground, (feet + 1,).

    In a biped these are flight, single support and double support.
    """
    record = contact_array(contact)
    if not len(record):
        return np.full(record.shape[1] + 1, np.nan)
    return np.bincount(record.sum(1), minlength=record.shape[1] + 1) / len(record)


def double_support(contact: ArrayLike) -> float:
    """Fraction of the time with at least two feet on the ground."""
    return float(support_fractions(contact)[2:].sum())


def limb_phase(contact: ArrayLike, foot: int = 1, reference: int = 0) -> tuple[float, float]:
    """When `foot` strikes within the stride of the foot `reference`.

    Returns:
        The circular mean of its phase in [0, 1) strides, and the length of the mean vector (1: the same in
        every stride; 0: no relation). In a symmetric walk the phase of the other foot is 0.5. NaN for both if
        no strike of `foot` falls within a whole stride of `reference`.
    """
    strikes = foot_strikes(contact)
    phase = phase_of(strikes[reference], np.asarray(strikes[foot], np.float64))
    phase = phase[np.isfinite(phase)]
    if not len(phase):
        return float("nan"), float("nan")
    vector = np.exp(2j * np.pi * phase).mean()
    return float(np.angle(vector) / (2 * np.pi) % 1.0), float(np.abs(vector))


def phase_of(strikes: ArrayLike, steps: ArrayLike) -> NDArray[np.float64]:
    """Fraction of the stride that has passed at `steps`, in [0, 1); NaN outside the first and last strike."""
    marks, at = np.asarray(strikes, np.float64), np.asarray(steps, np.float64)
    if len(marks) < 2:
        return np.full(at.shape, np.nan)
    strides = np.interp(at, marks, np.arange(len(marks), dtype=np.float64), left=np.nan, right=np.nan)
    strides[at == marks[-1]] = np.nan
    return strides % 1.0


def symmetry_index(left: float, right: float) -> float:
    """|left − right| over their mean, 0 for perfect symmetry (Robinson et al. 1987, without the factor 100).

    NaN where the mean is 0.
    """
    middle = 0.5 * (left + right)
    return float("nan") if middle == 0 else float(abs(left - right) / abs(middle))
