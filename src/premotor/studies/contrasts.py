"""What the rows of a comparison or a study show: means, middle halves and contrasts, by units of replication."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pandas as pd

from premotor.analysis import (
    Contrast,
    Difference,
    Estimate,
    Replicates,
    bootstrap_mean,
    contrast,
    hedges_g,
    interquartile_mean,
    mann_whitney,
    replicates,
)
from premotor.files import finite
from premotor.runs.figures import Figures


class Comparison(TypedDict):
    """What ``comparison.json`` holds."""

    rows: list[Figures]
    """One a run."""
    summary: list[Figures]
    """One a wiring."""
    test: list[Figures]
    """For each figure the own wiring against each other one."""
    margin: dict[str, float]
    """Of equivalence, by figure."""


def compared(rows: list[Figures], measures: Sequence[str], margins: Mapping[str, float] | None = None) -> Comparison:
    """Means and intervals by wiring, and the connectome against each null model.

    `ci_low` and `ci_high`, `u`, `rank_biserial` and `hedges_g` go by runs. What goes by units of replication, wirings
    where there are several and else seeds, is in `units`, `iqm`, `difference`, `p_units`, `improvement` and `among`.
    """
    margins = dict(margins or {})
    wirings = list(dict.fromkeys(row["wiring"] for row in rows))
    own = wirings[0]
    groups = {(wiring, figure): units_of(rows, wiring, figure) for wiring in wirings for figure in measures}
    summary = []
    for wiring in wirings:
        figures = {figure: _interval(groups[wiring, figure]) for figure in measures}
        score = groups[wiring, "score"]
        entry = {"wiring": wiring, "runs": 0 if score is None else len(score.every), **figures["score"]}
        summary.append({**entry, "figures": figures})
    tests = []
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


def units_of(rows: Sequence[Figures], wiring: str, figure: str) -> Replicates | None:
    """A figure of the runs of one wiring, by their units; None where no run has it.

    Runs share a wiring where they share the null model's seed and the draw.
    """
    known = [row for row in rows if row["wiring"] == wiring and not pd.isna(row.get(figure))]
    if not known:
        return None
    seeds = ("null_seed", "wiring_seed", "drawn")
    wirings = [repr([None if pd.isna(row.get(key)) else row.get(key) for key in seeds]) for row in known]
    return replicates([row[figure] for row in known], wirings)


def contrast_row(found: Contrast) -> Figures:
    """A contrast as JSON holds it."""
    equal = found.equivalence
    return {
        "units": [len(found.first.values), len(found.second.values)],
        "unit": [found.first.unit, found.second.unit],
        **_estimate("difference", found.difference),
        "p_units": finite(found.difference.p),
        **_estimate("improvement", found.improvement),
        "among": finite(found.among),
        "margin": None if equal is None else equal.margin,
        "p_equivalent": None if equal is None else finite(equal.p),
        "smallest_difference": finite(found.smallest_difference),
        "smallest_improvement": finite(found.smallest_improvement),
    }


def _estimate(name: str, found: Estimate | Difference) -> dict[str, float | None]:
    return {name: finite(found.value), f"{name}_low": finite(found.low), f"{name}_high": finite(found.high)}


def _interval(group: Replicates | None) -> Figures:
    if group is None:
        return {"mean": None, "ci_low": None, "ci_high": None}
    estimate = bootstrap_mean(group.every)
    return {
        "mean": estimate.value,
        "ci_low": finite(estimate.low),
        "ci_high": finite(estimate.high),
        "units": len(group.values),
        "unit": group.unit,
        **_estimate("iqm", interquartile_mean(group)),
    }
