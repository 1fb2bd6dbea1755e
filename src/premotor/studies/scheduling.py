"""Jobs on an engine until all have ended: what failed, what goes on, and a bar that shows how far they are."""

import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from premotor.errors import PremotorError
from premotor.runs.loop import StopRequest, stop_requests
from premotor.studies.engines.base import Engine, status_of
from premotor.studies.processes import POLL, Job, is_cut_off, last_line, reached

CANCEL = "cancel"
"""A file in the folder of a study or search that asks whoever runs it to stop."""
MOST_BEGINNINGS = 5
"""So often a job that was cut off begins again, where its engine loses whole machines."""
LOOK = 2.0
"""Seconds between two looks at how far the jobs are."""


def run_jobs(
    jobs: Sequence[Job],
    engine: Engine,
    progress: bool,
    *,
    done: Callable[[Job], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Run all of them on an engine.

    A failed one does not stop the others. On Ctrl-C, or the termination signal that a cluster sends, each is asked to
    write its checkpoint and end; where the engine outlives its caller, they go on.

    Args:
        jobs: what to run.
        engine: where.
        progress: print a line for each that begins or ends.
        done: called with each that ended well.
        stop: whether somebody asked to cancel all of it.

    Raises:
        PremotorError: one failed; said when all have ended, with its last line. Or all were cancelled.
        KeyboardInterrupt: Ctrl-C, when all have ended.
        SystemExit: the termination signal, likewise.
    """
    console = Console(quiet=not progress, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    bar = Progress(*columns, TimeRemainingColumn(compact=True), console=console, disable=not console.is_terminal)
    failed: list[str] = []
    finished = 0

    def say(line: str, style: str | None = None) -> None:
        bar.console.print(line, style=style, markup=False)

    with bar, stop_requests() as request:
        task = bar.add_task(f"{len(jobs)} runs", total=max(1, len(jobs)))
        known = {job.name: job for job in jobs}
        began = {job.name: time.monotonic() for job in jobs}
        tries = dict.fromkeys(known, 0)
        looked = 0.0
        try:
            waiting = list(engine.reattach(jobs))
            if len(waiting) < len(jobs):
                say(f"{len(jobs) - len(waiting)} runs of a former call wait or work still")
            while waiting or engine.working():
                beginning, waiting = waiting[: engine.room], waiting[engine.room :]
                for job in beginning:
                    began[job.name] = time.monotonic()
                    say(f"{job.name}: {job.command[0]}")
                if beginning:
                    engine.submit(beginning)
                ended = engine.ended(POLL)
                obey(request, engine, stop)
                for each in ended:
                    job, status = known[each.name], status_of(each, known[each.name])
                    finished += 1
                    if status is None or is_cut_off(status):
                        tries[job.name] += 1
                        if begins_again(engine, status, tries[job.name]):
                            say(f"{job.name}: its process was ended from outside; it goes on")
                            waiting.insert(0, job)
                            finished -= 1
                            continue
                    if status != 0:
                        failed.append(f"{job.name} ({last_line(job.log)}; see {job.log})")
                        say(f"{job.name}: failed", "red")
                        continue
                    minutes = (time.monotonic() - began[job.name]) / 60
                    say(f"{job.name}: done in {minutes:.1f} min, {finished} of {len(jobs)}")
                    if done is not None:
                        done(job)
                if not bar.disable and time.monotonic() - looked > LOOK:
                    looked = time.monotonic()
                    bar.update(task, completed=finished + sum(map(_part, engine.working())))
        finally:
            engine.close()
    if failed:
        raise PremotorError(f"{len(failed)} of {len(jobs)} runs failed: {'; '.join(failed)}")


def begins_again(engine: Engine, status: int | None, tries: int) -> bool:
    """Whether a job that was cut off, so often by now, begins again in this call; else the next call takes it up."""
    return tries <= (MOST_BEGINNINGS if engine.outlives or status is None else 1)


def obey(request: StopRequest, engine: Engine, stop: Callable[[], bool] | None) -> None:
    """Raise what the user or the cluster asked for.

    Raises:
        PremotorError: somebody asked to cancel.
        KeyboardInterrupt: Ctrl-C.
        SystemExit: the termination signal.
    """
    request.obey()
    if stop is not None and stop():
        engine.cancel()
        raise PremotorError("cancelled; what was begun has a checkpoint, and called again it goes on")


def _part(job: Job) -> float:
    """Which part of its steps a job has reached."""
    return min(reached(job.metrics, job.counter) / max(job.steps, 1), 1.0)
