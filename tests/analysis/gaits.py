"""Synthetic gaits whose every figure is known."""

import numpy as np


def footfalls(steps, control_period, frequency, duty, lags, start=0.0):
    """Contact (steps, feet): foot i stands while its phase is below `duty`, and lags by `lags[i]`."""
    phase = (np.arange(steps)[:, None] * control_period * frequency + start - np.asarray(lags)) % 1.0
    # Rounding keeps a phase that is a whole number up to the last bit from landing on the wrong side.
    return np.round(phase, 9) % 1.0 < duty


def cycle(samples=200):
    """A reference cycle of four joints with different harmonics, (samples, 4), in rad."""
    turn = 2 * np.pi * np.arange(samples) / samples
    return np.stack(
        [
            0.4 * np.sin(turn) + 0.1,
            0.5 - 0.4 * np.cos(turn) + 0.15 * np.cos(2 * turn + 0.4),
            0.4 * np.sin(turn + np.pi) + 0.1,
            0.5 - 0.4 * np.cos(turn + np.pi) + 0.15 * np.cos(2 * turn + 0.4),
        ],
        axis=1,
    )


def walk(steps, control_period, period, phase):
    """The angles of `cycle`, by its formula and not by interpolation, (steps, 4)."""
    turn = 2 * np.pi * (np.arange(steps) * control_period / period + phase)
    return np.stack(
        [
            0.4 * np.sin(turn) + 0.1,
            0.5 - 0.4 * np.cos(turn) + 0.15 * np.cos(2 * turn + 0.4),
            0.4 * np.sin(turn + np.pi) + 0.1,
            0.5 - 0.4 * np.cos(turn + np.pi) + 0.15 * np.cos(2 * turn + 0.4),
        ],
        axis=1,
    )
