"""Dask: tasks on the workers of a scheduler that the user has."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import Field

from premotor.errors import PremotorError
from premotor.studies.engines.base import ENGINES, Ended, EngineSettings, library
from premotor.studies.engines.tasks import Part, TaskEngine, apply
from premotor.studies.processes import Job
from premotor.studies.workers import LONGEST, remote_command

if TYPE_CHECKING:
    from distributed import Future

type Task = Future


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
class DaskEngine(TaskEngine[DaskSettings, Task]):
    """Tasks of a Dask scheduler."""

    settings = DaskSettings

    def __init__(self, settings: DaskSettings, folder: Path):
        super().__init__(settings, folder)
        distributed = library("distributed", "dask")
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

    def submit(self, jobs: Sequence[Job]) -> None:
        """One task each."""
        for job in jobs:
            task = self.client.submit(
                remote_command(job, self.stop_file),
                key=f"{job.name}-{uuid4().hex[:8]}",
                pure=False,
                retries=self.chosen.retries,
                resources=self.chosen.resources or None,
            )
            self.tasks[task] = job

    def spread[T, R](self, function: Part[T, R], parts: Sequence[Sequence[T]]) -> list[list[R]]:
        """One task each; those of a lost worker begin again."""
        held = self.client.scatter(function, broadcast=True)
        chosen = self.chosen
        tasks = [
            self.client.submit(
                apply, held, part, pure=False, retries=chosen.retries, resources=chosen.resources or None
            )
            for part in parts
        ]
        return list(self.client.gather(tasks))

    def ended(self, seconds: float) -> list[Ended]:
        """By their exit status; None where their workers were lost."""
        if not self.tasks:
            return []
        with suppress(TimeoutError), self.client.as_current():
            self._wait(list(self.tasks), timeout=seconds, return_when=self._first)
        over = [task for task in self.tasks if task.done()]
        return [
            Ended(self.tasks.pop(task).name, int(task.result()) if task.status == "finished" else None) for task in over
        ]

    def await_all(self) -> None:
        """By Dask's own waiting."""
        with suppress(TimeoutError), self.client.as_current():
            self._wait(list(self.tasks), timeout=LONGEST)

    def leave(self) -> None:
        """The scheduler goes on."""
        self.client.close()
