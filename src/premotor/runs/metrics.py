"""The log of a run: one JSON object a line, one line an iteration."""

import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from premotor.errors import PremotorError
from premotor.runs.files import write_atomically


class MetricsLog:
    """Appends lines, each in one write, so that a killed process tears at most the last one."""

    def __init__(self, path: Path):
        """Open the log to append to it."""
        self._file = path.open("ab", buffering=0)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add one line; numbers that are not finite become null."""
        clean = {key: _finite(value) for key, value in row.items()}
        self._file.write(json.dumps(clean, allow_nan=False).encode() + b"\n")

    def close(self) -> None:
        """Force all lines to the disk."""
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """All rows of a log; a torn last line, which a killed process leaves, is passed over.

    Raises:
        PremotorError: the file cannot be read, or another line is no JSON object.
    """
    try:
        *lines, last = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise PremotorError(f"{path} is missing") from None
    except OSError as error:
        raise PremotorError(f"{path} cannot be read ({error.strerror})") from error
    rows = [_row(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]
    if last:  # no newline at its end: torn, unless only the newline is missing
        with suppress(PremotorError):
            rows.append(_row(last, ""))
    return rows


def truncate_metrics(path: Path, iteration: int) -> None:
    """Drop, atomically, the rows after `iteration` and a torn last line; make a missing log an empty one."""
    rows = read_metrics(path) if path.exists() else []
    kept = [row for row in rows if row.get("iteration", 0) <= iteration]
    write_atomically(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in kept))


def _row(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise PremotorError(f"{place} is no valid JSON ({error})") from error
    if not isinstance(row, dict):
        raise PremotorError(f"{place} is no JSON object")
    return row


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
