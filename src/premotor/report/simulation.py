"""The figures of a simulation, from its folder alone."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import circular_mean, power_spectrum
from premotor.report.page import Section, Tile, count, decimal, percent
from premotor.report.sections import RECORDS, SECTIONS, Record, ReportSection, mapping
from premotor.report.style import Chart, colour, drawn, new_figure
from premotor.runs.activity_strip import CLASS_ORDER
from premotor.runs.arrays import load_arrays
from premotor.runs.figures import Figures
from premotor.runs.simulation.settings import SimulationSettings, load_simulation

MOST_TRACES = 8
MOST_TYPES = 30
MOST_REPLICATES = 20
"""Replicates drawn faintly behind the first one."""


@RECORDS.register("simulation")
class SimulationRecord(Record):
    """The folder of a simulation of a circuit on its own."""

    kicker = "premotor simulation"

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether it holds activity."""
        return (folder / "activity.safetensors").exists()

    @property
    def again(self) -> str:
        """It is no training."""
        return "simulate"

    @cached_property
    def settings(self) -> SimulationSettings:
        """Complete settings."""
        return load_simulation(self.folder / "settings.yaml")

    @cached_property
    def summary(self) -> Figures:
        """The main numbers."""
        return mapping(self.folder / "summary.json")

    @cached_property
    def neurons(self) -> pd.DataFrame:
        """The neurons whose rates were recorded, by id."""
        return pd.read_parquet(self.folder / "neurons.parquet").set_index("id")

    @cached_property
    def rhythm(self) -> pd.DataFrame:
        """Rates and rhythm, one row a neuron and replicate."""
        return pd.read_parquet(self.folder / "rhythm.parquet")

    @cached_property
    def arrays(self) -> dict[str, NDArray]:
        """Activity over time, and spikes of a network that has some."""
        return load_arrays(self.folder / "activity.safetensors")

    @property
    def subtitle(self) -> str:
        """The network and what was done to it."""
        said = self.summary
        neurons, replicates = count(said["circuit"]["neurons"], "neuron"), count(said["replicates"], "replicate")
        return f"{neurons} as a network of the kind {self.settings.model.kind}, {said['seconds']:g} s, {replicates}."


@SECTIONS.register("simulation")
class Activity(ReportSection[SimulationRecord]):
    """Traces, raster (LIF), rates by type, power spectrum and phases."""

    order, about = 20, SimulationRecord

    def build(self, record: SimulationRecord) -> Section:
        """The figures, and the table of types."""
        found = pd.DataFrame(record.summary["types"]).sort_values("mean_rate", ascending=False, kind="stable")
        caption = "Means over the neurons of a type and the replicates; phases in cycles."
        table = Chart("types", "", "", found.head(MOST_TYPES)).shown(2, "Types", caption)
        return Section("What the neurons did", [*(chart.picture() for chart in self.charts(record)), table])

    def tiles(self, record: SimulationRecord) -> list[Tile]:
        """How many replicates have a rhythm, and of what frequency."""
        rhythmic, frequency = record.summary["rhythmic"], record.summary["frequency"]["median"]
        if not record.summary["readout"]:
            return []
        note = f"95% interval {percent(rhythmic['low'])} to {percent(rhythmic['high'])}"
        share = Tile("Replicates with a rhythm", percent(rhythmic["fraction"]), "", note, rhythmic["fraction"])
        return [share, *([] if frequency is None else [Tile("Frequency, median", decimal(frequency, 1), "Hz")])]

    def charts(self, record: SimulationRecord) -> list[Chart]:
        """The figures that there is something for."""
        settings, arrays, neurons, table = record.settings, record.arrays, record.neurons, record.rhythm
        unit = "Hz" if settings.model.kind != "rate" else "rate"
        begin = round(settings.transient / settings.sample_period)
        rates, readout = arrays["rates"], neurons["readout"].to_numpy(bool)
        charts, shown = [], _telling(neurons, table)
        if len(shown):
            names, classes = _names(neurons, shown), list(neurons["class"].iloc[shown])
            figure = drawn(traces, arrays["time"], rates[:, shown], names, classes, unit)
            charts.append(Chart("traces", "Rates over time", "The first replicate; pale: others.", draw=figure))
        if "spike_time" in arrays and (arrays["spike_replicate"] == 0).any():
            figure = _raster(record)
            charts.append(Chart("raster", "Spikes", "Of the first replicate, a row a neuron that fired.", draw=figure))
        caption = "Mean over the neurons of a type and the replicates."
        charts.append(Chart("rates_by_type", "Rates by type", caption, draw=drawn(rates_by_type, table, unit)))
        if readout.any():
            heard = rates[begin:, readout]
            figure = drawn(spectrum, heard, settings.sample_period, record.summary["frequency"]["median"])
            caption = "Of the neurons read out, each replicate over its largest value; blue: their mean."
            charts.append(Chart("spectrum", "Power spectrum", caption, draw=figure))
        if table["phase"].notna().any():
            caption = "When in the cycle each type fires; the length is the agreement of neurons and replicates."
            charts.append(Chart("phases", "Phases", caption, draw=drawn(phases, table), narrow=True))
        return charts


