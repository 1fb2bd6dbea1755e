"""The live page of a spiking agent: its task above all spikes, one episode after the other."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from premotor.errors import PremotorError
from premotor.runs import Evaluation
from premotor.runs.spiking.playing import episode_frames
from premotor.runs.spiking.run import SpikingRun
from premotor.view.live import FASTEST, SLOWEST
from premotor.view.serving import announced, server_for

if TYPE_CHECKING:
    import viser

SEED = 2_000
"""Of the first episode's start, where none is given."""


class SpikingPage:
    """Episodes of a spiking agent in the browser; `run` is its loop.

    Args:
        server: from `start_server`.
        run: the run.
        test: its checkpoint, the seed of the first start, and the episode that is played again and again, if any.
        speed: over real time, at first.

    Raises:
        PremotorError: a speed that the slider does not have.
    """

    def __init__(self, server: "viser.ViserServer", run: SpikingRun, test: Evaluation, speed: float = 1.0):
        if not SLOWEST <= speed <= FASTEST:
            raise PremotorError(f"speed is {speed:g}; the live page runs at {SLOWEST:g} to {FASTEST:g} times real time")
        self.shown, self.test, self.server = run, test, server
        self.episode, self.steps = -1, 0
        """Of the page, and of the episode, counted from 0."""
        self.ended = False
        """Set it to end `run`."""
        self.lock = threading.RLock()
        self._frames: Iterator[np.ndarray] = iter(())
        server.gui.configure_theme(dark_mode=False, control_layout="floating")
        gui = server.gui
        self.headline = gui.add_markdown("starting …")
        server.scene.world_axes.visible = False
        self.picture = np.full((60, 60, 3), 255, np.uint8)
        """What the page shows."""
        self.paused = gui.add_checkbox("pause", initial_value=False)
        self.pace = gui.add_slider(
            "speed", min=SLOWEST, max=FASTEST, step=0.05, initial_value=speed, hint="over real time: 0.1 is slow motion"
        )
        self._next = gui.add_button("next episode")
        self._next.on_click(lambda _: self.anew())

    def anew(self) -> None:
        """Begin the next episode, or the same start again where one was named."""
        with self.lock:
            self.episode, self.steps = self.episode + 1, 0
            seed = self.test.seed
            if self.test.only is None:
                seed = (SEED if seed is None else seed) + self.episode
            self._frames = episode_frames(self.shown, None, self.test._replace(seed=seed))
            self.headline.content = (
                f"## {self.shown.settings.name}\n\nepisode {self.episode}, {self.test.checkpoint} weights"
            )

    def step(self) -> None:
        """Show the next step, of the next episode where this one is over."""
        with self.lock:
            frame = next(self._frames, None)
            if frame is None:
                self.anew()
                frame = next(self._frames)
            self.picture = np.ascontiguousarray(frame)
            self.server.scene.set_background_image(self.picture, format="jpeg")
            self.steps += 1

    def run(self, seconds: float | None = None) -> None:
        """Run in real time (times the slider's speed) until `seconds` are over, or `ended` is set."""
        began = due = time.monotonic()
        period = self.shown.settings.interface.step / 1000.0
        while not self.ended and (seconds is None or time.monotonic() - began < seconds):
            if not self.paused.value:
                self.step()
            due = max(due + period / float(self.pace.value), time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))


def play_spiking_in_browser(
    run: SpikingRun,
    test: Evaluation,
    seconds: float | None = None,
    speed: float = 1.0,
    host: str = "127.0.0.1",
    port: int = 8080,
    say: Callable[[str], object] = print,
) -> SpikingPage:
    """Serve the live page of a spiking agent until `seconds` of the clock are over, or for ever.

    Args:
        run: the run.
        test: its checkpoint, the seed of the first start, and the episode that is played again and again, if any.
        seconds: at most; None: until it is interrupted.
        speed: over real time.
        host: address to listen on, by default of this machine alone; for other machines the page asks for a token.
        port: to listen on; where it is taken another free one, or with a token PremotorError.
        say: is told the address.

    Raises:
        PremotorError: viser is not installed, or a number that can not be.
    """
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    server = server_for(host, port)
    try:
        page = SpikingPage(server, run, test, speed)
        with announced(server, host, port, say):
            page.run(seconds)
    finally:
        server.stop()
    return page
