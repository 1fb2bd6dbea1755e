"""What engines whose tasks end with their caller have in common: a queue of the scheduler's own, a file that stops."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from premotor.studies.engines.base import Engine, EngineSettings
from premotor.studies.processes import Job

ANY_NUMBER = 10_000
"""Jobs that a scheduler with a queue of its own takes at once."""


class Part[T, R]:
    """A function on each item of a part."""

    def __init__(self, function: Callable[[T], R]):
        self.function = function

    def __call__(self, items: Sequence[T]) -> list[R]:
        """The results in their order."""
        return [self.function(item) for item in items]


def apply[T, R](function: Callable[[T], R], argument: T) -> R:
    """What a task does."""
    return function(argument)


class TaskEngine[S: EngineSettings, Task](Engine[S]):
    """One task a job; where the caller ends, its tasks end, each with a checkpoint."""

    def __init__(self, settings: S, folder: Path):
        super().__init__(settings, folder)
        self.tasks: dict[Task, Job] = {}
        """Those that have no result yet."""
        self.stop_file = (folder / "cancel").resolve()
        """Every task looks for it: where it appears, the run writes its checkpoint and ends."""

    @property
    def room(self) -> int:
        """No limit, unless `jobs` sets one."""
        return ANY_NUMBER if self.chosen.jobs is None else self.chosen.jobs - len(self.tasks)

    def working(self) -> Sequence[Job]:
        """Tasks without a result."""
        return list(self.tasks.values())

    def call[T, R](self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """One task for a part of the items, two for each that can be at work, so that none waits long for the last."""
        size = max(1, -(-len(items) // (2 * self.at_once)))
        parts = [items[begin : begin + size] for begin in range(0, len(items), size)]
        return [result for part in self.spread(Part(function), parts) for result in part]

    @abstractmethod
    def spread[T, R](self, function: Part[T, R], parts: Sequence[Sequence[T]]) -> list[list[R]]:
        """The function on each part, as a task; results in their order."""

    def cancel(self) -> None:
        """By the file in the study's folder."""
        self.stop_file.touch()

    def close(self) -> None:
        """Ask what is at work to write its checkpoint, wait for it, and leave the cluster."""
        if self.tasks:
            there = self.stop_file.exists()
            self.stop_file.touch()
            self.await_all()
            self.tasks.clear()
            if not there:
                self.stop_file.unlink(missing_ok=True)
        self.leave()

    @abstractmethod
    def await_all(self) -> None:
        """Wait until all tasks have ended, or for as long as a run may take to write its checkpoint."""

    @abstractmethod
    def leave(self) -> None:
        """Let go of the cluster."""
