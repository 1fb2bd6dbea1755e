"""Figures of a sweep over trainings on the spectrum: how well and how fast they learn, by each setting."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from premotor.report.dynamics_sweep_figures import GROUPS
from premotor.report.page import Section
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import Chart, colour, drawn, new_figure
from premotor.report.sweeps import PREFIX, SweepRecord

SHOWN = {
    "late_loss": "loss, last 50 epochs",
    "late_gradient": "norm of the gradient, last 50",
    "seconds_per_epoch": "s an epoch",
}
RAW = {"weight_variance": "variance of the raw weights", "spectrum_variance": "variance of its exponents before"}


@SECTIONS.register("sweep-trainings")
class Trainings(ReportSection[SweepRecord]):
    """Loss, gradient and time of trainings on the spectrum, by the settings that were searched."""

    order, about = 25, SweepRecord

    def applies(self, record: SweepRecord) -> bool:
        """Whether the trials are trainings on the spectrum, and some are done."""
        return record.sweep.kind.name == "spectrum" and len(_done(record)) > 0

    def build(self, record: SweepRecord) -> Section:
        """The figures, one below the other, each with its numbers."""
        shown = [block for chart in self.charts(record) for block in (chart.picture(), chart.shown(4, chart.title))]
        return Section("Trainings", shown)

    def charts(self, record: SweepRecord) -> list[Chart]:
        """By every searched number, and by what the network was before."""
        table = _done(record).rename(columns=lambda name: str(name).removeprefix(PREFIX))
        return training_charts(table, [key for key in record.sweep.settings.search if key in table])


def training_charts(table: pd.DataFrame, keys: Sequence[str]) -> list[Chart]:
    """Trainings by the settings `keys` that are numbers, one line for each value of the others; by the raw network.

    Args:
        table: one row a training: the settings, and the figures of `premotor.runs.dynamics.outcomes.learning_figures`.
        keys: columns with settings; `seed` counts as no setting.
    """
    varied = [key for key in keys if key != "seed" and table[key].nunique() > 1]
    numbers = [key for key in varied if pd.api.types.is_numeric_dtype(table[key])]
    lines = [key for key in varied if key not in numbers]
    named = table.assign(line=_names(table, lines))
    rows = named[[*(["line"] if lines else []), *numbers, *SHOWN, *RAW]]
    charts = []
    if numbers:
        figure = drawn(_by_setting, named, numbers)
        caption = "Dots: single trainings; lines: their mean."
        charts.append(Chart("trainings", "Trainings by setting", caption, rows, figure))
    if any(named[name].nunique() > 1 for name in RAW):
        figure = drawn(_by_network, named)
        title = "Trainings by the network before"
        charts.append(Chart("trainings-raw", title, "One dot a training.", rows, figure))
    return charts


def _done(record: SweepRecord) -> pd.DataFrame:
    table = record.sweep.table
    if not len(table) or "late_loss" not in table:
        return table.iloc[:0]
    return table.loc[(table["state"] == "complete") & table["late_loss"].notna()]


def _names(table: pd.DataFrame, keys: list[str]) -> "pd.Series[str]":
    """What each trial's line is called: the values of all settings that are no numbers, a path by its last part."""
    words = [table[key].map(lambda value: str(value).rstrip("/").rpartition("/")[2]) for key in keys]
    return pd.concat(words, axis=1).agg(", ".join, axis=1) if words else pd.Series("", table.index)


def _by_setting(table: pd.DataFrame, keys: list[str]) -> Figure:
    figure = new_figure(width=min(8.6, 3.6 * len(keys) + 1.2), height=2.2 * len(SHOWN))
    panels = figure.subplots(len(SHOWN), len(keys), squeeze=False, sharex="col")
    for row, (name, title) in zip(panels, SHOWN.items(), strict=True):
        for axes, key in zip(row, keys, strict=True):
            for shade, line, own in _lines(table):
                axes.plot(own[key], own[name], "o", color=shade, markersize=4, alpha=0.4)
                mean = own.groupby(key)[name].mean()
                axes.plot(mean.index, mean, "d-", color=shade, markersize=5, linewidth=1.3, label=line or None)
            _positive(axes, table[name], name)
        row[0].set_ylabel(title)
    for axes, key in zip(panels[-1], keys, strict=True):
        axes.set_xlabel(key.removeprefix("learning."))
        whole = bool((table[key] % 1 == 0).all())
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=whole))
    return _told(figure, panels[0, 0])


def _by_network(table: pd.DataFrame) -> Figure:
    figure = new_figure(height=4.8)
    panels = figure.subplots(2, len(RAW), squeeze=False, sharex="col", sharey="row")
    for row, name in zip(panels, ("late_loss", "late_gradient"), strict=True):
        for axes, raw in zip(row, RAW, strict=True):
            for shade, line, own in _lines(table):
                axes.plot(own[raw], own[name], "o", color=shade, markersize=5, alpha=0.7, label=line or None)
            _positive(axes, table[name], name)
        row[0].set_ylabel(SHOWN[name])
    for axes, title in zip(panels[-1], RAW.values(), strict=True):
        axes.set_xlabel(title)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    return _told(figure, panels[0, 0])


def _told(figure: Figure, axes: Axes) -> Figure:
    """The figure with the names of the lines above it, where they have some."""
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return figure


def _lines(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    groups = table.groupby("line", sort=False)
    return [(colour(GROUPS[place % len(GROUPS)]), str(line), own) for place, (line, own) in enumerate(groups)]


def _positive(axes: Axes, values: "pd.Series[float]", name: str) -> None:
    if name == "seconds_per_epoch":
        axes.set_ylim(bottom=0)
    elif (values > 0).all():
        axes.set_yscale("log")
