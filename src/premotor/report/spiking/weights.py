"""What learning did to the plastic weights of a spiking agent."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from premotor.analysis import weight_change
from premotor.report.page import Block, Section
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.spiking.record import SpikingRecord
from premotor.report.style import Chart, colour, drawn, new_figure, number_colour, signed, tinted
from premotor.runs.spiking.history import plastic_table, weight_histograms, weights_over_time
from premotor.runs.spiking.run import SpikingRun

PART_TOKENS = {"ES→EA": "excitatory", "EA→EM left": "left", "EA→EM right": "right"}


@SECTIONS.register("spiking-weights")
class WeightsSection(ReportSection[SpikingRecord]):
    """The plastic weights before and after."""

    order, about = 50, SpikingRecord

    def build(self, record: SpikingRecord) -> Section:
        """The section."""
        run = record.run
        which = "best" if run.places.best_record.exists() else "last"
        changed = changes(run, which)
        blocks: list[Block] = [
            changed.picture(),
            changed.shown(
                2,
                "By part",
                "Means and standard deviations, mV; mean absolute change, mV; the median of log₂(after / before); "
                "the fraction of synapses that grew or "
                "shrank twofold, and of those below 0.01 mV; the correlation of the logarithms.",
            ),
            over_time(run).picture(),
            matrix(run, which).picture(),
        ]
        return Section("What learning changed", blocks)


def matrix(run: SpikingRun, checkpoint: str | int = "best", relative: bool = False) -> Chart:
    """Plastic weights of a checkpoint as matrices, and their change since the beginning.

    Args:
        run: the run.
        checkpoint: "best", "last", "initial" or an iteration.
        relative: whether the change is divided by the weight before.
    """
    table = plastic_table(run, checkpoint)
    unit = "relative to the weight before" if relative else "mV"
    return Chart(
        "weights",
        f"Plastic weights ({checkpoint})",
        "The three largest projections. Presynaptic cells are rows, postsynaptic cells columns; a line divides "
        f"the cells that vote left from those that vote right. Below: the change since the beginning ({unit}), red "
        "up, blue down.",
        table,
        drawn(_matrix, table, relative),
    )


def changes(run: SpikingRun, checkpoint: str | int = "best") -> Chart:
    """How weights changed, by part of the plastic synapses."""
    table = plastic_table(run, checkpoint)
    rows = []
    for part, group in table.groupby("part", sort=False):
        change = weight_change(group["before"], group["after"])
        rows.append(
            {
                "part": part,
                "synapses": len(group),
                "before": group["before"].mean(),
                "after": group["after"].mean(),
                "sd_before": group["before"].std(),
                "sd_after": group["after"].std(),
                "change": (group["after"] - group["before"]).abs().mean(),
                "log2_ratio": change.median_log2_ratio,
                "twofold": change.changed_twofold,
                "silent": float((group["after"] < 0.01).mean()),
                "correlation": change.correlation,
            }
        )
    return Chart(
        "weight-changes",
        "What learning changed",
        f"Weights before learning (outline) and of the checkpoint {checkpoint} (filled) by part; where there are three "
        "parts at most, also each synapse's weight after against before, else the six largest parts.",
        pd.DataFrame(rows),
        drawn(_histograms, table),
    )


def over_time(run: SpikingRun) -> Chart:
    """Weights by checkpoint and part."""
    table = weights_over_time(run)
    return Chart(
        "weights-over-time",
        "Weights along the run",
        "Median and quartiles of the plastic weights of each part at the checkpoints, and how far a weight is from "
        "where it began (mean of the absolute change).",
        table,
        drawn(_over_time, table),
    )


def histograms(run: SpikingRun) -> Chart:
    """How the distribution of the weights of each part changes along the run."""
    table = weight_histograms(run)
    return Chart(
        "weight-histograms",
        "Distributions of the weights along the run",
        "At each checkpoint the fraction of a part's synapses by weight (dark: many; the topmost bin takes what is "
        "above); line: the median bin. The six largest parts.",
        table,
        drawn(_histograms_over_time, table),
    )


def _tint(part: str, number: int) -> str:
    return colour(PART_TOKENS[part]) if part in PART_TOKENS else number_colour(number)


def _matrix(table: pd.DataFrame, relative: bool) -> Figure:
    projections = _largest(table["projection"], 3)
    change = table["after"] - table["before"]
    change = change.where(change.abs() > 1e-9, 0.0)  # not what rounding did
    if relative:
        change = change / table["before"].clip(lower=1e-9)
    figure = new_figure(height=7.4)
    axes = figure.subplots(2, len(projections), squeeze=False)
    for column, projection in enumerate(projections):
        mine = (table["projection"] == projection).to_numpy()
        rows, cells = np.unique(table["pre"][mine]), np.unique(table["post"][mine])
        place = np.searchsorted(rows, table["pre"][mine]), np.searchsorted(cells, table["post"][mine])
        values = np.full((len(rows), len(cells)), np.nan)
        values[place] = table["after"][mine]
        top = float(np.nanpercentile(values, 99.5)) or 1.0
        axes[0, column].imshow(tinted("accent", np.sqrt(values / top)), aspect="auto", interpolation="nearest")
        axes[0, column].set_title(f"{projection}, mV\n(darkest: from {top:.3g} on)")
        shift = np.full(values.shape, np.nan)
        shift[place] = change[mine]
        limit = float(np.nanpercentile(np.abs(shift), 99.5)) or 1.0
        axes[1, column].imshow(
            signed(np.clip(shift, -limit, limit), limit, 0.0), aspect="auto", interpolation="nearest"
        )
        moved = f"relative change of {projection}" if relative else f"change of {projection}, mV"
        axes[1, column].set_title(f"{moved}\n(darkest: from ±{limit:.3g} on)")
        pre, post = projection.split("→")
        halves = table["part"][mine].groupby(table["post"][mine]).first()
        border = int((halves == halves.iloc[0]).sum())
        for ax in axes[:, column]:
            ax.grid(False)
            ax.set(ylabel=f"cell of {pre}", xlabel=f"cell of {post}")
            if border < len(cells):
                ax.axvline(border - 0.5, color=colour("ink"), linewidth=0.8)
    return figure


def _histograms(table: pd.DataFrame) -> Figure:
    parts = _largest(table["part"], 6)
    pairs = len(parts) <= 3
    columns = len(parts) if pairs else 3
    figure = new_figure(height=5.0)
    axes = figure.subplots(2, columns, squeeze=False)
    for number, part in enumerate(parts):
        group = table[table["part"] == part]
        tint = _tint(part, number)
        most = float(max(group["before"].max(), np.percentile(group["after"], 99.5)))
        bins = np.linspace(0, 1.02 * most, 36).tolist()
        top = axes.flat[number]
        top.hist(group["after"].clip(upper=most), bins=bins, color=tint, alpha=0.55, label="after")
        top.hist(group["before"], bins=bins, histtype="step", color=colour("ink"), linewidth=1.2, label="before")
        top.set(title=f"{part}: synapses", xlabel="weight, mV")
        if not pairs:
            continue
        low = axes[1, number]
        low.plot(group["before"], group["after"], ".", color=tint, markersize=3, alpha=0.6)
        end = float(group["before"].max())
        low.plot([0, end], [0, end], color=colour("ink"), linewidth=0.9, linestyle=(0, (4, 3)))
        low.set(xlabel="before, mV", ylim=(min(0.0, float(group["after"].min())) - 0.02 * most, None), xlim=(0, None))
    axes[0, 0].legend(loc="upper right")
    if pairs:
        axes[1, 0].set_ylabel("after, mV")
    for ax in () if pairs else axes.flat[len(parts) :]:
        ax.remove()
    return figure


def _histograms_over_time(table: pd.DataFrame) -> Figure:
    parts = _largest(table["part"], 6)
    rows = -(-len(parts) // 3)
    figure = new_figure(height=0.4 + 2.5 * rows)
    axes = figure.subplots(rows, min(3, len(parts)), squeeze=False)
    for number, (ax, part) in enumerate(zip(axes.flat, parts, strict=False)):
        mine = table[table["part"] == part].pivot(index="low", columns="iteration", values="fraction")
        at, low = mine.columns.to_numpy(float), mine.index.to_numpy(float)
        width = low[1] - low[0]
        middle = low[np.argmax(mine.to_numpy().cumsum(0) >= 0.5, axis=0)] + width / 2
        strength = mine.to_numpy() / mine.to_numpy().max()
        token = PART_TOKENS.get(part, "accent")
        edges = np.concatenate([at[:1], (at[1:] + at[:-1]) / 2, at[-1:]]) if len(at) > 1 else np.array([0.0, 1.0])
        for column in range(len(at)):  # checkpoints need not be evenly spread
            extent = (edges[column], edges[column + 1], low[0], low[-1] + width)
            image = tinted(token, np.sqrt(strength[:, column : column + 1]))
            ax.imshow(image, aspect="auto", origin="lower", interpolation="nearest", extent=extent)
        ax.plot(at, middle, color=colour("ink"), linewidth=1.1)
        ax.grid(False)
        ax.set(title=part, xlabel="iteration", xlim=(edges[0], edges[-1]), ylim=(low[0], low[-1] + width))
        if number % 3 == 0:
            ax.set_ylabel("weight, mV")
    for ax in axes.flat[len(parts) :]:
        ax.remove()
    return figure


def _largest(names: "pd.Series[str]", most: int) -> list[str]:
    """The names that most synapses have, in the order in which they come."""
    chosen = set(names.value_counts(sort=True).index[:most])
    return [name for name in dict.fromkeys(names) if name in chosen]


def _over_time(table: pd.DataFrame) -> Figure:
    figure = new_figure(height=3.0)
    panels = figure.subplots(1, 2, sharex=True)
    shown = _largest(table["part"], 8) if table["part"].nunique() > 8 else list(dict.fromkeys(table["part"]))
    for number, (part, group) in enumerate(table[table["part"].isin(shown)].groupby("part", sort=False)):
        tint = _tint(str(part), number)
        x = group["iteration"]
        panels[0].fill_between(x, group["quarter"], group["three_quarters"], color=tint, alpha=0.15, linewidth=0)
        panels[0].plot(x, group["median"], color=tint, label=str(part))
        panels[1].plot(x, group["change"], color=tint)
    _label(panels[0], "Weight, mV")
    _label(panels[1], "Mean absolute change, mV")
    panels[0].legend(loc="best")
    return figure


def _label(ax: Axes, title: str) -> None:
    ax.set(title=title, xlabel="iteration", xlim=(0, None), ylim=(0, None))
