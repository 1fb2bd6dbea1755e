"""A figure with its caption and the table behind it, drawn for a page or into a file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from premotor.report.page import Picture, Table, decimal
from premotor.report.style import as_png, as_svg
from premotor.runs.files import write_atomically


@dataclass(frozen=True)
class Chart:
    """What an analysis found: a table, a figure, or both."""

    name: str
    """Also that of its files."""
    title: str
    caption: str
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    draw: Callable[[], Figure] | None = None
    narrow: bool = False
    """On a page at half its width."""

    def picture(self) -> Picture:
        """The figure for a page."""
        assert self.draw is not None
        return Picture(as_svg(self.draw)(), self.title, self.caption, self.narrow)

    def png(self) -> bytes:
        """The figure for a file."""
        assert self.draw is not None
        return as_png(self.draw)()

    def shown(self, places: int = 2, title: str = "", caption: str = "") -> Table:
        """The table for a page."""
        rows = [[_cell(value, places) for value in row] for row in self.table.itertuples(index=False)]
        numeric = [n for n, name in enumerate(self.table) if pd.api.types.is_numeric_dtype(self.table[name])]
        return Table([str(name).replace("_", " ") for name in self.table], rows, title, caption, numeric)

    def write(self, folder: Path) -> list[Path]:
        """Write ``<name>.csv`` and, where there is a figure, ``<name>.png``; return them."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"{self.name}.csv"]
        write_atomically(files[0], self.table.to_csv(index=False))
        if self.draw is not None:
            files.append(folder / f"{self.name}.png")
            write_atomically(files[1], self.png())
        return files


def drawn[**P](function: Callable[P, Figure], *args: P.args, **options: P.kwargs) -> Callable[[], Figure]:
    """A function without arguments that draws, under the name of the one that it calls."""

    def draw() -> Figure:
        return function(*args, **options)

    draw.__name__ = function.__name__.strip("_")
    return draw


def _cell(value: Any, places: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if pd.api.types.is_integer(value):
        return f"{int(value):,}"
    return decimal(float(value), places)
