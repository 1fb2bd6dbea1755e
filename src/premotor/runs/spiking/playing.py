"""A spiking agent shown: its task, and the spikes of its network below."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from premotor.bodies import write_video
from premotor.errors import PremotorError
from premotor.learning.plasticity import Episodes
from premotor.runs.activity_strip import with_activity
from premotor.runs.kinds import Evaluation
from premotor.runs.playing import FRAMES_PER_SECOND, video_path
from premotor.runs.spiking.records import cell_groups
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings
from premotor.tasks.cartpole import FARTHEST, HALF_LENGTH

SIZE = (640, 360)
"""Of the picture of the task, pixels."""
PAPER, RAIL, CART, POLE, AXLE = (255, 255, 255), (120, 120, 120), (60, 60, 60), (213, 94, 0), (0, 114, 178)


def play_spiking(
    run: SpikingRun, file: Path | None, seconds: float | None, test: Evaluation, every: int | None, speed: float
) -> Path:
    """Write one episode as a video, without plasticity; it ends where the episode ends.

    Args:
        run: the run.
        file: by default ``video/play.mp4`` of the run folder.
        seconds: of the episode, at most.
        test: its checkpoint and the seed of the start; by default 2,000.
        every: steps from frame to frame; by default so many that there are about 25 frames a second.
        speed: of the video over real time: 0.1 is slow motion.

    Raises:
        PremotorError: the folder of the file does not exist, or there is no video encoder.
    """
    path = video_path(run.places.path / "video", file, every, speed)
    arena, period = run.arena, run.settings.interface.step / 1000.0
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    seed = 2_000 if test.seed is None else test.seed
    longest = None if seconds is None else max(1, round(seconds / period))
    episode = arena.play(
        arena.agent(run.weights(test.checkpoint), seed), arena.starts(1, seed), longest=longest, record=True
    )
    length = int(episode.length[0])
    stride = every or max(1, round(speed / (FRAMES_PER_SECOND * period)))
    rows = list(range(0, length, stride))
    groups = np.full(arena.network.cells, "other", object)
    for name, cells in cell_groups(run).items():
        groups[cells] = name
    order = np.argsort([list(dict.fromkeys(groups)).index(name) for name in groups], kind="stable")
    frames = (
        _cartpole(episode, rows) if isinstance(run.settings.task, CartPoleSettings) else _gymnasium(run, episode, rows)
    )
    shown = with_activity(frames, rows, episode.counts[:length, order].astype(float), list(groups[order]), period)
    return write_video(path, shown, speed / (stride * period))


def _cartpole(episode: Episodes, rows: Sequence[int]) -> Iterator[np.ndarray]:
    """A cart on its rail with its pole, before each of the steps."""
    width, height = SIZE
    scale, ground = width / (2.2 * FARTHEST), int(0.72 * height)
    for row in rows:
        place, _, angle, _ = episode.observation[row]
        picture = Image.new("RGB", SIZE, PAPER)
        pen = ImageDraw.Draw(picture)
        pen.line((0, ground, width, ground), fill=RAIL, width=2)
        for end in (-FARTHEST, FARTHEST):
            x = width / 2 + scale * end
            pen.line((x, ground - 12, x, ground + 12), fill=RAIL, width=2)
        x, half = width / 2 + scale * place, 0.25 * scale
        pen.rectangle((x - half, ground - 0.3 * scale, x + half, ground), fill=CART)
        top = (x + 2 * HALF_LENGTH * scale * 1.6 * np.sin(angle), ground - 0.3 * scale * 0.5)
        pivot = (x, ground - 0.3 * scale * 0.5)
        top = (top[0], pivot[1] - 2 * HALF_LENGTH * scale * 1.6 * np.cos(angle))
        pen.line((*pivot, *top), fill=POLE, width=8)
        pen.ellipse((x - 5, pivot[1] - 5, x + 5, pivot[1] + 5), fill=AXLE)
        side = 1 if episode.action[row] else -1
        pen.line((x + side * half, ground - 6, x + side * (half + 26), ground - 6), fill=AXLE, width=4)
        pen.text((8, 8), f"{row * 0.02:.2f} s   position {place:+.2f} m   angle {np.degrees(angle):+.1f}°", fill=CART)
        yield np.asarray(picture)


def _gymnasium(run: SpikingRun, episode: Episodes, rows: Sequence[int]) -> Iterator[np.ndarray]:
    """What a Gymnasium environment draws, or its observations where it draws nothing."""
    observed = episode.observation[: int(episode.length[0])]
    low, high = observed.min(0), observed.max(0)
    level = (observed - low) / np.where(high > low, high - low, 1.0)
    width, height = SIZE
    for row in rows:
        picture = Image.new("RGB", SIZE, PAPER)
        pen = ImageDraw.Draw(picture)
        bar = width / (level.shape[1] + 1)
        for number, value in enumerate(level[row]):
            left = (number + 0.6) * bar
            pen.rectangle((left, height - 20 - value * (height - 60), left + 0.7 * bar, height - 20), fill=AXLE)
        pen.text((8, 8), f"{run.settings.task.id}, step {row}, action {int(episode.action[row])}", fill=CART)
        yield np.asarray(picture)
