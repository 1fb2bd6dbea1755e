"""The dominant rhythm of a signal, from its power spectrum."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


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
