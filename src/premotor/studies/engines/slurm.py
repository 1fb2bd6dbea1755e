"""Slurm by submitit: job arrays, re-queued before their time limit and by pre-emption, each time with a checkpoint.

Nothing of Slurm is written by hand but the question which jobs are in its queue, since `sacct`, which submitit asks,
needs an accounting that small clusters lack. How a job ended is told by its lease, in the study's folder.
"""

import getpass
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from premotor.errors import PremotorError
from premotor.files import read_json, write_json
from premotor.settings import note
from premotor.studies.engines.base import ENGINES, Ended, Engine, EngineSettings, library
from premotor.studies.processes import Job
from premotor.studies.workers import remote_command

if TYPE_CHECKING:
    import submitit

EVERY = 5.0
"""Seconds between two questions to the queue."""
MOST_AT_ONCE = 1000
"""Jobs of an array; clusters allow 1,001 unless they say otherwise."""
RECORD = "slurm.json"
"""In a study's folder: the number in the queue of every job that was submitted."""


class SlurmSettings(EngineSettings):
    """What a job asks of the cluster; what is null is as the cluster has it."""

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    minutes: int = Field(240, ge=1)
    """Time limit; a run that takes longer writes a checkpoint and is queued anew."""
    warning: int = Field(120, ge=10)
    """Seconds before the time limit at which that happens."""
    cpus: int = Field(1, ge=1)
    """Cores of each job; the physics has as many threads."""
    memory_gb: float = Field(4.0, gt=0)
    """Of each job."""
    gpus: int = Field(0, ge=0)
    setup: list[str] = Field(default_factory=list)
    """Lines of shell before the job: ``module load cuda``."""
    python: str | None = None
    """Python on the nodes; null: the same path as here."""
    extra: dict[str, object] = Field(default_factory=dict)
    """Further options of sbatch: ``{constraint: avx2}``."""
    cluster: Literal["slurm", "local", "debug"] = "slurm"
    """Which executor of submitit; the other two run on this machine, to try things."""


