"""That two things are alike: equivalence within a margin, and the smallest effect that such runs could have shown."""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
import scipy.optimize
import scipy.stats

from premotor.analysis.replication import Replicates, difference_of_means
from premotor.errors import PremotorError

GRID = 60
"""Spreads of each side over which a power is averaged."""
POWER = 0.8
"""With which an effect would have been seen."""


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests of a difference of means against a margin."""

    p: float
    """The larger of both; below 5% the difference is smaller than the margin, either way."""
    low: float
    """Of the 90% interval, which then lies within ± margin."""
    high: float
    margin: float


def equivalence(first: Replicates, second: Replicates, margin: float) -> Equivalence:
    """Whether two means differ by less than a margin that was declared beforehand (Schuirmann 1987).

    Two one-sided t tests of units with unequal variances; NaN of one unit each.

    Raises:
        PremotorError: the margin is not positive.
    """
    if not margin > 0:
        raise PremotorError(f"the margin of equivalence is {margin}; it has to be more than 0")
    found = difference_of_means(first, second, 0.9)
    a, b = first.values, second.values
    if np.isnan(found.low):
        p = float("nan")
    elif found.low == found.high:  # nothing varies
        p = float(abs(found.value) >= margin)
    else:
        alike = min(found.units) == 1
        lower = scipy.stats.ttest_ind(a + margin, b, equal_var=alike, alternative="greater").pvalue
        upper = scipy.stats.ttest_ind(a - margin, b, equal_var=alike, alternative="less").pvalue
        p = float(max(lower, upper))
    return Equivalence(p, found.low, found.high, margin)


def smallest_difference(first: Replicates, second: Replicates, power: float = POWER, alpha: float = 0.05) -> float:
    """The difference of means that Welch's t test of these units would show with a power, by the spread found.

    The power is the mean over what spreads the units of such a study may happen to have, since the test's degrees of
    freedom go by them; with few units, those at the true spread promise too much. One unit counts as varied as the
    others, and is tested with the spread of those. NaN where there is no spread to go by.
    """
    a, b = first.values, second.values
    sizes, variances = np.array([len(a), len(b)]), [side.var(ddof=1) if len(side) > 1 else np.nan for side in (a, b)]
    if np.isnan(variances).all() or not np.nansum(variances):
        return float("nan")
    if np.isnan(variances).any():
        parts = np.nanmax(variances) / sizes
        found = float(_shift(float(sizes.max() - 1), power, alpha))
        return found * float(np.sqrt(parts.sum()))
    parts = np.array(variances) / sizes
    share, places = parts / parts.sum(), (np.arange(GRID) + 0.5) / GRID
    one, two = (scipy.stats.chi2.ppf(places, size - 1) / (size - 1) for size in sizes)
    seen = share[0] * one[:, None], share[1] * two[None, :]  # of the variance of the difference, by the samples
    free = (seen[0] + seen[1]) ** 2 / (seen[0] ** 2 / (sizes[0] - 1) + seen[1] ** 2 / (sizes[1] - 1))
    limit = scipy.stats.t.ppf(1 - alpha / 2, free) * np.sqrt(seen[0] + seen[1])

    def short(shift: float) -> float:
        return float((scipy.stats.norm.sf(limit - shift) + scipy.stats.norm.cdf(-limit - shift)).mean()) - power

    return _root(short) * float(np.sqrt(parts.sum()))


def _shift(free: float, power: float, alpha: float) -> float:
    """Noncentrality at which a two-sided t test has a power."""
    critical = scipy.stats.t.ppf(1 - alpha / 2, free)

    def short(shift: float) -> float:
        lower = np.nan_to_num(scipy.stats.nct.cdf(-critical, free, shift))  # which underflows, far out
        return float(scipy.stats.nct.sf(critical, free, shift) + lower) - power

    return _root(short)


def _root(short: Callable[[float], float]) -> float:
    """Where a rising function becomes 0."""
    most = 1.0
    while short(most) < 0:
        most *= 1.5
    return float(scipy.optimize.brentq(short, 0.0, most))


def smallest_improvement(first: int, second: int, power: float = POWER, alpha: float = 0.05) -> float:
    """The probability of improvement that a two-sided Mann–Whitney test of so many units would show (Noether 1987).

    NaN where even complete order would not be significant, as of 2 against 5.
    """
    if 2 / comb(first + second, first) > alpha:
        return float("nan")
    z = scipy.stats.norm.ppf(1 - alpha / 2) + scipy.stats.norm.ppf(power)
    total, part = first + second, first / (first + second)
    return float(min(0.5 + z / np.sqrt(12 * total * part * (1 - part)), 1.0))
