"""What an engine can do: a job of a few seconds that says where it ran, and how long it waited."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.files import read_json, write_json
from premotor.runs.provenance import versions
from premotor.studies.engines.base import Engine, EngineSettings, engine_for, status_of
from premotor.studies.processes import LEASES, Job, last_line


class Finding(NamedTuple):
    """One thing that was found."""

    subject: str
    good: bool
    found: str


def probe(file: Path) -> None:
    """What a job finds where it runs, into a file of the shared folder."""
    told: dict[str, object] = {"host": socket.gethostname(), "time": time.time(), "cores": available_cores()}
    told |= {"versions": versions(), "gpus": _gpus(), "folder": os.getcwd()}
    write_json(file, told)


def _gpus() -> list[str]:
    try:
        told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.split(" (UUID")[0] for line in told.splitlines()]


def check_engine(settings: EngineSettings, folder: Path | None = None, patience: float = 600.0) -> list[Finding]:
    """Run one small job on an engine, and say what it found.

    Args:
        settings: of the engine.
        folder: a shared one; None: a new one in the current folder.
        patience: seconds to wait for the job.

    Raises:
        PremotorError: the engine cannot be reached, or the job did not run.
    """
    if folder is not None:
        return _checked(settings, folder, patience)
    with tempfile.TemporaryDirectory(prefix=".engine-check-", dir=Path.cwd()) as made:
        return _checked(settings, Path(made), patience)


def _checked(settings: EngineSettings, folder: Path, patience: float) -> list[Finding]:
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    file, log = folder / "runs" / "probe.json", folder / "runs" / "probe.log"
    file.unlink(missing_ok=True)
    job = Job("probe", ("engine", "probe", str(file)), folder / "none", log, lease=folder / "runs" / LEASES / "probe")
    engine = engine_for(settings, folder)
    began = time.time()
    try:
        engine.submit([job])
        status = _awaited(engine, job, lambda: time.time() - began > patience)
        if status != 0:
            raise PremotorError(f"the job ended with status {status}: {last_line(log) if log.exists() else 'no log'}")
        side = engine.at_once
    finally:
        engine.close()
    for _ in range(50):  # what another machine wrote may be seen a little later
        if file.exists():
            break
        time.sleep(0.2)
    told, here = read_json(file), versions()
    ahead = file.stat().st_mtime - told["time"]
    other = {name: value for name, value in told["versions"].items() if here.get(name) != value}
    words = ", ".join(f"{name} {value} (here {here.get(name)})" for name, value in other.items())
    return [
        Finding("engine", True, f"{engine.name}, {side} jobs side by side"),
        Finding("job", True, f"on {told['host']}, begun {told['time'] - began:.1f} s after it was submitted"),
        Finding("versions", not other, words or f"as here: premotor {here['premotor']}, python {here['python']}"),
        Finding("folder", True, f"{folder} is shared; the job ran in {told['folder']}"),
        Finding("clock", abs(ahead) < 5, f"{ahead:+.1f} s from its clock to that of the file system"),
        Finding("cores", True, str(told["cores"])),
        Finding("gpu", True, ", ".join(told["gpus"]) or "none"),
    ]


def _awaited(engine: Engine, job: Job, late: Callable[[], bool]) -> int | None:
    while not late():
        for each in engine.ended(1.0):
            return status_of(each, job)
    raise PremotorError("the job did not begin in time; look at the queue, or give it longer")
