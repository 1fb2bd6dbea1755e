"""Runs of a study as processes of their own, some side by side, in a folder that one study at a time writes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from premotor.errors import PremotorError
from premotor.files import Lock, new_folder, open_to_write, write_atomically
from premotor.plugins import plugin_words
from premotor.runs.loop import stop_requests

POLL = 0.2
"""Seconds between two looks at the processes."""


class Job(NamedTuple):
    """A command of premotor and where to see how far it is."""

    name: str
    command: tuple[str, ...]
    metrics: Path
    log: Path
    """Everything that it prints."""
    again: bool = False
    """Whether its process was ended from outside once already."""


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
            self._close(each)
        return ended

    def stop(self, each: Running, number: int = signal.SIGTERM) -> None:
        """Ask one to write its checkpoint and end, and wait for it."""
        each.process.send_signal(number)
        each.process.wait()
        self._close(each)

    def _close(self, each: Running) -> None:
        each.log.close()
        self.running.remove(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for each in self.running:
            each.process.send_signal(signal.SIGINT)
        for each in list(self.running):
            each.process.wait()
            self._close(each)


def cut_off(each: Running) -> bool:
    """Whether a signal ended a process, so that its run can go on: the job did not fail."""
    status = each.process.returncode
    return status < 0 or status in (128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP)


def run_jobs(jobs: Sequence[Job], at_once: int, steps: int, progress: bool, counter: str = "steps") -> None:
    """Run all of them, at most `at_once` side by side.

    A failed one does not stop the others. On Ctrl-C, or the termination signal that a cluster sends, each is asked to
    write its checkpoint and end. `counter` is the column of metrics that reaches `steps`.

    Raises:
        PremotorError: one failed; said when all have ended, with its last line.
        KeyboardInterrupt: Ctrl-C, when all have ended.
        SystemExit: the termination signal, likewise.
    """
    console = Console(quiet=not progress, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    bar = Progress(*columns, TimeRemainingColumn(compact=True), console=console, disable=not console.is_terminal)
    waiting = list(jobs)
    failed: list[str] = []
    done = 0
    with bar, stop_requests() as request, Processes() as processes:
        task = bar.add_task(f"{len(jobs)} runs", total=max(1, len(jobs) * steps))
        while waiting or processes.running:
            while waiting and len(processes.running) < at_once:
                job = waiting.pop(0)
                processes.begin(job)
                bar.console.print(f"{job.name}: {job.command[0]}", markup=False)
            time.sleep(POLL)
            request.obey()
            for each in processes.ended():
                job, done = each.job, done + 1
                if cut_off(each) and not job.again:
                    bar.console.print(f"{job.name}: its process was ended from outside; it goes on", markup=False)
                    waiting.insert(0, job._replace(again=True))
                    done -= 1
                elif each.process.returncode:
                    failed.append(f"{job.name} ({last_line(job.log)}; see {job.log})")
                    bar.console.print(f"{job.name}: failed", style="red", markup=False)
                else:
                    minutes = (time.monotonic() - each.began) / 60
                    bar.console.print(f"{job.name}: done in {minutes:.1f} min, {done} of {len(jobs)}", markup=False)
            reached = done * steps + sum(min(_reached(each.job.metrics, counter), steps) for each in processes.running)
            bar.update(task, completed=reached)
    if failed:
        raise PremotorError(f"{len(failed)} of {len(jobs)} runs failed: {'; '.join(failed)}")


def training(
    name: str, source: Path, run: Path, episodes: int | None, threads: int, settings: Sequence[str] = ()
) -> Job:
    """The job that makes a run, or brings it to its end, and tests it.

    Args:
        name: of the job.
        source: settings of the run.
        run: its folder.
        episodes: of the test; None: as many as is usual.
        threads: of the run.
        settings: further ones, as words of a command line.
    """
    words = ["--no-report", *([] if episodes is None else ["--episodes", str(episodes)])]
    if run.exists():
        command = ["resume", str(run), *words]
    else:
        command = ["train", str(source), "--output", str(run), *words, "--threads", str(threads), *settings]
    return Job(name, tuple(command), run / "metrics.jsonl", run.with_name(f"{run.name}.log"))


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
    # One thread for everything but the physics, however many runs go side by side: sums that are split among
    # threads are rounded otherwise, and a comparison must not depend on how it was spread over the cores.
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
        environment[name] = "1"  # NPROC is what XLA sizes its pool of threads by
    flags, alone = environment.get("XLA_FLAGS", ""), "--xla_cpu_multi_thread_eigen=false"
    if alone not in flags.split():  # said twice, JAX would not find what was compiled where it is said once
        environment["XLA_FLAGS"] = f"{flags} {alone}".strip()
    # Null models have the shapes of the connectome, so what one run has compiled serves all the others.
    environment[PARENT] = str(os.getpid())
    environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(job.log.parent.resolve() / ".compiled"))
    environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "premotor", *job.command, *plugin_words()],  # the current folder is no library
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,  # Ctrl-C on the terminal comes to us alone; we pass it on once
    )


def _reached(metrics: Path, counter: str) -> int:
    """A count by the last whole line of a log; 0 where there is none yet."""
    with suppress(OSError, ValueError):
        with metrics.open("rb") as file:
            file.seek(max(0, metrics.stat().st_size - 8192))
            lines = file.read().split(b"\n")[:-1]
        if lines:
            row = json.loads(lines[-1])
            return int(row.get(counter, 0)) if isinstance(row, dict) else 0
    return 0


def last_line(log: Path) -> str:
    """The last line that a process printed that is not empty."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it printed nothing"


PARENT = "PREMOTOR_PARENT"
"""Environment variable that tells a worker of a study who its parent is."""
LONGEST = 600.0
"""Seconds that a worker waits for the lock of a predecessor, and has to end once its parent has."""


def follow_parent() -> bool:
    """In a worker of a study: end when the parent does, however it does, and wait for locks; whether it is one."""
    parent = int(os.environ.pop(PARENT, "0") or 0)
    if not parent:
        return False
    Lock.patience = LONGEST

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)  # which writes a checkpoint where there is something to lose
        time.sleep(LONGEST)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    return True
