"""Figures of a study: effects with their intervals, profiles of scores, and learning curves."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from premotor.analysis import mean_of_units, performance_profile, replicates
from premotor.report.comparing_figures import UNIT, wiring_colour
from premotor.report.study_rows import Line
from premotor.report.style import WIDTH, colour, new_figure

ROW = 0.17
"""Height of a line of the figure of effects, inches."""


def effects(lines: Sequence[Line]) -> Figure:
    """Probability of improvement and difference, with intervals, of every experiment, rule and other wiring.

    A difference is drawn as a part of the range of all runs of its experiment and rule, so that experiments of unlike
    scores stand side by side; a margin likewise, as a grey band.
    """
    shown = [line for line in lines if line.found is not None]
    wirings = list(dict.fromkeys(["", *(line.wiring for line in shown)]))
    titles = list(dict.fromkeys(line.group.title for line in shown))
    rows = len(shown) + len(titles)
    figure = new_figure(height=1.3 + ROW * rows)
    left, right = figure.subplots(1, 2, sharey=True)
    place, ticks = 0.0, []
    for title in titles:
        ticks.append((place, title))
        every = np.concatenate([line.data.every for line in lines if line.group.title == title])
        for line in (each for each in shown if each.group.title == title):
            place += 1
            _effect(left, right, line, place, wiring_colour(line.wiring, wirings), float(np.ptp(every)) or 1.0)
        place += 1
    left.axvline(0.5, color=colour("muted"), linewidth=0.9)
    right.axvline(0.0, color=colour("muted"), linewidth=0.9)
    left.set(xlim=(-0.02, 1.02), ylim=(place, -1))
    right.set_xlim(-1.1, 1.1)
    left.set_title("Own wiring does better: probability")
    right.set_title("Difference, part of the range of all runs")
    right.tick_params(axis="y", length=0)
    left.set_yticks([tick for tick, _ in ticks], [title for _, title in ticks])
    left.tick_params(axis="y", length=0)
    for ax in (left, right):
        ax.grid(False, axis="y")
    for wiring in wirings[1:]:
        tint = wiring_colour(wiring, wirings)
        left.plot([], [], "o", color=tint, markersize=4, label=f"against {wiring.replace('_', ' ')}")
    figure.legend(loc="outside lower center", ncols=min(4, len(wirings) - 1))
    return figure


def _effect(left: Axes, right: Axes, line: Line, place: float, tint: str, size: float) -> None:
    found = line.found
    assert found is not None
    better, difference = found.improvement, found.difference
    left.plot([better.low, better.high], [place] * 2, color=tint, linewidth=1.4)
    left.plot(better.value, place, "o", color=tint, markersize=4)
    if found.equivalence is not None:
        edge = min(found.equivalence.margin / size, 1.1)
        right.fill_betweenx([place - 0.5, place + 0.5], -edge, edge, color=colour("rule"), alpha=0.6, linewidth=0)
    if np.isfinite(difference.low):
        right.plot(np.clip([difference.low / size, difference.high / size], -1.1, 1.1), [place] * 2, color=tint)
    right.plot(difference.value / size, place, "o", color=tint, markersize=4)


def panels(count: int) -> tuple[Figure, list[Axes]]:
    """So many small panels, three in a row."""
    columns = min(3, count)
    rows = -(-count // columns)
    figure = new_figure(width=WIDTH, height=0.5 + 2.1 * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[count:]:
        ax.set_visible(False)
    return figure, list(axes[:count])


def profiles(lines: Sequence[Line]) -> Figure:
    """Fraction of runs that score more than each threshold, with bands, one panel for each experiment and rule."""
    titles = list(dict.fromkeys(line.group.title for line in lines))
    figure, axes = panels(len(titles))
    for ax, title in zip(axes, titles, strict=True):
        chosen = [line for line in lines if line.group.title == title]
        scores = np.concatenate([line.data.every for line in chosen])
        taus = (
            np.linspace(scores.min(), scores.max(), 101) if np.ptp(scores) else scores[:1] + np.linspace(-0.5, 0.5, 3)
        )
        for line in chosen:
            tint = wiring_colour(line.wiring, line.group.wirings)
            found = performance_profile(line.data, taus)
            ax.fill_between(taus, found.low, found.high, color=tint, alpha=0.15, linewidth=0, step="post")
            ax.step(taus, found.value, color=tint, where="post", label=line.wiring)
        ax.set_title(title, fontsize=8.5)
        ax.set_ylim(-0.03, 1.03)
        ax.legend(fontsize=7)
    return figure


def study_curves(curves: Mapping[str, Mapping[str, Sequence[pd.DataFrame]]]) -> Figure:
    """Score by evaluation: mean and interval over units, by wiring, one panel for each experiment and rule."""
    figure, axes = panels(len(curves))
    for ax, (title, tables) in zip(axes, curves.items(), strict=True):
        for wiring, some in tables.items():
            tint = wiring_colour(wiring, list(tables))
            long = pd.concat([table[["step", "score", UNIT]] for table in some]).dropna()
            at = [rows for _, rows in long.groupby("step")]
            found = [mean_of_units(replicates(rows["score"].to_numpy(float), rows[UNIT].to_numpy())) for rows in at]
            steps = np.array(sorted(long["step"].unique()))
            value = np.array([each.value for each in found])
            low, high = (np.array([getattr(each, end) for each in found]) for end in ("low", "high"))
            low, high = np.where(np.isfinite(low), low, value), np.where(np.isfinite(high), high, value)
            least, most = float(long["score"].min()), float(long["score"].max())  # wide intervals of few stay inside
            room = 0.1 * (most - least)
            ax.fill_between(
                steps,
                np.maximum(low, least - room),
                np.minimum(high, most + room),
                color=tint,
                alpha=0.15,
                linewidth=0,
            )
            ax.plot(steps, value, color=tint, label=wiring)
        ax.set_title(title, fontsize=8.5)
        ax.legend(fontsize=7)
    return figure
