"""What a spiking agent does in a recorded test: rates, variance of counts, moves, rewards, a raster."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import sliding_mean
from premotor.report.page import Block, Missing, Section
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.spiking.record import SpikingRecord
from premotor.report.style import Chart, colour, drawn, new_figure, number_colour, tinted
from premotor.runs.spiking.records import (
    Record,
    cell_groups,
    episode_table,
    mean_rates,
    motor_votes,
    rates_over_time,
    read_test,
    spikes_of_test,
    variance_over_time,
)
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings

GROUP_TOKENS = {
    "ES": "sensory",
    "EA": "excitatory",
    "EM left": "left",
    "EM right": "right",
    "IA": "inhibitory",
    "IAL": "descending",
    "IM": "motor",
    "IML": "electrical",
}


@SECTIONS.register("spiking-behaviour")
class Behaviour(ReportSection[SpikingRecord]):
    """Episodes, moves and rewards of the test."""

    order, about = 30, SpikingRecord

    def build(self, record: SpikingRecord) -> Section:
        """The section."""
        if record.test is None:
            return Section("What it does", [_untested(record)])
        return Section("What it does", [make(record.run).picture() for make in (lengths, moves, rewards)])


@SECTIONS.register("spiking-cells")
class Cells(ReportSection[SpikingRecord]):
    """Spikes, rates and the variance of counts in the test."""

    order, about = 40, SpikingRecord

    def build(self, record: SpikingRecord) -> Section:
        """The section."""
        if record.test is None:
            return Section("What the cells do", [_untested(record)])
        found = rates(record.run)
        table = found.shown(
            2,
            "Rates of the whole test",
            "Mean over cells and its deviation between them, Hz; silent: fraction of cells without a spike; variance "
            "and Fano factor of the population's count of spikes in a step.",
        )
        blocks: list[Block] = [raster(record.run).picture(), found.picture(), table, variance(record.run).picture()]
        return Section("What the cells do", blocks)


def _untested(record: SpikingRecord) -> Missing:
    return Missing("There is no test:", record.command("evaluate"))


def lengths(run: SpikingRun, test: str = "test") -> Chart:
    """Lengths of the episodes of the test."""
    record = read_test(run, test)
    return Chart(
        _file("lengths", test),
        "Episodes of the test",
        "Left: in their order, with the mean (dashed). Right: how many last longer than so many steps.",
        pd.DataFrame({"episode": np.arange(len(record.length)), "steps": record.length}),
        drawn(_lengths, record.length),
    )


def rates(run: SpikingRun, seconds: float = 10.0, test: str = "test") -> Chart:
    """Rates of every group of cells, over the test and as a whole."""
    record = read_test(run, test)
    seconds = min(seconds, len(record.counts) * run.settings.interface.step / 8000.0)
    return Chart(
        _file("rates", test),
        "Rates by population",
        f"Mean rate of the cells of each population in stretches of {seconds:g} s of the test; the voting population "
        "by the action that its cells vote for.",
        mean_rates(run, record),
        drawn(_groups_over_time, rates_over_time(run, record, seconds), "Rate, Hz"),
    )


def variance(run: SpikingRun, window: int = 100, test: str = "test") -> Chart:
    """Variance of the spike counts of every group of cells, over the test."""
    record = read_test(run, test)
    window = max(2, min(window, len(record.counts) // 8))
    table = variance_over_time(run, record, window)
    return Chart(
        _file("variance", test),
        "Variance of spike counts",
        f"Variance of the number of spikes of a population in a step, in windows of {window} steps, divided by the "
        "number of its cells: high where the cells fire together.",
        table.reset_index(),
        drawn(_groups_over_time, table, "Variance of the count / cells"),
    )


def moves(run: SpikingRun, test: str = "test") -> Chart:
    """Undecided moves, and the balance of left and right."""
    record = read_test(run, test)
    votes = motor_votes(run, record)
    return Chart(
        _file("moves", test),
        "Undecided moves and the balance of left and right",
        "Above, one dot an episode: undecided moves, and moves to the right. Below: spikes for left and for right in a "
        "step (the area of a dot is the number of steps), and by how many spikes the winner won.",
        episode_table(run, record),
        drawn(_moves if votes.shape[1] == 2 else _many_moves, episode_table(run, record), votes, record.action),
    )


def rewards(run: SpikingRun, windows: tuple[int, ...] = (25, 50), test: str = "test") -> Chart:
    """What the critic said."""
    record = read_test(run, test)
    table = episode_table(run, record)
    return Chart(
        _file("rewards", test),
        "What the critic said",
        "Left: rewards of all steps of the test (its plasticity is off). Right: the fraction of rewards above 0 in "
        f"{' and '.join(map(str, windows))} successive steps, against the steps that were left in the episode.",
        table[["episode", "steps", "reward", "rewarded", "punished"]],
        drawn(_rewards, record, windows),
    )


def raster(run: SpikingRun, episode: int | None = None, seconds: float = 5.0, test: str = "test") -> Chart:
    """Spikes of all cells in one episode, with the pole and the moves."""
    record = read_test(run, test)
    if episode is None:
        episode = int(np.argsort(record.length, kind="stable")[len(record.length) // 2])
    begin = int(record.length[:episode].sum())
    end = begin + min(int(record.length[episode]), round(seconds * 1000 / run.settings.interface.step))
    train = spikes_of_test(run, record, end)
    here = train.step >= begin
    step = run.settings.interface.step
    pole = isinstance(run.settings.task, CartPoleSettings)
    seen = "the pole's angle" if pole else "the observation, each variable by its deviation"
    shown = np.rad2deg(record.observation[:, 2:3]) if pole else _standard(record.observation)
    table = pd.DataFrame({"time": (train.time[here] - begin * step) / 1000.0, "cell": train.cell[here]})
    return Chart(
        _file("raster", test),
        "Spikes in one episode",
        f"Episode {episode} of the test ({record.length[episode]} steps), its first {(end - begin) * step / 1000:g} s "
        f"of network time. Below: {seen} and the moves, undecided ones in grey.",
        table,
        drawn(_raster, table, cell_groups(run), record, (begin, end), step / 1000.0, shown, "angle, °" if pole else ""),
    )


def _file(name: str, test: str) -> str:
    return name if test == "test" else f"{name}-{test}"


def group_colour(name: str, number: int = 0) -> str:
    """The colour of a group of cells: by its meaning, else by its number."""
    return colour(GROUP_TOKENS[name]) if name in GROUP_TOKENS else number_colour(number)


def _lengths(length: NDArray[np.int64]) -> Figure:
    figure = new_figure(height=2.6)
    panels = figure.subplots(1, 2)
    panels[0].plot(np.arange(len(length)), length, "o", color=colour("accent"), markersize=3.5, alpha=0.8)
    panels[0].axhline(length.mean(), color=colour("ink"), linewidth=1, linestyle=(0, (4, 3)))
    panels[0].set(xlabel="episode", ylabel="steps", ylim=(0, 1.05 * length.max()))
    longest = np.sort(length)
    surviving = 100 * (1 - np.arange(len(length) + 1) / len(length))
    panels[1].step(np.concatenate([[0], longest]), surviving, where="post", color=colour("accent"))
    panels[1].set(xlabel="steps", ylabel="episodes that go on, %", ylim=(0, 103), xlim=(0, 1.02 * length.max()))
    return figure


def _groups_over_time(table: pd.DataFrame, label: str) -> Figure:
    figure = new_figure(height=3.0)
    inhibitory = [name for name in table if str(name) in ("IA", "IAL", "IM", "IML")]
    parts = [("Excitatory", [name for name in table if name not in inhibitory]), ("Inhibitory", inhibitory)]
    if not inhibitory:
        parts = [("", list(table))]
    panels = figure.subplots(1, len(parts), sharex=True, squeeze=False)[0]
    for ax, (title, names) in zip(panels, parts, strict=True):
        ax.set_title(title)
        for number, name in enumerate(names):
            ax.plot(table.index, table[name], color=group_colour(str(name), number), label=str(name), linewidth=1.2)
        ax.set(xlabel="network time, s", ylim=(0, None))
        if names:
            ax.legend(ncols=2, loc="upper right", handlelength=1.2, columnspacing=1)
            ax.set_ylim(top=1.3 * ax.get_ylim()[1])
    panels[0].set_ylabel(label)
    return figure


def _many_moves(table: pd.DataFrame, votes: NDArray[np.int64], action: NDArray[np.int8]) -> Figure:
    figure = new_figure(height=2.8)
    panels = figure.subplots(1, 3)
    panels[0].plot(table["steps"], 100 * table["undecided"], "o", color=colour("accent"), markersize=3.5, alpha=0.7)
    panels[0].set(title="Undecided moves, %", xlabel="steps of the episode", ylim=(0, 100))
    names = np.arange(votes.shape[1])
    panels[1].bar(names, 100 * np.bincount(action, minlength=len(names)) / len(action), color=colour("accent"))
    panels[1].set(title="Moves, % of the steps", xlabel="action")
    panels[2].bar(names, votes.mean(0), color=colour("accent"))
    panels[2].set(title="Votes, spikes in a step", xlabel="action")
    for ax in panels[1:]:
        ax.set_xticks(names)
    return figure


def _moves(table: pd.DataFrame, votes: NDArray[np.int64], action: NDArray[np.int8]) -> Figure:
    figure = new_figure(height=5.2)
    axes = figure.subplots(2, 2)
    for ax, column, title in (
        (axes[0, 0], "undecided", "Undecided moves, %"),
        (axes[0, 1], "right", "Moves to the right, %"),
    ):
        ax.set_title(title)
        ax.plot(table["steps"], 100 * table[column], "o", color=colour("accent"), markersize=3.5, alpha=0.7)
        weighted = 100 * np.average(table[column], weights=table["steps"])
        ax.axhline(weighted, color=colour("ink"), linewidth=1, linestyle=(0, (4, 3)))
        ax.set(
            xlabel=f"steps of the episode (all steps: {weighted:.1f}%)",
            ylim=(0, 100 if column == "right" else max(10.0, 110 * table[column].max())),
            xlim=(0, None),
        )
    left, right = votes[:, 0], votes[:, -1]
    most = int(max(left.max(), right.max())) + 1
    grid = np.zeros((most, most))
    np.add.at(grid, (left, right), 1)
    x, y = np.nonzero(grid)
    tint = np.where(x == y, colour("muted"), np.where(x > y, colour("left"), colour("right")))
    area = 90 * grid[x, y] / grid.max()
    axes[1, 0].scatter(x, y, s=np.maximum(area, 1.0), c=list(tint), linewidths=0)
    axes[1, 0].set(title="Votes in a step", xlabel="spikes for left", ylabel="spikes for right", aspect="equal")
    margin = right - left
    limit = int(np.abs(margin).max()) + 1
    values, count = np.unique(margin, return_counts=True)
    names = np.where(values == 0, colour("muted"), np.where(values < 0, colour("left"), colour("right")))
    axes[1, 1].bar(values, 100 * count / len(margin), width=0.85, color=list(names))
    axes[1, 1].set(title="Margin, % of the steps", xlim=(-limit, limit), xlabel="spikes for right less spikes for left")
    return figure


def _rewards(record: Record, windows: tuple[int, ...]) -> Figure:
    figure = new_figure(height=2.8)
    panels = figure.subplots(1, 2)
    limit = max(1e-6, float(np.abs(record.reward).max()))
    bins = np.linspace(-limit, limit, 42)
    for part, token in ((record.reward > 0, "left"), (record.reward < 0, "excitatory"), (record.reward == 0, "muted")):
        weights = np.full(part.sum(), 100 / len(part))
        panels[0].hist(record.reward[part], bins=bins.tolist(), weights=weights, color=colour(token))
    panels[0].set(title="Rewards, % of the steps", xlabel="reward")
    ends = np.cumsum(record.length)
    left = np.repeat(ends, record.length) - np.arange(ends[-1])
    for number, window in enumerate(windows):
        fraction = sliding_mean(record.reward > 0, window)
        if not len(fraction):
            continue
        inside = record.episode[window - 1 :] == record.episode[: len(fraction)]
        away = left[window - 1 :][inside]
        most = int(np.percentile(away, 95)) if inside.any() else 0
        if most < 2:
            continue
        edges = np.unique(np.linspace(0, most, 26).astype(int))
        place = np.digitize(away, edges) - 1
        means = [fraction[inside][place == k].mean() if (place == k).any() else np.nan for k in range(len(edges) - 1)]
        tint = colour(("accent", "excitatory", "right")[number % 3])
        panels[1].plot((edges[1:] + edges[:-1]) / 2, 100 * np.array(means), color=tint, label=f"{window} steps")
    panels[1].set(title="Rewards above 0, %", xlabel="steps to the end of the episode")
    if panels[1].get_legend_handles_labels()[0]:
        panels[1].legend(loc="best")
    return figure


def _raster(
    table: pd.DataFrame,
    groups: dict[str, NDArray],
    record: Record,
    span: tuple[int, int],
    step: float,
    shown: NDArray[np.float64],
    label: str,
) -> Figure:
    figure = new_figure(height=5.8)
    top, middle, low = figure.subplots(3, 1, sharex=True, height_ratios=(8, 1.4, 0.7))
    row, ticks, bounds = np.zeros(record.counts.shape[1], np.int64), [], []
    place = 0
    for cells in groups.values():
        row[cells] = place + np.arange(len(cells))
        ticks.append(place + len(cells) / 2)
        place += len(cells)
        bounds.append(place - 0.5)
    cell = table["cell"].to_numpy()
    for number, (name, cells) in enumerate(groups.items()):
        mine = np.isin(cell, cells)
        time = table["time"].to_numpy()[mine]
        top.plot(time, row[cell[mine]], "|", color=group_colour(name, number), markersize=2.2, markeredgewidth=0.7)
    for bound in bounds[:-1]:
        top.axhline(bound, color=colour("rule"), linewidth=0.7)
    seconds = (span[1] - span[0]) * step
    rates = {name: np.isin(cell, cells).sum() / len(cells) / seconds for name, cells in groups.items()}
    top.set_yticks(ticks, [f"{name} · {rate:.1f} Hz" for name, rate in rates.items()])
    top.set_title(f"{row.size:,} cells, {len(cell) / row.size / seconds:.2f} Hz on average", fontweight="normal")
    top.set_ylim(place, -1)
    top.grid(False)
    top.tick_params(axis="y", length=0)
    steps = np.arange(*span)
    time = (steps - span[0]) * step
    for number in range(shown.shape[1]):
        tint = colour("ink") if shown.shape[1] == 1 else number_colour(number)
        middle.plot(time, shown[steps, number], color=tint, linewidth=1.2)
    middle.axhline(0, color=colour("rule"), linewidth=0.8)
    middle.set_ylabel(label)
    _actions(low, time, record.action[steps], record.tie[steps], step)
    low.set(xlabel="network time, s", xlim=(0, len(steps) * step))
    return figure


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean(0)) / np.maximum(values.std(0), 1e-9)


def _actions(ax: Axes, time: NDArray, action: NDArray, tie: NDArray, step: float) -> None:
    strips = [(~tie & (action == 0), "left"), (~tie & (action > 0), "right"), (tie, "muted")]
    image = np.zeros((1, len(time), 4))
    for mask, token in strips:
        image[0, mask] = tinted(token, np.ones(int(mask.sum())))
    ax.imshow(image, aspect="auto", interpolation="nearest", extent=(0, len(time) * step, 0, 1))
    ax.set_yticks([0.5], ["moves"])
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
