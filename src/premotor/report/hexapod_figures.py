"""Figures of how a body with six legs walks."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import HexapodGait
from premotor.report.reading import Trace
from premotor.report.style import as_svg, colour, new_figure
from premotor.report.walking_figures import stance_bars

PAIRS = ("front", "middle", "hind")
MARKERS = ("o", "s", "^")
TINTS = ("accent", "sensory", "motor")


class Walks(NamedTuple):
    """Walks at several speeds."""

    speed: NDArray[np.float64]
    """mm/s."""
    gaits: Sequence[HexapodGait]


@as_svg
def footfall_diagram(trace: Trace, feet: Sequence[str], start: int, stop: int) -> Figure:
    """When each of six feet is on the ground between two steps of episode 0; left legs above, right below."""
    figure = new_figure(height=2.3)
    ax = figure.subplots()
    time = trace.time[start:stop] - trace.time[start]
    names = []
    for row, foot in enumerate(feet):
        tint = "left" if foot.startswith("l") else "right"
        stance_bars(ax, trace.contact[start:stop, 0, row], time, row, colour(tint), height=0.62)
        names.append(f"{'left' if tint == 'left' else 'right'} {PAIRS['fmh'.index(foot[1])]}")
    ax.set_yticks(range(len(feet)), names)
    ax.set_ylim(len(feet) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("time, s")
    ax.set_xlim(time[0], time[-1])
    ax.set_title("Foot on the ground")
    return figure


@as_svg
def gait_against_speed(walks: Walks, expected: dict[str, NDArray] | None) -> Figure:
    """Stride rate and length, swing and stance, duty factors and tripod index against speed; one point a walk.

    Args:
        walks: speeds in mm/s, and gaits of stride lengths in mm.
        expected: over ``speed``: ``rate``, ``length``, ``swing`` and ``duty`` of a reference, dashed.
    """
    figure = new_figure(height=4.9)
    axes = figure.subplots(2, 3, sharex=True)

    def values(name: str) -> NDArray[np.float64]:
        return np.array([getattr(gait, name) for gait in walks.gaits], float)

    def points(ax: Axes, y: NDArray, tint: str, label: str | None = None, marker: str = "o") -> None:
        ax.scatter(walks.speed, y, color=colour(tint), label=label, marker=marker, s=12, alpha=0.75, linewidths=0)

    points(axes[0, 0], values("stride_frequency"), "accent")
    axes[0, 0].set_title("Strides a second, Hz")
    points(axes[0, 1], values("stride_length"), "accent")
    axes[0, 1].set_title("Stride length, mm")
    points(axes[0, 2], 1e3 * values("swing"), "sensory", "swing", "s")
    points(axes[0, 2], 1e3 * values("stance"), "accent", "stance")
    axes[0, 2].set_title("Swing and stance, ms")
    duty = np.array([gait.duty_factors for gait in walks.gaits]).reshape(-1, 6)
    for i, (pair, marker, tint) in enumerate(zip(PAIRS, MARKERS, TINTS, strict=True)):
        points(axes[1, 0], duty[:, [i, i + 3]].mean(1), tint, pair, marker)
    axes[1, 0].set_title("Duty factor")
    points(axes[1, 1], values("tripod_index"), "accent", "index")
    points(axes[1, 1], values("tripod_strength"), "sensory", "strength", "s")
    axes[1, 1].set_title("Tripod")
    points(axes[1, 2], values("ipsilateral_phase"), "accent", "in the next leg's stride", "o")
    points(axes[1, 2], values("contralateral_phase"), "motor", "in the left leg's", "^")
    axes[1, 2].set_title("Phase of touch-down, strides")
    if expected is not None:
        dashes = {"color": colour("reference"), "linestyle": (0, (4, 2)), "linewidth": 1.1}
        speed = expected["speed"]
        axes[0, 0].plot(speed, expected["rate"], **dashes)
        axes[0, 1].plot(speed, expected["length"], **dashes)
        axes[0, 2].plot(speed, 1e3 * expected["swing"], **dashes)
        axes[0, 2].plot(speed, 1e3 * expected["duty"] / expected["rate"], **dashes)
        axes[1, 0].plot(speed, expected["duty"], **dashes)
        axes[1, 1].plot(speed, np.minimum(2 * (1 - expected["duty"]), 1), **dashes)
        axes[1, 2].axhline(0.5, **dashes)
    for ax in (axes[1, 0], axes[1, 1], axes[1, 2]):
        ax.set_ylim(0, 1)
    axes[0, 2].legend(loc="upper right")
    for ax in axes[1]:
        ax.legend(loc="lower left", ncols=3 if ax is not axes[1, 2] else 1, columnspacing=0.6, handletextpad=0.1)
        ax.set_xlabel("speed, mm/s")
    for ax in axes[0]:
        ax.set_ylim(0, None)
    axes[0, 0].set_xlim(0, max(27.0, 1.05 * float(walks.speed.max())))
    return figure
