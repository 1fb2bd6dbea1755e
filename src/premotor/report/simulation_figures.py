"""Figures of a circuit that was simulated on its own."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import circular_mean, power_spectrum
from premotor.report.style import as_png, colour, new_figure
from premotor.runs.neuron_groups import CLASS_ORDER

MOST_TRACES = 8
MOST_TYPES = 30
MOST_REPLICATES = 20
"""Replicates drawn faintly behind the first one."""


@as_png
def traces(time: NDArray, rates: NDArray, names: Sequence[str], classes: Sequence[str], unit: str) -> Figure:
    """Rates of a few neurons over time: one replicate, others faintly behind it.

    Args:
        time: s, (samples,).
        rates: (samples, neurons, replicates).
        names: of the neurons.
        classes: of the neurons, which give the colours.
        unit: of the rates.
    """
    figure = new_figure(height=0.7 + 0.95 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for place, (axes, name, kind) in enumerate(zip(panels, names, classes, strict=True)):
        others = rates[:, place, 1 : MOST_REPLICATES + 1]
        if others.shape[1]:
            axes.plot(time, others, color=colour("muted"), linewidth=0.5, alpha=0.25)
        axes.plot(time, rates[:, place, 0], color=colour(kind))
        axes.set_title(name)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit)
    panels[-1].set_xlabel("time, s")
    panels[-1].set_xlim(time[0], time[-1])
    return figure


@as_png
def raster(time: NDArray, row: NDArray, kind: NDArray, names: Sequence[str], end: float) -> Figure:
    """Spikes of one replicate, one row a neuron that fired.

    Args:
        time: of the spikes, s.
        row: of each spike, (spikes,).
        kind: class of each spike's neuron, (spikes,).
        names: of the rows; shown where they fit.
        end: of the simulation, s.
    """
    rows, named = len(names), len(names) <= MOST_TYPES
    figure = new_figure(height=1.0 + 0.2 * rows if named else float(np.clip(1.2 + 0.02 * rows, 2.4, 6.5)))
    axes = figure.subplots()
    size = 40.0 if named else float(np.clip(400 / rows, 0.4, 8))
    for name in [*CLASS_ORDER, ""]:
        mine = kind == name
        if mine.any():
            axes.scatter(time[mine], row[mine], s=size, marker="|", color=colour(name), label=name or "unknown")
    axes.set_xlim(0, end)
    axes.set_ylim(rows - 0.5, -0.5)
    if named:
        axes.set_yticks(range(rows), names)
    axes.set_xlabel("time, s")
    axes.set_ylabel("" if named else "neurons that fired")
    axes.grid(False)
    if len(time):
        figure.legend(loc="outside upper right", ncols=6, markerscale=max(1.0, 8 / size))
    return figure


@as_png
def rates_by_type(table: pd.DataFrame, unit: str) -> Figure:
    """Mean rate of the types that fire, and where the middle half of its neurons and replicates lie."""
    name = table["type"].where(table["type"] != "", table["class"].replace("", "unknown"))
    groups = table.assign(name=name).groupby("name")
    figures = groups["mean_rate"].quantile(np.array([0.25, 0.75])).unstack()
    figures["mean"] = groups["mean_rate"].mean()
    figures["class"] = groups["class"].first()
    firing = figures[groups["maximum_rate"].max() > 0].sort_values("mean", ascending=False, kind="stable")
    left_out = len(figures) - len(firing.head(MOST_TYPES))
    figures = firing.head(MOST_TYPES)
    figure = new_figure(height=0.9 + 0.24 * len(figures))
    axes = figure.subplots()
    places = np.arange(len(figures))
    axes.barh(places, figures["mean"], color=[colour(kind) for kind in figures["class"]], height=0.7, alpha=0.75)
    axes.hlines(places, figures[0.25], figures[0.75], color=colour("ink"), linewidth=1.2)
    axes.set_yticks(places, list(figures.index))
    axes.set_ylim(max(len(figures), 1) - 0.5, -0.5)
    if left_out:
        axes.set_title(f"{left_out} types more fire less, or not at all")
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"mean rate, {unit} (line: middle half of neurons and replicates)")
    return figure


@as_png
def spectrum(rates: NDArray, sample_period: float, frequency: float | None) -> Figure:
    """Power spectrum of the readout: each replicate scaled to its largest value, and their mean.

    Args:
        rates: (samples, readout neurons, replicates), without the transient.
        sample_period: s.
        frequency: a line is drawn there, Hz.
    """
    most = 60.0 if frequency is None else max(30.0, 3 * frequency)
    curves = []
    for replicate in range(rates.shape[2]):
        hertz, power = power_spectrum(rates[:, :, replicate], sample_period)
        shown = (hertz > 0.5) & (hertz <= most)
        largest = power[shown].max(initial=0.0)
        if largest > 0:
            curves.append(power[shown] / largest)
    figure = new_figure(height=2.8)
    axes = figure.subplots()
    if curves:
        axes.plot(hertz[shown], np.stack(curves[:MOST_REPLICATES], 1), color=colour("muted"), linewidth=0.5, alpha=0.3)
        axes.plot(hertz[shown], np.mean(curves, axis=0), color=colour("accent"))
    if frequency is not None:
        axes.axvline(frequency, color=colour("excitatory"), linewidth=1, linestyle=(0, (4, 3)))
        axes.set_title(f"median of the rhythmic replicates: {frequency:.1f} Hz")
    axes.set_xlim(0, most)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("frequency, Hz")
    axes.set_ylabel("power / largest")
    return figure


@as_png
def phases(table: pd.DataFrame) -> Figure:
    """When in the cycle each type fires: mean direction, its length the agreement of neurons and replicates."""
    figure = new_figure(width=5.2, height=4.4)
    axes = figure.add_subplot(projection="polar")
    rhythmic = table[table["phase"].notna()]
    name = rhythmic["type"].where(rhythmic["type"] != "", rhythmic["class"].replace("", "unknown"))
    largest = rhythmic.groupby(name)["amplitude"].mean().sort_values(ascending=False, kind="stable")
    tokens = ("accent", "excitatory", "left", "right", "sensory", "motor", "inhibitory", "ascending")
    for place, kind in enumerate(largest.index[: len(tokens)]):
        own = rhythmic.loc[name == kind, "phase"].to_numpy()
        direction, agreement = circular_mean(own)
        shade = colour(tokens[place])
        axes.scatter(2 * np.pi * own, np.full(len(own), 1.08), s=6, color=shade, alpha=0.3, linewidths=0)
        if np.isfinite(direction):
            axes.plot([0, 2 * np.pi * float(direction)], [0, float(agreement)], color=shade, label=kind)
    axes.set_ylim(0, 1.15)
    axes.set_yticks([0.5, 1.0], ["", ""])
    axes.set_xticks(2 * np.pi * np.arange(4) / 4, ["0", "¼", "½", "¾ cycle"])
    if len(largest):
        figure.legend(loc="outside right upper")
    return figure
