"""Plots of what a controller does and earns, which grow while it runs."""

import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from premotor.errors import PremotorError
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.playing import Player, episodes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

PICTURES_PER_SECOND = 10
MOST_LINES = 14
"""Components that are drawn of observations and of actions."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Told apart with every common kind of colour blindness (Okabe and Ito 2008); the second round is dashed."""


class LivePlots:
    """Three panels that grow with an episode: observations, actions, reward.

    Args:
        figure: an empty figure.
        observation_names: one a component of the observation.
        action_names: one a component of the action.
        steps: of the episode, at most.
        control_period: time between two actions, s.
    """

    def __init__(
        self,
        figure: "Figure",
        observation_names: tuple[str, ...],
        action_names: tuple[str, ...],
        steps: int,
        control_period: float,
    ):
        self.figure = figure
        self.length = 0
        self._time = np.arange(steps) * control_period
        panels = figure.subplots(3, 1, sharex=True)
        groups = (("observations", observation_names), ("actions", action_names), ("reward of a step", ("reward",)))
        self._panels = []
        for ax, (title, names) in zip(panels, groups, strict=True):
            shown = names[:MOST_LINES]
            lines = [_line(ax, i, name) for i, name in enumerate(shown)]
            ax.set_title(title if len(shown) == len(names) else f"{title}, the first {MOST_LINES} of {len(names)}")
            if len(names) > 1:
                ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7)
            self._panels.append((ax, lines, np.full((steps, len(shown)), np.nan)))
        panels[-1].set(xlabel="time, s", xlim=(0, steps * control_period))

    def add(self, now: Mapping[str, np.ndarray]) -> None:
        """Take over a control step: `observation` and `action` (1, components), `reward` (1,)."""
        for name, (_, _, values) in zip(("observation", "action", "reward"), self._panels, strict=True):
            values[self.length] = np.ravel(now[name])[: values.shape[1]]
        self.length += 1

    def draw(self) -> None:
        """Bring the lines up to date."""
        for ax, lines, values in self._panels:
            for i, line in enumerate(lines):
                line.set_data(self._time[: self.length], values[: self.length, i])
            ax.relim()
            ax.autoscale_view(scalex=False)


def _line(ax: "Axes", number: int, name: str) -> "Line2D":
    again, colour = divmod(number, len(COLOURS))
    style = ("-", "--")[again]
    return ax.plot([], [], label=name.replace("_", " "), color=COLOURS[colour], linestyle=style, linewidth=1)[0]


def play_live(shown: Player, seconds: float | None = None, seed: int = TEST_SEED, speed: float = 1.0) -> LivePlots:
    """Run one episode in real time (times `speed`) and draw what happens while it does; the plots at its end.

    With a backend of matplotlib that has no window (``MPLBACKEND=agg``) nothing is shown and nothing waits.

    Raises:
        PremotorError: there is no display, or `speed` is not more than 0.
    """
    import matplotlib as mpl
    from matplotlib import pyplot

    if not speed > 0:
        raise PremotorError(f"speed is {speed}; it must be more than 0")
    hidden = mpl.get_backend().lower() == "agg"
    wanted = os.environ.get("MPLBACKEND", "").lower() == "agg"
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not wanted and (hidden or sys.platform == "linux" and not screen):
        raise PremotorError("--live needs a display and there is none (DISPLAY is not set); use --video FILE.mp4")
    episodes = episodes_of(shown, seconds, seed)
    task = shown.task
    names = tuple(task.observation_names), tuple(task.action_names)
    figure = pyplot.figure(figsize=(9, 7), layout="constrained")
    plots = LivePlots(figure, *names, episodes.steps, task.control_period)
    began, drawn = time.monotonic(), 0.0

    def watch(now: Mapping[str, np.ndarray]) -> None:
        nonlocal drawn
        plots.add(now)
        if hidden:
            return
        due = began + plots.length * task.control_period / speed
        if time.monotonic() - drawn >= 1 / PICTURES_PER_SECOND:
            drawn = time.monotonic()
            plots.draw()
            pyplot.pause(0.001)
        time.sleep(max(0.0, due - time.monotonic()))

    episodes.run(shown.controller, watch)
    plots.draw()
    if not hidden:
        pyplot.show()
    pyplot.close(figure)
    return plots
