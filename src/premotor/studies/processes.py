"""Training runs as processes of their own, a few at a time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from premotor.errors import PremotorError
from premotor.runs.stopping import stop_requests

POLL = 0.5
"""Seconds between two looks at the processes."""


class Job(NamedTuple):
    """A command of premotor and where to see how far it is."""

    name: str
    command: tuple[str, ...]
    metrics: Path
    log: Path
    """Everything that it prints."""


def run_jobs(jobs: Sequence[Job], at_once: int, steps: int, progress: bool) -> None:
    """Run all of them, at most `at_once` side by side.

    A failed one does not stop the others. On Ctrl-C, or the termination signal that a cluster sends, each is asked to
    write its checkpoint and end.

    Raises:
        PremotorError: one failed; said when all have ended, with its last line.
        KeyboardInterrupt: Ctrl-C, when all have ended.
        SystemExit: the termination signal, likewise.
    """
    console = Console(quiet=not progress, highlight=False, soft_wrap=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(compact=True),
        console=console,
        disable=not console.is_terminal,
    )
    waiting = list(jobs)
    running: dict[Job, tuple[subprocess.Popen[bytes], BufferedWriter, float]] = {}
    failed: list[str] = []
    done = 0
    with bar, stop_requests() as request:
        task = bar.add_task(f"{len(jobs)} runs", total=max(1, len(jobs) * steps))
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    job = waiting.pop(0)
                    log = job.log.open("ab")
                    running[job] = (start_process(job, log), log, time.monotonic())
                    bar.console.print(f"{job.name}: {job.command[0]}", markup=False)
                time.sleep(POLL)
                request.obey()
                for job, (process, log, began) in list(running.items()):
                    if process.poll() is None:
                        continue
                    log.close()
                    del running[job]
                    done += 1
                    minutes = (time.monotonic() - began) / 60
                    if process.returncode:
                        failed.append(f"{job.name} ({last_line(job.log)}; see {job.log})")
                        bar.console.print(f"{job.name}: failed", style="red", markup=False)
                    else:
                        bar.console.print(f"{job.name}: done in {minutes:.1f} min, {done} of {len(jobs)}", markup=False)
                reached = done * steps + sum(min(_steps(job.metrics), steps) for job in running)
                bar.update(task, completed=reached)
        finally:
            for process, _, _ in running.values():
                process.send_signal(signal.SIGINT)
            for process, log, _ in running.values():
                process.wait()
                log.close()
    if failed:
        raise PremotorError(f"{len(failed)} of {len(jobs)} runs failed: {'; '.join(failed)}")


def start_process(job: Job, log: BufferedWriter) -> "subprocess.Popen[bytes]":
    """Start a job; what it prints goes to `log`."""
    # One thread for everything but the physics, however many runs go side by side: sums that are split among
    # threads are rounded otherwise, and a comparison must not depend on how it was spread over the cores.
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
        environment[name] = "1"  # NPROC is what XLA sizes its pool of threads by
    flags = environment.get("XLA_FLAGS", "")
    environment["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    # Null models have the shapes of the connectome, so what one run has compiled serves all the others.
    environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(job.log.parent.resolve() / ".compiled"))
    environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    return subprocess.Popen(
        [sys.executable, "-m", "premotor", *job.command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,  # Ctrl-C on the terminal comes to us alone; we pass it on once
    )


def _steps(metrics: Path) -> int:
    """Control steps by the last whole line of a log; 0 where there is none yet."""
    with suppress(OSError, ValueError):
        with metrics.open("rb") as file:
            file.seek(max(0, metrics.stat().st_size - 8192))
            lines = file.read().split(b"\n")[:-1]
        if lines:
            row = json.loads(lines[-1])
            return int(row.get("steps", 0)) if isinstance(row, dict) else 0
    return 0


def last_line(log: Path) -> str:
    """The last line that a process printed that is not empty."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it printed nothing"
