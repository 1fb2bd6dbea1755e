"""Checkpoints: `<step>/state.safetensors` with every array, `<step>/state.json` with what goes beside them.

Written aside and renamed, so that a folder named by a step is complete.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypedDict

from premotor.errors import PremotorError
from premotor.files import open_to_write, partial_name, read_bytes, read_json, sync_folder, write_all
from premotor.runs.arrays import MOST_ARRAYS, Arrays, load_arrays, save_arrays
from premotor.runs.figures import Figures

ARRAYS = "state.safetensors"
RECORD = "state.json"
FORMAT = 1


class CheckpointRecord(TypedDict, total=False):
    """What stands beside the arrays of a checkpoint."""

    format: int
    step: int
    sha256: str
    """Of the file of arrays."""
    iteration: int
    steps: int
    seconds: float
    finished: str | None
    """Why learning ended; None where it goes on."""
    best: Figures | None
    """Figures of the best evaluation so far."""
    evaluation: Figures | None
    """Those of the newest one."""


class Checkpoint(NamedTuple):
    """What was read from a checkpoint."""

    folder: Path
    step: int
    arrays: Arrays
    record: CheckpointRecord


def step_name(step: int) -> str:
    """Twelve digits, so that names sort as numbers do."""
    return f"{step:012d}"


def checkpoint_steps(folder: Path) -> list[int]:
    """Steps of the complete checkpoints in `folder`, rising; none where it does not exist."""
    if not folder.is_dir():
        return []
    return sorted(int(item.name) for item in folder.iterdir() if item.name.isdecimal() and item.is_dir())


def save_checkpoint(folder: Path, step: int, arrays: Arrays, record: CheckpointRecord, keep: int) -> Path:
    """Write a checkpoint unless there is one of this step, and remove all but the newest `keep`."""
    path = folder / step_name(step)
    if not path.exists():
        aside = partial_name(path)
        aside.mkdir(parents=True)
        data = save_arrays(aside / ARRAYS, arrays)
        record = {"format": FORMAT, "step": step, "sha256": hashlib.sha256(data).hexdigest(), **record}
        with open_to_write(aside / RECORD) as file:
            write_all(file, json.dumps(record, indent=2, allow_nan=False).encode())
            os.fsync(file.fileno())
        sync_folder(aside)
        aside.rename(path)
        sync_folder(folder)
    for old in checkpoint_steps(folder)[:-keep]:
        # renamed first: a removal that is cut short must not leave a checkpoint that looks complete
        going = (folder / step_name(old)).rename(partial_name(folder / step_name(old)))
        shutil.rmtree(going)
    return path


def checkpoint_record(folder: Path, step: int) -> CheckpointRecord:
    """Read what goes beside the arrays of the checkpoint of a step.

    Raises:
        PremotorError: the file is missing, damaged, or written by another version of the format.
    """
    path = folder / step_name(step) / RECORD
    record: CheckpointRecord = read_json(path)
    if not isinstance(record, dict) or record.get("format") != FORMAT or record.get("step") != step:
        raise PremotorError(f"{path} is no record of a checkpoint of step {step} in format {FORMAT}")
    _check(record, path)
    return record


def load_checkpoint(folder: Path, step: int) -> Checkpoint:
    """Read the checkpoint of a step.

    Raises:
        PremotorError: a file is missing, truncated, altered, or written by another version of the format.
    """
    path = folder / step_name(step)
    record = checkpoint_record(folder, step)
    data = read_bytes(path / ARRAYS, MOST_ARRAYS)
    arrays = load_arrays(path / ARRAYS, data)
    if hashlib.sha256(data).hexdigest() != record.get("sha256"):
        raise PremotorError(f"{path / ARRAYS} is not the file that was written (its SHA-256 differs)")
    return Checkpoint(path, step, arrays, record)


def _check(record: Mapping[str, object], path: Path) -> None:
    """PremotorError where the loop could not go on from what a record says."""
    for key in ("iteration", "steps", "seconds"):
        value = record.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise PremotorError(f"{path}: {key} is {value!r}; a number of at least 0 is needed")
    for key in ("best", "evaluation"):
        held = record.get(key)
        if held is not None and (not isinstance(held, dict) or not number_or_none(held.get("score"))):
            raise PremotorError(f"{path}: {key} is {str(held)[:60]}; figures with a score are needed")
    if not isinstance(record.get("finished"), str | None):
        raise PremotorError(f"{path}: finished is {record['finished']!r}; a word or nothing is needed")


def number_or_none(value: object) -> bool:
    """Whether it is a number, or nothing, as a score may be."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def newest_checkpoint(folder: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """Read the newest checkpoint that is whole; None where there is none at all.

    Each damaged one on the way is reported through `warn` and set aside as `<step>.damaged`.

    Raises:
        PremotorError: there are checkpoints and all are damaged; nothing is set aside then.
    """
    problems: list[tuple[int, PremotorError]] = []
    for step in reversed(checkpoint_steps(folder)):
        try:
            found = load_checkpoint(folder, step)
        except PremotorError as error:
            problems.append((step, error))
            continue
        for damaged, problem in problems:
            warn(f"warning: {problem}; going back to the checkpoint of step {step:,}")
            target = folder / f"{step_name(damaged)}.damaged"
            shutil.rmtree(target, ignore_errors=True)
            (folder / step_name(damaged)).rename(target)
        return found
    if problems:
        raise problems[0][1]
    return None
