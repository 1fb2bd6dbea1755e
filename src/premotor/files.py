"""Files and folders that are either there in full or not there at all; none is written through a symbolic link."""

import errno
import fcntl
import glob
import json
import math
import os
import re
import secrets
import shutil
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NoReturn, SupportsFloat
from zlib import crc32

from premotor.errors import PremotorError
from premotor.settings import note

LOCK_NAME = ".lock"
MOST_BYTES = 2**28
"""Of a text or JSON file that is read as a whole, unless said otherwise."""
LARGEST = 2**63
"""Numbers in files of ours are smaller."""


def open_to_write(path: Path, append: bool = False) -> BinaryIO:
    """A file to write from its beginning, or at its end.

    Raises:
        PremotorError: it is a symbolic link, or nothing that can be written as a file.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_APPEND if append else os.O_TRUNC)
    try:
        return os.fdopen(os.open(path, flags, 0o666), "ab" if append else "wb", buffering=0)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> PremotorError:
    if error.errno == errno.ELOOP:
        return PremotorError(f"{path} is a symbolic link, through which nothing is written; remove it")
    return PremotorError(f"{path} cannot be written ({error.strerror})")


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write everything, in as many pieces as the system takes it; may raise OSError."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write `data` aside, force it to the disk, and rename it to `path`.

    A reader sees the old file or the new one, never a part of one, whenever the process is killed and however many
    write.
    """
    with replace_atomically(path) as aside, open_to_write(aside) as file:
        # a page may name a folder whose name is no UTF-8 text; JSON and YAML escape it before
        write_all(file, data.encode(errors="replace") if isinstance(data, str) else data)
        os.fsync(file.fileno())


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """The name of a file to write aside; it takes the place of `path` when the block ends without error.

    No other writer has the same name, and it ends as `path` does. What a killed process left aside is removed when the
    same file is written next, or its folder locked.

    Raises:
        PremotorError: the folder cannot be written.
    """
    aside = partial_name(path, path.suffix)
    for left in path.parent.glob(f".{glob.escape(path.name[:80])}.*.partial*"):
        _remove_stale(left)
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield aside
        os.replace(aside, path)
        sync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def partial_name(path: Path, suffix: str = "") -> Path:
    """A hidden name beside `path` that no other process chooses; it says whose it is."""
    stem = path.name[:80]  # names have their limits
    return path.with_name(f".{stem}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.partial{suffix}")


_PARTIAL = re.compile(r"\..*\.([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}\.partial(\.\w+)?")
_FORMER = re.compile(r"[0-9]{12}\.partial")
OLD = 3600.0
"""Seconds after which what another machine's process has not touched counts as left behind."""


def _machine() -> str:
    return f"{crc32(socket.gethostname().encode()):08x}"


def remove_stale(folder: Path) -> None:
    """Remove what killed processes left aside in a folder and those inside it."""
    for place, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            _remove_stale(Path(place, name))


def _remove_stale(path: Path) -> None:
    """Remove one file or folder if a process that has ended left it aside."""
    found = _PARTIAL.fullmatch(path.name)
    with suppress(OSError):
        if found and found[1] == _machine():
            gone = not _alive(int(found[2]))
        else:  # of another machine, or a checkpoint of the first version
            gone = bool(found or _FORMER.fullmatch(path.name)) and time.time() - path.lstat().st_mtime > OLD
        if gone:
            remove(path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented JSON, atomically; NaN and infinity are refused since JSON has neither."""
    write_atomically(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def finite(value: SupportsFloat) -> float | None:
    """A number as JSON can hold it: None where it does not exist (NaN) or is infinite."""
    return float(value) if math.isfinite(value) else None


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """A file of somebody's as a whole.

    Raises:
        PremotorError: it is missing, unreadable, no file (a device, a pipe), or has more than `most` bytes.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise PremotorError(f"{path} is no file")
            if found.st_size > most:
                raise PremotorError(f"{path} has {found.st_size:,} bytes; at most {most:,} are read")
            return file.read(found.st_size)
    except FileNotFoundError:
        raise PremotorError(f"{path} is missing") from None
    except OSError as error:
        raise PremotorError(f"{path} cannot be read ({error.strerror})") from error


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        PremotorError: the file is missing, unreadable, no JSON, or holds numbers that are not finite.
    """
    return parse_json(read_bytes(path), str(path))


def parse_json(text: bytes, source: str) -> Any:
    """The value of a JSON text; `source` names it in errors."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_number, parse_int=_whole)
    except RecursionError:
        raise PremotorError(f"{source} is no valid JSON of ours (nested too deep)") from None
    except ValueError as error:  # also UnicodeDecodeError
        raise PremotorError(f"{source} is no valid JSON ({error})") from error


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:20]}")


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _whole(text: str) -> int:
    return int(text) if len(text) <= 20 and abs(int(text)) < LARGEST else _refuse(text)


