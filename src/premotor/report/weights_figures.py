"""Figures of weights before and after learning."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray

from premotor.analysis import ClassPair
from premotor.report.style import WIDTH, as_svg, colour, label_blocks, new_figure, signed

FLOOR = 1e-6
"""Magnitudes below this are drawn at it."""


@as_svg
def matrices(before: NDArray, after: NDArray, blocks: Sequence[tuple[str, int, int]], limit: float) -> Figure:
    """The signed matrices, presynaptic × postsynaptic, neurons sorted by class."""
    figure = new_figure(height=WIDTH / 2 + 0.35)
    for ax, matrix, title in zip(figure.subplots(1, 2), (before, after), ("Before", "After"), strict=True):
        ax.imshow(signed(matrix, limit), interpolation="nearest", aspect="equal")
        ax.set_title(title)
        ax.grid(False)
        label_blocks(ax, blocks, "x", len(matrix))
        label_blocks(ax, blocks, "y", len(matrix))
        for tick in ax.get_yticklabels():
            tick.set_rotation(90)
            tick.set_verticalalignment("center")
        ax.set(xlabel="postsynaptic", ylabel="presynaptic")
        ax.spines[["top", "right"]].set_visible(True)
        for spine in ax.spines.values():
            spine.set_color(colour("rule"))
    return figure


@as_svg
def histograms(pairs: Sequence[ClassPair]) -> Figure:
    """Magnitudes by pair of classes: excitatory up, inhibitory down; outline before, filled after."""
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = new_figure(height=0.5 + 1.75 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    everything = np.concatenate([np.concatenate([pair.before, pair.after]) for pair in pairs])
    magnitudes = np.log10(np.maximum(np.abs(everything[everything != 0]), FLOOR))
    bins = np.linspace(magnitudes.min() - 1e-9, magnitudes.max() + 1e-9, 33)
    for ax, pair in zip(grid.flat, pairs, strict=False):
        for sign, token in ((1, "excitatory"), (-1, "inhibitory")):
            for values, filled in ((pair.after, True), (pair.before, False)):
                chosen = values[values * sign > 0]
                height = sign * np.histogram(np.log10(np.maximum(np.abs(chosen), FLOOR)), bins)[0]
                if filled:
                    ax.stairs(height, bins, fill=True, color=colour(token), alpha=0.65)
                else:
                    ax.stairs(height, bins, color=colour("ink"), linewidth=1)
        ax.axhline(0, color=colour("muted"), linewidth=0.8)
        ax.set_title(f"{pair.pre} → {pair.post}", fontsize=9)
        top = max(1.0, float(np.abs(ax.get_ylim()).max()))
        ax.set_ylim(-top, top)
        ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    for ax in grid.flat[len(pairs) :]:
        ax.set_axis_off()
    for index, ax in enumerate(grid.flat[: len(pairs)]):
        _powers(ax)
        if index + columns >= len(pairs):  # nothing below it
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("magnitude")
    for ax in grid[:, 0]:
        ax.set_ylabel("synapses")
    return figure


@as_svg
def scatter(before: NDArray, after: NDArray) -> Figure:
    """Magnitude of every synapse after against before."""
    figure = new_figure(width=WIDTH / 2, height=WIDTH / 2)
    ax = figure.subplots()
    both = (before != 0) & (after != 0)
    x, y = (np.maximum(np.abs(values), FLOOR) for values in (before, after))
    low, high = np.concatenate([x[both], y[both]]).min(), np.concatenate([x[both], y[both]]).max()
    ends = np.array([low / 1.5, high * 1.5])
    ax.fill_between(ends, ends / 2, ends * 2, color=colour("rule"), alpha=0.6, linewidth=0)
    ax.plot(ends, ends, color=colour("muted"), linewidth=1)
    for sign, token in ((1, "excitatory"), (-1, "inhibitory")):
        chosen = both & (after * sign > 0)
        ax.scatter(
            x[chosen], y[chosen], s=7, color=colour(token), alpha=0.5, linewidths=0, label=token, rasterized=True
        )
    ax.set(xscale="log", yscale="log")
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    ax.set(aspect="equal", xlabel="magnitude before", ylabel="magnitude after")
    legend = ax.legend(loc="upper left", handletextpad=0.1)
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1)
    return figure


@as_svg
def changes(pairs: Sequence[ClassPair]) -> Figure:
    """How much the synapses of each pair of classes grew or shrank: median and the middle 95%."""
    figure = new_figure(width=WIDTH / 2, height=WIDTH / 2)
    ax = figure.subplots()
    rows = np.arange(len(pairs))
    for row, pair in zip(rows, pairs, strict=True):
        change = pair.change
        ax.plot([change.low_log2_ratio, change.high_log2_ratio], [row, row], color=colour("accent"), linewidth=2.2)
        ax.plot(change.median_log2_ratio, row, "o", color=colour("accent"), markersize=6)
    ax.axvline(0, color=colour("muted"), linewidth=1)
    ax.set_yticks(rows, [f"{pair.pre} → {pair.post}" for pair in pairs])
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    reach = max(1.0, float(np.abs(ax.get_xlim()).max()))  # a factor of two: what is less is no growth
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(lambda value, _: _factor(value))
    ax.set_xlabel("after / before")
    return figure


def _factor(exponent: float) -> str:
    value = 2.0**exponent
    return f"×{value:.3g}" if value >= 1 else f"÷{1 / value:.3g}"


def _powers(ax: Axes) -> None:
    low, high = ax.get_xlim()
    ax.xaxis.set_major_locator(FixedLocator(list(range(int(np.ceil(low)), int(np.floor(high)) + 1))))
    ax.xaxis.set_major_formatter(lambda value, _: f"{10.0**value:g}")
