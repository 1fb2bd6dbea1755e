"""A controller as it runs: in MuJoCo's viewer with the keys that act on it, and in plots of what it does and earns."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import equinox as eqx
import mujoco
import numpy as np

from premotor.errors import PremotorError
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.playing import Player, episodes_of
from premotor.tasks import build_environment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KEYS = {
    "R": "start a new episode",
    "T": "print the terms of the reward, or stop printing them",
    "V": "stop drawing, or draw again; without drawing it runs as fast as it can",
    "N": "act with the exploration noise of learning, or with the mean action again",
    "Q": "end",
}
"""Key → what it does."""
PRINTED = 0.5
"""Time of an episode between two prints of the reward's terms, s."""


class Show:
    """Episodes one after the other by a controller's mean action; `press` is what a key does.

    Args:
        shown: a controller and a task with a body.
        seed: of the episodes' starts.
        say: is told what a key did, and the terms of the reward.
    """

    def __init__(self, shown: Player, seed: int = TEST_SEED, say: Callable[[str], Any] = print):
        self.task: Any = shown.task
        self.controller = shown.controller
        self.environment: Any = build_environment(self.task, 1, threads=1, seed=seed)
        self.drawing, self.ended = True, False
        self.printing, self.noisy = False, False
        self.elapsed = 0.0
        """Time of the episode, s."""
        self._say, self._random = say, np.random.default_rng(seed)
        self._act, self._product = eqx.filter_jit(self.controller.select_action), self.controller.product()
        self._again = True

    def press(self, key: int) -> None:
        """Act on a key, as the code of its capital letter; others do nothing."""
        name = chr(key) if 0 <= key < 128 else ""
        if name == "R":
            self._again = True
        elif name == "T":
            self.printing = not self.printing
        elif name == "V":
            self.drawing = not self.drawing
        elif name == "N":
            self.noisy = not self.noisy
        elif name == "Q":
            self.ended = True
        if name in KEYS:
            self._say(f"{name}: {KEYS[name]}")

    def step(self) -> None:
        """One control step; a new episode begins where one has ended."""
        if self._again:
            self._observation = self.environment.reset()
            self._state = self.controller.initial_state(1)
            self.elapsed, self._again = 0.0, False
        self._state, mean = self._act(self._product, self._state, self._observation)
        action = np.asarray(mean)
        if self.noisy:
            spread = np.exp(np.asarray(self.controller.log_std))
            action = action + spread * self._random.standard_normal(action.shape)
        step = self.environment.step(np.clip(action, -1, 1).astype(np.float32))
        before, self.elapsed = self.elapsed, self.elapsed + self.task.control_period
        if self.printing and self.elapsed // PRINTED > before // PRINTED:
            terms = ", ".join(f"{name} {float(value[0]):.3g}" for name, value in step.terms.items() if value.any())
            self._say(f"{self.elapsed:.1f} s: {terms}")
        self._observation = step.observation
        self._again = self._again or bool(step.terminated[0] | step.truncated[0])

    def state(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities of the body."""
        return self.environment.physics.qpos[0], self.environment.physics.qvel[0]


def play_in_viewer(shown: Player, seconds: float | None = None, seed: int = TEST_SEED, speed: float = 1.0) -> None:
    """Show episodes in MuJoCo's viewer until the window is closed, Q is pressed or `seconds` are over; see `KEYS`.

    Args:
        shown: what plays.
        seconds: of simulated time, at most.
        seed: of the episodes' starts.
        speed: over real time: 0.1 is slow motion.

    Raises:
        PremotorError: the task has no body, or there is no display.
    """
    if shown.task.body is None:
        raise PremotorError(f"--view shows bodies in MuJoCo; the task {shown.task.name} has none, use --video FILE.mp4")
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise PremotorError("--view needs a display and there is none (DISPLAY is not set); use --video FILE.mp4")
    from mujoco import viewer

    show = Show(shown, seed)
    for key, what in KEYS.items():
        print(f"{key}  {what}")
    body = show.task.body
    data = mujoco.MjData(body.model)
    with viewer.launch_passive(
        body.model, data, key_callback=show.press, show_left_ui=False, show_right_ui=False
    ) as window:
        window.cam.type, window.cam.trackbodyid = mujoco.mjtCamera.mjCAMERA_TRACKING, 1
        window.cam.distance = 4.0 if body.units.length == "m" else 8.0
        window.cam.azimuth, window.cam.elevation = 90.0, -10.0
        past, due = 0.0, time.monotonic()
        while window.is_running() and not show.ended and (seconds is None or past < seconds):
            show.step()
            past += show.task.control_period
            if not show.drawing:
                due = time.monotonic()
                continue
            data.qpos[:], data.qvel[:] = show.state()
            mujoco.mj_forward(body.model, data)
            window.sync()
            due += show.task.control_period / speed
            time.sleep(max(0.0, due - time.monotonic()))


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
        panels: Any = figure.subplots(3, 1, sharex=True)
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


def _line(ax: Any, number: int, name: str) -> Any:
    again, colour = divmod(number, len(COLOURS))
    look = {"color": COLOURS[colour], "linestyle": ("-", "--")[again], "linewidth": 1}
    return ax.plot([], [], label=name.replace("_", " "), **look)[0]


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
