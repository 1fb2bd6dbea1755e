"""What an engine is: it runs jobs somewhere, and the folder of each job is its state."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import ClassVar, NamedTuple

from pydantic import Field, ValidationError

from premotor.errors import PremotorError
from premotor.registry import Registry, derived_from
from premotor.runs.settings_errors import explain
from premotor.settings import Settings
from premotor.studies.leases import holder
from premotor.studies.processes import Job
from premotor.studies.workers import stop_file


class EngineSettings(Settings):
    """What every engine takes."""

    jobs: int | None = Field(None, ge=1)
    """Runs side by side, at most; null: as many as there is room for."""


class Ended(NamedTuple):
    """A job that is no longer at work."""

    name: str
    status: int | None
    """Exit status; negative: the signal that ended it; None: nobody knows, its lease may."""


class Engine[S: EngineSettings](ABC):
    """Runs jobs: idempotent commands that go on with a run folder, so that a worker may die and the next takes over.

    Args:
        settings: the section `engine` of a study.
        folder: of the study; what an engine has to know after its caller died is kept there.
    """

    settings: ClassVar[type[EngineSettings]]
    name: ClassVar[str] = ""
    outlives: ClassVar[bool] = False
    """Whether jobs go on when their caller ends."""

    def __init__(self, settings: S, folder: Path):
        self.chosen, self.folder = settings, folder

    @property
    @abstractmethod
    def at_once(self) -> int:
        """Jobs side by side."""

    @property
    def threads(self) -> int:
        """Of the physics of each job; no number depends on it."""
        return 1

    @property
    def way(self) -> str:
        """What is to be said of how it runs them, after "side by side"."""
        return ""

    @property
    def room(self) -> int:
        """How many more jobs it takes now; a queue of its own takes any number."""
        return self.at_once

    @abstractmethod
    def submit(self, jobs: Sequence[Job]) -> None:
        """Take jobs and return at once."""

    @abstractmethod
    def ended(self, seconds: float) -> list[Ended]:
        """Jobs that ended since the last call; waits for one at most so long."""

    @abstractmethod
    def working(self) -> Sequence[Job]:
        """Jobs that it has taken and that have not ended."""

    def stop(self, job: Job) -> None:
        """Ask one job to write its checkpoint and end, as `ended` will tell; here by a file that its worker sees."""
        stop_file(job).touch()

    @abstractmethod
    def cancel(self) -> None:
        """Ask all jobs to write their checkpoint and end; those that wait in a queue never begin."""

    def reattach(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Take over those of the jobs that a former caller submitted and that wait or work still; returns the rest."""
        return jobs

    def call[T, R](self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """A function on each item, spread over the engine; the results in their order.

        Raises:
            PremotorError: this engine runs whole runs only, or a result was lost.
        """
        raise PremotorError(f"the engine {self.name} runs whole runs, not members of a population; ray and dask do")

    def close(self) -> None:  # noqa: B027
        """Nothing more is asked of it: all jobs have ended, or they go on without their caller."""


def _complete(name: str, entry: type[Engine]) -> None:
    derived_from(Engine)(name, entry)
    entry.name = entry.settings.KIND = name


_HOMES = {"local": "local", "slurm": "slurm", "ray": "ray_cluster", "dask": "dask_scheduler"}
ENGINES: Registry[type[Engine]] = Registry(
    "engine",
    {name: f"premotor.studies.engines.{module}" for name, module in _HOMES.items()},
    _complete,
)
"""Every engine by its name."""


def engine_settings(
    said: str | Mapping[str, object] | None, jobs: int | None = None, where: str = "engine"
) -> EngineSettings:
    """The settings of an engine from its name, or from a mapping with `kind`.

    Args:
        said: what the user said; None: this machine.
        jobs: takes the place of the setting `jobs`, unless None.
        where: names them in errors.

    Raises:
        PremotorError: there is no such engine, or a setting is unknown or wrong.
    """
    data: object = {"kind": "local"} if said is None else {"kind": said} if isinstance(said, str) else said
    if not isinstance(data, dict):
        raise PremotorError(f"{where} is {said!r}, but should be the name of an engine or a mapping with its kind")
    data = data if jobs is None else {**data, "jobs": jobs}
    kind = ENGINES.known(data.get("kind", "local"))
    model, rest = ENGINES[kind].settings, {key: value for key, value in data.items() if key != "kind"}
    try:
        return model.model_validate(rest)
    except ValidationError as error:
        raise PremotorError(f"{where} ({kind}): {explain(error, rest, model)}") from None


def library(module: str, extra: str) -> ModuleType:
    """A library that an engine needs.

    Raises:
        PremotorError: it is not installed; with the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise PremotorError(
            f"this engine needs {module.split('.')[0]}, which is not installed: pip install 'premotor[{extra}]'"
        ) from None


def engine_for(settings: EngineSettings, folder: Path) -> Engine:
    """The engine that settings are of."""
    return ENGINES[type(settings).KIND](settings, folder)


def status_of(ended: Ended, job: Job) -> int | None:
    """How a job ended, by its engine or else by its lease; None where it was cut off without a word."""
    if ended.status is not None or job.lease is None:
        return ended.status
    last = holder(job.lease)
    return None if last is None else last.status
