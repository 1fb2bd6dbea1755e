"""After how many steps something repeats."""

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.8
"""Of the highest peak: the first one that is so high counts, and not one of its multiples."""


def repetition(traces: NDArray[np.floating], shortest: int, longest: int, least: float = 0.0) -> int | None:
    """Steps after which traces repeat: the first high peak of their autocorrelation, at its lag.

    Args:
        traces: (steps, channels); products are summed over channels, and are means over the steps that overlap.
        shortest: lag that is looked at.
        longest: the one after the last.
        least: height of a peak, as a part of the traces' variance, at or below which nothing repeats.

    Returns:
        the lag; None where no peak is high enough.
    """
    moving = traces - traces.mean(0)
    lags = range(shortest, max(longest, shortest + 1))
    match = np.array([(moving[lag:] * moving[:-lag]).sum() / (len(moving) - lag) for lag in lags])
    peaks = np.flatnonzero((match[1:-1] >= match[:-2]) & (match[1:-1] > match[2:])) + 1
    if not len(peaks) or not match[peaks].max() > least * (moving**2).sum() / len(moving):
        return None
    return lags[int(peaks[match[peaks] >= ALIKE * match[peaks].max()][0])]
