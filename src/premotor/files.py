"""Files and folders that are either there in full or not there at all."""

import fcntl
import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from premotor.errors import PremotorError

LOCK_NAME = ".lock"


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write `data` aside, force it to the disk, and rename it to `path`.

    A reader sees the old file or the new one, never a part of one, whenever the process is killed.
    """
    with replace_atomically(path) as aside, aside.open("wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """The name of a file to write aside; it takes the place of `path` when the block ends without error."""
    aside = path.with_name(f".{path.name}.partial")
    try:
        yield aside
        os.replace(aside, path)
        sync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically; NaN and infinity are refused since JSON has neither."""
    write_atomically(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def finite(value: Any) -> float | None:
    """A number as JSON can hold it: None where it does not exist (NaN) or is infinite."""
    return float(value) if math.isfinite(value) else None


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        PremotorError: the file is missing, unreadable or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PremotorError(f"{path} is missing") from None
    except OSError as error:
        raise PremotorError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:  # also UnicodeDecodeError
        raise PremotorError(f"{path} is no valid JSON ({error})") from error


def sync_folder(folder: Path) -> None:
    """Force the names in `folder` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Lock:
    """An exclusive claim on a folder, held until `release` or until the process ends, even by ``kill -9``."""

    def __init__(self, folder: Path):
        """Claim `folder`.

        Raises:
            PremotorError: another process holds it, or the folder cannot be written.
        """
        path = folder / LOCK_NAME
        try:
            self._file = path.open("a+")
        except OSError as error:
            raise PremotorError(f"{folder} cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise PremotorError(
                f"{folder} is being written by another process (id {holder}); wait for it or stop it first"
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Give the folder free."""
        self._file.close()  # closing the descriptor releases the lock


@contextmanager
def new_folder(path: Path) -> Iterator[tuple[Path, Lock]]:
    """Build a folder aside, as a hidden sibling, and rename it to `path` when the block ends without error.

    Gives the folder to fill and the lock on it, which stays held after the renaming. What a killed process
    left aside is removed by the next one that makes the same folder.

    Raises:
        PremotorError: `path` exists, cannot be written, or is being made by another process.
    """
    if path.exists():
        raise PremotorError(f"{path} exists already; name another folder or remove it first")
    aside = path.with_name(f".{path.name}.partial")
    absent = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir(exist_ok=True)
        lock = Lock(aside)
    except OSError as error:
        raise PremotorError(f"{path} cannot be made ({error.strerror}: {error.filename})") from error
    try:
        for leftover in aside.iterdir():
            if leftover.name != LOCK_NAME:
                _remove(leftover)
        yield aside, lock
        sync_folder(aside)
        aside.rename(path)
        sync_folder(path.parent)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        lock.release()
        for parent in absent:  # the innermost first
            with suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise PremotorError(f"{path} cannot be made ({error})") from error
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """`new_folder` of what is written at once and never again: no lock stays in it."""
    with new_folder(path) as (aside, lock):
        yield aside
    lock.release()
    (path / LOCK_NAME).unlink()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
