"""What two folders of results hold, and where they differ: every array, metric, setting, figure and heading."""

import ast
import csv
import html
import itertools
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from safetensors.numpy import load_file

IGNORED_FILES = re.compile(
    r"(^|/)(provenance\.json|\.lock|log\.txt|made\.json|case\.json|printed-\d+\.txt|MUJOCO_LOG\.TXT|.*\.log)$"
    r"|(^|/)events/|^inputs/"
)
"""Versions, machines and times; what is printed is compared as the numbers that a case names."""

MEASURED = re.compile(
    r"(^|[.:_/\]])(seconds|minutes|sha256|started|ended|duration|wall|wall_time|steps_per_second|seconds_per_epoch|"
    r"microseconds_a_step|microseconds|datetime_\w+|created|elapsed|revision|version|versions|machine|command|python|"
    r"premotor|platform|process)$"
)
"""Last parts of the names of figures that differ from call to call."""

Leaves = dict[str, Any]


class Difference(NamedTuple):
    """A place in which two results differ."""

    where: str
    what: str


def compare(old: Path, new: Path, sources: Path) -> tuple[list[Difference], list[str]]:
    """Where two folders of a case differ, and what is only named otherwise or is new."""
    before, after = leaves(old), leaves(new)
    names = renamed_settings(sources)
    found: list[Difference] = []
    gone = [name for name in before if name not in after]
    extra = [name for name in after if name not in before]
    for name, value in before.items():
        if name in after and not equal(value, after[name]):
            found.append(Difference(name, what_differs(value, after[name])))
    moved = matched(before, after, gone, extra, names)
    for name in gone:
        if name not in moved:
            found.append(Difference(name, "gone"))
    added = set(extra) - set(moved.values())
    notes = []
    if moved:
        notes.append(f"{len(moved)} named otherwise")
    if added:
        notes.append(f"{len(added)} new ({', '.join(sorted(added)[:2])}{' …' if len(added) > 2 else ''})")
    return found, notes


def matched(before: Leaves, after: Leaves, gone: list[str], extra: list[str], names: set[tuple[str, str]]) -> dict:
    """Places that were only renamed: equal arrays, or equal figures whose last name is the same or a known new one."""
    waiting: dict[Any, list[str]] = defaultdict(list)
    for name in extra:
        waiting[content(after[name])].append(name)
    moved: dict[str, str] = {}
    for name in gone:
        value = before[name]
        for candidate in waiting[content(value)]:
            last, other = last_name(name), last_name(candidate)
            if isinstance(value, np.ndarray) or last == other or (last, other) in names:
                moved[name] = candidate
                waiting[content(value)].remove(candidate)
                break
    return moved


def last_name(place: str) -> str:
    """The last part of a place's name, without a number of a row."""
    parts = [part for part in re.split(r"[:./\[\]]", place) if part and not part.isdecimal()]
    return parts[-1] if parts else ""


def content(value: Any) -> Any:
    """What equal leaves share."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    return (type(value).__name__, repr(value))


def equal(one: Any, other: Any) -> bool:
    """Whether two leaves are the same, bit for bit; 1 and 1.0 are, as a setting may be written both ways."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return content(one) == content(other)
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return one == other or (one != one and other != other)
    return one == other


def what_differs(one: Any, other: Any) -> str:
    """A difference in a few words."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape or one.dtype != other.dtype:
            return f"{one.dtype}{list(one.shape)} → {other.dtype}{list(other.shape)}"
        if one.dtype.kind in "fc":
            with np.errstate(all="ignore"):
                return f"up to {np.nanmax(np.abs(one.astype(float) - other)):.3g} apart"
        return f"{int((one != other).sum())} of {one.size} entries"
    return f"{str(one)[:60]} → {str(other)[:60]}"


def leaves(folder: Path) -> Leaves:
    """Everything in a case's folder that can be compared, by a name that says where it is."""
    found: Leaves = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if re.fullmatch(r"printed-\d+\.txt", name):
            found |= {f"{name}:{place}": number for place, number in enumerate(numbers(file.read_text()))}
        elif not IGNORED_FILES.search(name):
            found |= {f"{name}:{place}": value for place, value in read(file).items()}
    here = f"{folder.resolve()}/"  # settings name circuits by their whole path
    return {
        name: value.replace(here, "") if isinstance(value, str) else value
        for name, value in found.items()
        if not MEASURED.search(name)
    }


def numbers(text: str) -> list[str]:
    """What is printed and written nowhere else."""
    return [line for line in text.splitlines() if re.search(r" rad off|agreement", line)]


def read(file: Path) -> Leaves:
    """The leaves of a file."""
    match file.suffix:
        case ".safetensors":
            return dict(load_file(file))
        case ".npz":
            with np.load(file) as arrays:
                return dict(arrays)
        case ".json":
            return flat(json.loads(file.read_text()))
        case ".jsonl":
            return flat([json.loads(line) for line in file.read_text().splitlines()])
        case ".yaml":
            return flat(yaml.safe_load(file.read_text()))
        case ".parquet":
            return columns(pd.read_parquet(file))
        case ".csv":
            return texts(file.read_text())
        case ".html":
            return {f"section {title}": True for title in headings(file.read_text())}
        case ".h5":
            return {"exists": True}
        case _:
            return {"exists": True}


def columns(table: pd.DataFrame) -> Leaves:
    """A table, column by column."""
    found: Leaves = {}
    for name in table:
        values = table[name]
        if values.dtype.kind in "fiub":
            found[str(name)] = values.to_numpy()
        else:
            found[str(name)] = "|".join(map(str, values))
    return found


def texts(text: str) -> Leaves:
    """A table of text, column by column, as it is written."""
    names, *rows = csv.reader(text.splitlines())
    columns = itertools.zip_longest(*rows, fillvalue="")
    return {name: "|".join(column) for name, column in itertools.zip_longest(names, columns, fillvalue="")}


def flat(value: Any, name: str = "") -> Leaves:
    """Nested values by dotted names."""
    if isinstance(value, dict) and value:
        pairs = [(f"{name}.{key}" if name else str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and value:
        pairs = [(f"{name}[{label(item) or place}]", item) for place, item in enumerate(value)]
    else:
        return {name: value}
    return {place: leaf for key, item in pairs for place, leaf in flat(item, key).items()}


def label(row: Any) -> str:
    """What a row is about that has no name: tests of a comparison are told apart by wiring and figure."""
    return f"{row['wiring']} {row['figure']}" if isinstance(row, dict) and {"wiring", "figure"} <= set(row) else ""


def headings(text: str) -> list[str]:
    """Headings of a page, in their order."""
    found = re.findall(r"<h[1-4][^>]*>(.*?)</h[1-4]>", text, flags=re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in found]


def renamed_settings(sources: Path) -> set[tuple[str, str]]:
    """Former and present names of settings, from every `RENAMED` in the sources."""
    found: set[tuple[str, str]] = set()
    for file in sources.rglob("*.py"):
        text = file.read_text()
        if "RENAMED" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and "RENAMED" in target.id for target in targets):
                for pair in ast.walk(node.value):
                    if isinstance(pair, ast.Dict):
                        for key, value in zip(pair.keys, pair.values, strict=True):
                            if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
                                found.add((str(key.value).split(".")[-1], str(value.value).split(".")[-1]))
    return found
