"""What a population of neurons does: by group, in how many dimensions, and where in the stride.

Rates have shape (steps, neurons).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


@dataclass(frozen=True)
class PhaseTuning:
    """How the rate of every neuron depends on the phase of the gait."""

    phase: NDArray[np.float64]
    """Centres of the bins, in cycles, (bins,)."""
    curve: NDArray[np.float64]
    """Mean rate in every bin, (neurons, bins); NaN in a bin that no step falls into."""
    preferred: NDArray[np.float64]
    """Phase of the first harmonic of the rate, in cycles, (neurons,); NaN for a constant rate."""
    depth: NDArray[np.float64]
    """Amplitude of the first harmonic over the mean rate's size, (neurons,); 1 for 1 + cos."""
    explained: NDArray[np.float64]
    """Fraction of the variance over time that the curve explains, (neurons,); NaN for a constant rate."""


def rates_by_group(rates: ArrayLike, labels: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Mean rate over the neurons of every group, (steps,) each; groups in alphabetical order."""
    values, names = _rates(rates), np.asarray(labels, dtype=str)
    if names.shape != (values.shape[1],):
        raise PremotorError(f"{values.shape[1]} neurons and {len(names)} labels")
    return {str(name): values[:, names == name].mean(1) for name in np.unique(names)}


def participation_ratio(rates: ArrayLike) -> float:
    """Dimensionality of the activity: (Σλ)² / Σλ², with λ the eigenvalues of the covariance of the rates.

    1 if all activity lies on a line, the number of neurons if it fills all directions alike (Gao et al. 2017,
    bioRxiv 214262). NaN if nothing varies.
    """
    values = _rates(rates)
    centred = values - values.mean(0)
    scale = np.abs(centred).max(initial=0.0)
    if scale <= 1e-12 * np.abs(values).max(initial=0.0):
        return float("nan")
    variances = np.linalg.svd(centred / scale, compute_uv=False) ** 2
    return float(variances.sum() ** 2 / (variances**2).sum())


def phase_tuning(rates: ArrayLike, phase: ArrayLike, bins: int = 24) -> PhaseTuning:
    """Tuning of every neuron to the phase of the gait.

    The first harmonic is taken from the tuning curve rather than over time, so that a record that dwells at
    some phases is not mistaken for tuning; bins that no step falls into are left out of the fit.

    Args:
        rates: (steps, neurons).
        phase: in rad, (steps,); any number of turns. Steps where it is NaN are left out.
        bins: of the phase.

    Raises:
        PremotorError: fewer than three bins hold a step.
    """
    values, angle = _rates(rates), np.asarray(phase, np.float64)
    if angle.shape != (len(values),):
        raise PremotorError(f"phase has shape {angle.shape}: it must be ({len(values)},), as long as rates")
    known = np.isfinite(angle)
    values, cycles = values[known], angle[known] / (2 * np.pi) % 1.0
    which = np.minimum((cycles * bins).astype(int), bins - 1)
    occupied = np.bincount(which, minlength=bins)
    filled = int((occupied > 0).sum())
    if filled < 3:
        raise PremotorError(f"phase fills {filled} of {bins} bins: tuning needs at least 3")
    total = np.zeros((bins, values.shape[1]))
    np.add.at(total, which, values)
    curve = np.full((bins, values.shape[1]), np.nan)
    curve[occupied > 0] = total[occupied > 0] / occupied[occupied > 0, None]
    centres = (np.arange(bins) + 0.5) / bins
    turn = 2 * np.pi * centres[occupied > 0]
    design = np.stack([np.ones(len(turn)), np.cos(turn), np.sin(turn)], axis=1)
    mean, cosine, sine = np.linalg.lstsq(design, curve[occupied > 0], rcond=None)[0]
    amplitude = np.hypot(cosine, sine)
    variance = values.var(0)
    varies = variance > 1e-12 * np.maximum(values.mean(0) ** 2, np.finfo(float).tiny)
    with np.errstate(invalid="ignore", divide="ignore"):
        explained = 1 - ((values - curve[which]) ** 2).mean(0) / variance
        depth = amplitude / np.abs(mean)
    return PhaseTuning(
        phase=centres,
        curve=curve.T,
        preferred=np.where(varies, np.arctan2(sine, cosine) / (2 * np.pi) % 1.0, np.nan),
        depth=np.where(varies, depth, 0.0),
        explained=np.where(varies, explained, np.nan),
    )


def _rates(rates: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(rates, np.float64)
    if values.ndim != 2 or not values.size:
        raise PremotorError(f"rates have shape {values.shape}: they must be (steps, neurons), both > 0")
    if not np.isfinite(values).all():
        raise PremotorError("rates hold values that are not finite")
    return values
