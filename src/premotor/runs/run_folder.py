"""A run folder: where everything of a run lies, whether it is one, and its log of metrics."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from premotor.errors import PremotorError
from premotor.files import open_to_write, parse_json, read_bytes, read_json, write_all, write_atomically
from premotor.runs.checkpoints import checkpoint_steps
from premotor.runs.figures import Figures
from premotor.settings import note

MOST = 2**31
"""Bytes of a log that are read."""

REQUIRED = ("settings.yaml", "provenance.json")
"""What every run folder holds; `Kind.required` is what a kind's holds besides."""


class Place:
    """A file or folder inside a run folder."""

    def __init__(self, *parts: str):
        self.parts = parts

    def __get__(self, folder: "RunFolder", owner: type) -> Path:
        return folder.path.joinpath(*self.parts)


@dataclass(frozen=True)
class RunFolder:
    """The places in a run folder, the same for every kind of experiment."""

    path: Path
    settings_file = Place("settings.yaml")
    """Complete, resolved settings."""
    provenance_file = Place("provenance.json")
    """Versions, hashes, machine."""
    circuit_folder = Place("circuit")
    """The circuit as it was wired, null model and all."""
    metrics_file = Place("metrics.jsonl")
    """One line an iteration."""
    events_folder = Place("events")
    """TensorBoard's."""
    tracking_file = Place("tracking.json")
    """Which trackers take its metrics besides, each with what it calls the run."""
    checkpoints_folder = Place("checkpoints")
    """One folder a checkpoint, named by its step."""
    best_folder = Place("best")
    """The controller with the best evaluation."""
    initial_file = Place("initial", "controller.safetensors")
    """Arrays of the controller before learning."""
    evaluations_folder = Place("evaluations")
    """One file an evaluation during learning, named by its step, and `test.json` with its trace."""
    test_file = Place("evaluations", "test.json")
    """Figures of the last `evaluate`, in episodes that learning never saw."""
    trace_file = Place("evaluations", "trace.safetensors")
    """States, actions and rates of the last `evaluate`."""
    lesions_file = Place("lesions.json")
    """What silencing each group of synapses does."""
    senses_file = Place("senses.json")
    """What cutting each group of senses does."""
    report_file = Place("report.html")
    """The page."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "RunFolder":
        """The run folder at `path`; `Run` also checks what its kind requires.

        Raises:
            PremotorError: there is none, or a file that every run has is missing.
        """
        folder = Path(path)
        if not folder.exists():
            raise PremotorError(f"there is no run folder {folder}")
        if not folder.is_dir():
            raise PremotorError(f"{folder} is a file, not a run folder")
        missing = [name for name in REQUIRED if not (folder / name).exists()]
        if len(missing) == len(REQUIRED):
            raise PremotorError(f"{folder} is no run folder: it has no {', no '.join(REQUIRED)}")
        if missing:
            raise PremotorError(f"the run folder {folder} is incomplete: {missing[0]} is missing")
        return cls(folder)

    @property
    def best_file(self) -> Path:
        """Arrays of the best controller; older runs of spiking agents have ``best.safetensors``."""
        return self._or_former(self.best_folder / "controller.safetensors", "best.safetensors")

    @property
    def best_record(self) -> Path:
        """Step and figures of the best controller; older runs of spiking agents have ``best.json``."""
        return self._or_former(self.best_folder / "best.json", "best.json")

    def _or_former(self, file: Path, former: str) -> Path:
        before = self.path / former
        return before if before.exists() and not self.best_folder.exists() else file

    @property
    def start_file(self) -> Path:
        """Parameters that it started from, where `initial` or `network.initial` named some."""
        former = (self.path / "initial" / "network.safetensors", self.path / "parent.safetensors")
        return next((file for file in former if file.exists()), self.path / "initial" / "start.safetensors")

    def checkpoints(self) -> list[int]:
        """Steps of the checkpoints, rising."""
        return checkpoint_steps(self.checkpoints_folder)

    def evaluations(self) -> list[Figures]:
        """Figures of the evaluations during learning, in the order of their steps."""
        names = (f for f in self.evaluations_folder.glob("*.json") if f.stem.isdecimal())
        return [read_json(file) for file in sorted(names)]


def free_name(folder: Path) -> Path:
    """`folder`, or the first of `folder-2`, `folder-3`, … that does not exist."""
    number, path = 1, folder
    while path.exists():
        number += 1
        path = folder.with_name(f"{folder.name}-{number}")
    return path


class MetricsLog:
    """Appends lines as a whole or not at all; a killed process tears at most the last one."""

    def __init__(self, path: Path):
        """Open the log to append to it; PremotorError where it cannot be written, or is a link."""
        self._file = open_to_write(path, append=True)

    def append(self, row: Mapping[str, object]) -> None:
        """Add one line; numbers that are not finite become null. OSError on a full disk, which leaves no part of it."""
        clean = {key: _finite(value) for key, value in row.items()}
        size = os.fstat(self._file.fileno()).st_size
        try:
            write_all(self._file, json.dumps(clean, allow_nan=False).encode() + b"\n")
        except OSError:
            os.ftruncate(self._file.fileno(), size)
            raise

    def close(self) -> None:
        """Force all lines to the disk."""
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_metrics(path: Path) -> list[Figures]:
    """All whole rows of a log. A torn last line, which a killed process leaves, is passed over; any other line that is
    no row is told in a line and passed over too.

    Raises:
        PremotorError: the file cannot be read.
    """
    rows = []
    lines = read_bytes(path, MOST).split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            row = parse_json(line, "") if line else None
        except PremotorError:
            row = line
        if isinstance(row, dict) and _whole(row):
            rows.append(row)
        elif number < len(lines):
            note(f"{path}, line {number}, is no row of metrics; it is left out")
    return rows


def truncate_metrics(path: Path, iteration: int) -> None:
    """Drop, atomically, the rows after `iteration` and a torn last line; make a missing log an empty one."""
    rows = read_metrics(path) if path.exists() else []
    if path.exists() and (last := read_bytes(path, MOST).rpartition(b"\n")[2]):
        note(f"{path}: the last line is torn ({len(last)} bytes without an end); it is dropped")
    kept = [row for row in rows if row.get("iteration", 0) <= iteration]
    write_atomically(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in kept))


def _whole(row: Mapping[str, object]) -> bool:
    count = row.get("iteration", 0)
    return isinstance(count, int) and not isinstance(count, bool) and count >= 0


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
