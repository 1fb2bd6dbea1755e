"""An analysis of a spiking agent: a table, and a figure that is drawn for a page or into a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from premotor.report.number_format import decimal
from premotor.report.page import Picture, Table
from premotor.report.style import as_png, as_svg, colour
from premotor.runs.files import write_atomically

TOKENS = ("accent", "excitatory", "left", "right", "sensory", "descending", "electrical", "motor", "ascending", "muted")
"""Colours of models, windows and groups without a meaning of their own."""

GROUP_TOKENS = {
    "ES": "sensory",
    "EA": "excitatory",
    "EM left": "left",
    "EM right": "right",
    "IA": "inhibitory",
    "IAL": "descending",
    "IM": "motor",
    "IML": "electrical",
}


@dataclass(frozen=True)
class Analysis:
    """What an analysis found."""

    name: str
    """Also that of its files."""
    title: str
    caption: str
    table: pd.DataFrame
    draw: Callable[[], Figure] | None = None

    def picture(self) -> Picture:
        """The figure for a page."""
        assert self.draw is not None
        return Picture(as_svg(self.draw)(), self.title, self.caption)

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
            write_atomically(files[1], as_png(self.draw)())
        return files


def drawn(function: Callable[..., Figure], *args: Any, **options: Any) -> Callable[[], Figure]:
    """A function without arguments that draws, under the name of the one that it calls."""

    def draw() -> Figure:
        return function(*args, **options)

    draw.__name__ = function.__name__.strip("_")
    return draw


def group_colour(name: str, number: int = 0) -> str:
    """The colour of a group of cells: by its meaning, else by its number."""
    return colour(GROUP_TOKENS.get(name, TOKENS[number % len(TOKENS)]))


def number_colour(number: int) -> str:
    """Colours of things that have none of their own, by number."""
    return colour(TOKENS[number % len(TOKENS)])


def boxes(ax: Axes, values: Sequence[Any], places: Sequence[float], width: float, tint: str) -> None:
    """Box plots: quartiles, whiskers to the extremes within 1.5 interquartile ranges, the mean as a diamond."""
    line = {"color": tint, "linewidth": 1.1}
    ax.boxplot(
        list(values),
        positions=list(places),
        widths=width,
        manage_ticks=False,
        showmeans=True,
        patch_artist=True,
        boxprops={"facecolor": "none", "edgecolor": tint, "linewidth": 1.1},
        whiskerprops=line,
        capprops=line,
        medianprops={"color": tint, "linewidth": 2.2},
        meanprops={"marker": "D", "markerfacecolor": tint, "markeredgecolor": "none", "markersize": 4},
        flierprops={"marker": ".", "markerfacecolor": tint, "markeredgecolor": "none", "markersize": 3, "alpha": 0.6},
    )


def _cell(value: Any, places: int) -> str:
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int) or hasattr(value, "dtype") and value.dtype.kind in "iu":
        return f"{int(value):,}"
    return decimal(float(value), places)
