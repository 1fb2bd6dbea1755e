"""Figures of what is left when groups of synapses are silenced."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from premotor.report.reading import number
from premotor.report.style import as_svg, colour, new_figure


class Measure(NamedTuple):
    """A figure of an evaluation that lesions are judged by."""

    key: str
    factor: float
    title: str
    words: str
    """Of what it is a fraction; nothing where it is none."""


MEASURES = (
    (
        Measure("survived", 100.0, "Episodes without a fall, %", "without a fall"),
        Measure("success", 100.0, "Episodes that end at the aim, %", "that end at the aim"),
        Measure("score", 1.0, "Score", ""),
    ),
    (
        Measure("speed", 1.0, "Forward speed before a fall, m/s", ""),
        Measure("return", 1.0, "Return of an episode", ""),
    ),
)
"""Of each line the first is taken that a task has."""
KIND_COLOURS = {"chemical": "accent", "electrical": "electrical", "both": "muted"}


def measures_of(intact: Mapping[str, Any]) -> tuple[Measure, ...]:
    """What the lesions of a task are judged by, from the figures with all synapses."""
    return tuple(next((m for m in line if np.isfinite(number(intact, m.key))), line[0]) for line in MEASURES)


@as_svg
def lesion_bars(rows: Sequence[Mapping[str, Any]], intact: Mapping[str, Any], command: float) -> Figure:
    """Survival and speed (or what `measures_of` says) without each group of synapses; intact as a line.

    Args:
        rows: from top to bottom, with name, kind, synapses and figures.
        intact: figures with all synapses.
        command: mean commanded speed, m/s; NaN where there is none.
    """
    figure = new_figure(height=0.9 + 0.27 * len(rows))
    first, second = figure.subplots(1, 2, sharey=True)
    y = np.arange(len(rows))
    tints = [colour(KIND_COLOURS.get(str(row["kind"]), "accent")) for row in rows]
    measures = measures_of(intact)
    for ax, (key, factor, title, _) in zip((first, second), measures, strict=True):
        values = np.array([factor * number(row, key) for row in rows])
        ax.barh(y, np.nan_to_num(values), height=0.62, color=tints, linewidth=0)
        ax.axvline(factor * number(intact, key), color=colour("ink"), linewidth=1.3)
        ax.set_title(title, pad=16)
        ax.annotate(
            "intact",
            (factor * number(intact, key), 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=colour("ink"),
        )
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
    if measures[0].words:
        first.set_xlim(0, 104)
    if np.isfinite(command):
        second.axvline(command, color=colour("muted"), linestyle="--", linewidth=1.1)
    first.set_yticks(y, [str(row["name"]) for row in rows])
    for tick in first.get_yticklabels():
        tick.set_color(colour("ink"))
    first.set_ylim(len(rows) - 0.4, -0.6)
    return figure
