"""Runs of a study as processes of their own, some side by side, in a folder that one study at a time writes."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from premotor.errors import PremotorError
from premotor.files import Lock, new_folder, open_to_write, write_atomically
from premotor.plugins import plugin_words
from premotor.runs.kinds import kind_of
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
    def words(self) -> list[str]:
        """The whole command line."""
        return [*self.program, *self.command, *(plugin_words() if self.program[-1] == "premotor" else [])]


class Running(NamedTuple):
    """A job at work."""

    job: Job
    process: "subprocess.Popen[bytes]"
    log: BinaryIO
    began: float


class Processes:
    """Jobs at work; where the context ends, those left are asked to write their checkpoint and waited for."""

    def __init__(self) -> None:
        self.running: list[Running] = []

    def begin(self, job: Job) -> None:
        """Start a job; what it prints is added to its log."""
        log = open_to_write(job.log, append=True)
        try:
            process = start_process(job, log)
        except BaseException:
            log.close()
            raise
        self.running.append(Running(job, process, log, time.monotonic()))

    def ended(self) -> list[Running]:
        """Those that ended since the last look."""
        ended = [each for each in self.running if each.process.poll() is not None]
        for each in ended:
            self.close(each)
        return ended

    def close(self, each: Running) -> None:
        """Put away one whose process has ended."""
        each.log.close()
        self.running.remove(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for each in list(self.running):
            each.process.send_signal(signal.SIGINT)
        for each in list(self.running):
            each.process.wait()
            self.close(each)


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
    experiment: Any = None,
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


def start_process(job: Job, log: BinaryIO) -> "subprocess.Popen[bytes]":
    """Start a job; what it prints goes to `log`."""
    return subprocess.Popen(
        job.words,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=worker_environment(job.lease, job.log.parent.resolve() / ".compiled"),
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
