"""Runs that replicate a thing twice, by wirings and by seeds: what counts as one observation; means and differences.

Several seeds of one wiring are not several wirings. Where there is more than one wiring, the unit of replication is the
wiring, with the mean over its seeds as its value; where there is one, it is the seed.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import scipy.optimize
import scipy.stats
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.statistics import Estimate, mann_whitney, sample_of

FEWEST = 5
"""Units of one side or the other from which on a probability of improvement has an interval."""
TRIMMED = 0.25
"""Of the values at each end, which an interquartile mean leaves out."""


class Replicates(NamedTuple):
    """Runs of one kind, by the units that replicate it."""

    values: NDArray[np.float64]
    """One a unit, (units,)."""
    runs: NDArray[np.float64]
    """The runs of each unit, filled up with NaN, (units, most runs of one)."""
    unit: Literal["wiring", "seed"]
    """What a unit is."""

    @property
    def every(self) -> NDArray[np.float64]:
        """All runs, (runs,)."""
        return self.runs[np.isfinite(self.runs)]


@dataclass(frozen=True)
class Difference:
    """A difference of two means, with its interval and a two-sided test."""

    value: float
    low: float
    high: float
    p: float
    units: tuple[int, int]
    """Of the first and of the second."""


def replicates(values: ArrayLike, wirings: ArrayLike | None = None) -> Replicates:
    """Runs by their units.

    Args:
        values: a figure of each run, (runs,).
        wirings: which wiring each has, (runs,); None: all the same one.

    Raises:
        PremotorError: there are no values, or some are not finite.
    """
    sample = sample_of(values, "values")
    names = np.zeros(len(sample), int) if wirings is None else np.unique(np.asarray(wirings), return_inverse=True)[1]
    count = np.bincount(names)
    if len(count) == 1:
        return Replicates(sample, sample[:, None], "seed")
    runs = np.full((len(count), count.max()), np.nan)
    for unit in range(len(count)):
        runs[unit, : count[unit]] = sample[names == unit]
    return Replicates(np.nanmean(runs, axis=1), runs, "wiring")


def mean_of_units(data: Replicates, confidence: float = 0.95) -> Estimate:
    """The mean over units with Student's interval; none (NaN) of one unit.

    With seeds inside wirings this is the exact interval of the nested model where every wiring has as many runs: the
    means of wirings carry the noise of both. A bootstrap over both levels counts that of the seeds twice, and one over
    a handful of wirings is too narrow (`docs/concepts/statistics.md` has the figures).
    """
    mean = float(data.values.mean())
    if len(data.values) == 1:
        return Estimate(mean, float("nan"), float("nan"), 1)
    if np.ptp(data.values) == 0:
        return Estimate(mean, mean, mean, len(data.values))
    low, high = scipy.stats.ttest_1samp(data.values, 0.0).confidence_interval(confidence)
    return Estimate(mean, float(low), float(high), len(data.values))


def difference_of_means(first: Replicates, second: Replicates, confidence: float = 0.95) -> Difference:
    """Mean of the first less that of the second, by the t test of units with unequal variances (Welch 1947).

    Where one side is a single unit, its variance is taken to be that of the other (Crawford and Howell 1998). Where
    nothing varies on either side, the exact Mann–Whitney test takes the t test's place. Of one unit each there is no
    interval and no p (NaN).
    """
    a, b = first.values, second.values
    value, units = float(a.mean() - b.mean()), (len(a), len(b))
    if max(units) == 1:
        return Difference(value, float("nan"), float("nan"), float("nan"), units)
    if all(np.ptp(side) == 0 for side in (a, b)):
        return Difference(value, value, value, mann_whitney(a, b).p, units)
    test = scipy.stats.ttest_ind(a, b, equal_var=min(units) == 1)
    low, high = test.confidence_interval(confidence)
    return Difference(value, float(low), float(high), float(test.pvalue), units)


def among_wirings(own: Replicates, others: Replicates) -> float:
    """Two-sided p of the hypothesis that a wiring is one more draw of `others` (Crawford and Howell 1998).

    A mean over null wirings says nothing about how far they lie apart. This asks whether the mean over one wiring's
    seeds lies outside of what single other wirings reach. NaN where `others` are fewer than two wirings, or all alike.
    """
    if others.unit != "wiring" or np.ptp(others.values) == 0:
        return float("nan")
    return float(scipy.stats.ttest_ind([own.values.mean()], others.values).pvalue)


def interquartile_mean(data: Replicates, confidence: float = 0.95, resamples: int = 2_000, seed: int = 0) -> Estimate:
    """Mean of the middle half of all runs (Agarwal et al. 2021), with an interval by a bootstrap of units.

    Units are drawn with replacement, each with all its runs (Davison and Hinkley 1997, section 3.8); the standard error
    over resamples, without its bias of small samples, √(n/(n−1)), goes into Student's interval with n − 1 degrees of
    freedom. Percentiles of so few units would be too narrow. Of fewer than four runs it is their mean.
    """
    value = float(scipy.stats.trim_mean(data.every, TRIMMED))
    units = len(data.values)
    if units == 1:
        return Estimate(value, float("nan"), float("nan"), 1)
    rng = np.random.default_rng(seed)
    drawn = data.runs[rng.integers(0, units, (resamples, units))].reshape(resamples, -1)
    error = middle_means(drawn).std(ddof=1) * np.sqrt(units / (units - 1))
    half = float(scipy.stats.t.ppf((1 + confidence) / 2, units - 1) * error)
    return Estimate(value, value - half, value + half, units)


def middle_means(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interquartile mean of each row, (rows,); NaN is no value."""
    ordered = np.sort(rows, axis=-1)  # NaN last
    count = np.isfinite(ordered).sum(-1)
    cut = (TRIMMED * count).astype(int)
    place = np.arange(ordered.shape[-1])
    middle = (place >= cut[..., None]) & (place < (count - cut)[..., None])
    return np.where(middle, ordered, 0.0).sum(-1) / middle.sum(-1)


