"""Whether traces are rhythmic, how fast, and in which order: autocorrelation, phase, power spectrum.

Traces have shape (samples, channels); a channel is a neuron, or a neuron of one replicate.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError

LEAST_PROMINENCE = 0.05
"""Peaks of the autocorrelation that stand out less are noise."""
RHYTHMIC = 0.5
"""A channel with at least this score counts as rhythmic (Pugliese et al. 2025)."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """What the autocorrelation of each channel says."""

    score: NDArray[np.float64]
    """From 0 (no rhythm) to 1 (as regular as a sinusoid), (channels,)."""
    frequency: NDArray[np.float64]
    """Hz, (channels,); NaN where the score is 0."""
    amplitude: NDArray[np.float64]
    """Largest minus smallest value, (channels,), in the unit of the traces."""
    mean: NDArray[np.float64]
    """Mean over time, (channels,)."""

    @property
    def rhythmic(self) -> NDArray[np.bool_]:
        """Which channels have at least the score that counts as a rhythm."""
        return self.score >= RHYTHMIC


def rhythm(traces: ArrayLike, sample_period: float, least_amplitude: float = 0.01) -> Rhythm:
    """Score and frequency of the rhythm of every channel.

    Score (after Pugliese et al. 2025): the channel is scaled to the range from −1 to 1 and correlated with
    itself; among the peaks of the autocorrelation (1 at lag 0) with a prominence of at least 0.05, take the
    greatest height and the greatest prominence. The smaller of the two, divided by the same figure of a
    sinusoid of that frequency and length, is the score, at most 1. A rhythm that dies away scores less, noise
    scores about 0. The size of the oscillation does not enter; channels whose values span less than
    `least_amplitude` score 0.

    The frequency is one over the lag of the most prominent peak, refined by a parabola through the
    autocorrelation without its taper (Pugliese et al. take the lag in whole samples).

    Args:
        traces: (samples, channels) or (samples,).
        sample_period: s.
        least_amplitude: in the unit of the traces, Hz for rates.

    Raises:
        PremotorError: fewer than 8 samples, or values that are not finite.
    """
    values = _traces(traces)
    low, high = values.min(0), values.max(0)
    amplitude = high - low
    moving = np.flatnonzero(amplitude >= max(least_amplitude, np.finfo(float).tiny))
    score = np.zeros(values.shape[1])
    frequency = np.full(values.shape[1], np.nan)
    correlation = _autocorrelation(2 * (values[:, moving] - low[moving]) / amplitude[moving] - 1)
    for channel, curve in zip(moving, correlation.T, strict=True):
        strength, lag = _strongest(curve)
        if lag:
            score[channel] = min(1.0, strength / _of_sinusoid(lag, len(values)))
            frequency[channel] = 1.0 / (_refined(curve, lag) * sample_period)
    return Rhythm(score, frequency, amplitude, values.mean(0))


def relative_phase(
    traces: ArrayLike, sample_period: float, frequency: float, reference: int = 0
) -> NDArray[np.float64]:
    """Phase of every channel after the reference channel, in cycles from 0 to 1, (channels,).

    0.25 means that the channel reaches its peak a quarter of a cycle after the reference. Phases are those of
    the Fourier component at `frequency` (Hz) under a Hann window. NaN for a channel without any.

    Raises:
        PremotorError: no such reference, a frequency that is not between 0 and half the sampling frequency.
    """
    values = _traces(traces)
    if not 0 <= reference < values.shape[1]:
        raise PremotorError(f"reference is {reference}, but there are {values.shape[1]} channels")
    if not 0 < frequency <= 0.5 / sample_period:
        raise PremotorError(f"frequency is {frequency} Hz; it has to be in (0, {0.5 / sample_period:g}]")
    window = np.hanning(len(values))
    centred = values - np.average(values, axis=0, weights=window)
    turn = np.exp(-2j * np.pi * frequency * sample_period * np.arange(len(values)))
    component = (window * turn) @ centred
    largest = np.abs(values).max(0)
    present = np.abs(component) > 1e-9 * window.sum() * np.maximum(largest, np.finfo(float).tiny)
    phase = (np.angle(component[reference]) - np.angle(component)) / (2 * np.pi) % 1.0
    phase[phase > 1 - 1e-9] = 0.0  # rounding just below 0
    return np.where(present & present[reference], phase, np.nan)


def circular_mean(phase: ArrayLike, axis: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean direction of phases (cycles), NaN left out, and its concentration from 0 (spread) to 1 (alike)."""
    angle = 2 * np.pi * np.asarray(phase, np.float64)
    known = np.isfinite(angle)
    vectors = np.where(known, np.exp(1j * np.where(known, angle, 0.0)), 0.0)
    count = known.sum(axis)
    mean = vectors.sum(axis) / np.maximum(count, 1)
    concentration = np.abs(mean)
    direction = np.angle(mean) / (2 * np.pi) % 1.0
    empty = (count == 0) | (concentration < 1e-12)
    return np.where(empty, np.nan, direction), np.where(count == 0, np.nan, concentration)


