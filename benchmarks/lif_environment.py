"""An environment of its own for Brian2 and NEST, and processes on one core."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

BRIAN2, NEST = "brian2>=2.9", "nest-simulator"
HERE = Path(__file__).parent
FOLDER = HERE.parent / ".benchmarks" / "lif"
"""Where the environment is kept; git ignores it."""


class Finished(NamedTuple):
    """A process that has ended well."""

    answer: dict[str, Any]
    """The last line of its output, as JSON."""
    peak: float
    """Largest resident memory, MiB."""


class Peers(NamedTuple):
    """The environment's Python, and whether it has NEST."""

    python: str
    nest: bool


def make_peers(folder: Path = FOLDER, python: str = sys.executable) -> Peers:
    """The environment in `folder`, made at the first call; without NEST where pip cannot install it."""
    environment, stamp = folder / "environment", folder / "installed.json"
    peer = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    if stamp.exists():
        return Peers(peer, json.loads(stamp.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"making an environment with Brian2 and NEST in {environment}", flush=True)
    subprocess.run([python, "-m", "venv", "--clear", str(environment)], check=True)
    install = [peer, "-m", "pip", "install", "--disable-pip-version-check", "-qq"]
    subprocess.run([*install, BRIAN2], check=True)
    nest = subprocess.run([*install, "--only-binary", ":all:", NEST], check=False).returncode == 0
    stamp.write_text(json.dumps(nest))
    return Peers(peer, nest)


def run(command: list[str], folder: Path | None = None) -> Finished:
    """Run a process to its end, on one core where the system lets one choose.

    Raises:
        RuntimeError: it failed.
    """
    environment = os.environ | {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYNEST_QUIET")}
    launched = [sys.executable, "-c", LAUNCHER, *command]
    done = subprocess.run(launched, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {done.returncode}")
    *lines, peak = (line for line in done.stdout.splitlines() if line.strip())
    answer = lines[-1] if lines and lines[-1].startswith("{") else "{}"
    return Finished(dict(json.loads(answer)), float(peak))


LAUNCHER = """
import os, resource, subprocess, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
status = subprocess.call(sys.argv[1:])
print(f"\\n{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}")
sys.exit(status)
"""
"""A small process between: a child's largest memory is counted from that of the process that starts it."""


def device() -> str:
    """The processor's name where Linux tells it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