def probability_of_improvement(
    first: Replicates, second: Replicates, confidence: float = 0.95, fewest: int = FEWEST
) -> Estimate:
    """How probably a run of the first does better than one of the second, ties a half (Agarwal et al. 2021).

    The interval is the score-type one of Newcombe (2006, method 5), which behaves at 0 and 1 as well, of the numbers of
    units. With fewer than `fewest` on both sides there is none (NaN): three against three would hold the truth in 90%
    to 94% of the cases.
    """
    a, b = first.every, second.every
    value = mann_whitney(a, b).u / (len(a) * len(b))
    m, n = len(first.values), len(second.values)
    if max(m, n) < fewest:
        return Estimate(value, float("nan"), float("nan"), m + n)
    z = float(scipy.stats.norm.ppf((1 + confidence) / 2))
    star = (m + n) / 2 - 1

    def excess(theta: float) -> float:
        spread = theta * (1 - theta) / (m * n)
        spread *= 1 + star * (1 - theta) / (2 - theta) + star * theta / (1 + theta)
        return (value - theta) ** 2 - z**2 * spread

    inner = min(max(value, 1e-9), 1 - 1e-9)  # 0 and 1 are roots of their own
    low = 0.0 if value == 0 else scipy.optimize.brentq(excess, 0.0, inner)
    high = 1.0 if value == 1 else scipy.optimize.brentq(excess, inner, 1.0)
    return Estimate(value, float(low), float(high), m + n)


class Profile(NamedTuple):
    """Fractions of runs above thresholds, with bands."""

    thresholds: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def performance_profile(data: Replicates, thresholds: ArrayLike, confidence: float = 0.95) -> Profile:
    """Fraction of runs that score more than each threshold (Agarwal et al. 2021), with a band point by point.

    Wilson's interval of an effective number of runs: between that of units (all runs of one alike) and that of runs (as
    if independent), by how much units differ (Korn and Graubard 1998).
    """
    taus = np.asarray(thresholds, np.float64)
    above = np.where(np.isnan(data.runs)[..., None], np.nan, data.runs[..., None] > taus)
    value, by_unit = np.nanmean(above, axis=(0, 1)), np.nanmean(above, axis=1)
    units, runs = len(data.values), len(data.every)
    between = by_unit.var(axis=0, ddof=1) / units if units > 1 else np.zeros_like(value)
    effective = np.divide(value * (1 - value), between, out=np.full_like(value, float(units)), where=between > 0)
    n = np.clip(effective, units, runs)
    z = float(scipy.stats.norm.ppf((1 + confidence) / 2))
    centre = (value + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(value * (1 - value) / n + z**2 / (4 * n**2))
    return Profile(taus, value, np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0))
