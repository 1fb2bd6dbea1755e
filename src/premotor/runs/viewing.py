"""A controller in MuJoCo's viewer, and the keys that act on it."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import mujoco
import numpy as np

from premotor.errors import PremotorError
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.playing import Player
from premotor.tasks import build_environment

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
