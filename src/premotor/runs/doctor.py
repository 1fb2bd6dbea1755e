"""What this machine offers to premotor."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from premotor.bodies.physics import available_cores
from premotor.bodies.rendering import choose_backend, opengl_renderer
from premotor.connectome import circuit_names
from premotor.runs.provenance import revision, versions

OLDEST_PYTHON = (3, 12)
EXTRAS = ("test", "docs")


class Finding(NamedTuple):
    """One line of the examination."""

    subject: str
    good: bool
    """False where something that premotor needs is missing."""
    found: str


def examine() -> list[Finding]:
    """Look at Python, devices, threads, rendering, video, extras and the place for runs; changes nothing."""
    return [*_software(), *_devices(), *_pictures(), *_extras(), _runs()]


def _software() -> list[Finding]:
    known = versions()
    place = Path(sys.executable)
    commit = revision()
    return [
        Finding(
            "Python",
            sys.version_info[:2] >= OLDEST_PYTHON,
            f"{known['python']} at {place}, {platform.platform()}",
        ),
        Finding("premotor", True, known["premotor"] + (f", revision {commit[:12]}" if commit else "")),
        Finding("built-in circuits", True, ", ".join(circuit_names())),
    ]


def _devices() -> list[Finding]:
    import jax
    import mujoco

    devices = ", ".join(f"{device.platform}:{device.id} {device.device_kind}" for device in jax.devices())
    return [
        Finding("JAX", True, f"{jax.__version__}, devices: {devices}"),
        Finding("CPU", True, f"{available_cores()} of {os.cpu_count()} threads may be used"),
        Finding("MuJoCo", True, f"{mujoco.__version__}, {available_cores()} worlds at a time"),
        Finding("MuJoCo Warp", True, _warp()),
        Finding("MJX", True, _mjx()),
    ]


def _warp() -> str:
    if not _has("mujoco-warp"):
        return "not installed; for `--device gpu`: pip install 'premotor[warp]'"
    return f"{metadata.version('mujoco-warp')}, for `--device gpu` where there is an NVIDIA GPU"


def _mjx() -> str:
    if not _has("mujoco-mjx"):
        return "not installed; for `--device mjx`, one program on the device: pip install 'premotor[mjx]'"
    implementations = "jax and warp" if _has("warp-lang") else "jax; for warp: pip install 'premotor[gpu]'"
    return f"{metadata.version('mujoco-mjx')}, for `--device mjx`, with the implementations {implementations}"


def _pictures() -> list[Finding]:
    renderer = opengl_renderer()
    return [
        Finding("OpenGL", True, renderer or "none (videos are drawn in software)"),
        Finding("rendering", True, f"videos are drawn with back end {choose_backend()!r}"),
        _viewer(),
        _encoder(),
    ]


def _viewer() -> Finding:
    display = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    found = "a display for `premotor play --view`" if display else "no display; `premotor play` writes videos"
    return Finding("viewer", True, found)


def _encoder() -> Finding:
    import imageio_ffmpeg  # type: ignore[import-untyped]

    try:
        program, version = imageio_ffmpeg.get_ffmpeg_exe(), imageio_ffmpeg.get_ffmpeg_version()
    except RuntimeError as error:
        return Finding("video", False, f"no ffmpeg ({error}); pip install --force-reinstall imageio-ffmpeg")
    return Finding("video", True, f"ffmpeg {version} at {program}")


def _extras() -> list[Finding]:
    if not _has("premotor"):
        return [Finding("extras", True, "unknown: premotor runs from its source and is not installed")]
    findings = []
    requirements = metadata.requires("premotor") or []
    for extra in EXTRAS:
        wanted = [_name(line) for line in requirements if f'extra == "{extra}"' in line.replace("'", '"')]
        absent = [name for name in wanted if not _has(name)]
        if absent:
            found = f"not installed ({', '.join(absent)}); pip install 'premotor[{extra}]'"
        else:
            found = f"installed ({', '.join(wanted)})"
        findings.append(Finding(f"extra {extra}", True, found))
    return findings


def _runs() -> Finding:
    folder = Path("runs").resolve()
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    writable = os.access(nearest, os.W_OK | os.X_OK) and nearest.is_dir()
    return Finding("run folders", writable, f"{folder} {'can be written' if writable else 'cannot be written'}")


def _has(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _name(requirement: str) -> str:
    """The package of a requirement line: ``pytest>=8.3; extra == "test"`` → ``pytest``."""
    end = next((i for i, letter in enumerate(requirement) if not (letter.isalnum() or letter in "-_.")), None)
    return requirement[:end]