@ENGINES.register("slurm")
class SlurmEngine(Engine[SlurmSettings]):
    """Job arrays in a queue, which outlive their caller."""

    settings = SlurmSettings
    outlives = True

    def __init__(self, settings: SlurmSettings, folder: Path):
        super().__init__(settings, folder)
        self.submitit = library("submitit", "slurm")
        self._jobs: dict[str, Job] = {}
        self._numbers: dict[str, str] = {}
        """In the queue, by name."""
        self._held: dict[str, submitit.Job[int]] = {}
        """Jobs of submitit, where they run on this machine."""
        self._asked = 0.0

    @property
    def at_once(self) -> int:
        """As many as the array may have at work."""
        return self.chosen.jobs or 256

    @property
    def threads(self) -> int:
        """Cores of a job."""
        return int(self.chosen.cpus)

    @property
    def room(self) -> int:
        """A whole array."""
        return MOST_AT_ONCE

    def submit(self, jobs: Sequence[Job]) -> None:
        """One array; each element goes on with the folder of its run.

        Raises:
            PremotorError: Slurm refuses; with its words.
        """
        commands = [remote_command(job, (self.folder / "cancel").resolve()) for job in jobs]
        try:
            executor = self._executor()
            with executor.batch():
                made = [executor.submit(command) for command in commands]
        except (self.submitit.core.utils.FailedJobError, OSError, RuntimeError, ValueError) as error:
            raise PremotorError(f"Slurm took no jobs: {' '.join(str(error).split())}") from None
        for job, each in zip(jobs, made, strict=True):
            self._jobs[job.name], self._numbers[job.name] = job, str(each.job_id)
            if self.chosen.cluster != "slurm":
                self._held[job.name] = each
        write_json(self.folder / RECORD, self._recorded() | self._numbers)

    def _executor(self) -> "submitit.AutoExecutor":
        chosen = self.chosen
        python = {} if chosen.python is None else {"slurm_python": chosen.python}
        place = self.folder.resolve() / "submitit"
        executor = self.submitit.AutoExecutor(place, cluster=chosen.cluster, slurm_max_num_timeout=1000, **python)
        named = {"partition": chosen.partition, "account": chosen.account, "qos": chosen.qos, "setup": chosen.setup}
        slurm: dict[str, object] = {f"slurm_{key}": value for key, value in named.items() if value}
        if chosen.gpus:
            slurm["gpus_per_node"] = chosen.gpus
        if chosen.extra:
            slurm["slurm_additional_parameters"] = chosen.extra
        executor.update_parameters(
            name=self.folder.resolve().name,
            timeout_min=chosen.minutes,
            cpus_per_task=chosen.cpus,
            mem_gb=chosen.memory_gb,
            slurm_signal_delay_s=chosen.warning,
            slurm_array_parallelism=self.at_once,
            slurm_use_srun=True,
            **slurm,
        )
        return executor

    def _recorded(self) -> dict[str, str]:
        file = self.folder / RECORD
        found = read_json(file) if file.exists() else {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def _queued(self) -> set[str] | None:
        """Numbers of this user's jobs that wait or work; None where the queue does not answer."""
        command = ["squeue", "--noheader", "--array", f"--user={getpass.getuser()}", "--format=%i %T"]
        try:
            told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        except FileNotFoundError:
            raise PremotorError("there is no squeue on this machine: it is no node of a Slurm cluster") from None
        except subprocess.SubprocessError as error:
            said = getattr(error, "stderr", "") or str(error)
            note(f"the queue does not answer ({' '.join(str(said).split())[:200]}); it is asked again")
            return None
        lines = [line.split() for line in told.splitlines() if line.strip()]
        return {number for number, state in lines if state not in ("COMPLETED", "CANCELLED", "FAILED", "TIMEOUT")}

    def ended(self, seconds: float) -> list[Ended]:
        """Those that the queue holds no longer; how they ended their lease tells."""
        if self.chosen.cluster != "slurm":
            return self._ended_here(seconds)
        wait = self._asked + EVERY - time.monotonic()
        if wait > 0:
            time.sleep(min(seconds, wait))
            return []
        self._asked = time.monotonic()
        queued = self._queued()
        if queued is None:
            return []
        return self._over([name for name, number in self._numbers.items() if number not in queued])

    def _ended_here(self, seconds: float) -> list[Ended]:
        for each in self._held.values() if self.chosen.cluster == "debug" else ():
            each.exception()
        over = [name for name, each in self._held.items() if self.chosen.cluster == "debug" or each.done()]
        if not over:
            time.sleep(seconds)
        return self._over(over)

    def _over(self, names: Sequence[str]) -> list[Ended]:
        for name in names:
            for held in (self._jobs, self._numbers, self._held):
                held.pop(name, None)
        return [Ended(name, None) for name in names]

    def working(self) -> list[Job]:
        """In the queue or at work."""
        return list(self._jobs.values())

    def reattach(self, jobs: Sequence[Job]) -> list[Job]:
        """By the numbers in the study's folder, and the queue."""
        if self.chosen.cluster != "slurm":
            return list(jobs)
        recorded, queued = self._recorded(), self._queued() or set()
        rest = []
        for job in jobs:
            if recorded.get(job.name) in queued:
                self._jobs[job.name], self._numbers[job.name] = job, recorded[job.name]
            else:
                rest.append(job)
        return rest

    def cancel(self) -> None:
        """Those that wait leave the queue; those at work get the termination signal, and time to write."""
        numbers = list(self._numbers.values())
        for begin in range(0, len(numbers), MOST_AT_ONCE) if self.chosen.cluster == "slurm" else ():
            some = numbers[begin : begin + MOST_AT_ONCE]
            for words in (["--state=PENDING"], ["--signal=TERM"]):
                subprocess.run(["scancel", "--quiet", *words, *some], capture_output=True, timeout=120, check=False)
        for each in self._held.values():
            each.cancel()

    def close(self) -> None:
        """Jobs in the queue go on; those of an executor on this machine end."""
        if self.chosen.cluster == "slurm" and self._jobs:
            note(
                f"{len(self._jobs)} jobs go on in the queue; the same command watches them, premotor study cancel "
                f"{self.folder} ends them"
            )
        for each in self._held.values():
            each.cancel()
