"""Runs of a study as processes of their own, some side by side, in a folder that one study at a time writes."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from premotor.errors import PremotorError
from premotor.files import Lock, new_folder, open_to_write, write_atomically
from premotor.plugins import plugin_words
from premotor.runs.kinds import kind_of
from premotor.runs.settings import RunSettings
from premotor.studies.kept import Channel
from premotor.studies.leases import LOST
from premotor.studies.workers import worker_environment

POLL = 0.2
"""Seconds between two looks at the processes."""
LEASES = ".leases"
"""The folder of leases, beside the run folders that they are of."""


class Job(NamedTuple):
    """A command of premotor and where to see how far it is."""

    name: str
    command: tuple[str, ...]
    metrics: Path
    log: Path
    """Everything that it prints."""
    lease: Path | None = None
    """The lease that its worker takes (`premotor.studies.leases`); without it, nothing keeps two workers apart."""
    steps: int = 1
    """What the last row of its metrics reaches, by `counter`."""
    counter: str = "steps"
    program: tuple[str, ...] = (sys.executable, "-P", "-m", "premotor")
    """What `command` are words of; -P: the current folder is no library."""

    @property
    def arguments(self) -> list[str]:
        """The words of the command line that follow the program."""
        return [*self.command, *(plugin_words() if self.program[-1] == "premotor" else [])]

    @property
    def words(self) -> list[str]:
        """The whole command line."""
        return [*self.program, *self.arguments]


@dataclass
class Running:
    """A job at work."""

    job: Job
    process: "subprocess.Popen[bytes]"
    channel: Channel | None = None
    """By which its worker is given the next job; None: the process ends with this one."""
    stopped: bool = False
    """Whether it was asked to end: its worker gets no other job."""

    def wait(self) -> int:
        """The exit status of the job, when it has ended."""
        return self.process.wait() if self.channel is None else self.channel.outcome(self.process)

    def stop(self, number: int) -> None:
        """Send its process a signal."""
        self.stopped = True
        self.process.send_signal(number)


class Processes:
    """Jobs at work; where the context ends, those left are asked to write their checkpoint and waited for.

    Args:
        keep: whether a worker whose job has ended well is given the next one.
    """

    def __init__(self, keep: bool = False) -> None:
        self.keep = keep
        self.running: list[Running] = []
        self.idle: list[Running] = []
        """Kept workers that wait, with the last job that each has done."""

    def begin(self, job: Job) -> Running:
        """Start a job; what it prints is added to its log."""
        keep = self.keep and job.program[-1] == "premotor"
        with open_to_write(job.log, append=True) as log:
            running = (self._given(job, log) if keep else None) or _started(job, log, keep)
        self.running.append(running)
        return running

    def _given(self, job: Job, log: BinaryIO) -> Running | None:
        """A waiting worker with the job; None where none waits that found its compiled programs in the same place."""
        for each in [each for each in self.idle if each.job.log.parent == job.log.parent]:
            self.idle.remove(each)
            if each.process.poll() is None and each.channel and each.channel.give(job.arguments, job.lease, log):
                return Running(job, each.process, each.channel)
            _let_go(each)
        return None

    def close(self, each: Running) -> None:
        """Put away one whose job has ended; its worker may wait for the next."""
        self.running.remove(each)
        if each.channel is None or each.stopped or each.process.poll() is not None:
            _let_go(each)
        else:
            self.idle.append(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for each in self.running:
            each.stop(signal.SIGINT)
        for each in [*self.running, *self.idle]:
            _let_go(each)
        self.running.clear()
        self.idle.clear()


def _started(job: Job, log: BinaryIO, keep: bool) -> Running:
    channel = Channel() if keep else None
    try:
        return Running(job, start_process(job, log, channel), channel)
    except BaseException:
        if channel is not None:
            channel.close()
        raise
    finally:
        if channel is not None:
            channel.handed_over()


def _let_go(each: Running) -> None:
    """Wait for the process to end, which a worker that waits for a job does when its channel closes."""
    if each.channel is not None:
        each.channel.close()
    each.process.wait()


def is_cut_off(status: int) -> bool:
    """Whether a signal ended a process with this exit status, so that its run can go on: the job did not fail."""
    return status < 0 or status in (LOST, 128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP)


def training(
    name: str,
    source: Path,
    run: Path,
    episodes: int | None,
    threads: int,
    settings: Sequence[str] = (),
    experiment: RunSettings | None = None,
) -> Job:
    """The job that makes a run, or brings it to its end, and tests it.

    Args:
        name: of the job.
        source: settings of the run.
        run: its folder.
        episodes: of the test; None: as many as is usual.
        threads: of the run.
        settings: further ones, as words of a command line.
        experiment: the settings, which say how long the run is; None: nobody asks.
    """
    words = ["--no-report", *([] if episodes is None else ["--episodes", str(episodes)])]
    if run.exists():
        command = ["resume", str(run), *words]
    else:
        command = ["train", str(source), "--output", str(run), *words, "--threads", str(threads), *settings]
    lease = run.parent / LEASES / run.name
    job = Job(name, tuple(command), run / "metrics.jsonl", run.with_name(f"{run.name}.log"), lease=lease)
    if experiment is None:
        return job
    kind = kind_of(experiment)
    counter = "iteration" if kind.unit == "iterations" else "steps"
    return job._replace(steps=kind.total(experiment), counter=counter)


def claim(folder: Path, inside: str, files: dict[str, str], same: Callable[[], bool], what: str) -> Lock:
    """Make a study's folder, or go on in the one that is there; gives the lock on it.

    Args:
        folder: of the study.
        inside: the folder in it that holds the runs.
        files: texts by name; the first one tells such a folder from others.
        same: whether the folder that is there is of the same study.
        what: it is, as in "comparison".

    Raises:
        PremotorError: the folder holds something else, or another study, or is being written.
    """
    first = folder / next(iter(files))
    if folder.exists():
        if not first.is_file() or not (folder / inside).is_dir():
            raise PremotorError(f"{folder} exists and is no {what}; name another folder with --output")
        if not same():
            raise PremotorError(
                f"{folder} holds a {what} with other settings (see {first}); name another folder with --output"
            )
        return Lock(folder)
    with new_folder(folder) as (aside, lock):
        for name, text in files.items():
            write_atomically(aside / name, text)
        (aside / inside).mkdir()
    return lock


def start_process(job: Job, log: BinaryIO, channel: Channel | None = None) -> "subprocess.Popen[bytes]":
    """Start a job; what it prints goes to `log`, and by `channel` further jobs may follow."""
    environment = worker_environment(job.lease, job.log.parent.resolve() / ".compiled", here=True)
    return subprocess.Popen(
        job.words,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment if channel is None else environment | channel.environment(),
        pass_fds=() if channel is None else (channel.theirs.fileno(),),
        start_new_session=True,  # Ctrl-C on the terminal comes to us alone; we pass it on once
    )


def last_line(log: Path) -> str:
    """The last line that a process printed that is not empty."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it printed nothing"


def reached(metrics: Path, counter: str) -> int:
    """A count by the last whole line of a log; 0 where there is none yet."""
    with suppress(OSError, ValueError):
        with metrics.open("rb") as file:
            file.seek(max(0, metrics.stat().st_size - 8192))
            lines = file.read().split(b"\n")[:-1]
        if lines:
            row = json.loads(lines[-1])
            return int(row.get(counter, 0)) if isinstance(row, dict) else 0
    return 0
