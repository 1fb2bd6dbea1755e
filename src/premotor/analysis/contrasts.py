"""One thing against another over replicated runs: every figure of the comparison at once, and what it lets one say."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from premotor.analysis.equivalence_tests import Equivalence, equivalence, smallest_difference, smallest_improvement
from premotor.analysis.replication import (
    Difference,
    Replicates,
    among_wirings,
    difference_of_means,
    probability_of_improvement,
)
from premotor.analysis.statistics import Estimate, holm

SIGNIFICANT = 0.05
"""Below this a p counts, after correction for all tests of the same family."""

Verdict = Literal["higher", "lower", "higher within the margin", "lower within the margin", "equivalent", "unknown"]


@dataclass(frozen=True)
class Contrast:
    """The first against the second."""

    first: Replicates
    second: Replicates
    difference: Difference
    """Of means over units, with Welch's test."""
    improvement: Estimate
    """Probability that a run of the first does better."""
    among: float
    """p that the first is one more wiring of the second's; NaN where that is no question."""
    equivalence: Equivalence | None
    """Against the margin, where one was declared."""
    smallest_difference: float
    """That these units would have shown, with a power of 80%, after the correction; NaN where nothing varies."""
    smallest_improvement: float
    """The same as a probability of improvement, by ranks; NaN where no order would have been enough."""


def contrast(first: Replicates, second: Replicates, margin: float | None = None, tests: int = 1) -> Contrast:
    """Compare two groups of runs.

    Args:
        first: runs by their units.
        second: the runs that they are compared with.
        margin: within which a difference does not matter, as declared beforehand; None: none was.
        tests: in the family that is corrected: a smallest effect has to pass the strictest step of Holm's.

    Raises:
        PremotorError: the margin is not positive.
    """
    alpha = SIGNIFICANT / max(tests, 1)
    return Contrast(
        first,
        second,
        difference_of_means(first, second),
        probability_of_improvement(first, second),
        among_wirings(first, second),
        None if margin is None else equivalence(first, second, margin),
        smallest_difference(first, second, alpha=alpha),
        smallest_improvement(len(first.values), len(second.values), alpha=alpha),
    )


def verdict(found: Contrast, p: float, p_equivalent: float = float("nan")) -> Verdict:
    """What a comparison shows, by its p values after correction; NaN is no test."""
    alike = p_equivalent < SIGNIFICANT
    if p < SIGNIFICANT:
        way: Literal["higher", "lower"] = "higher" if found.difference.value > 0 else "lower"
        return f"{way} within the margin" if alike else way  # type: ignore[return-value]
    return "equivalent" if alike else "unknown"


def corrected(p: list[float]) -> list[float]:
    """P values adjusted for all that are there (Holm 1979); NaN, no test, stays and does not count."""
    values = np.array(p, np.float64)
    known = np.isfinite(values)
    values[known] = holm(values[known])
    return [float(value) for value in values]
