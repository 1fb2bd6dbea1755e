"""What the rows of a comparison or a study show: means, middle halves and contrasts, by units of replication."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pandas as pd

from premotor.analysis import (
    Contrast,
    Replicates,
    bootstrap_mean,
    contrast,
    hedges_g,
    interquartile_mean,
    mann_whitney,
    replicates,
)
from premotor.files import finite
from premotor.studies.run_index import Row


class Interval(TypedDict):
    """A figure of one wiring: mean over runs with its interval, and over its units."""

    mean: float | None
    ci_low: float | None
    ci_high: float | None
    units: NotRequired[int]
    """How many; this and what follows of a figure that some run has."""
    unit: NotRequired[str]
    """What one is: a wiring or a seed."""
    iqm: NotRequired[float | None]
    """Interquartile mean, and the ends of its interval."""
    iqm_low: NotRequired[float | None]
    iqm_high: NotRequired[float | None]


class WiringSummary(Interval):
    """One wiring: its score, and every figure."""

    wiring: str
    runs: int
    figures: dict[str, Interval]


class ContrastRow(TypedDict):
    """Two wirings by their units; a number that does not exist is None."""

    units: list[int]
    unit: list[str]
    difference: float | None
    """Of the means, and the ends of its interval."""
    difference_low: float | None
    difference_high: float | None
    p_units: float | None
    improvement: float | None
    """Probability that one of the first exceeds one of the second, and the ends of its interval."""
    improvement_low: float | None
    improvement_high: float | None
    among: float | None
    margin: float | None
    """Of equivalence; None: none is declared."""
    p_equivalent: float | None
    smallest_difference: float | None
    """Of the means, that so many units would show; and of the probability."""
    smallest_improvement: float | None


class TestRow(ContrastRow):
    """The own wiring against another one, by a figure."""

    wiring: str
    figure: str
    u: float
    p: float
    rank_biserial: float
    hedges_g: float | None


class Comparison(TypedDict):
    """What ``comparison.json`` holds."""

    rows: list[Row]
    """One a run."""
    summary: list[WiringSummary]
    """One a wiring."""
    test: list[TestRow]
    """For each figure the own wiring against each other one."""
    margin: dict[str, float]
    """Of equivalence, by figure."""


def compared(rows: list[Row], measures: Sequence[str], margins: Mapping[str, float] | None = None) -> Comparison:
    """Means and intervals by wiring, and the connectome against each null model.

    `ci_low` and `ci_high`, `u`, `rank_biserial` and `hedges_g` go by runs. What goes by units of replication, wirings
    where there are several and else seeds, is in `units`, `iqm`, `difference`, `p_units`, `improvement` and `among`.
    """
    margins = dict(margins or {})
    wirings = list(dict.fromkeys(row["wiring"] for row in rows))
    own = wirings[0]
    groups = {(wiring, figure): units_of(rows, wiring, figure) for wiring in wirings for figure in measures}
    summary: list[WiringSummary] = []
    for wiring in wirings:
        figures = {figure: _interval(groups[wiring, figure]) for figure in measures}
        score = groups[wiring, "score"]
        runs = 0 if score is None else len(score.every)
        summary.append({"wiring": wiring, "runs": runs, **figures["score"], "figures": figures})
    tests: list[TestRow] = []
    for wiring in wirings[1:]:
        for figure in measures:
            ours, theirs = groups[own, figure], groups[wiring, figure]
            if ours is None or theirs is None:
                continue
            ranks = mann_whitney(ours.every, theirs.every)
            found = contrast(ours, theirs, margins.get(figure), len(wirings) - 1)
            tests.append(
                {
                    "wiring": wiring,
                    "figure": figure,
                    "u": ranks.u,
                    "p": ranks.p,
                    "rank_biserial": ranks.rank_biserial,
                    "hedges_g": finite(hedges_g(ours.every, theirs.every)),
                    **contrast_row(found),
                }
            )
    return {"rows": rows, "summary": summary, "test": tests, "margin": margins}


def units_of(rows: Sequence[Row], wiring: str, figure: str) -> Replicates | None:
    """A figure of the runs of one wiring, by their units; None where no run has it.

    Runs share a wiring where they share the null model's seed and the draw.
    """
    known = [row for row in rows if row["wiring"] == wiring and not pd.isna(row.get(figure))]
    if not known:
        return None
    seeds = ("null_seed", "wiring_seed", "drawn")
    wirings = [repr([None if pd.isna(row.get(key)) else row.get(key) for key in seeds]) for row in known]
    return replicates([row[figure] for row in known], wirings)


def contrast_row(found: Contrast) -> ContrastRow:
    """A contrast as JSON holds it."""
    equal, difference, improvement = found.equivalence, found.difference, found.improvement
    return {
        "units": [len(found.first.values), len(found.second.values)],
        "unit": [found.first.unit, found.second.unit],
        "difference": finite(difference.value),
        "difference_low": finite(difference.low),
        "difference_high": finite(difference.high),
        "p_units": finite(difference.p),
        "improvement": finite(improvement.value),
        "improvement_low": finite(improvement.low),
        "improvement_high": finite(improvement.high),
        "among": finite(found.among),
        "margin": None if equal is None else equal.margin,
        "p_equivalent": None if equal is None else finite(equal.p),
        "smallest_difference": finite(found.smallest_difference),
        "smallest_improvement": finite(found.smallest_improvement),
    }


def _interval(group: Replicates | None) -> Interval:
    if group is None:
        return {"mean": None, "ci_low": None, "ci_high": None}
    estimate, middle = bootstrap_mean(group.every), interquartile_mean(group)
    return {
        "mean": estimate.value,
        "ci_low": finite(estimate.low),
        "ci_high": finite(estimate.high),
        "units": len(group.values),
        "unit": group.unit,
        "iqm": finite(middle.value),
        "iqm_low": finite(middle.low),
        "iqm_high": finite(middle.high),
    }
