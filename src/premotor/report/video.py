"""The page and the video of a run, as the end of training asks for them."""

import os
from pathlib import Path

from premotor.bodies import render_frames, write_video
from premotor.bodies.rendering import Backend
from premotor.errors import PremotorError
from premotor.report.sections import write_report
from premotor.report.trace import Trace, read_trace
from premotor.runs.kinds import Evaluation
from premotor.runs.playing import Video, play_to_video, player
from premotor.runs.run import Run
from premotor.runs.training import WRITERS


def write_walk_video(
    folder: str | os.PathLike[str], *, episode: int = 0, size: tuple[int, int] = (640, 360), backend: Backend = "auto"
) -> Path:
    """Draw an episode of a run's last evaluation into `video/walk.mp4`, of a worm `crawl.mp4`, and return its path.

    A Gymnasium environment, and a worm from above, are drawn by themselves, in an episode of their own.

    Frames are those control steps that come nearest to 25 a second, so that it plays in real time.

    Args:
        folder: the run folder.
        episode: which of the episodes.
        size: width and height in pixels, even numbers.
        backend: see `premotor.bodies.rendering.render_frames`.

    Raises:
        PremotorError: no run folder, no trace in it, no such episode, or no video can be written.
    """
    run = Run(folder)
    path = run.places.trace_file
    if not path.exists():
        raise PremotorError(f"{run.folder} holds no recorded episode; make one with `premotor evaluate {run.folder}`")
    task = run.task()
    body = task.body
    if body is None or task.undulates:
        target = run.folder / "video" / ("crawl.mp4" if task.undulates else "walk.mp4")
        target.parent.mkdir(exist_ok=True)
        return play_to_video(player(run.folder), target)
    trace = read_trace(path, task, body, run.controller("initial").network.neurons)
    if not 0 <= episode < trace.episodes:
        raise PremotorError(f"episode is {episode}; {path} holds the episodes 0 to {trace.episodes - 1}")
    stride = max(1, round(0.04 / trace.control_period))
    chosen = range(0, trace.length(episode), stride)
    active = None if trace.activation is None else trace.activation[list(chosen), episode]
    words = [_caption(trace, episode, step) for step in chosen]
    frames = render_frames(body, trace.qpos[list(chosen), episode], size, backend, words, active)
    target = run.folder / "video" / ("walk.mp4" if episode == 0 else f"walk-{episode}.mp4")
    target.parent.mkdir(exist_ok=True)
    return write_video(target, frames, 1 / (stride * trace.control_period))


def _caption(trace: Trace, episode: int, step: int) -> str:
    text = f"{trace.time[step]:.1f} s"
    return text if trace.command is None else f"{text}   commanded {trace.command[episode]:.2f} m/s"


@WRITERS.register("report")
def write_page(folder: Path) -> list[Path]:
    """`write_report`."""
    return [write_report(folder)]


@WRITERS.register("video")
def write_video_of(folder: Path) -> list[Path]:
    """Write the video of a run, as its report shows it."""
    run = Run(folder)
    if run.kind.name == "control":
        return [write_walk_video(folder)]
    return [run.kind.play(run, Video(), Evaluation())]
