"""Figures and tables of a search for settings."""

from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from premotor.errors import PremotorError
from premotor.report.page import Block, Missing, Section, count
from premotor.report.sections import RECORDS, SECTIONS, Record, ReportSection
from premotor.report.style import Chart, colour, drawn, new_figure, number_colour
from premotor.studies import Range, Sweep, is_sweep

PREFIX = "set/"


@RECORDS.register("sweep")
class SweepRecord(Record):
    """The folder of a search for settings."""

    kicker = "premotor search for settings"
    pictures = "analysis"
    settings_name = "sweep.yaml"

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether it is one of a search."""
        return is_sweep(folder)

    @property
    def again(self) -> str:
        """It is no training."""
        return "sweep"

    @cached_property
    def sweep(self) -> Sweep:
        """The search as Python sees it."""
        return Sweep(self.folder)

    @property
    def subtitle(self) -> str:
        """How many trials there are, and what is searched."""
        searched = ", ".join(self.sweep.settings.search)
        where = f", where {' and '.join(self.sweep.settings.where)}" if self.sweep.settings.where else ""
        return f"{count(len(self.sweep.table), 'trial')} of a search for {searched}{where}."


@SECTIONS.register("sweep")
class Trials(ReportSection[SweepRecord]):
    """The trials, and the score by setting."""

    order, about = 20, SweepRecord

    def build(self, record: SweepRecord) -> Section:
        """Figures and tables, or the command that goes on with a search without a trial."""
        charts = self.charts(record)
        if not charts:
            return Section("The trials", [Missing("There is no trial yet:", record.command("sweep"))])
        history, *rest = charts
        blocks: list[Block] = [history.picture(), history.shown(4, "All trials", "The best first.")]
        for chart in rest:
            blocks += [chart.picture(), chart.shown(2, "Settings and score")]
        return Section("The trials", blocks)

    def charts(self, record: SweepRecord) -> list[Chart]:
        """What there are trials for."""
        table = record.sweep.table
        if not len(table):
            return []
        complete = (table["state"] == "complete") & pd.to_numeric(table["score"]).notna()
        return [sweep_history(record.sweep), *([sweep_slices(record.sweep)] if complete.any() else [])]


def sweep_history(sweep: Sweep) -> Chart:
    """Scores trial by trial, and the table of all trials, the best first.

    Raises:
        PremotorError: there is no trial yet.
    """
    table = _table(sweep)
    order = table.sort_values("score", ascending=sweep.settings.minimise, na_position="last", kind="stable")
    return Chart(
        "sweep",
        "Trials of the search",
        "One dot a trial; the line is the best so far; ticks at the foot are trials that were pruned or failed. Rings "
        "are trials that are not done, at their best evaluation so far.",
        order.rename(columns=lambda name: str(name).removeprefix(PREFIX)),
        drawn(_history, table, sweep),
    )


def sweep_slices(sweep: Sweep) -> Chart:
    """The score against each setting that was searched, and their rank correlation.

    Raises:
        PremotorError: no trial has been completed.
    """
    table = _table(sweep)
    complete = table.loc[(table["state"] == "complete") & table["score"].notna()]
    if not len(complete):
        raise PremotorError(f"no trial of {sweep.folder} has been completed")
    rows = []
    for key, space in sweep.settings.search.items():
        values = complete[PREFIX + key]
        numeric = isinstance(space, Range) and values.nunique() > 1 and complete["score"].nunique() > 1
        correlation = complete["score"].rank().corr(values.astype(float).rank()) if numeric else float("nan")
        rows.append({"setting": key, "trials": len(values), "rank_correlation": correlation})
    return Chart(
        "sweep-slices",
        "The score by setting",
        "One dot a completed trial, darker for later ones; the ring is the best.",
        pd.DataFrame(rows),
        drawn(_slices, complete, sweep),
    )


def _table(sweep: Sweep) -> pd.DataFrame:
    table = sweep.table
    if not len(table):
        raise PremotorError(f"{sweep.folder} holds no trial yet; go on with: premotor sweep {sweep.folder}")
    return table.assign(score=pd.to_numeric(table["score"]))


def _under_way(table: pd.DataFrame, sweep: Sweep) -> dict[int, float]:
    """The best evaluation so far of each trial that is not done and has one, by its number."""
    found = {}
    for number in table.loc[table["state"] == "running", "number"]:
        with suppress(PremotorError):  # a file that is just being written
            curve = np.array(sweep.kind.curve(sweep.trial_folder(int(number)), sweep.settings.score), float)
            if np.isfinite(curve).any():
                found[int(number)] = float(np.nanmin(curve) if sweep.settings.minimise else np.nanmax(curve))
    return found


def _history(table: pd.DataFrame, sweep: Sweep) -> Figure:
    figure = new_figure(height=3.0)
    ax = figure.subplots()
    complete = table.loc[(table["state"] == "complete") & table["score"].notna()]
    ax.plot(complete["number"], complete["score"], "o", color=colour("accent"), markersize=4, alpha=0.8)
    if len(complete):
        best = complete["score"].cummin() if sweep.settings.minimise else complete["score"].cummax()
        ax.step(complete["number"], best, where="post", color=colour("excitatory"), label="best so far")
    rings = _under_way(table, sweep)
    if rings:
        ax.plot(list(rings), list(rings.values()), "o", color=colour("muted"), fillstyle="none", label="not done")
    for state, token in (("pruned", "muted"), ("fail", "motor"), ("running", "accent")):
        places = table.loc[table["state"] == state, "number"]
        if len(places):
            ax.plot(places, np.zeros(len(places)), "|", color=colour(token), markersize=9, label=f"{state} trials",
                    transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
    ax.set_xlabel("trial")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel(sweep.settings.score)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best")
    return figure


def _slices(table: pd.DataFrame, sweep: Sweep) -> Figure:
    searched = sweep.settings.search
    columns = min(3, len(searched))
    rows = -(-len(searched) // columns)
    figure = new_figure(width=min(8.6, 3.4 * columns), height=2.6 * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    place = int(table["score"].to_numpy().argmin() if sweep.settings.minimise else table["score"].to_numpy().argmax())
    late = 0.3 + 0.7 * (np.arange(len(table)) + 1) / len(table)
    for ax, (key, space) in zip(axes, searched.items(), strict=False):
        values = table[PREFIX + key]
        if isinstance(space, Range):
            x = values.to_numpy(float)
            if space.log:
                ax.set_xscale("log")
                ticks = np.geomspace(space.low, space.high, 4)
                ax.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
                ax.xaxis.set_minor_locator(NullLocator())
        else:
            names = [str(value) for value in space.values]
            x = np.array([names.index(str(value)) for value in values], float)
            x += np.random.default_rng(0).uniform(-0.12, 0.12, len(x))
            ax.set_xticks(range(len(names)), names)
            ax.set_xlim(-0.5, len(names) - 0.5)
        ax.scatter(x, table["score"], s=18, c=number_colour(0), alpha=late, linewidths=0)
        ax.plot(x[place], table["score"].iloc[place], "o", mfc="none", mec=colour("excitatory"), markersize=9)
        ax.set_title(key if len(key) < 34 else "…" + key[-32:], fontsize=9)
    for ax in axes[::columns]:
        ax.set_ylabel(sweep.settings.score)
    for ax in axes[len(searched) :]:
        ax.remove()
    return figure
