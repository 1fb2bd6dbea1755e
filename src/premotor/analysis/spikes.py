"""Spike trains: rates, regularity, synchrony, and what theory expects of integrate-and-fire neurons.

A record of spikes is two arrays of one length: `time` (s) and `neuron` (position, 0 … neurons − 1).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.ndimage import gaussian_filter1d
from scipy.special import erfcx

from premotor.errors import PremotorError


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
