"""One look for every figure: colours with a fixed meaning, type, and the way from a figure to a page or a file.

Figures are drawn with matplotlib's objects alone (no pyplot, no global figure), on a transparent ground. On a
page they are inline SVG in which every colour of the palette stands as a CSS variable, so that the page's
light and dark colour schemes reach into the figures.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import SupportsFloat

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType
from numpy.typing import ArrayLike, NDArray

from premotor.files import write_atomically
from premotor.report.page import Picture, Table, decimal

PALETTE: dict[str, tuple[str, str]] = {
    # token: (on a light ground, on a dark ground)
    "ink": ("#1f2328", "#e6e8eb"),
    "muted": ("#646d76", "#9aa4ae"),
    "rule": ("#d9dde1", "#343a41"),
    "card": ("#ffffff", "#1a1e22"),
    "accent": ("#33658a", "#86bbd8"),
    "excitatory": ("#c4501b", "#f08a4b"),
    "inhibitory": ("#1f6fb2", "#5fb0f2"),
    "electrical": ("#8a7d1c", "#d3c24a"),
    "left": ("#00876c", "#35c4a2"),
    "right": ("#9b4f9e", "#d68fd8"),
    "reference": ("#1f2329", "#e6e8ec"),
    "sensory": ("#c98a0c", "#edb548"),
    "interneuron": ("#5b7083", "#9fb3c6"),
    "motor": ("#b03a5b", "#ee7f9c"),
    "ascending": ("#4d8f3c", "#8fcf7d"),
    "descending": ("#6a5acd", "#a99ff5"),
    "other": ("#8b8f94", "#a9adb2"),
}
"""Colours by meaning. Red-orange and blue (excitatory, inhibitory) and green and purple (left, right) stay
apart for every common kind of colour blindness (after Okabe and Ito 2008); classes are labelled as well."""

WIDTH = 8.6
"""Width of a full figure, in inches."""

RULES: dict[RcKeyType, object] = {
    "axes.axisbelow": True,
    "axes.edgecolor": PALETTE["muted"][0],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": PALETTE["muted"][0],
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": PALETTE["ink"][0],
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "figure.titlesize": 10,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": PALETTE["rule"][0],
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.labelcolor": PALETTE["ink"][0],
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": PALETTE["ink"][0],
    "xtick.color": PALETTE["muted"][0],
    "xtick.labelsize": 8.5,
    "ytick.color": PALETTE["muted"][0],
    "ytick.labelsize": 8.5,
}


def colour(token: str) -> str:
    """The colour of a meaning (on a light ground); that of "other" for a class of neurons without its own."""
    return PALETTE.get(token, PALETTE["other"])[0]


TOKENS = ("accent", "excitatory", "left", "right", "sensory", "descending", "electrical", "motor", "ascending", "muted")
"""Colours of models, windows and groups without a meaning of their own."""


def number_colour(number: int) -> str:
    """Colours of things that have none of their own, by number."""
    return colour(TOKENS[number % len(TOKENS)])


def new_figure(width: float = WIDTH, height: float = 3.0) -> Figure:
    """An empty figure of a size in inches whose parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained")


def as_svg[**P](draw: Callable[P, Figure]) -> Callable[P, str]:
    """Turn a function that draws a figure into one that returns it as inline SVG.

    The SVG of a figure depends on nothing but the function's name and what it draws.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> str:
        with mpl.rc_context({**RULES, "svg.hashsalt": draw.__name__}):
            figure = draw(*args, **kwargs)
            svg = to_svg(figure, draw.__name__)
        kept = _KEPT.get()
        if kept is not None:
            kept[svg] = figure
        return svg

    return drawn


_KEPT: ContextVar[dict[str, Figure] | None] = ContextVar("figures that were drawn", default=None)


@contextmanager
def figures_kept() -> Iterator[dict[str, Figure]]:
    """The figures that `as_svg` draws meanwhile, by their SVG."""
    kept: dict[str, Figure] = {}
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


def as_png[**P](draw: Callable[P, Figure]) -> Callable[P, bytes]:
    """Turn a function that draws a figure into one that returns it as a PNG on white."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> bytes:
        with mpl.rc_context(RULES):
            buffer = io.BytesIO()
            figure = draw(*args, **kwargs)
            figure.savefig(
                buffer,
                format="png",
                dpi=160,
                facecolor="white",
                bbox_inches="tight",
                pad_inches=0.15,
                metadata={"Software": None},
            )
            return buffer.getvalue()

    return drawn


