"""A process that works on one run of a study: its environment, its lease, and that it ends with its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from premotor.files import Lock, open_to_write
from premotor.studies.kept import one_after_another
from premotor.studies.leases import Lease

if TYPE_CHECKING:
    import submitit

    from premotor.studies.processes import Job

PARENT = "PREMOTOR_PARENT"
"""Environment variable that tells a worker of a study who its parent is."""
CHOSEN = "PREMOTOR_COMPILED"
"""Environment variable with the folder of compiled programs that the command line chose, where its user named none."""
LEASE = "PREMOTOR_LEASE"
"""Environment variable with the folder of the lease that a worker takes."""
LONGEST = 600.0
"""Seconds that a worker waits for the lock of a predecessor, and has to end once its parent has."""


def worker_environment(lease: Path | None, compiled: Path, here: bool = False) -> dict[str, str]:
    """The environment of a worker that this process starts.

    Args:
        lease: the folder of the lease that it takes.
        compiled: where JAX keeps what it compiled, unless the environment says so already.
        here: whether the worker runs on this machine, and can use what this process's command line chose.
    """
    # One thread for everything but the physics, however many runs go side by side: sums that are split among
    # threads are rounded otherwise, and a comparison must not depend on how it was spread over the cores.
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
        environment[name] = "1"  # NPROC is what XLA sizes its pool of threads by
    flags, alone = environment.get("XLA_FLAGS", ""), "--xla_cpu_multi_thread_eigen=false"
    if alone not in flags.split():  # said twice, JAX would not find what was compiled where it is said once
        environment["XLA_FLAGS"] = f"{flags} {alone}".strip()
    environment[PARENT] = str(os.getpid())
    if lease is not None:
        environment[LEASE] = str(lease.resolve())
    # Null models have the shapes of the connectome, so what one run has compiled serves all the others. Elsewhere not
    # in the folder that the command chose for itself: the worker may run on another kind of processor.
    chosen = environment.pop(CHOSEN, None)
    if not here and chosen is not None and chosen == environment.get("JAX_COMPILATION_CACHE_DIR"):
        del environment["JAX_COMPILATION_CACHE_DIR"]
        environment.pop("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", None)
    environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(compiled))
    environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    return environment


def as_worker(command: Callable[[Sequence[str]], int], words: Sequence[str]) -> int:
    """Run a command as a worker: end when the parent does, wait for locks, hold the lease; its exit status.

    Where the parent keeps its workers, further commands follow (`premotor.studies.kept`).

    Raises:
        PremotorError: another worker holds the lease for too long.
    """
    parent, lease = int(os.environ.pop(PARENT, "0") or 0), os.environ.pop(LEASE, "")
    Lock.patience = LONGEST
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):  # the last two are warnings of a cluster's queue
        signal.signal(number, _terminated)
    if parent:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()

    def run(words: Sequence[str], lease: Path | None) -> int:
        if lease is None:
            return command(words)
        with Lease(lease, LONGEST) as held:
            before = held.waited_for
            if before is not None and before.status == 0:
                print("done by another worker meanwhile")
                return 0
            status = command(words)
            if status:
                raise SystemExit(status)
            return status

    return one_after_another(run, words, Path(lease) if lease else None)


def _terminated(number: int, frame: object) -> None:
    if number == signal.SIGTERM:
        raise SystemExit(128 + number)
    os.kill(os.getpid(), signal.SIGTERM)  # which writes a checkpoint where there is something to lose


def _follow(parent: int) -> None:
    """End when the parent does, however it does."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LONGEST)
    os._exit(128 + signal.SIGTERM)


class RemoteCommand:
    """A command line as a worker's process on whatever machine calls it; what engines of clusters run on theirs.

    Args:
        words: of the command line; where the first is "python", the Python that is there.
        log: the file to which everything that it prints is added.
        lease: the folder of its lease.
        stop: files; where one appears, the command is asked to write its checkpoint and end.
        folder: the current folder of the command.
    """

    def __init__(self, words: Sequence[str], log: str, lease: str | None, stop: Sequence[str], folder: str):
        self.words, self.log, self.lease, self.stop, self.folder = list(words), log, lease, list(stop), folder
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> int:
        """Run it; its exit status."""
        place = Path(self.folder, self.log)
        # what another kind of processor compiled may not run here
        compiled = place.parent / ".compiled" / os.uname().nodename
        command = [sys.executable if self.words[0] == "python" else self.words[0], *self.words[1:]]
        lease = None if self.lease is None else Path(self.folder, self.lease)
        with open_to_write(place, append=True) as file:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=worker_environment(lease, compiled),
                cwd=self.folder,
            )
            try:
                return self._watched(self.process)
            except BaseException:  # the engine ends this task: the run is told, and writes its checkpoint
                self.process.terminate()
                self.process.wait()
                raise

    def _watched(self, process: "subprocess.Popen[bytes]") -> int:
        told = False
        while (status := process.poll()) is None:
            time.sleep(0.2)
            if not told and any(os.path.exists(os.path.join(self.folder, each)) for each in self.stop):
                process.terminate()
                told = True
        return status

    def checkpoint(self) -> "submitit.helpers.DelayedSubmission":
        """Called by submitit before the time limit or a pre-emption: the run writes a checkpoint and is queued anew."""
        import submitit

        if self.process is not None:
            self.process.terminate()
            # no wait(): its lock may be held by the call that this one interrupts
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
            self.process = None
        return submitit.helpers.DelayedSubmission(self)

    def __getstate__(self) -> dict[str, object]:
        """Without the process."""
        return {**self.__dict__, "process": None}


def stop_file(job: "Job") -> Path:
    """The file that asks one job to stop, wherever it runs."""
    return job.log.with_suffix(".stop")


def remote_command(job: "Job", stop: Path) -> RemoteCommand:
    """What a cluster runs for a job, which is to stop by the file of all jobs or by its own."""
    own = stop_file(job)
    own.unlink(missing_ok=True)  # of a former call
    words = ["python", *job.words[1:]] if job.words[0] == sys.executable else job.words
    lease = None if job.lease is None else str(job.lease)
    return RemoteCommand(words, str(job.log), lease, [str(stop), str(own)], os.getcwd())
