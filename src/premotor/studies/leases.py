"""Leases: which worker has a run, told by files that a shared folder of any kind keeps in order.

The lock on a run folder (`premotor.files.Lock`) ends with its process and is exact, but only on one machine: network
file systems do not carry it to others. A lease is a folder of files 1, 2, 3 …, one a worker; the newest counts. A file
is made by one worker alone (a hard link, atomic on NFS too); its holder touches it every few seconds, and where that
has stopped for a minute, or its process has ended on this machine, the next worker makes the next file. Ages are
differences of two times of the file system's own clock. A holder that finds a newer file than its own ends at once.
"""

import json
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from premotor.errors import PremotorError
from premotor.files import partial_name, write_atomically
from premotor.settings import note

BEAT = 5.0
"""Seconds between two signs of life."""
OLD = 60.0
"""Seconds without one after which the worker counts as dead."""
LOST = 75
"""Exit status of a worker whose lease another one took: EX_TEMPFAIL."""


class Holder(NamedTuple):
    """The newest entry of a lease."""

    number: int
    """How many workers there were, with this one."""
    host: str
    process: int
    place: str
    """Machine, boot and process namespace, in which `process` means something."""
    started: str
    """Of the process, as its system counts: another one with the same number has another."""
    status: int | None
    """Exit status; None while it works, or where it was killed."""
    age: float
    """Seconds since its last sign of life."""

    @property
    def alive(self) -> bool:
        """Whether it is at work, as far as can be told from here."""
        if self.status is not None or self.age > OLD:
            return False
        return self.place != here() or _started(self.process) == self.started


def here() -> str:
    """Machine, boot and process namespace of this process."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text().strip(), os.readlink("/proc/self/ns/pid")]
    return " ".join(parts)


def holder(folder: Path) -> Holder | None:
    """The newest entry of a lease; None before there is one."""
    numbers = [int(name) for name in _names(folder) if name.isdecimal()]
    return entry(folder, max(numbers)) if numbers else None


def entry(folder: Path, number: int) -> Holder:
    """The entry of one worker; one that cannot be read is somebody's at work elsewhere until it is old."""
    told: dict[str, object] = {}
    touched = 0.0
    with suppress(OSError, ValueError), (folder / str(number)).open(encoding="utf-8") as file:
        touched = os.fstat(file.fileno()).st_mtime  # opened anew, a network file system asks its server again
        told = json.load(file)
    told = told if isinstance(told, dict) else {}
    status, process = told.get("status"), told.get("process")
    host, place, started = (str(told.get(key, "?")) for key in ("host", "place", "started"))
    process = process if isinstance(process, int) else 0
    if isinstance(status, int):
        return Holder(number, host, process, place, started, status, 0.0)
    return Holder(number, host, process, place, started, None, _now(folder) - touched)


class Lease:
    """A worker's claim on a run, held until `release`.

    Args:
        folder: of the lease; made where it is missing.
        patience: seconds to wait for another holder.

    Raises:
        PremotorError: another worker has it for longer than that.
    """

    def __init__(self, folder: Path, patience: float = 600.0):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.waited_for: Holder | None = None
        """The worker that had it before and ended while this one waited."""
        until = time.monotonic() + patience
        while not self._taken(found := holder(folder)):
            if found is not None and time.monotonic() > until:
                raise PremotorError(f"{folder.name} is at work on {found.host} (process {found.process})")
            if found is not None and found.alive:
                self.waited_for = found
                note(f"waiting for process {found.process} on {found.host}, which has {folder.name}")
                time.sleep(1.0)
        if self.waited_for is not None:
            self.waited_for = entry(folder, self.waited_for.number)
        self._ended = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def _taken(self, found: Holder | None) -> bool:
        if found is not None and found.alive:
            return False
        self.number = 1 if found is None else found.number + 1
        aside = partial_name(self.path)
        aside.write_text(self._text(None), encoding="utf-8")
        try:
            os.link(aside, self.path)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            with suppress(FileExistsError), self.path.open("x", encoding="utf-8") as file:
                file.write(self._text(None))
                return True
            return False
        finally:
            aside.unlink()
        return True

    @property
    def path(self) -> Path:
        """Its own file."""
        return self.folder / str(self.number)

    def _text(self, status: int | None) -> str:
        process = os.getpid()
        told = {"host": socket.gethostname(), "process": process, "place": here()}
        return json.dumps({**told, "started": _started(process), "status": status}) + "\n"

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(OSError):  # a full or slow disk is no reason to end
                os.utime(self.path)
            if any(name.isdecimal() and int(name) > self.number for name in _names(self.folder)):
                os.write(2, b"error: another worker took this run over, since this one gave no sign of life\n")
                os._exit(LOST)

    def release(self, status: int) -> None:
        """Write how it ended."""
        self._ended.set()
        write_atomically(self.path, self._text(status))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        code = error.code if isinstance(error, SystemExit) else 0 if error is None else 1
        self.release(code if isinstance(code, int) else 1)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _now(folder: Path) -> float:
    """The present time by the clock of the file system that `folder` is on."""
    mark = partial_name(folder / "now")
    try:
        mark.touch()
        return mark.stat().st_mtime
    except OSError:  # a folder that one may only read
        return time.time()
    finally:
        mark.unlink(missing_ok=True)


def _started(process: int) -> str:
    """When a process of this machine began; "" where there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return "" if stat[0] == "Z" else stat[19]
    except (OSError, IndexError):
        if Path("/proc/self/stat").exists():
            return ""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "?"
    return "?"
