"""A page: text, figures, tables and video, rendered into one file that needs nothing else; numbers as text."""

import base64
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from premotor.analysis import Estimate  # loads SciPy


def decimal(value: float, places: int = 2, unit: str = "") -> str:
    """A number with a fixed number of places and a true minus sign; an en dash where it does not exist."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.{places}f}".replace("-", "−")
    return f"{text} {unit}" if unit else text


def percent(fraction: float, places: int = 0) -> str:
    """A fraction in per cent."""
    return "–" if not math.isfinite(fraction) else f"{decimal(100 * fraction, places)}%"


def with_interval(estimate: "Estimate", places: int = 2) -> str:
    """A value and its interval in brackets, where there is one."""
    text = decimal(estimate.value, places)
    if math.isfinite(estimate.low):
        text += f" [{decimal(estimate.low, places)}, {decimal(estimate.high, places)}]"
    return text


def change(log2_ratio: float) -> str:
    """A ratio, given as its logarithm to base 2: in per cent where it is small, as a factor where it is large."""
    if not math.isfinite(log2_ratio):
        return "–"
    percentage = 100 * (2.0**log2_ratio - 1)
    if abs(percentage) >= 100 or log2_ratio <= -1:
        return f"×{2.0**log2_ratio:.2g}"
    places = 0 if abs(percentage) >= 10 else 1 if abs(percentage) >= 1 else 2
    text = f"{percentage:+.{places}f}".replace("-", "−")
    return "0%" if text.strip("+−0.") == "" else f"{text}%"


def count(value: float, noun: str, plural: str = "") -> str:
    """A number of things: 1 neuron, 302 neurons."""
    return f"{value:,.0f} {noun if value == 1 else plural or noun + 's'}"


def large(value: float) -> str:
    """A large number in millions or thousands."""
    if value >= 1e6:
        return f"{value / 1e6:.3g} million"
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Seconds as the two largest units that matter."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def listed(names: list[str]) -> str:
    """Names as prose: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@dataclass(frozen=True)
class Tile:
    """A headline figure."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    """A few words below: an interval, what it is compared with."""
    fraction: float | None = None
    """Drawn as a bar, in [0, 1]."""
    bad: bool = False
    """Drawn in red: what a reader has to see first."""


@dataclass(frozen=True)
class Picture:
    """A figure with its caption."""

    svg: str
    title: str
    caption: str = ""
    """What is seen, and how it was computed."""
    narrow: bool = False
    """At half the width of the page, so that two stand side by side."""

    kind = "picture"


@dataclass(frozen=True)
class Table:
    """A table; numbers are texts already, columns named in `numeric` are aligned right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    caption: str = ""
    numeric: Sequence[int] = ()
    strong: Sequence[int] = ()
    """Rows that stand out."""

    kind = "table"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str

    kind = "text"


@dataclass(frozen=True)
class Missing:
    """What is not there, and the command that makes it."""

    text: str
    command: str = ""

    kind = "missing"


@dataclass(frozen=True)
class Video:
    """A video, held in the page itself."""

    path: Path
    title: str
    caption: str = ""

    kind = "video"

    @property
    def source(self) -> str:
        """The file as a data address."""
        return "data:video/mp4;base64," + base64.b64encode(self.path.read_bytes()).decode("ascii")


@dataclass(frozen=True)
class Code:
    """A command or file, word for word; behind a fold where `summary` is given."""

    text: str
    summary: str = ""

    kind = "code"


Block = Picture | Table | Text | Missing | Video | Code


@dataclass(frozen=True)
class Section:
    """A chapter of a page."""

    title: str
    blocks: Sequence[Block]
    lead: str = ""
    """One or two sentences below the title."""

    @property
    def anchor(self) -> str:
        """What links to the section point at."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Page:
    """All of a page."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    tiles: Sequence[Tile] = ()
    kicker: str = ""
    """A few words above the title."""
    footer: str = ""
    notes: Sequence[str] = field(default=())
    """What a reader must know before anything else, such as that the run is not finished."""

    def render(self) -> str:
        """The page as HTML; every text is escaped."""
        from jinja2 import Environment, PackageLoader, StrictUndefined
        from markupsafe import Markup

        from premotor.report.style import stylesheet_variables

        environment = Environment(
            loader=PackageLoader("premotor.report", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = environment.get_template("style.css").render()
        template = environment.get_template("page.html")
        return template.render(page=self, style=Markup(stylesheet_variables() + style), raw=Markup)
