"""What a population of neurons does: by group, in how many dimensions, where in the stride; and spike trains.

Rates have shape (steps, neurons). A record of spikes is two arrays of one length: `time` (s) and `neuron` (position,
0 … neurons − 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.ndimage import gaussian_filter1d
from scipy.special import erfcx

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


def spike_counts(
    time: ArrayLike, neuron: ArrayLike, neurons: int, duration: float, bin_width: float
) -> NDArray[np.int64]:
    """Spikes of every neuron in bins of `bin_width` s, (bins, neurons); spikes after the last bin are left out.

    Raises:
        PremotorError: times or neurons outside their range, or a bin longer than the record.
    """
    times, places = _record(time, neuron, neurons)
    bins = int(duration / bin_width + 1e-9)
    if bins < 1:
        raise PremotorError(f"bin_width is {bin_width} s, but the record lasts {duration} s")
    which = np.floor(times / bin_width + 1e-9).astype(np.int64)
    inside = which < bins
    flat = which[inside] * neurons + places[inside]
    return np.bincount(flat, minlength=bins * neurons).reshape(bins, neurons)


def smoothed_rates(counts: ArrayLike, bin_width: float, spread: float) -> NDArray[np.float64]:
    """Rates (Hz) from counts in bins along axis 0: a Gaussian of standard deviation `spread` (s) a spike.

    At both ends the kernel is reflected, so that the mean rate is kept.
    """
    values = np.asarray(counts, np.float64) / bin_width
    if spread <= 0:
        return values
    return gaussian_filter1d(values, spread / bin_width, axis=0, mode="reflect")


def interval_variation(time: ArrayLike, neuron: ArrayLike, neurons: int, least: int = 3) -> NDArray[np.float64]:
    """Coefficient of variation of the intervals between spikes, (neurons,): 0 regular, 1 as a Poisson train.

    NaN for a neuron with fewer than `least` intervals.
    """
    times, places = _record(time, neuron, neurons)
    order = np.lexsort((times, places))
    gaps, owner = np.diff(times[order]), places[order]
    same = owner[1:] == owner[:-1]
    gaps, owner = gaps[same], owner[1:][same]
    number = np.bincount(owner, minlength=neurons)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(owner, weights=gaps, minlength=neurons) / number
        square = np.bincount(owner, weights=(gaps - mean[owner]) ** 2, minlength=neurons) / number
        variation = np.sqrt(square) / mean
    return np.where(number >= least, variation, np.nan)


def count_variance(counts: ArrayLike, window: int) -> NDArray[np.float64]:
    """Variance of the number of spikes in successive windows of bins, (windows, …).

    Args:
        counts: spikes in bins, (bins, …).
        window: bins; what is left at the end is left out.

    Raises:
        PremotorError: a window of fewer than two bins, or longer than the record.
    """
    values = np.asarray(counts, np.float64)
    if not 2 <= window <= len(values):
        raise PremotorError(f"the window is {window} bins; allowed are 2 to {len(values)}, all there are")
    number = len(values) // window
    return values[: number * window].reshape(number, window, *values.shape[1:]).var(1)


def synchrony(counts: ArrayLike) -> float:
    """χ of Golomb and Rinzel (1994): sd of the mean activity over the neurons' mean-square sd, from 0 to 1.

    About 1/√neurons for independent neurons, 1 where all do the same. NaN where nothing varies.

    Args:
        counts: (bins, neurons), or smoothed rates.
    """
    values = np.asarray(counts, np.float64)
    single = values.var(0).mean()
    return float(np.sqrt(values.mean(1).var() / single)) if single > 0 else float("nan")


def lif_rate(
    drive: ArrayLike, threshold: float, reset: float, time_constant: float, refractory: float
) -> NDArray[np.float64]:
    """Rate (Hz) of a leaky integrate-and-fire neuron under a constant current, in closed form.

    1 / (refractory + τ ln((drive − reset) / (drive − threshold))), 0 below threshold.

    Args:
        drive: the potential that it tends to, like `threshold` and `reset` in mV above rest.
        threshold: mV.
        reset: mV.
        time_constant: s.
        refractory: s.
    """
    values = np.asarray(drive, np.float64)
    fires = values > threshold
    safe = np.where(fires, values, threshold + 1.0)
    interval = refractory + time_constant * np.log((safe - reset) / (safe - threshold))
    return np.where(fires, 1.0 / interval, 0.0)


def siegert_rate(
    mean: float, spread: float, threshold: float, reset: float, time_constant: float, refractory: float
) -> float:
    """Rate (Hz) of a leaky integrate-and-fire neuron under white noise (Siegert 1951; Brunel 2000, eq. 21).

    Args:
        mean: μ, the mean of the potential without threshold, mV.
        spread: σ, where σ²/2 is the variance of that potential, mV.
        threshold: mV.
        reset: mV.
        time_constant: s.
        refractory: s.
    """
    if spread <= 0:
        return float(lif_rate(mean, threshold, reset, time_constant, refractory))
    low, high = (reset - mean) / spread, (threshold - mean) / spread
    # exp(u²)(1 + erf u) is erfcx(−u): it neither overflows below 0 nor loses digits.
    if high < 20:
        integral = quad(lambda u: erfcx(-u), low, high, limit=200)[0]
        return float(1.0 / (refractory + time_constant * np.sqrt(np.pi) * integral))
    return 0.0  # the integral exceeds exp(400)


def balanced_rate(
    excitatory: int,
    inhibitory: int,
    weight: float,
    ratio: float,
    external_rate: float,
    threshold: float,
    reset: float,
    time_constant: float,
    refractory: float,
) -> float:
    """Rate (Hz) in the asynchronous state of Brunel's network (2000, model A), by mean-field theory.

    Every neuron receives `excitatory` synapses of `weight` mV and `inhibitory` ones of −`ratio` · `weight`
    mV from the network, and as many excitatory ones from outside, which fire at `external_rate` Hz each.

    Solves ν = Φ(μ(ν), σ(ν)) (eqs. 4, 5 and 21 of the paper) by bisection, which finds a solution to which the
    rate returns; the asynchronous state of an inhibition-dominated network is the only one.
    """

    def response(rate: float) -> float:
        mean = time_constant * weight * (excitatory * (external_rate + rate) - ratio * inhibitory * rate)
        power = excitatory * (external_rate + rate) + ratio**2 * inhibitory * rate
        spread = weight * np.sqrt(time_constant * power)
        return siegert_rate(mean, spread, threshold, reset, time_constant, refractory)

    low, high = 0.0, 1.0 / refractory
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if response(middle) > middle else (low, middle)
    return 0.5 * (low + high)


def _record(time: ArrayLike, neuron: ArrayLike, neurons: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    times, places = np.asarray(time, np.float64), np.asarray(neuron, np.int64)
    if times.shape != places.shape or times.ndim != 1:
        raise PremotorError(f"time has shape {times.shape} and neuron {places.shape}: they must be one list")
    if len(places) and not (places.min() >= 0 and places.max() < neurons):
        raise PremotorError(f"neuron names the neuron {places.max()}, but there are {neurons}")
    if len(times) and not (np.isfinite(times).all() and times.min() >= 0):
        raise PremotorError("time holds a value that is negative or not finite")
    return times, places
