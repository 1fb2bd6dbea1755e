"""Tables that map an original project's commands to ours: what each row promises, and whether it came into being.

A row names the original, our commands, and what they make: files, each followed by words of its figure in italics::

    | `evaluate.py medians` | `premotor analyse medians RUN` | `medians.png`: *steps of an episode*, *episode* |
"""

import json
import re
import shlex
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.image
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from safetensors.numpy import load_file

from markdown_pages import ROOT
from premotor.cli import main

SAME = "the same"


class Row(NamedTuple):
    """A row of a table: words in italics by the file that they follow."""

    original: str
    commands: list[list[str]]
    files: dict[str, list[str]]


def rows_of(page: str, heading: str) -> list[Row]:
    """The rows of the table under a heading of a page in docs/howto; "the same" takes the files of the row above."""
    text = (ROOT / "docs" / "howto" / f"{page}.md").read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    found: list[Row] = []
    for line in re.findall(r"^\| .*\|$", text, re.M)[1:]:
        original, ours, makes = (cell.strip() for cell in line.strip("|").split(" | "))
        commands = [shlex.split(command) for command in re.findall(r"`premotor ([^`]+)`", ours)]
        files = {name: re.findall(r"\*([^*]+)\*", words) for name, words in re.findall(r"`([^`]+)`([^`]*)", makes)}
        found.append(Row(original, commands, found[-1].files if makes == SAME else files))
    return found


@contextmanager
def figures_seen(monkeypatch: Any) -> Iterator[dict[bytes, Figure]]:
    """Every figure that is drawn as a picture meanwhile, by the bytes of its file."""
    seen: dict[bytes, Figure] = {}
    save = Figure.savefig

    def savefig(figure: Figure, target: Any, **options: Any) -> None:
        save(figure, target, **options)
        if isinstance(target, BytesIO) and options.get("format") == "png":
            seen[target.getvalue()] = figure

    with monkeypatch.context() as patch:
        patch.setattr(Figure, "savefig", savefig)
        yield seen


def missing(files: Mapping[str, list[str]], folder: Path, since: int, seen: Mapping[bytes, Figure]) -> list[str]:
    """What a row promised and did not make in a folder since a time in ns, one sentence each."""
    told = []
    for name, words in files.items():
        made = [file for file in folder.rglob(Path(name).name) if str(file).endswith(name)]
        made = [file for file in made if file.stat().st_mtime_ns >= since]
        if not made:
            told.append(f"{name} was not made")
        told += [f"{file.relative_to(folder)} {fault}" for file in made if (fault := fault_of(file, words, seen))]
    return told


def fault_of(file: Path, words: list[str], seen: Mapping[bytes, Figure]) -> str:
    """What is wrong with a file, "" for nothing."""
    if file.suffix == ".png":
        return _figure_fault(file.read_bytes(), words, seen)
    if file.suffix in (".csv", ".parquet"):
        table = pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
        return _numbers_fault(table.select_dtypes("number").to_numpy(float)) if len(table) else "has no rows"
    if file.suffix == ".safetensors":
        arrays = [array.astype(float).ravel() for array in load_file(file).values()]
        return _numbers_fault(np.concatenate(arrays))
    if file.suffix in (".json", ".jsonl"):
        lines = [file.read_text()] if file.suffix == ".json" else file.read_text().splitlines()
        return "" if all(json.loads(line) for line in lines) and lines else "is empty"
    if file.suffix == ".html":
        return "" if "<svg" in file.read_text() else "has no figure"
    return "" if file.stat().st_size > 100 else "is empty"


def _numbers_fault(values: np.ndarray) -> str:
    if values.size and not np.isfinite(values).any():
        return "has no finite number"
    return "has an infinite number" if np.isinf(values).any() else ""


def _figure_fault(data: bytes, words: list[str], seen: Mapping[bytes, Figure]) -> str:
    figure = seen.get(data)
    if figure is None:
        return "is no figure that was drawn now"
    image = matplotlib.image.imread(BytesIO(data), format="png")[..., :3]
    if image.shape[0] < 300 or len(np.unique(image.reshape(-1, 3), axis=0)) < 10:
        return "is nearly empty"
    empty = [axes.get_title(loc="left") or axes.get_ylabel() for axes in figure.axes if not axes.has_data()]
    if empty:
        return f"has empty panels: {empty}"
    said = {text for axes in figure.axes for text in _labels(axes)}
    if unsaid := [word for word in words if word not in said]:
        return f"says {sorted(said)} and not {unsaid}"
    return "".join(f"draws {a!r} over {b!r}; " for a, b in overlaps(figure))


def _labels(axes: Any) -> list[str]:
    return [axes.get_xlabel(), axes.get_ylabel(), *(axes.get_title(loc=loc) for loc in ("left", "center", "right"))]


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of titles, labels of axes and labels of ticks that are drawn over each other."""
    texts = []
    figure.draw_without_rendering()  # places everything for the figure's own resolution
    for axes in figure.axes:
        ticks = [
            tick.label1
            for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim())))
            for tick in axis.get_major_ticks()
            if low <= tick.get_loc() <= high and tick.label1.get_visible()
        ]
        titles = [axes.title, axes._left_title, axes._right_title]
        texts += [text for text in (axes.xaxis.label, axes.yaxis.label, *titles, *ticks) if text.get_text().strip()]
    boxes = [(text.get_text(), text.get_window_extent().shrunk(1.0, 0.8)) for text in texts]
    return [
        (name, other)
        for place, (name, box) in enumerate(boxes)
        for other, beside in boxes[place + 1 :]
        if box.overlaps(beside) and box.width > 0 and beside.width > 0
    ]


def faults_of(
    rows: Iterable[Row],
    words_of: Callable[[list[str]], list[str]],
    elsewhere: Collection[str],
    seen: dict[bytes, Figure],
    capsys: Any,
) -> list[str]:
    """What is wrong with each row when its commands are run here, but those that begin with what runs elsewhere."""
    told: list[str] = []
    for row in rows:
        since, faults = time.time_ns(), []
        for command in row.commands:
            if command[0] in elsewhere:
                break
            status = main(words_of(command))
            said = capsys.readouterr().err.strip().splitlines()
            faults += [f"{' '.join(command)}: {said[-1:] or status}"] if status else []
        else:
            faults += missing(row.files, Path.cwd(), since, seen)
        told += [f"{row.original}: {fault}" for fault in faults]
    return told
