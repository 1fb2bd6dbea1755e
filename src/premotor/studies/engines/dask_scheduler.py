"""Dask: tasks on the workers of a scheduler that the user has."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import Field

from premotor.errors import PremotorError
from premotor.studies.engines.base import ENGINES, Ended, Engine, EngineSettings, library
from premotor.studies.processes import Job
from premotor.studies.workers import LONGEST, remote_command


class DaskSettings(EngineSettings):
    """Which scheduler, and what a task asks for."""

    address: str
    """Of the scheduler: ``tcp://HOST:8786``."""
    resources: dict[str, float] = Field(default_factory=dict)
    """As the workers were started with: ``{GPU: 1}``."""
    threads: int = Field(1, ge=1)
    """Of the physics of each run."""
    retries: int = Field(20, ge=0)
    """So often a task begins again whose worker was lost."""


@ENGINES.register("dask")
class DaskEngine(Engine):
    """One task a job; where the caller ends, its tasks end with a checkpoint."""

    settings = DaskSettings

    def __init__(self, settings: Any, folder: Path):
        super().__init__(settings, folder)
        distributed = library("distributed", "dask")
        self._tasks: dict[str, tuple[Any, Job]] = {}
        self._stop = (folder / "cancel").resolve()
        try:
            self.client = distributed.Client(settings.address, timeout=20, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise PremotorError(f"engine.address: no Dask scheduler at {settings.address} ({error})") from None
        self._wait, self._first = distributed.wait, "FIRST_COMPLETED"

    @property
    def at_once(self) -> int:
        """Threads of all workers."""
        room = max(1, sum(self.client.nthreads().values()))
        return min(room, self.chosen.jobs or room)

    @property
    def threads(self) -> int:
        """As its settings say."""
        return int(self.chosen.threads)

    @property
    def room(self) -> int:
        """Any number, unless `jobs` says otherwise: the scheduler has a queue of its own."""
        return 10_000 if self.chosen.jobs is None else self.chosen.jobs - len(self._tasks)

    def submit(self, jobs: Sequence[Job]) -> None:
        """One task each."""
        for job in jobs:
            task = self.client.submit(
                remote_command(job, self._stop),
                key=f"{job.name}-{uuid4().hex[:8]}",
                pure=False,
                retries=self.chosen.retries,
                resources=self.chosen.resources or None,
            )
            self._tasks[job.name] = (task, job)

    def ended(self, seconds: float) -> list[Ended]:
        """By their exit status; None where their workers were lost."""
        if not self._tasks:
            return []
        try:
            self._wait([task for task, _ in self._tasks.values()], timeout=seconds, return_when=self._first)
        except TimeoutError:
            return []
        over = [name for name, (task, _) in self._tasks.items() if task.done()]
        found = []
        for name in over:
            task, _ = self._tasks.pop(name)
            found.append(Ended(name, int(task.result()) if task.status == "finished" else None))
        return found

    def working(self) -> list[Job]:
        """Tasks without a result."""
        return [job for _, job in self._tasks.values()]

    def cancel(self) -> None:
        """By a file in the study's folder, which every task looks for."""
        self._stop.touch()

    def close(self) -> None:
        """Ask what is at work to write its checkpoint, wait for it, and leave the scheduler."""
        if self._tasks:
            there = self._stop.exists()
            self._stop.touch()
            with suppress(TimeoutError):
                self._wait([task for task, _ in self._tasks.values()], timeout=LONGEST)
            self._tasks.clear()
            if not there:
                self._stop.unlink(missing_ok=True)
        self.client.close()
