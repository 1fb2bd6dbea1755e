"""A user's own networks, tasks, learners …: files named by ``--plugin``, and packages by the entry point."""

import hashlib
import importlib.util
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

from premotor.errors import PremotorError

GROUP = "premotor.plugins"
"""The entry-point group of packages that register something when they are imported."""

_LOADED: dict[Path, str] = {}
_PACKAGES: list[str] = []


def load_plugin(file: str | os.PathLike[str]) -> None:
    """Run a user's Python file, so that what it registers is found by name; a file that was loaded stays as it is.

    Only files that the user names are ever run, none that a run folder or a settings file names.

    Raises:
        PremotorError: there is no such file, it is no Python file, or it fails.
    """
    path = Path(file).resolve()
    if path in _LOADED:
        return
    if not path.is_file() or path.suffix != ".py":
        raise PremotorError(f"--plugin {file}: there is no such Python file (*.py)")
    name = f"premotor_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PremotorError(f"--plugin {file}: Python cannot load it")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except PremotorError as error:
        del sys.modules[name]
        raise PremotorError(f"{file}: {error}") from error
    except Exception as error:
        del sys.modules[name]
        raise PremotorError(f"{file}: {type(error).__name__}: {error}") from error
    _LOADED[path] = hashlib.sha256(path.read_bytes()).hexdigest()


def load_packages() -> None:
    """Import every installed package that the entry-point group names; each once.

    Raises:
        PremotorError: one of them fails.
    """
    for point in entry_points(group=GROUP):
        if point.value in _PACKAGES:
            continue
        try:
            point.load()
        except Exception as error:
            raise PremotorError(f"the plugin {point.name} ({point.value}) fails: {error}") from error
        _PACKAGES.append(point.value)


def plugin_words() -> list[str]:
    """What a process that goes on with this one's work needs on its command line."""
    return [word for path in _LOADED for word in ("--plugin", str(path))]


def plugin_hashes() -> dict[str, str]:
    """SHA-256 of every loaded file by its path, for provenance."""
    return {str(path): digest for path, digest in _LOADED.items()}
