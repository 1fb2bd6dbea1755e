"""A process that works on one run of a study: its environment, its lease, and that it ends with its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from premotor.files import Lock, open_to_write
from premotor.studies.leases import Lease

PARENT = "PREMOTOR_PARENT"
"""Environment variable that tells a worker of a study who its parent is."""
LEASE = "PREMOTOR_LEASE"
"""Environment variable with the folder of the lease that a worker takes."""
LONGEST = 600.0
"""Seconds that a worker waits for the lock of a predecessor, and has to end once its parent has."""


def worker_environment(lease: Path | None, compiled: Path) -> dict[str, str]:
    """The environment of a worker that this process starts.

    Args:
        lease: the folder of the lease that it takes.
        compiled: where JAX keeps what it compiled, unless the environment says so already.
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
    # Null models have the shapes of the connectome, so what one run has compiled serves all the others.
    environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(compiled))
    environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    return environment


def is_worker() -> bool:
    """Whether this process was started as a worker of a study."""
    return PARENT in os.environ or LEASE in os.environ


def as_worker(command: Callable[[], int]) -> int:
    """Run a command as a worker: end when the parent does, wait for locks, hold the lease; its exit status.

    Raises:
        PremotorError: another worker holds the lease for too long.
    """
    parent, lease = int(os.environ.pop(PARENT, "0") or 0), os.environ.pop(LEASE, "")
    Lock.patience = LONGEST
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):  # the last two are warnings of a cluster's queue
        signal.signal(number, _terminated)
    if parent:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    if not lease:
        return command()
    with Lease(Path(lease), LONGEST) as held:
        before = held.waited_for
        if before is not None and before.status == 0:
            print("done by another worker meanwhile")
            return 0
        status = command()
        if status:
            raise SystemExit(status)
        return status


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


def run_command(words: Sequence[str], log: str, lease: str | None = None) -> int:
    """Run a command line as a worker's process, on whatever machine this is; its exit status.

    What engines of clusters call on theirs; `words` that begin with "python" take the Python that is there.

    Args:
        words: of the command line.
        log: the file to which everything that it prints is added.
        lease: the folder of its lease.
    """
    place = Path(log)
    compiled = place.parent / ".compiled" / os.uname().nodename  # what another kind of processor compiled may not run
    command = [sys.executable if words[0] == "python" else words[0], *words[1:]]
    with open_to_write(place, append=True) as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=worker_environment(None if lease is None else Path(lease), compiled),
        )
        try:
            return process.wait()
        except BaseException:  # the engine ends this task: the run is told, and writes its checkpoint
            process.terminate()
            process.wait()
            raise