def to_svg(figure: Figure, name: str) -> str:
    """A figure as an SVG element for a page; ids begin with `name` so that figures do not share them."""
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", dpi=200, metadata=nothing)  # the resolution is that of heat maps
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    # Its size is the page's business, and its style element would reach the whole page.
    text = re.sub(r'\s(?:width|height)="[^"]*pt"', "", text, count=2)
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    prefix = f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:6]}-"
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", text)
    for token, (light, _) in PALETTE.items():
        text = text.replace(light, f"var(--{token})")
    return text


def tinted(token: str, strength: ArrayLike) -> NDArray[np.float64]:
    """An image in one colour whose opacity is `strength` in [0, 1]; NaN is empty. Shape (…, 4).

    Opacity instead of whiteness lets the same image stand on a light and on a dark page.
    """
    alpha = np.clip(np.nan_to_num(np.asarray(strength, np.float64)), 0.0, 1.0)
    image = np.empty((*alpha.shape, 4))
    image[..., :3] = _middle(token)
    image[..., 3] = alpha
    return image


def signed(values: ArrayLike, limit: float, least: float = 0.25) -> NDArray[np.float64]:
    """An image of signed values: excitatory colour above 0, inhibitory below; 0 is empty.

    Opacity is √(|v| / limit), but at least `least`, so that what is there is seen.
    """
    array = np.nan_to_num(np.asarray(values, np.float64))
    strength = np.where(array == 0, 0.0, np.maximum(least, np.sqrt(np.abs(array) / limit)))
    return np.where((array > 0)[..., None], tinted("excitatory", strength), tinted("inhibitory", strength))


def _middle(token: str) -> NDArray[np.float64]:
    """Between the light and the dark scheme's colour: what is burnt into an image must do for both."""
    light, dark = PALETTE[token]
    return 0.5 * (np.array(to_rgb(light)) + np.array(to_rgb(dark)))


def boxes(ax: Axes, values: Sequence[ArrayLike], places: Sequence[float], width: float, tint: str) -> None:
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


def label_blocks(axes: Axes, blocks: Sequence[tuple[str, int, int]], axis: str, total: int) -> None:
    """Name classes of neurons along an axis of a matrix (`axis` "x" or "y"), with hairlines between them."""
    of: XAxis | YAxis = axes.xaxis if axis == "x" else axes.yaxis
    shown = [(name or "unknown", start, end) for name, start, end in blocks]
    of.set_ticks([(start + end) / 2 - 0.5 for _, start, end in shown], [name for name, _, _ in shown])
    axes.tick_params(axis="x" if axis == "x" else "y", length=0)
    ticks = axes.get_xticklabels() if axis == "x" else axes.get_yticklabels()
    for tick, (name, _, _) in zip(ticks, shown, strict=True):
        tick.set_color(colour(name))
    for _, _, end in shown[:-1]:
        (axes.axvline if axis == "x" else axes.axhline)(end - 0.5, color=colour("rule"), linewidth=0.8)


def stylesheet_variables() -> str:
    """CSS that gives every colour its value in the light and in the dark scheme."""
    light = " ".join(f"--{token}: {value[0]};" for token, value in PALETTE.items())
    dark = " ".join(f"--{token}: {value[1]};" for token, value in PALETTE.items())
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


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
        odds = [str(name) in ("p", "p_holm") for name in self.table]
        rows = [
            [_odds(value) if is_odds else _cell(value, places) for value, is_odds in zip(row, odds, strict=True)]
            for row in self.table.itertuples(index=False)
        ]
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


def _odds(value: float) -> str:
    """A p value, however small."""
    return "< 0.001" if value < 0.001 else decimal(float(value), 3)


def _cell(value: SupportsFloat | str | None, places: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    return decimal(float(value), places)
