"""Figures of Lyapunov spectra: convergence, cost, and training."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import ColorType
from numpy.typing import NDArray

from premotor.report.style import colour, new_figure
from premotor.runs.figures import Figures

EXPONENT = "exponent, 1/τ"
NOTHING = -20.0
"""ln |weight| below which a rule has sent a synapse to 0."""
MOST_LINES = 4
"""Exponents of one network that are drawn as lines of their own."""


def convergence(times: NDArray, history: NDArray, errors: NDArray) -> Figure:
    """Running estimates of some exponents; right: how far they are from their last value.

    Args:
        times: τ, (times,).
        history: (samples, times, k).
        errors: standard errors at the end, (samples, k).
    """
    figure = new_figure(height=3.2)
    left, right = figure.subplots(1, 2)
    k = history.shape[2]
    for place, number in enumerate(_some(k)):
        shade = rising_shade(place, MOST_LINES)
        for sample, one in enumerate(history[:, :, number]):
            left.plot(times, one, color=shade, linewidth=1.0, label=f"λ{number + 1}" if sample == 0 else None)
        away = np.abs(history[:, :, number] - history[:, -1:, number])[:, :-1].mean(0)
        right.loglog(times[:-1], np.maximum(away, 1e-12), color=shade)
        right.scatter([times[-1]], [errors[:, number].mean()], color=shade, s=18, zorder=3)
    late = history[:, len(times) // 20 :, [0, -1]]
    room = 0.1 * max(float(np.nanmax(late) - np.nanmin(late)), 0.05)
    left.set_ylim(np.nanmin(late) - room, np.nanmax(late) + room)
    left.axhline(0, color=colour("muted"), linewidth=0.8)
    left.set(xlabel="time averaged over, τ", ylabel=EXPONENT, title=f"running estimate, {len(history)} networks")
    figure.legend(*left.get_legend_handles_labels(), loc="outside right upper")
    kept = right.get_ylim()
    right.set(
        ylim=(max(kept[0], 1e-5), kept[1]),
        xlabel="time averaged over, τ",
        ylabel="distance from the last value, 1/τ",
        title="convergence (dots: standard error)",
    )
    return figure


def benchmark(table: pd.DataFrame) -> Figure:
    """Time a step (top) and error (bottom), one varied quantity a column."""
    labels = {"t_ons": "t_ONS, τ", "exponents": "exponents", "length": "length, τ", "neurons": "neurons"}
    varied = [name for name in labels if (table["varied"] == name).any()]
    figure = new_figure(height=4.4)
    panels = figure.subplots(2, len(varied), squeeze=False, sharex="col")
    for (upper, lower), name in zip(panels.T, varied, strict=True):
        own = table[table["varied"] == name]
        usual = own[own["value"] != "auto"].sort_values(name)
        upper.plot(usual[name], usual["microseconds_a_step"], "o-", color=colour("accent"), markersize=4)
        lower.plot(usual[name], usual["error_of_largest"], "o-", color=colour("accent"), markersize=4, label="λ1")
        lower.plot(usual[name], usual["mean_error"], "s--", color=colour("motor"), markersize=4, label="mean of all")
        chosen = own[own["value"] == "auto"]
        if len(chosen):
            upper.scatter(
                chosen[name], chosen["microseconds_a_step"], marker="D", color=colour("sensory"), zorder=3, label="auto"
            )
            lower.scatter(chosen[name], chosen["mean_error"], marker="D", color=colour("sensory"), zorder=3)
            upper.legend()
        for axes in (upper, lower):
            axes.set(xscale="log", yscale="log")
            ticks = sorted(usual[name].unique())
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
            low, high = axes.get_ylim()
            if high < 12 * low:  # a decade at least, so that small differences look small
                middle = np.sqrt(low * high)
                axes.set_ylim(middle / np.sqrt(12), middle * np.sqrt(12))
        lower.set_xlabel(labels[name])
    panels[0, 0].set_ylabel("µs a step")
    panels[1, 0].set_ylabel("error, 1/τ")
    panels[1, 0].legend()
    return figure


def learning(histories: Sequence[pd.DataFrame], groups: Sequence[str], target: float | None) -> Figure:
    """Loss, λ1, gradient norm and seconds an epoch, one line a network."""
    figure = new_figure(height=4.8)
    panels = figure.subplots(2, 2, sharex=True).ravel()
    columns = ("loss", "exponent_1", "gradient_norm", "seconds")
    titles = ("loss", "λ1, 1/τ", "norm of the gradient", "s an epoch")
    for axes, column, title in zip(panels, columns, titles, strict=True):
        drawn: set[str] = set()
        for history, group in zip(histories, groups, strict=True):
            shade = _group_shade(group)
            values = history[column].to_numpy()
            rows = slice(1, None) if column == "seconds" and len(values) > 1 else slice(None)  # the first compiles
            axes.plot(
                history["epoch"][rows],
                values[rows],
                color=shade,
                linewidth=1.2,
                alpha=0.85,
                label=None if group in drawn else group,
            )
            drawn.add(group)
        positive = pd.concat([history[column] for history in histories]) > 0
        if (column == "loss" and positive.all()) or (column == "gradient_norm" and positive.any()):
            axes.set_yscale("log")
        if column == "seconds":
            axes.set_ylim(bottom=0)
        axes.set_ylabel(title)
    if target is not None:
        panels[1].axhline(target, color=colour("motor"), linestyle=(0, (5, 3)), linewidth=1, label="target")
    panels[1].legend()
    for axes in panels[2:]:
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    return figure


def before_and_after(
    pieces: Sequence[Figures], groups: Sequence[str], target: float | Sequence[float] | None
) -> Figure:
    """Verified spectra before and after training, one panel a group of networks."""
    names = list(dict.fromkeys(groups))
    figure = new_figure(width=4.3 * len(names) + 0.4, height=3.4)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, name in zip(panels, names, strict=True):
        own = [piece for piece, group in zip(pieces, groups, strict=True) if group == name]
        for kind, shade, marker in (("before", colour("muted"), "s"), ("after", colour("accent"), "o")):
            for place, piece in enumerate(own):
                exponents = piece[kind]["exponents"]
                number = np.arange(1, len(exponents) + 1)
                axes.errorbar(
                    number,
                    exponents,
                    piece[kind]["standard_errors"],
                    color=shade,
                    marker=marker,
                    markersize=3.5,
                    linewidth=1,
                    label=kind if place == 0 else None,
                )
        k = len(own[0]["after"]["exponents"])
        if target is not None:
            line = np.broadcast_to(np.asarray(target, float), k)
            numbers = np.arange(1, k + 1) if k > 1 else np.array([0.8, 1.2])
            axes.plot(
                numbers,
                line if k > 1 else np.repeat(line, 2),
                color=colour("motor"),
                linestyle=(0, (5, 3)),
                linewidth=1,
                label="target",
            )
        axes.set(title=f"{name}, {len(own)} network" + ("s" if len(own) > 1 else ""), xlabel="number i")
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    panels[0].set_ylabel("verified exponent λi, 1/τ")
    panels[0].legend()
    return figure


def parameters(arrays: Mapping[str, NDArray], name: str) -> Figure:
    """Densities of the trained parameters before and after, and how far each moved."""
    words = {
        "weights": "ln |weight|",
        "gains": "ln gain",
        "shifts": "shift",
        "conductances": "ln conductance",
        "time_constants": "ln time constant",
    }
    kinds = [kind for kind in words if f"after/{kind}" in arrays]  # files give their arrays in any order
    figure = new_figure(height=2.6 * len(kinds) + 0.3)
    panels = figure.subplots(len(kinds), 2, squeeze=False)
    for (left, right), kind in zip(panels, kinds, strict=True):
        before, after = arrays[f"before/{kind}"], arrays[f"after/{kind}"]
        zero = (before < NOTHING) if kind in ("weights", "conductances") else np.zeros(before.shape, bool)
        before, after = before[~zero], after[~zero]
        both = np.concatenate([before, after])
        low, high = np.quantile(both, [0.002, 0.998])
        edges = np.linspace(low, max(high, low + 1e-6), 60)
        for values, shade, label in ((before, colour("muted"), "before"), (after, colour("accent"), "after")):
            _density(left, values, edges, shade, label)
        moved = (after - before)[after != before]
        if len(moved):
            width = max(float(np.quantile(np.abs(moved), 0.998)), 1e-9)
            _density(right, moved, np.linspace(-width, width, 60), colour("accent"), "")
        left.set_xlabel(words[kind] + (f" ({zero.sum():,} that began at 0 left out)" if zero.any() else ""))
        right.set_xlabel(f"change of {words[kind]}, {len(moved):,} of {len(after):,} moved")
        left.set_ylabel("density")
        left.legend()
    panels[0, 0].set_title(name)
    return figure


def _density(axes: Axes, values: NDArray, edges: NDArray, shade: str, label: str) -> None:
    inside = np.clip(values, edges[0], edges[-1])  # what is beyond is in the outermost bins
    axes.hist(inside, list(edges), density=True, histtype="step", color=shade, linewidth=1.4, label=label or None)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6))


def _some(k: int) -> list[int]:
    """A few numbers of exponents from the first to the last."""
    return sorted({round(part * (k - 1) / (MOST_LINES - 1)) for part in range(MOST_LINES)})


def rising_shade(place: int, count: int) -> ColorType:
    """Colours that rise evenly from dark to light, told apart in grey as well."""
    return mpl.colormaps["viridis"](0.05 + 0.85 * place / max(count - 1, 1))


def _group_shade(group: str) -> str:
    return colour("accent") if group in ("circuit", "random") else colour("sensory")