def _telling(neurons: pd.DataFrame, table: pd.DataFrame) -> NDArray[np.int64]:
    """Positions of the neurons worth a trace: the driven ones, then by score and amplitude of their rhythm."""
    means = table.groupby("id")[["score", "amplitude", "maximum_rate"]].mean().loc[neurons.index]
    driven = np.flatnonzero(neurons["driven"].to_numpy(bool))[:2]
    order = np.lexsort((-means["maximum_rate"], -means["amplitude"], -means["score"]))
    active = [place for place in order if means["maximum_rate"].iloc[place] > 0 and place not in driven]
    return np.array([*driven, *active][:MOST_TRACES], np.int64)


def _names(neurons: pd.DataFrame, places: NDArray) -> list[str]:
    rows = neurons.iloc[places]
    labels = rows["name"] if "name" in rows else rows["type"]
    return [
        f"{label or kind or 'neuron'} ({identity})" + (f" {kind}" if kind and kind != label else "")
        for label, kind, identity in zip(labels.astype("str"), rows["type"].astype("str"), rows.index, strict=True)
    ]


def _raster(record: SimulationRecord) -> Callable[[], Figure]:
    arrays = record.arrays
    first = arrays["spike_replicate"] == 0
    time, identity = arrays["spike_time"][first], arrays["spike_id"][first]
    table = pd.read_csv(
        record.folder / "circuit" / "neurons.csv", usecols=["id", "class", "type"], dtype={"id": np.int64}
    )
    table = table.set_index("id").fillna("")
    fired = table.loc[np.unique(identity)]
    rank = fired["class"].map({name: place for place, name in enumerate(CLASS_ORDER)}).fillna(len(CLASS_ORDER))
    fired = fired.assign(rank=rank).sort_values(["rank", "type"], kind="stable")
    row = pd.Series(np.arange(len(fired)), fired.index)
    names = [f"{kind or 'neuron'} ({neuron})" for neuron, kind in fired["type"].items()]
    kinds = fired["class"].where(fired["class"].isin(CLASS_ORDER), "")
    rows, classes = row.loc[identity].to_numpy(), kinds.loc[identity].to_numpy()
    return drawn(raster, time, rows, classes, names, record.summary["seconds"])


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
        axes.set(title=name, ylim=(0, None), ylabel=unit)
    panels[-1].set(xlabel="time, s", xlim=(time[0], time[-1]))
    return figure


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
    axes.set(xlim=(0, end), ylim=(rows - 0.5, -0.5))
    if named:
        axes.set_yticks(range(rows), names)
    axes.set(xlabel="time, s", ylabel="" if named else "neurons that fired")
    axes.grid(False)
    if len(time):
        figure.legend(loc="outside upper right", ncols=6, markerscale=max(1.0, 8 / size))
    return figure


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
    axes.set(xlim=(0, most), ylim=(0, 1.05), xlabel="frequency, Hz", ylabel="power / largest")
    return figure


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
