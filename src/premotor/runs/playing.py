"""A controller shown: as a video file, or live in MuJoCo's viewer."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from premotor.bodies import write_video
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.networks import Baseline, Controller
from premotor.runs.activity_strip import neuron_groups, with_activity
from premotor.runs.building import build_circuit, controller_for, starting_arrays
from premotor.runs.episodes import Episodes, Records
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.kinds import Evaluation
from premotor.runs.loading import load_experiment
from premotor.runs.run import Run, Which
from premotor.runs.shipping import shipped, shipped_names
from premotor.tasks import Task, build_task

FRAMES_PER_SECOND = 25


class Video(NamedTuple):
    """How an episode becomes a video."""

    file: str | os.PathLike[str] | None = None
    """None: ``play.mp4`` of the usual folder."""
    seconds: float | None = None
    """Of the episode, at most."""
    every: int | None = None
    """Steps from frame to frame; None: so many that there are about 25 frames a second."""
    speed: float = 1.0
    """Of the video over real time: 0.1 is slow motion."""

    def path(self, folder: Path) -> Path:
        """Where it goes: `file`, or ``play.mp4`` of a folder, which is made.

        Raises:
            PremotorError: the folder of the file does not exist, or a number is not positive.
        """
        if self.every is not None and self.every < 1:
            raise PremotorError(f"every is {self.every}; a frame is recorded every 1 or more control steps")
        if not 0 < self.speed <= 10:
            raise PremotorError(f"speed is {self.speed}; it must be more than 0 and at most 10 times real time")
        path = folder / "play.mp4" if self.file is None else Path(self.file)
        if self.file is None:
            path.parent.mkdir(exist_ok=True)
        if path.suffix.lower() != ".mp4":
            raise PremotorError(f"{path} should end in .mp4")
        if not path.parent.is_dir():
            raise PremotorError(f"the folder {path.parent} does not exist")
        return path

    def stride(self, period: float) -> int:
        """Steps of a period (s) from frame to frame."""
        return self.every or max(1, round(self.speed / (FRAMES_PER_SECOND * period)))


class Player(NamedTuple):
    """What is shown."""

    controller: Controller
    task: Task
    name: str
    folder: Path
    """Where its videos go by default."""
    seconds: float | None
    groups: Sequence[str] = ()
    """Class or layer of each neuron, for the activity below a video's pictures; empty for none."""
    circuit: Circuit | None = None
    """The wiring; None for a baseline."""


def player(source: str | os.PathLike[str], checkpoint: Which = "best") -> Player:
    """The controller of a run folder or of a preset.

    Of a preset it is the trained one that comes with premotor where there is one (`shipped_names`); else, for
    `checkpoint` "initial" and for a YAML file it is untrained.

    Raises:
        PremotorError: neither a run folder nor an experiment.
    """
    if os.path.isdir(source):
        run = Run(source)
        folder, seconds = run.folder / "video", run.settings.evaluation.seconds
        controller = run.controller(checkpoint)
        groups = neuron_groups(controller, run.circuit, run.settings)
        wiring = _wiring(controller, run.circuit)
        return Player(controller, run.task(), run.settings.name, folder, seconds, groups, wiring)
    if str(source) in shipped_names() and checkpoint != "initial":
        made = shipped(str(source))
        groups = neuron_groups(made.controller, made.circuit, made.settings)
        seconds, wiring = made.settings.evaluation.seconds, _wiring(made.controller, made.circuit)
        return Player(made.controller, made.task, str(source), Path(), seconds, groups, wiring)
    settings = load_experiment(source)
    task, circuit = build_task(settings.task), build_circuit(settings.circuit)
    controller = controller_for(circuit, task, settings, starting_arrays(settings))
    groups = neuron_groups(controller, circuit, settings)
    name = f"{settings.name} (untrained)"
    return Player(controller, task, name, Path(), settings.evaluation.seconds, groups, _wiring(controller, circuit))


def _wiring(controller: Controller, circuit: Circuit) -> Circuit | None:
    return None if isinstance(controller.network, Baseline) else circuit


def play(
    source: Run | str | os.PathLike[str],
    file: str | os.PathLike[str] | None = None,
    *,
    seconds: float | None = None,
    seed: int | None = None,
    checkpoint: Which = "best",
    every: int | None = None,
    speed: float = 1.0,
) -> Path:
    """Write an episode of a run of any kind, or of a preset, as a video; the file.

    Args:
        source: a run or its folder, a preset (trained where it comes so) or a YAML file (untrained).
        file: ``*.mp4``; by default ``video/play.mp4`` of the run folder, of a preset ``play.mp4``.
        seconds: of the episode, at most.
        seed: of its start.
        checkpoint: of a run: "best", "last", "initial" or the step of a checkpoint.
        every: control steps from frame to frame; by default so many that there are about 25 frames a second.
        speed: of the video over real time.

    Raises:
        PremotorError: no such run or preset, or as `play_to_video`.
    """
    if isinstance(source, Run) or os.path.isdir(source):
        run = source if isinstance(source, Run) else Run(source)
        test = Evaluation(seed=seed, checkpoint=checkpoint)
        return run.kind.play(run, Video(file, seconds, every, speed), test)
    start = TEST_SEED if seed is None else seed
    return play_to_video(player(source, checkpoint), file, seconds, start, every=every, speed=speed)


def play_to_video(
    shown: Player,
    file: str | os.PathLike[str] | None = None,
    seconds: float | None = None,
    seed: int = TEST_SEED,
    *,
    every: int | None = None,
    speed: float = 1.0,
) -> Path:
    """Write one episode as a video; it ends where the episode ends.

    Args:
        shown: what plays.
        file: by default ``video/play.mp4`` of the run folder; of a preset ``play.mp4``.
        seconds: of the episode, at most.
        seed: of its start.
        every: control steps from frame to frame; by default so many that there are about 25 frames a second.
        speed: of the video over real time: 0.1 is slow motion.

    Raises:
        PremotorError: the file's folder does not exist, there is no video encoder, or a number is not positive.
    """
    video = Video(file, seconds, every, speed)
    path = video.path(shown.folder)
    records = _episode(shown, seconds, seed)
    period = shown.task.control_period
    stride = video.stride(period)
    length = int(records["alive"][:, 0].sum())
    rows = np.arange(0, length, stride)
    command = f", commanded {records['command'][0]:.2f} {shown.task.speed_unit}" if "command" in records else ""
    captions = [f"{shown.name}, {records['time'][row]:.1f} s{command}" for row in rows]
    frames: Iterable[np.ndarray] = shown.task.frames(records, rows.tolist(), captions, seed)
    if shown.groups:
        frames = with_activity(frames, rows.tolist(), records["rates"][:length], shown.groups, period)
    return write_video(path, frames, speed / (stride * period))


def episodes_of(shown: Player, seconds: float | None, seed: int) -> Episodes:
    """The one episode that is shown; PremotorError for no time or a negative seed."""
    seconds = shown.seconds if seconds is None else seconds
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    if seed < 0:
        raise PremotorError(f"seed is {seed}; it must be 0 or more")
    return Episodes(shown.task.drawable(), 1, seconds, seed)


def _episode(shown: Player, seconds: float | None, seed: int) -> Records:
    return episodes_of(shown, seconds, seed).run(shown.controller)
