"""What JAX has compiled, kept from one run of the tests to the next in .cache/compiled, and shared by all workers.

JAX finds an entry by a hash of the program, the processor, the flags and its own version, so that one of another
version is never used. It writes entries in place, and tests kill processes: so a run works on links to the kept
entries, and only new ones that are whole are kept.
"""

import os
import shutil
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

KEPT = Path(__file__).resolve().parents[1] / ".cache" / "compiled"
SUFFIX = "-cache"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
"""What its frames begin with."""
DAYS = 30
"""Entries that were made longer ago are made anew."""


def begin() -> "tempfile.TemporaryDirectory[str] | None":
    """A folder for JAX with what earlier runs have compiled; None where there is one already, as in workers."""
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return None
    folder = tempfile.TemporaryDirectory(prefix="premotor-compiled-", ignore_cleanup_errors=True)
    borrow(Path(folder.name))
    os.environ["JAX_COMPILATION_CACHE_DIR"] = folder.name
    return folder


def borrow(folder: Path, kept: Path = KEPT) -> None:
    """Put what earlier runs have compiled into `folder`, without copying it."""
    if not kept.is_dir():
        return
    oldest = time.time() - DAYS * 24 * 3600
    for entry in kept.glob(f"*{SUFFIX}"):
        try:
            if entry.stat().st_mtime < oldest:
                entry.unlink()
                continue
            os.link(entry, folder / entry.name)
        except FileNotFoundError:
            continue  # another run removed it
        except OSError:
            shutil.copyfile(entry, folder / entry.name)  # on another disk


def give_back(folder: Path, kept: Path = KEPT) -> None:
    """Keep what was compiled in `folder` and is whole; where the disk is read-only, nothing is kept."""
    try:
        kept.mkdir(parents=True, exist_ok=True)
        for entry in folder.glob(f"*{SUFFIX}"):
            data = entry.read_bytes()
            if (kept / entry.name).exists() or not is_whole(data):
                continue
            aside = kept / f"{entry.name}.{os.getpid()}.partial"
            aside.write_bytes(data)
            aside.rename(kept / entry.name)
    except OSError:
        return


def is_whole(data: bytes) -> bool:
    """Whether an entry was written to its end; JAX compresses by zstandard where that is installed, else by zlib."""
    unpacking, fault = _zstandard() if data.startswith(ZSTANDARD) else (zlib.decompressobj(), zlib.error)
    try:
        unpacking.decompress(data)
    except fault:
        return False
    return unpacking.eof


def _zstandard() -> tuple[Any, type[Exception]]:
    try:
        from compression import zstd  # of Python 3.14

        return zstd.ZstdDecompressor(), zstd.ZstdError
    except ImportError:
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError
