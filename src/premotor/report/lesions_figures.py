"""Figures of what is left when groups of synapses are silenced."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from premotor.report.reading import number
from premotor.report.style import as_svg, colour, new_figure

KIND_COLOURS = {"chemical": "accent", "electrical": "electrical", "both": "muted"}


@as_svg
def lesion_bars(rows: Sequence[Mapping[str, Any]], intact: Mapping[str, Any], command: float) -> Figure:
    """Survival and speed without each group of synapses; the intact controller as a line.

    Args:
        rows: from top to bottom, with name, kind, synapses, survived and speed.
        intact: survived and speed with all synapses.
        command: mean commanded speed, m/s; NaN where there is none.
    """
    figure = new_figure(height=0.9 + 0.27 * len(rows))
    survived, speed = figure.subplots(1, 2, sharey=True)
    y = np.arange(len(rows))
    tints = [colour(KIND_COLOURS.get(str(row["kind"]), "accent")) for row in rows]
    panels = (
        (survived, "survived", 100.0, "Episodes without a fall, %"),
        (speed, "speed", 1.0, "Forward speed before a fall, m/s"),
    )
    for ax, key, factor, title in panels:
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
    survived.set_xlim(0, 104)
    if np.isfinite(command):
        speed.axvline(command, color=colour("muted"), linestyle="--", linewidth=1.1)
    survived.set_yticks(y, [str(row["name"]) for row in rows])
    for tick in survived.get_yticklabels():
        tick.set_color(colour("ink"))
    survived.set_ylim(len(rows) - 0.4, -0.6)
    return figure
