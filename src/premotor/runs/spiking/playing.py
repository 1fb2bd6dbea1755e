"""A spiking agent shown: its task, and the spikes of its network below."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from premotor.bodies import write_video
from premotor.errors import PremotorError
from premotor.learning.plasticity import Episodes, SpikingAgent
from premotor.runs.kinds import Evaluation
from premotor.runs.playing import Video
from premotor.runs.spiking.raster_strip import Shown, with_raster
from premotor.runs.spiking.records import action_name, cell_groups, played_again
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings
from premotor.settings import note
from premotor.tasks.cartpole import FARTHEST, HALF_LENGTH
from premotor.tasks.gymnasium_settings import GymnasiumSettings

SIZE = (640, 360)
"""Of the picture of the task, pixels."""
PAPER, RAIL, CART, POLE, AXLE = (255, 255, 255), (120, 120, 120), (60, 60, 60), (213, 94, 0), (0, 114, 178)


def play_spiking(run: SpikingRun, video: Video, test: Evaluation) -> Path:
    """Write one episode as a video, without plasticity; it ends where the episode ends.

    Args:
        run: the run.
        video: the file, and how the episode is shown.
        test: its checkpoint and the seed of the start, by default 2,000; with `only` the start of that episode of a
            test, whose seed is 42 by default.

    Raises:
        PremotorError: the folder of the file does not exist, or there is no video encoder.
    """
    path, period = video.path(run.places.path / "video"), run.settings.interface.step / 1000.0
    stride = video.stride(period)
    return write_video(path, episode_frames(run, video.seconds, test, stride), video.speed / (stride * period))


def episode_frames(run: SpikingRun, seconds: float | None, test: Evaluation, stride: int = 1) -> Iterator[np.ndarray]:
    """Pictures of one episode, one every `stride` steps; see `play_spiking`.

    Raises:
        PremotorError: seconds or an episode that can not be.
    """
    arena, period = run.arena, run.settings.interface.step / 1000.0
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    if test.only is not None and test.only < 0:
        raise PremotorError(f"the episode to play again is {test.only}; they are counted from 0")
    number = test.only or 0
    seed = test.seed if test.seed is not None else 2_000 if test.only is None else 42
    longest = None if seconds is None else max(1, round(seconds / period))
    weights, start = run.weights(test.checkpoint), arena.starts(number + 1, seed)[number:]
    episode = arena.play(arena.agent(weights, seed), start, longest=longest, record=True)
    rows = list(range(0, int(episode.length[0]), stride))
    shown = _shown(run, arena.agent(weights, seed), episode)
    if isinstance(run.settings.task, CartPoleSettings):
        frames = _cartpole(episode, rows)
    else:
        drawn = _rendered(run.settings.task, int(start[0]), episode, rows)
        frames = _bars(run.settings.task.id, episode, rows) if drawn is None else iter(drawn)
    return with_raster(frames, rows, shown)


def _shown(run: SpikingRun, agent: SpikingAgent, episode: Episodes) -> Shown:
    """What the network of an agent at rest did in an episode."""
    period, steps = run.settings.interface.step / 1000.0, int(episode.length[0])
    train = played_again(agent, episode.observation[:steps], episode.counts, episode.length)
    if train is None:
        step, cell = np.nonzero(episode.counts[:steps])
        time = (step + 0.5) * period
        note("the spikes could not be played again; each cell's are drawn in the middle of their step")
    else:
        time, cell = train.time / 1000.0, train.cell.astype(np.int64)
    voting = agent.interface.action
    actions = int(voting.max()) + 1
    votes = np.stack([episode.counts[:steps, voting == k].sum(1, dtype=np.int64) for k in range(actions)], axis=1)
    names = [action_name(k, actions) for k in range(actions)]
    return Shown(
        time, cell, _apart(cell_groups(run), agent.network.cells), votes, names, episode.action, episode.tie, period
    )


def _apart(groups: Mapping[str, NDArray[np.int64]], cells: int) -> dict[str, NDArray[np.int64]]:
    """Groups without the cells that a later one holds too; what is in none is "other"."""
    last = np.full(cells, len(groups))
    for number, members in enumerate(groups.values()):
        last[members] = number
    found = {name: np.flatnonzero(last == number) for number, name in enumerate([*groups, "other"])}
    return {name: members for name, members in found.items() if len(members)}


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


def _rendered(task: GymnasiumSettings, seed: int, episode: Episodes, rows: Sequence[int]) -> list[np.ndarray] | None:
    """What Gymnasium's own renderer draws of the episode, played again; None, with a note, where it draws nothing."""
    from gymnasium.error import Error

    from premotor.tasks.gymnasium_worker import Replayed, make_environment

    instead = "its observations are drawn instead"
    pictures, wanted, environment = [], set(rows), None
    try:
        environment = Replayed(make_environment(task.id, task.options, render=True))
        first = int(getattr(environment.action_space, "start", 0))
        observation, _ = environment.reset(seed=seed)
        for step in range(max(rows) + 1):
            if not np.array_equal(np.ravel(np.asarray(observation, np.float64)), episode.observation[step]):
                note(f"{task.id} went otherwise from the same seed (step {step}); {instead}")
                return None
            if step in wanted:
                drawn = environment.render()
                if drawn is None:
                    note(f"{task.id} draws nothing; {instead}")
                    return None
                pictures.append(_fitted(np.asarray(drawn, np.uint8), f"{task.id}, step {step}"))
            observation = environment.step(first + int(episode.action[step]))[0]
    except (Error, PremotorError, ImportError, TypeError, ValueError, AttributeError, NotImplementedError) as error:
        note(f"{task.id} draws nothing ({' '.join(str(error).split()) or type(error).__name__}); {instead}")
        return None
    finally:
        if environment is not None:
            environment.close()
    return pictures


def _fitted(drawn: np.ndarray, caption: str) -> np.ndarray:
    """A picture within `SIZE`, in its proportions, on paper."""
    picture = Image.fromarray(drawn)
    picture.thumbnail(SIZE)
    page = Image.new("RGB", SIZE, PAPER)
    page.paste(picture, ((SIZE[0] - picture.width) // 2, (SIZE[1] - picture.height) // 2))
    ImageDraw.Draw(page).text((8, 8), caption, fill=CART)
    return np.asarray(page)


def _bars(name: str, episode: Episodes, rows: Sequence[int]) -> Iterator[np.ndarray]:
    """The observations of an environment that draws nothing."""
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
        pen.text((8, 8), f"{name}, step {row}, action {int(episode.action[row])}", fill=CART)
        yield np.asarray(picture)