def _traces(traces: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(traces, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) < 8:
        raise PremotorError(f"traces have shape {values.shape}: they must be (samples, channels), 8 or more")
    if not np.isfinite(values).all():
        raise PremotorError("traces hold values that are not finite")
    return values


def _autocorrelation(values: NDArray) -> NDArray:
    """Sum of products at lags 0 … samples − 1 over that at lag 0, of each column; tapered by the overlap."""
    size = 2 * len(values)
    power = np.abs(np.fft.rfft(values, size, axis=0)) ** 2
    curve = np.fft.irfft(power, size, axis=0)[: len(values)]
    return curve / curve[:1]


def _strongest(curve: NDArray) -> tuple[float, int]:
    from scipy.signal import find_peaks  # takes a second to load, and is in the way of every training

    peaks, facts = find_peaks(curve, height=(None, None), prominence=LEAST_PROMINENCE)
    if not len(peaks):
        return 0.0, 0
    strength = min(facts["peak_heights"].max(), facts["prominences"].max())
    return max(0.0, float(strength)), int(peaks[np.argmax(facts["prominences"])])


@lru_cache(maxsize=4096)
def _of_sinusoid(lag: int, samples: int) -> float:
    """The greatest strength that a sinusoid of this period reaches, whichever way it is cut."""
    angle = 2 * np.pi * np.arange(samples) / lag
    both = _autocorrelation(np.stack([np.sin(angle), np.cos(angle)], axis=1))
    strengths = [_strongest(curve)[0] for curve in both.T]
    return max(*strengths, LEAST_PROMINENCE)


def _refined(curve: NDArray, lag: int) -> float:
    """The lag of a peak between samples; without the taper, which would pull it towards 0."""
    if not 0 < lag < len(curve) - 1:
        return float(lag)
    overlap = len(curve) - np.arange(lag - 1, lag + 2)
    before, at, after = curve[lag - 1 : lag + 2] / overlap
    bend = before - 2 * at + after
    return lag + (0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)))


def power_spectrum(
    signal: ArrayLike, control_period: float, padding: int = 8
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power of a signal after removal of its linear trend, under a Hann window.

    Args:
        signal: (steps,) or (steps, channels); the power of channels is added.
        control_period: time between steps, in s.
        padding: factor of zero padding, which samples the spectrum more finely.

    Returns:
        Frequencies (Hz) and power (squared units of the signal, up to a constant factor), one axis each.
    """
    values = np.asarray(signal, np.float64)
    columns = values[:, None] if values.ndim == 1 else values
    if columns.ndim != 2 or len(columns) < 4:
        raise PremotorError(
            f"signal has shape {values.shape}: it must be (steps,) or (steps, channels), 4 steps or more"
        )
    steps = np.linspace(-1.0, 1.0, len(columns))
    centred = columns - columns.mean(0)
    centred = centred - np.outer(steps, steps @ centred / (steps @ steps))
    length = padding * len(columns)
    transform = np.fft.rfft(np.hanning(len(columns))[:, None] * centred, length, axis=0)
    return np.fft.rfftfreq(length, control_period), (np.abs(transform) ** 2).sum(1)


def dominant_frequency(signal: ArrayLike, control_period: float, band: tuple[float, float] = (0.25, 6.0)) -> float:
    """Frequency (Hz) of the highest peak of the power spectrum within `band`, refined by a parabola.

    NaN for a signal that does not change, or when no frequency of the spectrum lies in the band.
    """
    frequency, power = power_spectrum(signal, control_period)
    inside = np.flatnonzero((frequency >= band[0]) & (frequency <= band[1]))
    if not len(inside) or power[inside].max() <= 1e-24 * len(frequency):
        return float("nan")
    peak = int(inside[np.argmax(power[inside])])
    if peak in (0, len(power) - 1):
        return float(frequency[peak])
    before, at, after = np.log(power[peak - 1 : peak + 2] + np.finfo(float).tiny)
    bend = before - 2 * at + after
    shift = 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
    return float(frequency[peak] + shift * (frequency[1] - frequency[0]))
