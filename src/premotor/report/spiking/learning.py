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
    phase_table,
    read_checkpoint_tests,
    training_rows,
    training_scores,
)
from premotor.runs.spiking.run import SpikingRun

LOWER = (
    ("undecided", 100.0, "undecided, %"),
    ("right", 100.0, "right, %"),
    ("margin", 1.0, "margin, spikes"),
    ("reward", 1.0, "reward"),
)
"""What the curves of learning show below: columns of `training_rows`, factors, and labels."""


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
        drawn(_medians, lengths, tuple(windows), unit, _episodes_at(run, run.rule_changes)),
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
        "Mean return of an episode (in CartPole its steps) in each iteration (pale), from the least to the most of its "
        "episodes, or of the members of its population (shade), and its running mean over a twentieth of the record. "
        "Below: undecided moves and moves to the right, the spikes by which a decision was won, and the critic's mean "
        "reward (which evolution does not use). A dotted line is where a run went on from another, or by other rules.",
        long,
        drawn(_curves, tables, by, {name: _changes(run, tables[name], by) for name, run in runs.items()}),
    )


def phases(run: SpikingRun, most: int = 100) -> Chart:
    """Episodes at the beginning and at the end of each phase of learning, ancestors included."""
    table = phase_table(run, most)
    summary = table.groupby(["phase", "run", "begin", "part"], sort=False)["returned"].agg(["mean", "median", "count"])
    return Chart(
        "phases",
        "Phases of learning",
        f"The first and the last {most} episodes (of evolution, iterations) of each phase, or its halves where it has "
        "fewer: of every run that this one goes back to, and of every rule by which it learned. Boxes as for "
        "checkpoints.",
        summary.reset_index(),
        drawn(_phases, table),
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


def _episodes_at(run: SpikingRun, steps: Sequence[int]) -> list[int]:
    """Episodes of a run that had been played when plasticity went over to other rules after so many steps."""
    table = run.metrics
    return [int(table["episodes"][table["steps"] < step].sum() + 1) for step in steps if (table["steps"] >= step).any()]


def _changes(run: SpikingRun, table: pd.DataFrame, by: str) -> list[float]:
    """Where in the rows of a run another run or other rules begin, on an axis of episodes or steps."""
    begun = table.index[table["run"].ne(table["run"].shift()) & (table.index > 0)]
    found = [float(table[by].iloc[place]) for place in begun]
    own = table[table["run"] == str(run.folder)]
    before = int(table["steps"].iloc[own.index[0] - 1]) if own.index[0] else 0
    for step in run.rule_changes:
        after = own[by][own["steps"] - before >= step]
        found += [float(after.iloc[0])] if len(after) else []
    return found


def _phases(table: pd.DataFrame) -> Figure:
    figure = new_figure(height=3.2)
    ax = figure.subplots()
    labels = []
    for number, ((_, begin), phase) in enumerate(table.groupby(["phase", "begin"], sort=False)):
        for place, part, token in ((-0.2, "first", "muted"), (0.2, "last", "accent")):
            values = phase["returned"][phase["part"] == part].to_numpy()
            boxes(ax, [values], [number + place], 0.32, colour(token))
            ax.annotate(f"{values.mean():.0f}", (number + place, values.max()), (0, 3), textcoords="offset points",
                        ha="center", fontsize=8)  # fmt: skip
        labels.append(f"from step {begin:,}")
    ax.set_xticks(range(len(labels)), labels)
    ax.grid(False, axis="x")
    ax.set(ylabel="return of an episode", ylim=(0, None), xlim=(-0.6, len(labels) - 0.4))
    ax.set_title("first (grey) and last episodes (blue) of each phase; numbers: means", fontweight="normal")
    return figure


def _medians(lengths: NDArray[np.float64], windows: tuple[int, ...], unit: str, changes: Sequence[int]) -> Figure:
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
    for place in changes:
        ax.axvline(place, color=colour("muted"), linewidth=1, linestyle=":")
    ax.set_xlabel(unit)
    ax.set_ylabel("steps of an episode" if unit == "episode" else "mean return of an episode")
    ax.set_xlim(0, len(lengths) + 1)
    ax.set_ylim(bottom=0)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper left", ncols=2)
    return figure


def _curves(tables: Mapping[str, pd.DataFrame], by: str, changes: Mapping[str, Sequence[float]]) -> Figure:
    kept = [row for row in LOWER if any(table[row[0]].notna().any() for table in tables.values())]
    figure = new_figure(height=3.0 + 1.15 * len(kept))
    axes = figure.subplots(1 + len(kept), 1, sharex=True, height_ratios=(2.6, *(1 for _ in kept)))
    for number, (name, table) in enumerate(tables.items()):
        tint = number_colour(number)
        axes[0].fill_between(table[by], table["low"], table["high"], color=tint, alpha=0.12, linewidth=0)
        _smooth(axes[0], table, by, "mean", tint, 1.0, name)
        for ax, (column, factor, _) in zip(axes[1:], kept, strict=True):
            _smooth(ax, table, by, column, tint, factor, "")
        for place in changes[name]:
            for ax in axes:
                ax.axvline(place, color=tint, linewidth=1, linestyle=":")
    axes[0].set_ylabel("return of an episode")
    for ax, (column, _, label) in zip(axes[1:], kept, strict=True):
        ax.set_ylabel(label)
        if column != "reward":
            ax.set_ylim(bottom=0, top=100 if column == "right" else None)
    axes[-1].set_xlabel("episodes" if by == "episodes" else "steps of the task")
    axes[-1].set_xlim(left=0)
    if all(table["mean"].min() >= 0 for table in tables.values()):
        axes[0].set_ylim(bottom=0)
    if len(tables) > 1:
        axes[0].legend(loc="best")
    axes[-1].xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    figure.align_ylabels()
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
