"""Figures of spectra against the size of a parameter: the transition to chaos, and spreads of parameters."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import ColorType
from numpy.typing import NDArray

from premotor.report.dynamics_figures import EXPONENT, rising_shade
from premotor.report.style import colour, new_figure
from premotor.runs.figures import Figures

GROUPS = ("accent", "sensory", "motor", "left", "right", "ascending")
"""Colours of groups of networks, or of sets of parameters."""
PANELS = ("Weights", "Gains and shifts", "Combined")
"""Of the sets of parameters that are varied."""


def largest_exponent(
    values: NDArray, largest: Mapping[str, NDArray], summary: Figures, label: str, neurons: int
) -> Figure:
    """λ1 of every network, the mean with its 95% interval, and the theory of infinitely many neurons.

    Where networks disagree whether λ1 is positive, each is a dot, and the mean an open circle.

    Args:
        values: of g or σ, (values,).
        largest: for each group of networks, (networks, values).
        summary: of the result.
        label: of the varied quantity.
        neurons: of each network.
    """
    figure = new_figure(width=6.4)
    axes = figure.subplots()
    axes.axhline(0, color=colour("muted"), linewidth=0.8)
    for place, (name, single) in enumerate(largest.items()):
        title = f"{name.replace('+', ', ')}, N = {neurons:,}"
        _one_group(axes, values, single, summary["groups"][name], title, _group_colour(place))
    for key, title, style in (
        ("theory", "N → ∞ (mean field), in the same steps", (0, (5, 3))),
        ("theory_continuous", "N → ∞, continuous time", (0, (1, 2))),
    ):
        if summary.get(key) is not None and (key == "theory" or _apart(summary)):
            # Theory bends at g = 1, where λ1 is 0.
            known = dict(zip(values.tolist(), summary[key], strict=True))
            known |= {1.0: 0.0} if min(values) < 1 < max(values) and summary.get("parameter") == "weights" else {}
            line = [known[g] for g in sorted(known)]
            axes.plot(sorted(known), line, color=colour("motor"), linestyle=style, label=title)
    _spreads(axes, values)
    axes.set(xlabel=label, ylabel="largest exponent λ1, 1/τ")
    lines = axes.get_legend_handles_labels()
    figure.set_figheight(3.7 + 0.2 * len(lines[1]))
    figure.legend(*lines, loc="outside lower center")
    return figure


def _apart(summary: Figures) -> bool:
    """Whether steps make a difference that can be seen."""
    if summary.get("theory") is None:
        return True
    steps, continuous = np.array(summary["theory"]), np.array(summary["theory_continuous"])
    return float(np.abs(steps - continuous).max()) > 0.02 * max(float(np.ptp(continuous)), 0.01)


def _one_group(axes: Axes, values: NDArray, single: NDArray, figures: Figures, title: str, shade: ColorType) -> None:
    estimates = figures["largest"]
    mean = np.array([estimate["mean"] for estimate in estimates])
    axes.plot(values, single.T, color=shade, linewidth=0.6, alpha=0.35)
    if len(single) == 1:
        axes.plot(values, mean, "o-", color=shade, markersize=4, zorder=3, label=title)
        return
    low, high = (np.array([estimate[end] for estimate in estimates], float) for end in ("low", "high"))
    mixed = np.isin(values, (figures.get("disagreement") or {"value": []})["value"])
    told = f"{title}: mean of {len(single)}, 95% interval"
    for chosen, fill in ((~mixed, "full"), (mixed, "none")):
        if chosen.any():
            away = (mean[chosen] - low[chosen], high[chosen] - mean[chosen])
            axes.errorbar(values[chosen], mean[chosen], away, fmt="o", fillstyle=fill, color=shade, markersize=4,
                          capsize=3, zorder=3, label=told)  # fmt: skip
            told = f"{title}: single networks, which disagree"
    if mixed.any():
        places = np.broadcast_to(values[mixed], single[:, mixed].shape)
        axes.plot(places.ravel(), single[:, mixed].ravel(), "o", color=shade, markersize=3, alpha=0.5, zorder=2)
    crossing = figures.get("crossing") or {}
    if crossing.get("low") is not None:
        axes.axvspan(crossing["low"], crossing["high"], color=shade, alpha=0.12, linewidth=0)


def spectra(values: NDArray, exponents: Mapping[str, NDArray], label: str) -> Figure:
    """Spectra at every value, one panel a group: single networks thin, their mean thick.

    Args:
        values: (values,).
        exponents: for each group, (networks, values, k).
        label: of the values.
    """
    figure = new_figure(width=4.6 * max(len(exponents), 1) + 1.4, height=3.6)
    panels = figure.subplots(1, len(exponents), squeeze=False, sharey=True)[0]
    for axes, (name, all_of_them) in zip(panels, exponents.items(), strict=True):
        _spectra(axes, values, all_of_them)
        axes.set(title=f"{name}, mean of {len(all_of_them)}", xlabel=f"i / k (k = {all_of_them.shape[2]})")
    panels[0].set_ylabel(EXPONENT)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper", title=label)
    return figure


def entropy_and_dimension(
    values: NDArray, entropy: Mapping[str, NDArray], dimension: Mapping[str, NDArray], label: str, neurons: int
) -> Figure:
    """Kolmogorov–Sinai entropy and Kaplan–Yorke dimension a neuron; (networks, values) for each group."""
    figure = new_figure(height=3.2)
    panels = figure.subplots(1, 2)
    titles = ("entropy a neuron, nats/τ", "Kaplan–Yorke dimension / N")
    for axes, quantity, title in zip(panels, (entropy, dimension), titles, strict=True):
        for place, (name, all_of_them) in enumerate(quantity.items()):
            _by_value(axes, values, all_of_them / neurons, name, _group_colour(place))
        _spreads(axes, values)
        axes.set(xlabel=label, ylabel=title, ylim=(0, None))
    panels[0].legend()
    return figure


def parameter_sets(
    values: NDArray,
    exponents: Mapping[str, NDArray],
    entropy: Mapping[str, NDArray],
    dimension: Mapping[str, NDArray],
    label: str,
    neurons: int,
) -> Figure:
    """Dimension and entropy a neuron, and spectra, in the panels weights / gains and shifts / combined.

    Arrays are as in `spectra` and `entropy_and_dimension`; each group is a set of parameters, as `gains+shifts`.
    """
    panel_of = {name: _panel(name) for name in exponents}
    shown = [panel for panel in PANELS if panel in panel_of.values()]
    figure = new_figure(width=3.0 * len(shown) + 1.2, height=7.6)
    panels = figure.subplots(3, len(shown), squeeze=False, sharey="row")
    for column, panel in enumerate(shown):
        upper, middle, lower = panels[:, column]
        own = [name for name in exponents if panel_of[name] == panel]
        for place, name in enumerate(own):
            shade = _group_colour(place)
            _by_value(upper, values, dimension[name] / neurons, name.replace("+", ", "), shade)
            _by_value(middle, values, entropy[name] / neurons, name.replace("+", ", "), shade)
        _spectra(lower, values, exponents[own[0]])
        for axes in (upper, middle):
            _spreads(axes, values)
            axes.set(xlabel=label, ylim=(0, None))
        upper.legend()
        upper.set_title(panel)
        lower.set(xlabel="i / k", title=own[0].replace("+", ", "))
    panels[0, 0].set_ylabel("dimension / N")
    panels[1, 0].set_ylabel("entropy / N, nats/τ")
    panels[2, 0].set_ylabel(EXPONENT)
    figure.legend(*panels[2, 0].get_legend_handles_labels(), loc="outside right lower", title=label)
    return figure


def _panel(name: str) -> str:
    names = name.partition(".")[0].split("+")
    return PANELS[1] if "weights" not in names else PANELS[0] if len(names) == 1 else PANELS[2]


def _by_value(axes: Axes, values: NDArray, single: NDArray, name: str, shade: ColorType) -> None:
    axes.plot(values, single.T, ".", color=shade, markersize=4, alpha=0.35)
    known = np.isfinite(single).all(0)
    axes.plot(values[known], single[:, known].mean(0), "o-", color=shade, markersize=4, label=name)


def _spectra(axes: Axes, values: NDArray, all_of_them: NDArray) -> None:
    for place, value in enumerate(values):
        number = np.arange(1, all_of_them.shape[2] + 1) / all_of_them.shape[2]
        shade = rising_shade(place, len(values))
        axes.plot(number, all_of_them[:, place].T, color=shade, linewidth=0.5, alpha=0.3)
        axes.plot(number, all_of_them[:, place].mean(0), color=shade, linewidth=1.3, label=f"{value:g}")
    axes.axhline(0, color=colour("muted"), linewidth=0.8)


def _spreads(axes: Axes, values: NDArray) -> None:
    """A logarithmic axis for values that span several powers of two in about equal ratios."""
    if len(values) < 3 or values[0] <= 0 or values[-1] < 20 * values[0]:
        return
    ratios = values[1:] / values[:-1]
    if ratios.max() < 4 * ratios.min():
        axes.set_xscale("log", base=2)


def _group_colour(place: int) -> str:
    return colour(GROUPS[place % len(GROUPS)])
