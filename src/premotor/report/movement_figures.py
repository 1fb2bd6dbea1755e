"""Figures of how a body or an environment moves that does not walk."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.report.style import as_svg, colour, new_figure

COLOURS = ("accent", "excitatory", "left", "right", "sensory", "motor", "descending", "ascending")
MOST_FAINT = 60
"""Episodes drawn faintly behind the first."""


@as_svg
def movement(
    time: NDArray,
    states: Mapping[str, NDArray],
    actions: NDArray,
    action_names: Sequence[str],
    reward: NDArray | None,
    unit: str,
) -> Figure:
    """States, rewards and actions over time.

    Args:
        time: (steps,), s.
        states: by name, (steps, episodes); NaN after the end of an episode.
        actions: of the first episode, (steps, actions).
        action_names: their names.
        reward: of every step, (steps, episodes), NaN after the end of an episode.
        unit: of the states, for their titles.
    """
    panels = len(states) + 1 + (reward is not None)
    rows = -(-panels // 2)
    figure = new_figure(height=0.6 + 1.75 * rows)
    axes = list(figure.subplots(rows, 2, sharex=True, squeeze=False).flat)
    for ax, (name, values) in zip(axes, states.items(), strict=False):
        _episodes(ax, time, values)
        ax.set_title(f"{name.replace('_', ' ')}{unit}")
    rest = axes[len(states) :]
    if reward is not None:
        _episodes(rest[0], time, reward)
        rest[0].set_title("Reward of a step")
        rest = rest[1:]
    for i, name in enumerate(action_names):
        token = COLOURS[i % len(COLOURS)]
        rest[0].plot(time, actions[:, i], color=colour(token), linewidth=1.1, label=name.replace("_", " "))
    rest[0].set_title("Actions of the first episode")
    rest[0].set_ylim(-1.08, 1.08)
    if len(action_names) <= len(COLOURS):
        rest[0].legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=4, handlelength=1.2, columnspacing=1)
    for ax in rest[1:]:
        ax.set_visible(False)
    for ax in axes[panels - 2 : panels]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel("time, s")
    axes[0].set_xlim(time[0], time[-1])
    return figure


def _episodes(ax: Axes, time: NDArray, values: NDArray) -> None:
    """All episodes faintly, the first one in front."""
    if values.shape[1] > 1:
        ax.plot(time, values[:, 1 : MOST_FAINT + 1], color=colour("muted"), linewidth=0.5, alpha=0.35)
    ax.plot(time, values[:, 0], color=colour("accent"))
    if np.nanmin(values) <= 0 <= np.nanmax(values):
        ax.axhline(0, color=colour("reference"), linewidth=0.7, linestyle=(0, (4, 3)))
