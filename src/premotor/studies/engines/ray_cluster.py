"""Ray: tasks with resources on a cluster, or on this machine; a task of a lost node begins again and goes on."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from premotor.errors import PremotorError
from premotor.studies.engines.base import ENGINES, Ended, EngineSettings, library
from premotor.studies.engines.tasks import Part, TaskEngine, apply
from premotor.studies.processes import Job
from premotor.studies.workers import LONGEST, RemoteCommand, remote_command

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.remote_function import RemoteFunction

type Task = ObjectRef


class RaySettings(EngineSettings):
    """What a task asks for, and of which cluster."""

    address: str | None = None
    """"auto" for the cluster that this machine is a node of, or ``ray://HOST:10001``; null: this machine alone."""
    cpus: float = Field(1, gt=0)
    """Of each task; the physics has as many threads, at least one."""
    gpus: float = Field(0, ge=0)
    memory_gb: float | None = Field(None, gt=0)
    """Of each task; null: no matter."""
    resources: dict[str, float] = Field(default_factory=dict)
    """Of your own."""
    retries: int = Field(20, ge=0)
    """So often a task begins again whose node was lost."""


@ENGINES.register("ray")
class RayEngine(TaskEngine[RaySettings, Task]):
    """Tasks of Ray."""

    settings = RaySettings

    def __init__(self, settings: RaySettings, folder: Path):
        super().__init__(settings, folder)
        self.ray = library("ray", "ray")
        self._mine = False
        if not self.ray.is_initialized():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # on settings of its own to come
                    self.ray.init(
                        address=settings.address, log_to_driver=False, logging_level="ERROR", configure_logging=False
                    )
            except (ConnectionError, RuntimeError, ValueError, OSError) as error:
                raise PremotorError(f"engine.address: no Ray at {settings.address} ({error})") from None
            self._mine = True

    @property
    def at_once(self) -> int:
        """As many as the cluster has room for now."""
        room = int(self.ray.cluster_resources().get("CPU", 1) // self.chosen.cpus)
        return min(max(1, room), self.chosen.jobs or max(1, room))

    @property
    def threads(self) -> int:
        """Cores of a task."""
        return max(1, int(self.chosen.cpus))

    def submit(self, jobs: Sequence[Job]) -> None:
        """One task each."""
        task = self._task(call)
        for job in jobs:
            self.tasks[task.options(name=job.name).remote(remote_command(job, self.stop_file))] = job

    def _task(self, function: Callable[..., object]) -> "RemoteFunction":
        """A function as a task with the resources that were asked for."""
        chosen = self.chosen
        options: dict[str, object] = {"num_cpus": chosen.cpus, "num_gpus": chosen.gpus, "max_retries": chosen.retries}
        if chosen.memory_gb is not None:
            options["memory"] = int(chosen.memory_gb * 1e9)
        return self.ray.remote(**options, resources=chosen.resources or None)(function)

    def spread[T, R](self, function: Part[T, R], parts: Sequence[Sequence[T]]) -> list[list[R]]:
        """One task each; those of a lost node begin again."""
        task = self._task(apply)
        held = self.ray.put(function)
        try:
            return list(self.ray.get([task.remote(held, part) for part in parts]))
        except self.ray.exceptions.RayError as error:
            raise PremotorError(f"engine ray: {str(error).strip().splitlines()[-1]}") from None

    def ended(self, seconds: float) -> list[Ended]:
        """By their exit status; None where all nodes that tried were lost."""
        if not self.tasks:
            return []
        ready, _ = self.ray.wait(list(self.tasks), num_returns=1, timeout=seconds)
        if ready:
            ready, _ = self.ray.wait(list(self.tasks), num_returns=len(self.tasks), timeout=0)
        return [Ended(self.tasks.pop(each).name, self._result(each)) for each in ready]

    def _result(self, task: Task) -> int | None:
        try:
            return int(self.ray.get(task))
        except self.ray.exceptions.RayError:
            return None

    def await_all(self) -> None:
        """By Ray's own waiting."""
        self.ray.wait(list(self.tasks), num_returns=len(self.tasks), timeout=LONGEST)

    def leave(self) -> None:
        """Unless somebody else began it in this process."""
        if self._mine:
            with suppress(RuntimeError):
                self.ray.shutdown()


def call(command: RemoteCommand) -> int:
    """What a task runs."""
    return command()
