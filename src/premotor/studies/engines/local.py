"""Processes of this machine, some side by side; they end when their caller does, with a checkpoint."""

import queue
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from premotor.bodies.physics import available_cores
from premotor.studies.engines.base import ENGINES, Ended, Engine, EngineSettings
from premotor.studies.processes import Job, Processes, Running


class LocalSettings(EngineSettings):
    """`jobs`, null for one a core, and whether processes are kept."""

    keep: bool = True
    """Whether a process makes one run after another, so that imports and compiled programs serve them all; false: a
    process a run. No number depends on it."""


@ENGINES.register("local")
class LocalEngine(Engine[LocalSettings]):
    """One process a job, which is kept for the next one where the job ended well."""

    settings = LocalSettings

    def __init__(self, settings: LocalSettings, folder: Path):
        super().__init__(settings, folder)
        self.processes = Processes(self.chosen.keep)
        self._over: queue.SimpleQueue[tuple[Running, int]] = queue.SimpleQueue()

    @property
    def at_once(self) -> int:
        """Processes side by side."""
        return self.chosen.jobs or available_cores()

    @property
    def threads(self) -> int:
        """Cores, shared out."""
        return max(1, available_cores() // self.at_once)

    @property
    def way(self) -> str:
        """Whether processes are kept."""
        return ", each process one run after another" if self.chosen.keep else ", a process a run"

    @property
    def room(self) -> int:
        """So many more can begin."""
        return self.at_once - len(self.processes.running)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Start a process for each."""
        for job in jobs:
            running = self.processes.begin(job)
            threading.Thread(target=self._wait, args=(running,), daemon=True).start()

    def _wait(self, running: Running) -> None:
        self._over.put((running, running.wait()))

    def ended(self, seconds: float) -> list[Ended]:
        """By their exit status."""
        found: list[Ended] = []
        try:
            each, status = self._over.get(timeout=seconds)
            while True:
                self.processes.close(each)
                found.append(Ended(each.job.name, status))
                each, status = self._over.get_nowait()
        except queue.Empty:
            return found

    def working(self) -> list[Job]:
        """Those whose process was not seen to end."""
        return [each.job for each in self.processes.running]

    def stop(self, job: Job) -> None:
        """By the termination signal."""
        for each in self.processes.running:
            if each.job.name == job.name:
                each.stop(signal.SIGTERM)

    def cancel(self) -> None:
        """SIGINT to all, as by Ctrl-C."""
        for each in self.processes.running:
            each.stop(signal.SIGINT)

    def close(self) -> None:
        """Ask those at work to write their checkpoint, and wait for them."""
        self.processes.__exit__()
