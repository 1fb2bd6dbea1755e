"""A network left to itself, shown: its activity before and after learning."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import jax
import numpy as np
from PIL import Image, ImageDraw

from premotor.bodies import write_video
from premotor.errors import PremotorError
from premotor.networks.base import SpectralNetwork
from premotor.runs.dynamics.building import NetworkMap
from premotor.runs.kinds import Evaluation
from premotor.runs.playing import FRAMES_PER_SECOND, Video
from premotor.runs.run import Run

SIZE = (640, 480)
TIME_CONSTANTS = 60.0
"""Time that is shown, τ, where nothing else is asked for."""
PER_SECOND = 5.0
"""τ that pass in a second of the video at speed 1."""


def play_network(run: Run, networks: Mapping[str, SpectralNetwork], dt: float, video: Video, test: Evaluation) -> Path:
    """Write the activity of networks without input as a video, one panel a network, growing from left to right.

    Args:
        run: whose networks they are.
        networks: by name.
        dt: time of a step, τ.
        video: the file, and how it is shown: 5 τ pass in a second at speed 1.
        test: the seed of the initial state.

    Raises:
        PremotorError: the folder of the file does not exist, or there is no video encoder.
    """
    path, seconds, speed = video.path(run.folder / "video"), video.seconds, video.speed
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    length = TIME_CONSTANTS if seconds is None else min(TIME_CONSTANTS, seconds * PER_SECOND * speed)
    steps = max(2, round(length / dt))
    stride = video.every or max(1, round(speed * PER_SECOND / (FRAMES_PER_SECOND * dt)))
    states = {name: _states(network, steps, test.seed or 0) for name, network in networks.items()}
    return write_video(path, _frames(states, range(1, steps, stride), dt), FRAMES_PER_SECOND)


def _states(network: SpectralNetwork, steps: int, seed: int) -> np.ndarray:
    step = NetworkMap.of(network)
    start = network.random_state(jax.random.key(seed))

    def advance(state: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        return step(state), state

    return np.asarray(jax.lax.scan(advance, start, None, length=steps)[1])


def _frames(states: Mapping[str, np.ndarray], rows: range, dt: float) -> Iterator[np.ndarray]:
    width, height = SIZE
    panel = (height - 24) // len(states) // 2 * 2
    pictures = {}
    for name, activity in states.items():
        low, high = np.percentile(activity, [1, 99])
        level = np.clip((activity - low) / (high - low if high > low else 1.0), 0, 1).T[..., None]
        colours = (1 - level) * np.array([0, 114, 178]) + level * np.array([240, 228, 66])
        whole = Image.fromarray(np.round(colours).astype(np.uint8))
        pictures[name] = np.asarray(whole.resize((width, panel - 20), Image.Resampling.BOX))
    for row in rows:
        now = round(width * (row + 1) / rows.stop)
        frame = Image.new("RGB", SIZE, (255, 255, 255))
        pen = ImageDraw.Draw(frame)
        for number, (name, picture) in enumerate(pictures.items()):
            pen.text((4, number * panel + 4), f"{name}: all neurons, without input", fill=(40, 40, 40))
            frame.paste(Image.fromarray(np.ascontiguousarray(picture[:, :now])), (0, number * panel + 20))
        pen.text((4, height - 20), f"{row * dt:.1f} time constants", fill=(40, 40, 40))
        yield np.asarray(frame)
