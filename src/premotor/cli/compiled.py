"""What a command compiles is kept in the user's folder of caches, and what else lets learning begin soon."""

import gc
import hashlib
import os
import platform
import time
import zlib
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path

from premotor.files import cache_folder

FOLDER, CHOSEN = "JAX_COMPILATION_CACHE_DIR", "PREMOTOR_COMPILED"
"""JAX's environment variable, and ours with the same value where the user had named no folder."""
SUFFIX, CHECKED = "-cache", "checked"
DAYS, MOST = 30, 2**29
"""Entries that were made longer ago go, and of more bytes the oldest."""


def keep_compiled(environment: MutableMapping[str, str]) -> None:
    """Let JAX keep all that it compiles, unless `environment` says where already; before JAX is loaded.

    Each kind of processor has a folder of its own: what another one compiled may not run here. Where nothing can be
    written nothing is kept.
    """
    if FOLDER in environment:
        return
    folder = cache_folder() / "compiled" / _processor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tidy(folder)
    except OSError:  # a full or read-only disk
        return
    environment[FOLDER] = environment[CHOSEN] = str(folder)
    # Most of a start's programs are tiny, and each takes some 50 ms to compile and 5 to read.
    environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    # On some processors XLA refuses each entry, compiles anew, and logs an error for each (jax-ml/jax issue 38445).
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def begin_soon(environment: MutableMapping[str, str]) -> None:
    """Settings of a process that learns; before NumPy is loaded.

    A second thread of BLAS gains nothing on the small matrices of a start, and on a busy machine waits for a second.
    JAX keeps so many objects that Python's collector, by default at every 700 new ones, takes a tenth of tracing.
    """
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(50_000, 20, 20)


def tidy(folder: Path) -> None:
    """Remove entries that are old, too many, or were cut: JAX writes in place, and its process may have been killed."""
    stamp = folder / CHECKED
    since = stamp.stat().st_mtime if stamp.exists() else 0.0
    stamp.touch()
    entries = []
    with os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):  # another command tidies, too
                if entry.name.endswith(SUFFIX):
                    about = entry.stat()
                    entries.append((about.st_mtime, about.st_size, Path(entry.path)))
    left, oldest = MOST, time.time() - 24 * 3600 * DAYS
    for made, size, file in sorted(entries, reverse=True):
        left -= size
        if made < oldest or left < 0 or (made >= since and _cut(file)):
            file.unlink(missing_ok=True)


def _cut(file: Path) -> bool:
    """Whether an entry ends too early, by its sum of zlib; of other compressions (zstandard) nothing is known."""
    with suppress(FileNotFoundError):
        unpacking = zlib.decompressobj()
        try:
            unpacking.decompress(file.read_bytes())
        except zlib.error:
            return file.stat().st_size == 0
        return not unpacking.eof
    return False


def _processor() -> str:
    """A name of this machine's kind of processor."""
    said = platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
        said += "".join(line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part")))
    return f"{platform.machine()}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
