"""A page: sections of text, figures, tables and video, rendered into one file that needs nothing else."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


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
