"""A worker process that is kept: it makes one run after another, so that imports and compiled programs serve them all.

It begins as any worker does, with the words of its first run on its command line, and has a socket to the process that
began it. When a run has ended well it says so there, and waits for the words of the next one and for the file into
which this prints. Whatever else ends a run (an error, a signal, a crash) ends the process too, as if it were the only
run that it had, and whoever began it sees that by the exit status.
"""

import gc
import json
import os
import select
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from premotor.settings import forget_notes

CHANNEL = "PREMOTOR_CHANNEL"
"""Environment variable with the number of a worker's end of the socket."""
DONE = b"done\n"
"""What a worker says when a run has ended well."""
MOST_WORDS = 2**20
"""Bytes of a message to a worker; a command line has fewer."""
GROWTH = 2**29
"""A worker whose memory has grown by more bytes than this since its first run ends, and another one follows it."""
MAPPINGS = 20_000
"""So does one with more mappings of memory: Linux gives a process 65,530, and each compiled program takes six."""


class Channel:
    """The socket by which a worker that this process began is given further runs."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()

    def environment(self) -> dict[str, str]:
        """What tells the worker of its end."""
        return {CHANNEL: str(self.theirs.fileno())}

    def handed_over(self) -> None:
        """The worker has its end."""
        self.theirs.close()

    def give(self, words: Sequence[str], lease: Path | None, log: BinaryIO) -> bool:
        """Give it a run; False where it has ended meanwhile."""
        told = {"words": list(words), "lease": None if lease is None else str(lease.resolve())}
        try:
            socket.send_fds(self.ours, [json.dumps(told).encode() + b"\n"], [log.fileno()])
        except OSError:
            return False
        return True

    def outcome(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait until its run has ended: 0 where it did well, and the worker waits for the next; or its exit status."""
        with suppress(OSError, ValueError):  # closed meanwhile
            while process.poll() is None:  # a child of the worker may hold the other end when the worker is gone
                if select.select([self.ours], [], [], 0.5)[0]:
                    if self.ours.recv(len(DONE)):
                        return 0
                    break
        return process.wait()

    def close(self) -> None:
        """There is no further run: a worker that waits for one ends."""
        self.ours.close()


class Next(NamedTuple):
    """A run that a kept worker is given."""

    words: list[str]
    lease: Path | None


class Inbox:
    """A worker's end of the socket; closed before any process of its own is begun, so that none inherits it."""

    def __init__(self, number: int):
        os.set_inheritable(number, False)
        self.socket = socket.socket(fileno=number)
        self.first: int | None = None

    @classmethod
    def opened(cls) -> Self | None:
        """By the environment; None where the process that began this one keeps no workers."""
        number = os.environ.pop(CHANNEL, "")
        return cls(int(number)) if number else None

    def next(self) -> Next | None:
        """Say that the last run ended well and wait for the next one; None where there is none, or room for none.

        From here on the process prints into the file of the next run.
        """
        gc.collect()  # worlds and their threads go before others come
        self.first = self.first or resident()
        room = resident() - self.first <= GROWTH and mappings() <= MAPPINGS
        sys.stdout.flush()
        sys.stderr.flush()
        if not room:
            return None
        try:
            self.socket.sendall(DONE)
            message, files, _, _ = socket.recv_fds(self.socket, MOST_WORDS, 1)
            while message and not message.endswith(b"\n"):
                message += self.socket.recv(MOST_WORDS)
        except OSError:
            return None
        if not message:
            return None
        for stream in (1, 2):
            os.dup2(files[0], stream)
        os.close(files[0])
        told = json.loads(message)
        return Next(told["words"], None if told["lease"] is None else Path(told["lease"]))


def as_if_alone(words: Sequence[str]) -> None:
    """Begin the run of these words: what a process says once it says once a run."""
    sys.argv[1:] = words
    forget_notes()
    warnings.simplefilter("default", append=True)  # what is done without a filter; Python forgets what it has shown


type MakeRun = Callable[[Sequence[str], Path | None], int]
"""Makes the run of some words, holding a lease if there is one; its exit status."""


def one_after_another(run: MakeRun, words: Sequence[str], lease: Path | None) -> int:
    """Make the run of these words, and each that comes after it while all goes well; the last exit status."""
    inbox = Inbox.opened()
    if inbox is None:
        return run(words, lease)
    with inbox.socket:
        status = run(words, lease)
        while status == 0 and (coming := inbox.next()) is not None:
            as_if_alone(coming.words)
            status = run(coming.words, coming.lease)
        return status


def resident() -> int:
    """Memory of this process, bytes; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def mappings() -> int:
    """Of this process's memory; 0 where the system does not say."""
    with suppress(OSError), Path("/proc/self/maps").open("rb") as lines:
        return sum(1 for _ in lines)
    return 0
