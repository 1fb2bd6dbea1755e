"""What engines whose tasks end with their caller have in common: a queue of the scheduler's own, a file that stops."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from premotor.studies.engines.base import Engine
from premotor.studies.processes import Job

ANY_NUMBER = 10_000
"""Jobs that a scheduler with a queue of its own takes at once."""


class TaskEngine(Engine):
    """One task a job; where the caller ends, its tasks end, each with a checkpoint."""

    def __init__(self, settings: Any, folder: Path):
        super().__init__(settings, folder)
        self.tasks: dict[Any, Job] = {}
        """Those that have no result yet."""
        self.stop_file = (folder / "cancel").resolve()
        """Every task looks for it: where it appears, the run writes its checkpoint and ends."""

    @property
    def room(self) -> int:
        """Any number, unless `jobs` says otherwise."""
        return ANY_NUMBER if self.chosen.jobs is None else self.chosen.jobs - len(self.tasks)

    def working(self) -> Sequence[Job]:
        """Tasks without a result."""
        return list(self.tasks.values())

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
