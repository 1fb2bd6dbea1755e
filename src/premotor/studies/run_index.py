"""An index of runs: what was read of each, in one SQLite file, so that thousands are listed at once."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from premotor.runs.figures import Figures

Row = Figures
"""One run in a table: its name, its place on the axes, and its figures."""

_TABLE = "CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, stamp TEXT NOT NULL, row TEXT NOT NULL)"


class RunIndex:
    """Rows by the name of a run, each with a stamp by which it is known to be old.

    The folders are the truth: an index that is missing, damaged or not writable costs time and nothing else.
    """

    def __init__(self, file: Path):
        self.file = file
        self._rows: dict[str, tuple[str, str]] = {}
        with suppress(sqlite3.Error, OSError):
            if file.exists():
                with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
                    self._rows = {n: (s, r) for n, s, r in base.execute("SELECT name, stamp, row FROM runs")}

    def read(self, stamps: Mapping[str, str], make: Callable[[str], Row | None]) -> dict[str, Row]:
        """The rows of all the runs in `stamps`; those that are new or have changed are made and kept.

        Args:
            stamps: of each run, by its name: another one means that the run has changed.
            make: a run's row; None where it has none yet, which is asked again the next time.
        """
        found: dict[str, Row] = {}
        fresh: dict[str, tuple[str, str]] = {}
        for name, stamp in stamps.items():
            held = self._rows.get(name)
            row = None
            if held is not None and held[0] == stamp:
                with suppress(ValueError):
                    row = json.loads(held[1])
            if not isinstance(row, dict):
                row = make(name)
                if row is None:
                    continue
                fresh[name] = (stamp, json.dumps(row))
            found[name] = row
        if fresh:
            self._rows |= fresh
            self._keep((name, *each) for name, each in fresh.items())
        return found

    def _keep(self, rows: Iterable[tuple[str, str, str]]) -> None:
        rows = list(rows)
        for attempt in range(2):
            try:
                with closing(sqlite3.connect(self.file, timeout=10)) as base, base:
                    base.execute(_TABLE)
                    base.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", rows)
                return
            except sqlite3.DatabaseError as error:
                if attempt or isinstance(error, sqlite3.OperationalError):
                    return  # a folder that one may only read, or a disk that is full
                with suppress(OSError):
                    self.file.unlink()  # damaged; what was in it is read again
                rows = [(name, *each) for name, each in self._rows.items()]


def stamp_of(*files: str | os.PathLike[str]) -> str:
    """A text that changes when one of the files does; "" where the first is missing."""
    parts = []
    for number, file in enumerate(files):
        try:
            found = os.stat(file)
        except OSError:
            if not number:
                return ""
            continue
        parts.append(f"{found.st_mtime_ns}-{found.st_size}")
    return " ".join(parts)
