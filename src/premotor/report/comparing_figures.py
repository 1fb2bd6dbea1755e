"""Figures that compare the connectome with its null models."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from premotor.analysis import Replicates, mean_of_units, replicates
from premotor.report.style import colour, new_figure

NULL_COLOURS = ("muted", "sensory", "right", "ascending", "electrical", "descending")
KEYS = ("score", "survived", "speed_error")
"""What every row of a comparison has, or None; most have `speed` too."""


UNIT = "unit"
"""Column of a learning curve that says which wiring its run has."""
WAYS = ("direct_synapses", "path_length")
"""Columns about the wiring itself."""
NO_FIGURES = ("name", "wiring", "null_seed", "seed", "drawn", "parameters", *WAYS, "steps", "best_step", "finished")
"""Columns that say which run it is and how far it came."""


def measures_of(rows: pd.DataFrame) -> tuple[tuple[str, float, str], ...]:
    """Column, factor and title of what is shown: a speed counts by its error where one was commanded."""
    if not any(_known(rows, key) for key in ("survived", "speed_error", "speed", "success", "return")):
        others = [name for name in rows.columns if name not in NO_FIGURES and _known(rows, name)]
        return tuple((name, 1.0, name.replace("_", " ").capitalize()) for name in others[:3])
    commanded = rows["speed_error"].notna().any() or "speed" not in rows
    last = ("speed_error", 100.0, "Speed error, % of the command") if commanded else ("speed", 1.0, "Speed, m/s")
    second = ("survived", 100.0, "Episodes without a fall, %")
    if not rows["survived"].notna().any():
        if _known(rows, "success"):
            second = ("success", 100.0, "Episodes that end at the aim, %")
        if _known(rows, "return") and not _known(rows, "speed"):
            last = ("return", 1.0, "Return of an episode")
        if not _known(rows, "success") and last[0] == "return":
            return (last,)  # whose mean is the score
    return (("score", 1.0, "Score"), second, last)


def _known(rows: pd.DataFrame, key: str) -> bool:
    return key in rows and bool(rows[key].notna().any())


def group_of(rows: pd.DataFrame, wiring: str, key: str, factor: float = 1.0) -> Replicates | None:
    """A figure of the runs of one wiring by units of replication; None where no run has it."""
    chosen = rows[rows["wiring"] == wiring]
    known = np.isfinite(chosen[key].to_numpy(float))
    if not known.any():
        return None
    return replicates(factor * chosen[key].to_numpy(float)[known], np.array(unit_names(chosen))[known])


def unit_names(rows: pd.DataFrame) -> list[str]:
    """Which wiring each run has: runs share one where they share the null model's seed and the draw."""
    keys = [key for key in ("null_seed", "wiring_seed", "drawn") if key in rows]
    return [repr([None if pd.isna(value) else value for value in row]) for row in rows[keys].to_numpy(object)]


def wiring_colour(wiring: str, wirings: Sequence[str]) -> str:
    """The connectome (where there is none, the network compared) in its own colour, others as they come."""
    if wiring == wirings[0]:
        return colour("accent")
    nulls = wirings[1:]
    return colour(NULL_COLOURS[nulls.index(wiring) % len(NULL_COLOURS)])


def wirings_of(rows: pd.DataFrame) -> list[str]:
    """All wirings, the connectome first, then as they come."""
    found = list(dict.fromkeys(rows["wiring"]))
    return sorted(found, key=lambda name: name != "connectome")


def strips(rows: pd.DataFrame, highlight: str = "") -> Figure:
    """Every run of every wiring, with mean and interval; the run named `highlight` is ringed."""
    wirings = wirings_of(rows)
    measures = measures_of(rows)
    figure = new_figure(height=3.3 if len(wirings) < 4 else 3.9)
    for ax, (key, factor, title) in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        ax.set_title(title)
        for x, wiring in enumerate(wirings):
            group = rows[rows["wiring"] == wiring]
            _strip(ax, x, group_of(rows, wiring, key, factor), wiring_colour(wiring, wirings))
            mine = group[group["name"] == highlight][key].to_numpy(float)
            ax.plot(np.full(len(mine), x), factor * mine, "o", mfc="none", mec=colour("ink"), markersize=9)
        ax.set_xticks(range(len(wirings)), [name.replace("_", " ") for name in wirings])
        if len(wirings) > 3:
            ax.tick_params(axis="x", labelrotation=90)
        ax.set_xlim(-0.6, len(wirings) - 0.4)
        ax.tick_params(axis="x", length=0)
        ax.grid(False, axis="x")
        if key in ("survived", "success"):
            ax.set_ylim(-3, 103)
        else:
            ax.margins(y=0.08)
            _from_zero(ax)
    return figure


def _from_zero(ax: Axes) -> None:
    """Start the axis at 0 where nothing lies below it."""
    ax.set_ylim(bottom=0 if ax.dataLim.y0 >= 0 else None)


def _strip(ax: Axes, x: float, data: Replicates | None, tint: str) -> None:
    """Every run as a dot beside the mean and its interval."""
    if data is None:
        return
    values = data.every
    spread = 0.12 * (np.arange(len(values)) % 5 - 2) / 2 if len(values) > 1 else np.zeros(1)
    ax.plot(x - 0.12 + spread, values, "o", color=tint, markersize=5, alpha=0.75, markeredgewidth=0)
    estimate = mean_of_units(data)
    ax.plot([x + 0.14, x + 0.34], [estimate.value] * 2, color=tint, linewidth=2.4)
    if np.isfinite(estimate.low):
        ax.plot([x + 0.24] * 2, [estimate.low, estimate.high], color=tint, linewidth=1.4)


def curves(tables: Mapping[str, Sequence[pd.DataFrame]]) -> Figure:
    """Score and survival by evaluation, mean and interval over the runs of a wiring."""
    figure = new_figure(height=3.0)
    panels = figure.subplots(1, 2)
    everything = pd.concat([table for some in tables.values() for table in some])
    unit = 1e6 if everything["step"].max() >= 1e5 else 1.0
    fraction = (("survived", "Episodes without a fall, %"), ("success", "Episodes that end at the aim, %"))
    measures = [("score", 1.0, "Score")] + [(key, 100.0, title) for key, title in fraction if _known(everything, key)]
    for ax in panels[len(measures) :]:
        ax.set_visible(False)
    for ax, (key, factor, title) in zip(panels, measures, strict=False):
        ax.set_title(f"{title}, by evaluation")
        for wiring, some in tables.items():
            tint = wiring_colour(wiring, list(tables))
            long = pd.concat([table[["step", key, UNIT]] for table in some if key in table]).dropna()
            steps = np.unique(long["step"].to_numpy(float))
            at = [long[long["step"] == step] for step in steps]
            estimates = [mean_of_units(replicates(rows[key].to_numpy(float), rows[UNIT].to_numpy())) for rows in at]
            x = steps / unit
            ax.fill_between(
                x,
                [factor * (e.low if np.isfinite(e.low) else e.value) for e in estimates],
                [factor * (e.high if np.isfinite(e.high) else e.value) for e in estimates],
                color=tint,
                alpha=0.18,
                linewidth=0,
            )
            ax.plot(x, [factor * e.value for e in estimates], color=tint, label=wiring)
        ax.set(xlabel="million control steps" if unit > 1 else "steps of learning", xlim=(0, None))
        _from_zero(ax)
    panels[0].legend(loc="best")
    return figure
