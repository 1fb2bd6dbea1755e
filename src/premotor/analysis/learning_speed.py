"""How quickly runs learn: area under the learning curve, and the time to a threshold, which some runs never reach."""

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


def learning_area(steps: ArrayLike, scores: ArrayLike, until: float | None = None) -> float:
    """Mean score over learning: the area under a curve, straight between evaluations, over its length.

    Args:
        steps: of the evaluations, rising, (evaluations,).
        scores: (evaluations,); those that are not finite are left out.
        until: the step at which it ends; a curve that ends before goes on as it ended. None: its own last step.

    Returns:
        NaN where there is no score up to then.
    """
    x, y = np.asarray(steps, np.float64), np.asarray(scores, np.float64)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    end = (x[-1] if len(x) else 0.0) if until is None else float(until)
    if not len(x) or x[0] > end:
        return float("nan")
    inside = x < end
    at = np.append(x[inside], end)
    if len(at) == 1 or at[0] == end:
        return float(np.interp(end, x, y))
    return float(np.trapezoid(np.append(y[inside], np.interp(end, x, y)), at) / (end - at[0]))


class Arrival(NamedTuple):
    """When a run reached a threshold."""

    step: float
    """Of the first evaluation that did; where none did, of the last one."""
    reached: bool


def arrival(steps: ArrayLike, scores: ArrayLike, threshold: float) -> Arrival:
    """The first evaluation with a score of at least `threshold`.

    Raises:
        PremotorError: there are no evaluations.
    """
    x, y = np.asarray(steps, np.float64), np.asarray(scores, np.float64)
    if not len(x):
        raise PremotorError("a run without evaluations has no time to a threshold")
    there = np.flatnonzero(y >= threshold)
    return Arrival(float(x[there[0]]), True) if len(there) else Arrival(float(x[-1]), False)


@dataclass(frozen=True)
class Arrivals:
    """How many runs had not yet arrived at each time, by the estimator of Kaplan and Meier (1958)."""

    steps: NDArray[np.float64]
    waiting: NDArray[np.float64]
    """Fraction that had not, just after each step."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    median: float
    """First step by which half had; infinite where half never did."""
    reached: int
    runs: int


def arrivals(runs: list[Arrival], confidence: float = 0.95) -> Arrivals:
    """Times to a threshold of several runs, those that never reached it censored at their end.

    Raises:
        PremotorError: there are no runs.
    """
    function = scipy.stats.ecdf(_censored(runs)).sf
    with warnings.catch_warnings():  # where nobody or everybody arrived there is none: from 0 to 1, below
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = function.confidence_interval(confidence, method="log-log")
    half = np.flatnonzero(function.probabilities <= 0.5)
    return Arrivals(
        function.quantiles,
        function.probabilities,
        np.nan_to_num(interval.low.probabilities, nan=0.0),
        np.nan_to_num(interval.high.probabilities, nan=1.0),
        float(function.quantiles[half[0]]) if len(half) else float("inf"),
        sum(run.reached for run in runs),
        len(runs),
    )


def compare_arrivals(first: list[Arrival], second: list[Arrival]) -> float:
    """Two-sided p of the log-rank test (Mantel 1966) that both reach the threshold at the same pace.

    Runs are its units: several seeds of one wiring make it too sure. 1 where no run of either reached it.

    Raises:
        PremotorError: there are no runs on one side.
    """
    if not any(run.reached for run in (*first, *second)):
        _censored(first), _censored(second)
        return 1.0
    return float(scipy.stats.logrank(_censored(first), _censored(second)).pvalue)


def _censored(runs: list[Arrival]) -> scipy.stats.CensoredData:
    if not runs:
        raise PremotorError("there are no runs whose times to a threshold could be compared")
    return scipy.stats.CensoredData.right_censored([run.step for run in runs], [not run.reached for run in runs])
