"""A controller in MuJoCo's own viewer, with the keys that act on it."""

import os
import sys
import time
from collections.abc import Callable

import mujoco

from premotor.errors import PremotorError
from premotor.runs import Player
from premotor.runs.evaluation import TEST_SEED
from premotor.tasks.base import Step
from premotor.view.session import LiveSession

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


class Show(LiveSession):
    """A session that keys act on, pressed in another thread; see `KEYS`.

    Args:
        shown: a controller and a task with a body.
        seed: of the episodes' starts.
        say: is told what a key did, and the terms of the reward.
    """

    def __init__(self, shown: Player, seed: int = TEST_SEED, say: Callable[[str], object] = print):
        super().__init__(shown, seed)
        self.drawing, self.ended, self.printing = True, False, False
        self._say, self._again = say, False

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

    def step(self) -> Step:
        """One control step, the first of a new episode where the key for that was pressed."""
        if self._again:
            self._again = False
            self.restart()
        before, made = self.elapsed, super().step()
        now = before + self.task.control_period
        if self.printing and now // PRINTED > before // PRINTED:
            terms = ", ".join(f"{name} {float(value[0]):.3g}" for name, value in made.terms.items() if value.any())
            self._say(f"{now:.1f} s: {terms}")
        return made


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
    body, physics = show.body, show.environment.physics
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
            data.qpos[:], data.qvel[:] = physics.qpos[0], physics.qvel[0]
            mujoco.mj_forward(body.model, data)
            window.sync()
            due += show.task.control_period / speed
            time.sleep(max(0.0, due - time.monotonic()))
