"""Lists of run folders, with what each is and what it reached; and how the settings of two differ."""

import operator
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from premotor.errors import PremotorError
from premotor.files import read_bytes, read_json
from premotor.runs.differences import differing
from premotor.runs.figures import numbers
from premotor.runs.kinds import kind_described
from premotor.runs.loading import load_settings
from premotor.runs.run_folder import REQUIRED, RunFolder
from premotor.runs.settings_errors import closest
from premotor.settings import note
from premotor.studies.run_index import Row, RunIndex, stamp_of

INDEX = ".index.sqlite"
DEEPEST = 5
"""So many folders below the one that is listed are searched for runs."""

_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "==": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([\w./]+)\s*(>=|<=|!=|==|=|>|<)\s*(.+?)\s*")


def list_runs(
    folder: str | os.PathLike[str], where: Sequence[str] = (), sort: str | None = None, descending: bool = False
) -> list[Row]:
    """One row a run folder below a folder: `run`, `kind`, `preset`, `circuit`, `null`, `null_seed`, `network`,
    `learner`, `seed`, `parameters`, `steps`, `seconds`, `begun` (s since 1970), `age` (hours), and all figures of its
    test.

    What was read once is kept in ``.index.sqlite`` of that folder, where it can be written.

    Args:
        folder: a folder of runs, of studies, of anything.
        where: conditions that all have to hold: ``score>0.5``, ``null=rewired``, ``null=none``, ``age<24``.
        sort: the column by which they are sorted; None: by name.
        descending: the largest first.

    Raises:
        PremotorError: no such folder or column, or something that is no condition.
    """
    place = Path(folder)
    if not place.is_dir():
        raise PremotorError(f"there is no folder {place}")
    conditions = [_condition(text) for text in where]
    stamps = dict(_found(str(place), DEEPEST))
    read = RunIndex(place / INDEX).read(stamps, lambda name: _read(place / name))
    damaged = [name for name in stamps if name not in read]
    if damaged:
        more = ", …" if len(damaged) > 3 else ""
        note(f"{len(damaged)} run folders are damaged and not listed: {', '.join(damaged[:3])}{more}")
    now = time.time()
    rows = [{"run": name, **row, "age": _hours(row, now)} for name, row in read.items()]
    columns = {column for row in rows for column in row}
    for column, _, _ in conditions:
        _known(column, columns)
    rows = [row for row in rows if all(_holds(row.get(column), sign, wanted) for column, sign, wanted in conditions)]
    by = "run" if sort is None else sort
    _known(by, columns)
    told = [row for row in rows if row.get(by) is not None]
    told.sort(key=lambda row: (isinstance(row[by], str), row[by]), reverse=descending)
    return told + [row for row in rows if row.get(by) is None]


def _hours(row: Row, now: float) -> float | None:
    return round((now - row["begun"]) / 3600, 2) if row.get("begun") is not None else None


def _known(column: str, columns: set[str]) -> None:
    if columns and column not in columns:
        near = closest(column, sorted(columns))
        raise PremotorError(f"the runs have no column {column!r}{near}; they have {', '.join(sorted(columns))}")


def _condition(text: str) -> tuple[str, str, str | float | None]:
    found = _CONDITION.fullmatch(text)
    if not found:
        raise PremotorError(f"--where {text!r} is no condition; one looks like score>0.5 or null=rewired")
    try:
        return found[1], found[2], float(found[3])
    except ValueError:
        return found[1], found[2], None if found[3].lower() in ("none", "null") else found[3]


def _holds(value: str | float | None, sign: str, wanted: str | float | None) -> bool:
    if value is None or wanted is None:
        return (value is wanted) == (sign in ("=", "==")) if sign in ("=", "==", "!=") else False
    if isinstance(value, str) or isinstance(wanted, str):
        return bool(_COMPARISONS[sign](str(value), str(wanted)))
    return bool(_COMPARISONS[sign](value, wanted))


def _found(folder: str, depth: int, above: str = "") -> Iterator[tuple[str, str]]:
    """Run folders below a folder, each with the stamp of what a row is made of."""
    for each in sorted(os.scandir(folder), key=lambda each: each.name):
        if each.name.startswith(".") or not each.is_dir():
            continue
        path, name = each.path, f"{above}{each.name}"
        stamp = stamp_of(f"{path}/{REQUIRED[1]}", f"{path}/evaluations/test.json", f"{path}/checkpoints")
        if stamp and os.path.exists(f"{path}/{REQUIRED[0]}"):
            yield name, stamp
        elif depth:
            yield from _found(path, depth - 1, f"{name}/")


def _read(folder: Path) -> Row | None:
    """What a run is and reached, without building anything; None where it cannot be read."""
    places = RunFolder(folder)
    try:
        told = yaml.load(read_bytes(places.settings_file), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        record = read_json(places.provenance_file)
        test = read_json(places.test_file) if places.test_file.exists() else {}
    except (PremotorError, yaml.YAMLError):
        return None
    if not isinstance(told, dict) or not isinstance(record, dict):
        return None
    circuit = told.get("circuit") or _inner(told, "wiring").get("circuit") or {}
    wiring = circuit if isinstance(circuit, dict) and circuit else _inner(told, "wiring")
    steps = places.checkpoints()
    sessions = record.get("sessions")
    figures = {name: value for name, value in numbers(test).items() if name not in ("seed", "step")}
    return {
        "kind": kind_described(told) or "control",
        "preset": told.get("name"),
        "circuit": wiring.get("source"),
        "null": wiring.get("null"),
        "null_seed": wiring.get("null_seed") if wiring.get("null") else None,
        "network": _inner(told, "network").get("kind"),
        "task": _inner(told, "task").get("kind"),
        "learner": _inner(told, "learning").get("kind"),
        "seed": told.get("seed"),
        "parameters": record.get("parameters"),
        "steps": steps[-1] if steps else 0,
        "begun": _begun(sessions[0] if isinstance(sessions, list) and sessions else {}),
        **figures,
    }


def _inner(data: dict[str, object], key: str) -> dict[str, object]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _begun(session: object) -> float | None:
    from datetime import datetime

    try:
        return datetime.fromisoformat(session["started"]).timestamp() if isinstance(session, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def runs_differ(first: str | os.PathLike[str], second: str | os.PathLike[str]) -> list[tuple[str, object, object]]:
    """Settings that differ between two runs: dotted key, value of the first, of the second; None: it has none.

    Raises:
        PremotorError: one is no run folder, or no settings file.
    """
    found = []
    for each in (first, second):
        place = Path(each)
        found.append(load_settings(RunFolder.open(place).settings_file if place.is_dir() else place))
    return [(key, one, two) for key, (one, two) in differing(found).items()]
