"""Standard errors of mean growth rates."""

import numpy as np
from numpy.typing import NDArray

BLOCKS = 20
"""Blocks of equal time whose scatter gives the standard errors."""


def block_errors(growth: NDArray[np.float64], durations: NDArray[np.int64], dt: float) -> NDArray[np.float64]:
    """Standard errors of mean growth rates from the means of `BLOCKS` blocks of about equal time.

    Args:
        growth: of every interval, (…, intervals, k).
        durations: of every interval, in steps, (intervals,).
        dt: time of one step.

    Returns:
        (…, k); NaN with fewer intervals than two a block.
    """
    if len(durations) < 2 * BLOCKS:
        return np.full((*growth.shape[:-2], growth.shape[-1]), np.nan)
    ends = np.cumsum(durations)
    starts = np.searchsorted(ends, ends[-1] * np.arange(BLOCKS) / BLOCKS, side="right")
    starts = np.unique(starts)
    weights = np.add.reduceat(durations, starts)
    means = np.add.reduceat(growth, starts, axis=-2) / weights[:, None]
    share = (weights / weights.sum())[:, None]
    mean = (share * means).sum(-2, keepdims=True)
    with np.errstate(invalid="ignore"):  # exponents of minus infinity have no error
        return np.sqrt((share * (means - mean) ** 2).sum(-2) / (len(starts) - 1)) / dt
