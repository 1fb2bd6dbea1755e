"""Figures of how BipedalWalker walks, beside its reference."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.report.style import WIDTH, as_svg, colour, new_figure

LEGS = (("left", "leg 1", 0), ("right", "leg 2", 2))
"""Colour, label and the column of the hip; the knee is the next."""
DASHES = (0, (4, 2))


@as_svg
def states_and_actions(
    time: NDArray, angles: NDArray, actions: NDArray, wanted: NDArray | None, torques: NDArray | None
) -> Figure:
    """Hip and knee angles and the actions at them over time, the reference dashed.

    Args:
        time: (steps,), s.
        angles: (steps, 4), rad.
        actions: (steps, 4).
        wanted: the reference's angles at the same phase, (steps, 4), rad.
        torques: its actions, (steps, 4).
    """
    figure = new_figure(height=5.4)
    axes = figure.subplots(4, 2, sharex=True)
    for column, (token, label, first) in enumerate(LEGS):
        for row, (name, values, reference, unit) in enumerate(
            (
                ("hip", np.rad2deg(angles[:, first]), _degrees(wanted, first), "degrees"),
                ("knee", np.rad2deg(angles[:, first + 1]), _degrees(wanted, first + 1), "degrees"),
                ("hip action", actions[:, first], None if torques is None else torques[:, first], "torque"),
                ("knee action", actions[:, first + 1], None if torques is None else torques[:, first + 1], "torque"),
            )
        ):
            ax = axes[row, column]
            ax.plot(time, values, color=colour(token), linewidth=1.1, label="walked")
            if reference is not None:
                ax.plot(time, reference, color=colour("reference"), linestyle=DASHES, linewidth=1.0, label="reference")
            ax.set_title(f"{label}: {name}, {unit}")
    for ax in axes[-1]:
        ax.set_xlabel("time, s")
    if wanted is not None:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@as_svg
def portraits(angles: NDArray, rates: NDArray, wanted: NDArray | None, wanted_rates: NDArray | None) -> Figure:
    """Hip 1 against hip 2, and each leg's knee and hip against their velocities; the reference's stride dashed.

    Args:
        angles: (steps, 4), rad.
        rates: (steps, 4), rad/s.
        wanted: one stride of the reference, (samples, 4), rad.
        wanted_rates: its velocities, (samples, 4), rad/s.
    """
    figure = new_figure(height=WIDTH / 3)
    hips, *others = figure.subplots(1, 3)
    degrees, speeds = np.rad2deg(angles), np.rad2deg(rates)
    hips.plot(degrees[:, 0], degrees[:, 2], color=colour("accent"), linewidth=0.9, alpha=0.8)
    _closed(hips, _degrees(wanted, 0), _degrees(wanted, 2))
    hips.set(title="hip against hip", xlabel="hip 1, degrees", ylabel="hip 2, degrees")
    for ax, name, offset in zip(others, ("hip", "knee"), (0, 1), strict=True):
        for token, label, first in LEGS:
            place = first + offset
            ax.plot(degrees[:, place], speeds[:, place], color=colour(token), linewidth=0.8, alpha=0.8, label=label)
        _closed(ax, _degrees(wanted, offset), _degrees(wanted_rates, offset))
        ax.set(title=f"{name}: angle and velocity", xlabel="degrees", ylabel="degrees a second")
    figure.legend(*others[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _degrees(values: NDArray | None, column: int) -> NDArray | None:
    return None if values is None else np.rad2deg(values[:, column])


def _closed(ax: Axes, x: NDArray | None, y: NDArray | None) -> None:
    if x is not None and y is not None:
        around = [*range(len(x)), 0]
        ax.plot(x[around], y[around], color=colour("reference"), linestyle=DASHES, linewidth=1.2, label="reference")
