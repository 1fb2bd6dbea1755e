"""What a run was made with: versions, revision, hashes of the data, the machine, the command."""

import hashlib
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TypedDict

import premotor
from premotor.bodies.physics import available_cores
from premotor.plugins import plugin_hashes
from premotor.runs.kinds import kind_of
from premotor.runs.settings import RunSettings

LIBRARIES = ("jax", "jaxlib", "mujoco", "numba", "numpy", "scipy", "equinox", "optax")


class Session(TypedDict):
    """One process that worked on a run."""

    from_step: int
    """Control steps that there were before it."""
    started: str
    command: list[str]
    versions: dict[str, str]
    revision: str | None
    machine: dict[str, str | int]


def provenance(settings: RunSettings, circuit_folder: Path) -> dict[str, object]:
    """The record that a new run keeps; `circuit_folder` is the run's own copy of its circuit, where it has one."""
    files = sorted(file for file in circuit_folder.iterdir() if file.is_file()) if circuit_folder.exists() else []
    data = {f"circuit/{file.name}": sha256(file) for file in files}
    chosen = kind_of(settings).circuit_settings(settings)
    for name, value in (
        ("circuit.source", getattr(chosen, "source", None)),
        ("task.reference", (settings.model_dump().get("task") or {}).get("reference")),
    ):
        path = Path(value) if isinstance(value, str) else None
        if path is not None and path.is_absolute() and path.exists():
            files = sorted(f for f in path.iterdir() if f.is_file()) if path.is_dir() else [path]
            data |= {f"{name}: {file}": sha256(file) for file in files if not file.name.startswith(".")}
    plugins = plugin_hashes()
    return (
        {"seed": settings.seed, "data": data} | ({"plugins": plugins} if plugins else {}) | {"sessions": [session(0)]}
    )


def session(step: int) -> Session:
    """One process that worked on a run, from control step `step` on."""
    return {
        "from_step": step,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]] if sys.argv else [],
        "versions": versions(),
        "revision": revision(),
        "machine": machine(),
    }


def versions() -> dict[str, str]:
    """Versions of Python, of premotor, and of the libraries that the numbers depend on."""
    found = {"python": platform.python_version(), "premotor": premotor.__version__}
    return found | {name: metadata.version(name) for name in LIBRARIES}


def machine() -> dict[str, str | int]:
    """Platform and processors of this machine; no name by which it could be told."""
    return {"platform": platform.platform(), "machine": platform.machine(), "cores": available_cores()}


def revision() -> str | None:
    """Git revision of premotor's source, "+changes" where files differ from it; None outside a repository."""
    folder = Path(__file__).resolve().parent

    def git(*words: str) -> str | None:
        try:
            result = subprocess.run(
                ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return result.stdout.strip() if result.returncode == 0 else None

    if git("ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None  # an installed copy that happens to lie inside somebody's repository
    commit = git("rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}+changes" if git("status", "--porcelain", "--untracked-files=no") else commit


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
