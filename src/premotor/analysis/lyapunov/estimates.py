"""Standard errors of growth rates, and numbers that follow from a spectrum of exponents."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


def kaplan_yorke_dimension(exponents: ArrayLike, state_size: int | None = None) -> NDArray[np.float64]:
    """Kaplan–Yorke (Lyapunov) dimension of the attractor: j + Σ_{i≤j} λ_i / |λ_{j+1}| (Kaplan & Yorke 1979).

    j is the largest number of leading exponents whose sum is not negative.

    Args:
        exponents: the leading exponents, (…, k); sorted here.
        state_size: number of exponents there are; k when None.

    Returns:
        (…,). 0 where λ1 is negative; the size of the state where the sum of all is not negative; NaN where the sum
        of those given is not negative and more exist: the dimension is then larger than k.
    """
    values = _sorted(exponents)
    size = values.shape[-1]
    sums = np.cumsum(values, axis=-1)
    # The sums rise while exponents are positive and fall ever after, so the non-negative ones come first.
    count = np.where(values[..., 0] < 0, 0, (sums >= 0).sum(-1))
    last = np.clip(count, 0, size - 1)[..., None]
    before = np.clip(count - 1, 0, size - 1)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = (np.take_along_axis(sums, before, -1) / np.abs(np.take_along_axis(values, last, -1)))[..., 0]
    dimension = np.where(count == 0, 0.0, count + fraction)
    full = float(size) if state_size is None or state_size <= size else np.nan
    return np.where(count == size, full, dimension)


def entropy_rate(exponents: ArrayLike, state_size: int | None = None) -> NDArray[np.float64]:
    """Kolmogorov–Sinai entropy by Pesin's formula, the sum of the positive exponents, in nats per unit of time.

    It is an upper bound where the invariant measure is not smooth along the unstable directions (Ruelle).

    Args:
        exponents: the leading exponents, (…, k).
        state_size: number of exponents there are; k when None.

    Returns:
        (…,). NaN where all given are positive and more exist.
    """
    values = _sorted(exponents)
    total = np.where(values > 0, values, 0.0).sum(-1)
    cut_short = (values[..., -1] > 0) & (state_size is not None and state_size > values.shape[-1])
    return np.where(cut_short, np.nan, total)


def vector_participation(vectors: ArrayLike) -> NDArray[np.float64]:
    """Participation ratio (Σ v²)² / Σ v⁴ of vectors in columns, (…, n, k) → (…, k).

    1 for a vector of one neuron, n for one in which all neurons take part alike.
    """
    squares = np.asarray(vectors, np.float64) ** 2
    return squares.sum(-2) ** 2 / (squares**2).sum(-2)


def _sorted(exponents: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(exponents, np.float64)
    if values.ndim < 1 or values.shape[-1] == 0:
        raise PremotorError(f"exponents has shape {values.shape}; expected (…, k) with k at least 1")
    return -np.sort(-values, axis=-1)


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
