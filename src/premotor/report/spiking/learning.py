"""How a spiking agent learned: episodes and their sliding medians, curves of several runs, checkpoints, ancestors."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import sliding_mean, sliding_median
from premotor.errors import PremotorError
from premotor.report.page import Block, Missing, Section, count
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.spiking.record import SpikingRecord
from premotor.report.style import Chart, boxes, colour, drawn, new_figure, number_colour
from premotor.runs.spiking.history import (
    WINDOWS,
    differences,
    episode_lengths,
    lineage,
    read_checkpoint_tests,
    training_rows,
    training_scores,
)
from premotor.runs.spiking.run import SpikingRun


@SECTIONS.register("spiking-learning")
class Learning(ReportSection[SpikingRecord]):
    """Learning curves, episodes, and tests of the checkpoints."""

    order, about = 20, SpikingRecord

    def build(self, record: SpikingRecord) -> Section:
        """The section."""
        run = record.run
        if not len(run.metrics):
            return Section("How it learned", [Missing("It has not learned yet:", f"premotor resume {run.folder}")])
        name = run.folder.resolve().name
        curve, episodes = curves({name: run}), medians(run)
        blocks: list[Block] = [
            curve.picture(),
            episodes.picture(),
            episodes.shown(1, caption="Best sliding medians over so many, and the best mean of 100."),
        ]
        command = f"premotor analyse checkpoints {run.folder}"
        if (run.evaluations_folder / "checkpoints.parquet").exists():
            blocks.append(checkpoints(run).picture())
        else:
            blocks.append(Missing("Its checkpoints were not tested one by one:", command))
        return Section("How it learned", blocks)


def medians(run: SpikingRun, windows: Sequence[int] = WINDOWS) -> Chart:
    """Episodes of learning with their sliding medians, and the mean of 100."""
    lengths = episode_lengths(run)
    unit = "episode" if "lengths" in run.metrics else "iteration"
    caption = f"One dot an {unit}, and medians of {', '.join(map(str, windows))} successive ones, drawn at their end; "
    return Chart(
        "medians",
        "Episodes while it learned",
        caption + f"black: the mean of 100. {_evaluated(run)}",
        pd.DataFrame([training_scores(run)]),
        drawn(_medians, lengths, tuple(windows), unit),
    )


def curves(runs: Mapping[str, SpikingRun], by: str = "episodes") -> Chart:
    """Learning of one or several runs, ancestors included, on one axis.

    Args:
        runs: by name.
        by: "episodes" or "steps" of the task.

    Raises:
        PremotorError: another axis, or a run that has not learned.
    """
    if by not in ("episodes", "steps"):
        raise PremotorError(f"--by is {by!r}; allowed are episodes and steps")
    tables = {name: training_rows(run) for name, run in runs.items()}
    long = pd.concat([table.assign(model=name) for name, table in tables.items()], ignore_index=True)
    return Chart(
        "curves",
        "Learning",
        "Mean return of an episode (in CartPole its steps) in each iteration (pale) and its running mean over a "
        "twentieth of the record; below, the fraction of undecided moves. A dotted line is where a run went on from "
        "another.",
        long,
        drawn(_curves, tables, by),
    )


def checkpoints(run: SpikingRun) -> Chart:
    """Tests of checkpoints spread over the run.

    Raises:
        PremotorError: they have not been made.
    """
    table = read_checkpoint_tests(run)
    if table is None:
        raise PremotorError(
            f"{run.folder} has no tests of its checkpoints; make them with: premotor analyse checkpoints {run.folder}"
        )
    summary = table.groupby("iteration").agg(
        mean=("returned", "mean"),
        median=("returned", "median"),
        deviation=("returned", "std"),
        undecided=("undecided", "mean"),
        right=("right", "mean"),
        reward=("reward", "mean"),
        rewarded=("rewarded", "mean"),
        difference=("difference", "mean"),
    )
    episodes = int(table["iteration"].value_counts().iloc[0])
    return Chart(
        "checkpoints",
        "Checkpoints, tested without learning",
        f"{episodes} episodes from the same start states for each checkpoint, spread over the run. Boxes: quartiles, "
        "whiskers to the extremes within 1.5 interquartile ranges, diamonds: means. Below: undecided moves, moves to "
        "the right, and rewards above 0, means of the episodes.",
        summary.reset_index(),
        drawn(_checkpoints, table),
    )


def trace(run: SpikingRun) -> Chart:
    """The runs that a run goes back to, and the settings in which they differ."""
    line = lineage(run)
    table = pd.DataFrame(
        {
            "run": [str(ancestor.run.folder) for ancestor in line],
            "until iteration": [ancestor.until for ancestor in line],
            "of": [ancestor.run.iteration for ancestor in line],
        }
    )
    unequal = differences([ancestor.run for ancestor in line])
    for key, row in unequal.iterrows():
        if key not in ("parent", "name"):
            table[str(key)] = [str(value) for value in row]
    return Chart("trace", "Where this run comes from", "The first run first.", table)


def _evaluated(run: SpikingRun) -> str:
    found = run.places.evaluations()
    if not found:
        return "It was not tested meanwhile."
    best = max(found, key=lambda row: row["mean"])
    tests = count(len(found), "test")
    return f"The best of {tests} meanwhile, after iteration {best['iteration']}: {best['mean']:.1f}."


def _medians(lengths: NDArray[np.float64], windows: tuple[int, ...], unit: str) -> Figure:
    figure = new_figure(height=3.4)
    ax = figure.subplots()
    ax.plot(np.arange(1, len(lengths) + 1), lengths, ".", color=colour("muted"), markersize=2.5, alpha=0.6)
    for number, window in enumerate(windows):
        middle = sliding_median(lengths, window)
        if len(middle):
            ax.plot(
                np.arange(window, len(lengths) + 1),
                middle,
                color=number_colour(number),
                label=f"median of {window}",
                linewidth=1.3,
            )
    mean = sliding_mean(lengths, 100)
    if len(mean):
        ax.plot(np.arange(100, len(lengths) + 1), mean, color=colour("ink"), label="mean of 100", linewidth=1.6)
    ax.set_xlabel(unit)
    ax.set_ylabel("steps of an episode" if unit == "episode" else "mean return of an episode")
    ax.set_xlim(0, len(lengths) + 1)
    ax.set_ylim(bottom=0)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper left", ncols=2)
    return figure


def _curves(tables: Mapping[str, pd.DataFrame], by: str) -> Figure:
    figure = new_figure(height=4.6)
    top, low = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    for number, (name, table) in enumerate(tables.items()):
        tint = number_colour(number)
        _smooth(top, table, by, "mean", tint, 1.0, name)
        _smooth(low, table, by, "undecided", tint, 100.0, "")
        change = table.index[table["run"].ne(table["run"].shift()) & (table.index > 0)]
        for place in change:
            for ax in (top, low):
                ax.axvline(table[by].iloc[place], color=tint, linewidth=1, linestyle=":")
    top.set_ylabel("return of an episode")
    low.set_ylabel("undecided moves, %")
    low.set_xlabel("episodes" if by == "episodes" else "steps of the task")
    low.set_xlim(left=0)
    low.set_ylim(bottom=0)
    if all(table["mean"].min() >= 0 for table in tables.values()):
        top.set_ylim(bottom=0)
    if len(tables) > 1:
        top.legend(loc="best")
    low.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def _smooth(ax: Axes, table: pd.DataFrame, by: str, column: str, tint: str, factor: float, label: str) -> None:
    values = factor * table[column]
    window = max(1, len(table) // 20)
    if window > 2:
        ax.plot(table[by], values, color=tint, linewidth=0.6, alpha=0.35)
    ax.plot(table[by], values.rolling(window, center=True, min_periods=1).mean(), color=tint, label=label)


def _checkpoints(table: pd.DataFrame) -> Figure:
    figure = new_figure(height=4.8)
    top, low = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, 1))
    groups = dict(list(table.groupby("iteration")))
    places = np.array(list(groups), float)
    width = 0.6 * float(np.diff(places).min()) if len(places) > 1 else 0.6
    boxes(top, [group["returned"] for group in groups.values()], places.tolist(), width, colour("accent"))
    top.plot(places, [group["returned"].mean() for group in groups.values()], color=colour("accent"), linewidth=0.8)
    top.set_ylabel("return of an episode")
    for column, token, name in (
        ("undecided", "muted", "undecided"),
        ("right", "right", "to the right"),
        ("rewarded", "left", "rewarded"),
    ):
        means = [100 * group[column].mean() for group in groups.values()]
        low.plot(places, means, "o-", color=colour(token), label=name, markersize=3.5)
    low.set_ylabel("% of the steps")
    low.set_xlabel("iteration of the checkpoint")
    low.set_ylim(0, 100)
    low.legend(loc="upper right", ncols=3)
    return figure
