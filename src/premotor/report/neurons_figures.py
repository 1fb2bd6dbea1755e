"""Figures of what the neurons do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import PhaseTuning
from premotor.report.strides import split_side
from premotor.report.style import as_svg, colour, label_blocks, new_figure, tinted
from premotor.report.walking_figures import side_colour, stance_bars

MOST_LABELS = 45
"""Rows of a heat map that can still be named one by one."""


LAYERS = ("accent", "excitatory", "left", "right", "sensory")
"""Colours of the layers of a plain network."""


@as_svg
def raster(
    rates: NDArray,
    time: NDArray,
    contact: NDArray,
    feet: Sequence[str],
    order: NDArray,
    blocks: Sequence[tuple[str, int, int]],
) -> Figure:
    """Rates of all neurons below the footfalls of the same time.

    Args:
        rates: (steps, neurons), from 0 (each neuron's least) to 1 (its largest).
        time: (steps,), s.
        contact: (steps, feet).
        feet: their names.
        order: neurons from top to bottom.
        blocks: (class, start, end) in that order.
    """
    figure = new_figure(height=float(np.clip(1.2 + 0.016 * len(order), 3.4, 6.5)))
    ratio = max(8.0, 0.55 * figure.get_figheight() * 4)
    if feet:
        falls, heat = figure.subplots(2, 1, sharex=True, height_ratios=[len(feet) * 0.6, ratio])
        _footfalls(falls, contact, time, feet)
    else:
        heat = figure.subplots()
    step = time[1] - time[0]
    image = np.zeros((len(order), len(time), 4))
    for name, start, end in blocks:
        image[start:end] = tinted(_token(name), rates[:, order[start:end]].T)
    heat.imshow(
        image,
        aspect="auto",
        interpolation="nearest",
        extent=(time[0], time[-1] + step, len(order) - 0.5, -0.5),
    )
    label_blocks(heat, blocks, "y", len(order))
    heat.grid(False)
    heat.set_xlabel("time, s")
    return figure


def _footfalls(falls: Axes, contact: NDArray, time: NDArray, feet: Sequence[str]) -> None:
    for row, foot in enumerate(feet):
        stance_bars(falls, contact[:, row], time, row, side_colour(split_side(foot)[0]), height=0.7)
    falls.set_ylim(len(feet) - 0.4, -0.6)
    falls.set_yticks(range(len(feet)), [foot.replace("_", " ") for foot in feet])
    falls.grid(False)
    falls.tick_params(length=0, labelbottom=False)
    falls.spines[["left", "bottom"]].set_visible(False)


@as_svg
def class_rates(groups: Mapping[str, NDArray], time: NDArray) -> Figure:
    """Mean rate of every class of neurons over time."""
    figure = new_figure(height=2.6)
    ax = figure.subplots()
    layers = [name for name in groups if name.startswith("layer ")]
    for name, rate in groups.items():
        token = LAYERS[layers.index(name) % len(LAYERS)] if name in layers else _token(name)
        ax.plot(time, rate, color=colour(token), label=name)
    ax.set_title("Mean rate")
    ax.set_xlabel("time, s")
    ax.set_xlim(time[0], time[-1])
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@as_svg
def tuning(motor: PhaseTuning, names: Sequence[str], everyone: PhaseTuning, classes: Sequence[str]) -> Figure:
    """Tuning curves (from 0 to 1) of the motor neurons; preferred phase and explained variance of all neurons."""
    figure = new_figure(height=float(np.clip(1.3 + 0.15 * len(names), 3.6, 6.5)))
    heat = figure.add_subplot(1, 2, 1)
    polar: Any = figure.add_subplot(1, 2, 2, projection="polar")
    order = np.argsort(np.nan_to_num(motor.preferred, nan=2.0), kind="stable")
    heat.imshow(
        tinted("motor", motor.curve[order]),
        aspect="auto",
        interpolation="nearest",
        extent=(0, 100, len(order) - 0.5, -0.5),
    )
    heat.set_title("Motor neurons, sorted by phase")
    heat.set_xlabel("% of the stride")
    heat.grid(False)
    if len(order) <= MOST_LABELS:
        heat.set_yticks(range(len(order)), [names[i] for i in order], fontsize=7 if len(order) > 25 else 8)
        heat.tick_params(axis="y", length=0)
    else:
        heat.set_ylabel("motor neurons")
        heat.set_yticks([])
    names_present = np.array(classes)
    for name in dict.fromkeys(classes):
        chosen = (names_present == name) & np.isfinite(everyone.preferred)
        polar.scatter(
            2 * np.pi * everyone.preferred[chosen],
            np.clip(everyone.explained[chosen], 0, 1),
            s=14,
            color=colour(_token(name)),
            alpha=0.75,
            linewidths=0,
            label=name,
        )
    polar.set_theta_zero_location("N")
    polar.set_theta_direction(-1)
    polar.set_xticks(np.arange(8) * np.pi / 4, ["0%", "", "25%", "", "50%", "", "75%", ""])
    polar.set_rlim(0, 1)
    polar.set_yticks([0.5, 1.0], ["½", "1"])
    polar.set_rlabel_position(67.5)
    polar.spines["polar"].set_color(colour("rule"))
    polar.set_title("Preferred phase of every neuron", pad=14)
    polar.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3, handletextpad=0.1, columnspacing=1)
    return figure


def _token(name: str) -> str:
    return name if name in ("sensory", "interneuron", "motor", "ascending", "descending") else "other"