def sync_folder(folder: Path) -> None:
    """Force the names in `folder` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Lock:
    """An exclusive claim on a folder, held until `release` or until the process ends, even by ``kill -9``."""

    patience: ClassVar[float] = 0.0
    """Seconds to wait for another holder; of a worker of a study, which may meet its predecessor."""

    def __init__(self, folder: Path):
        """Claim `folder`, and remove what killed processes left in it.

        Raises:
            PremotorError: another process holds it, or the folder cannot be written.
        """
        path = folder / LOCK_NAME
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _unwritable(path, error) from error
            raise PremotorError(f"{folder} cannot be written ({error.strerror})") from error
        self._file = os.fdopen(descriptor, "r+")
        until = time.monotonic() + self.patience
        while not self._taken():
            holder = os.pread(descriptor, 40, 0).decode(errors="replace").strip() or "unknown"
            if time.monotonic() > until:
                self._file.close()
                raise PremotorError(
                    f"{folder} is being written by another process (id {holder}); wait for it or stop it first"
                )
            note(f"waiting for process {holder}, which writes {folder}")
            time.sleep(0.2)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        remove_stale(folder)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the folder free."""
        self._file.close()  # closing the descriptor releases the lock


@contextmanager
def new_folder(path: Path, replaces: str = "") -> Iterator[tuple[Path, Lock]]:
    """Build a folder aside, as a hidden sibling, and rename it to `path` when the block ends without error.

    Gives the folder to fill and the lock on it, which stays held after the renaming. What a killed process
    left aside is removed by the next one that makes the same folder.

    Args:
        path: the folder.
        replaces: name of a file by which a folder at `path` is known that may be replaced; it goes when the new one
            stands. Empty: none may.

    Raises:
        PremotorError: `path` exists, cannot be written, or is being made by another process.
    """
    aside, old = (path.with_name(f".{path.name}.{state}") for state in ("partial", "replaced"))
    absent = [parent for parent in path.parents if not parent.exists()]
    try:
        if replaces and old.is_dir() and not os.path.lexists(path):  # of a process that was killed in between
            old.rename(path)
        if os.path.lexists(path):
            if not replaces:
                raise PremotorError(f"{path} exists already; name another folder or remove it first")
            if path.is_symlink() or not (path / replaces).is_file():
                raise PremotorError(f"{path} is not replaced: it holds no {replaces}, by which it would be known")
            Lock(path).release()  # else somebody writes there
        path.parent.mkdir(parents=True, exist_ok=True)
        if aside.is_symlink():
            aside.unlink()
        aside.mkdir(exist_ok=True)
        lock = Lock(aside)
    except OSError as error:
        raise PremotorError(f"{path} cannot be made ({error.strerror}: {error.filename})") from error
    try:
        for leftover in aside.iterdir():
            if leftover.name != LOCK_NAME:
                remove(leftover)
        yield aside, lock
        sync_folder(aside)
        if replaces and path.is_dir():
            if old.exists():
                remove(old)
            path.rename(old)
        aside.rename(path)
        sync_folder(path.parent)
        if replaces and old.exists():
            remove(old)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        lock.release()
        if replaces and old.is_dir() and not os.path.lexists(path):
            old.rename(path)
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


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; nothing that a link leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def cache_folder() -> Path:
    """Return the folder of all downloads and of compiled programs; it need not exist."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if named and Path(named).is_absolute():
        return Path(named) / "premotor"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "premotor"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "premotor" / "Cache"
    return Path.home() / ".cache" / "premotor"


def available_memory() -> int:
    """Bytes that this machine, or its container, has in all."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        found = min(found, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return found


def refuse_unpacked(path: Path, unpacked: float, packed: int | None = None, *, held: bool = True) -> None:
    """Refuse a file whose contents are too much for this machine, or out of all proportion to the file.

    Args:
        path: the file.
        unpacked: bytes that it holds, or an estimate.
        packed: bytes of it that they were found in; all where it is None.
        held: whether all of it is in memory at one time.

    Raises:
        PremotorError: with the estimate.
    """
    size = path.stat().st_size
    packed = packed or size
    ratio = unpacked / max(packed, 1)
    whole = max(unpacked, ratio * size)
    if unpacked > _MUCH and ratio > _RATIO:
        raise PremotorError(
            f"{path} has {size_text(size)} and would unpack to about {size_text(whole)}, {ratio:,.0f} times as much; "
            "so much of the same is no data; if it is, unpack it first"
        )
    if held and _COPIES * whole > (here := available_memory()):
        raise PremotorError(
            f"{path} holds about {size_text(whole)}, for which reading takes at least {size_text(_COPIES * whole)} of "
            f"memory; this machine has {size_text(here)}"
        )


_MUCH, _RATIO, _COPIES = 2**28, 100, 3


def size_text(count: float) -> str:
    """A number of bytes in words: 3.2 GB."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.0f} PB"
