"""Means with intervals, tests with effect sizes and corrections for many, sliding means and medians."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.special
import scipy.stats
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


@dataclass(frozen=True)
class Estimate:
    """A value with a confidence interval."""

    value: float
    low: float
    high: float
    count: int
    """Observations behind it."""


@dataclass(frozen=True)
class Comparison:
    """A Mann–Whitney test of two independent samples."""

    u: float
    """Pairs in which the first sample is larger; ties count a half."""
    p: float
    """Two-sided; exact for small samples without ties, normal with tie correction otherwise."""
    rank_biserial: float
    """2u/(n₁n₂) − 1, which is Cliff's delta: 1 if all of the first sample is larger, 0 for no order."""


@dataclass(frozen=True)
class Variance:
    """A one-way analysis of variance."""

    f: float
    """Variance between the groups over that within them; infinite where nothing varies within."""
    between: int
    """Degrees of freedom between the groups."""
    within: int
    """Degrees of freedom within them."""
    p: float
    eta_squared: float
    """Fraction of the variance that lies between the groups."""


def bootstrap_mean(values: ArrayLike, confidence: float = 0.95, resamples: int = 9_999, seed: int = 0) -> Estimate:
    """The mean with a bias-corrected and accelerated bootstrap interval (Efron 1987).

    Of very few values (under about eight) the bootstrap knows little and its interval is too narrow. A single
    value has no interval (NaN); values that are all equal have an interval of width 0. Resampling starts from
    `seed`, so that the same values give the same interval.

    Raises:
        PremotorError: there are no values, or some are not finite.
    """
    sample = sample_of(values, "values")
    mean = float(sample.mean())
    if len(sample) == 1:
        return Estimate(mean, float("nan"), float("nan"), 1)
    if np.ptp(sample) == 0:
        return Estimate(mean, mean, mean, len(sample))
    # Scaled to order 1, so that tiny or huge values neither under- nor overflow in the third moments.
    scale = float(np.abs(sample - mean).max())
    result = scipy.stats.bootstrap(
        ((sample - mean) / scale,),
        np.mean,
        confidence_level=confidence,
        n_resamples=resamples,
        method="BCa",
        rng=np.random.default_rng(seed),
    )
    low, high = (mean + scale * float(bound) for bound in result.confidence_interval)
    return Estimate(mean, low, high, len(sample))


def mann_whitney(first: ArrayLike, second: ArrayLike) -> Comparison:
    """Whether values of one sample tend to be larger than those of another (Mann and Whitney 1947).

    Raises:
        PremotorError: a sample is empty or not finite.
    """
    a, b = sample_of(first, "first"), sample_of(second, "second")
    if np.ptp(np.concatenate([a, b])) == 0:
        return Comparison(len(a) * len(b) / 2, 1.0, 0.0)  # all tied: the normal approximation has no width
    u, p = scipy.stats.mannwhitneyu(a, b, alternative="two-sided")
    return Comparison(float(u), float(min(p, 1.0)), float(2 * u / (len(a) * len(b)) - 1))


def one_way_anova(*groups: ArrayLike) -> Variance:
    """Whether the means of independent groups differ (Fisher 1925), by the classical F test.

    Raises:
        PremotorError: fewer than two groups, one that is empty or not finite, or no more values than groups.
    """
    samples = [sample_of(group, f"group {number + 1}") for number, group in enumerate(groups)]
    if len(samples) < 2:
        raise PremotorError(f"there are {len(samples)} groups; an analysis of variance needs 2")
    between, within = len(samples) - 1, sum(map(len, samples)) - len(samples)
    if within < 1:
        raise PremotorError(f"{between + within + 1} values in {len(samples)} groups leave no variance within a group")
    if np.ptp(np.concatenate(samples)) == 0:
        return Variance(0.0, between, within, 1.0, 0.0)
    if all(np.ptp(sample) == 0 for sample in samples):
        return Variance(float("inf"), between, within, 0.0, 1.0)
    f, p = (float(value) for value in scipy.stats.f_oneway(*samples))
    return Variance(f, between, within, p, f * between / (f * between + within))


def hedges_g(first: ArrayLike, second: ArrayLike) -> float:
    """Standardised difference of two means without small-sample bias (Hedges 1981, exact factor).

    (mean of first − mean of second) / pooled standard deviation · J(n₁ + n₂ − 2), where
    J(m) = Γ(m/2) / (√(m/2) Γ((m − 1)/2)). NaN with fewer than two values in a sample or without any variance.
    """
    a, b = sample_of(first, "first"), sample_of(second, "second")
    if len(a) < 2 or len(b) < 2:
        return float("nan")
    free = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / free)
    if pooled == 0:
        return float("nan")
    gamma = scipy.special.gammaln
    correction = np.exp(gamma(free / 2) - 0.5 * np.log(free / 2) - gamma((free - 1) / 2))
    return float((a.mean() - b.mean()) / pooled * correction)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Estimate:
    """A fraction with its score interval (Wilson 1927), which behaves at 0 and 1 as well.

    Raises:
        PremotorError: there are no trials, or successes lie outside [0, trials].
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise PremotorError(f"{successes} successes in {trials} trials: allowed are 0 ≤ successes ≤ trials ≥ 1")
    interval = scipy.stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return Estimate(successes / trials, float(interval.low), float(interval.high), trials)


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """P values adjusted for testing all of them at once (Holm 1979), in the order given.

    Raises:
        PremotorError: a value lies outside [0, 1].
    """
    values = np.asarray(p, np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise PremotorError("p values must lie in [0, 1]")
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def sample_of(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Values as one list of numbers.

    Raises:
        PremotorError: there are none, or some are not finite; `name` says of what.
    """
    sample = np.asarray(values, np.float64).ravel()
    if not len(sample):
        raise PremotorError(f"{name}: there are no values")
    if not np.isfinite(sample).all():
        bad = int((~np.isfinite(sample)).sum())
        raise PremotorError(f"{name}: {bad} of {len(sample)} values are not finite")
    return sample


class Stretch(NamedTuple):
    """A stretch of successive values."""

    value: float
    """Its median or mean; NaN where the record is shorter than the window."""
    end: int
    """Values up to and with its last one; 0 where there is none."""


def sliding_median(values: ArrayLike, window: int) -> NDArray[np.float64]:
    """Medians of all stretches of `window` successive values, (values − window + 1,); none where there are fewer.

    Raises:
        PremotorError: a window below 1.
    """
    return _slide(values, window, np.median)


def sliding_mean(values: ArrayLike, window: int) -> NDArray[np.float64]:
    """The same for means."""
    return _slide(values, window, np.mean)


def best_median(values: ArrayLike, window: int) -> Stretch:
    """The first stretch of `window` values with the highest median."""
    return _best(sliding_median(values, window), window)


def best_mean(values: ArrayLike, window: int) -> Stretch:
    """The same for means."""
    return _best(sliding_mean(values, window), window)


def _slide(values: ArrayLike, window: int, measure: Callable[..., NDArray[np.float64]]) -> NDArray[np.float64]:
    if window < 1:
        raise PremotorError(f"the window is {window}; at least 1 value is needed")
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise PremotorError(f"values have the shape {array.shape}; one list is needed")
    if len(array) < window:
        return np.empty(0)
    return measure(sliding_window_view(array, window), axis=1)


def _best(curve: NDArray[np.float64], window: int) -> Stretch:
    if not len(curve):
        return Stretch(float("nan"), 0)
    place = int(np.argmax(curve))
    return Stretch(float(curve[place]), place + window)
