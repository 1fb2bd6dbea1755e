"""The figures of a page as files beside it: vector graphics for a journal, or pictures."""

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.report.page import Page, Picture, Video
from premotor.report.sections import page_of, read_record
from premotor.report.style import RULES, figures_kept

FORMATS = ("svg", "pdf", "png")
METADATA: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
"""No date, so that the same figure is the same file."""


def write_figure_files(folder: str | os.PathLike[str], formats: Sequence[str] = ("svg",)) -> list[Path]:
    """Write every figure of a folder's page to ``figures/``, on white, numbered and named as on the page.

    Text stays text in SVG and PDF, so that it can be edited.

    Args:
        folder: of a run, a comparison, a sweep or a simulation.
        formats: any of "svg", "pdf" and "png" (300 dots an inch).

    Raises:
        PremotorError: another format, or as `write_report`.
    """
    for name in formats:
        if name not in FORMATS:
            raise PremotorError(f"figures can not be written as {name!r}; allowed are {', '.join(FORMATS)}")
    with figures_kept() as kept:
        record = read_record(folder)
        page = page_of(record)
    place, files = record.folder / record.pictures, []
    place.mkdir(exist_ok=True)
    for stem, svg in numbered(page):
        for name in formats:
            files.append(place / f"{stem}.{name}")
            write_atomically(files[-1], drawn_as(kept[svg], name))
    return files


def numbered(page: Page) -> list[tuple[str, str]]:
    """Names of files and the SVG of each figure, with the numbers that the page gives them; videos count, too."""
    blocks = (block for section in page.sections for block in section.blocks)
    shown = [block for block in blocks if isinstance(block, Picture | Video)]
    return [
        (f"figure-{number}-{re.sub(r'[^a-z0-9]+', '-', block.title.lower()).strip('-')}", block.svg)
        for number, block in enumerate(shown, start=1)
        if isinstance(block, Picture)
    ]


def drawn_as(figure: Figure, form: str) -> bytes:
    """A figure as the bytes of a file."""
    buffer = io.BytesIO()
    with mpl.rc_context({**RULES, "svg.hashsalt": "premotor", "pdf.fonttype": 42}):
        figure.savefig(buffer, format=form, dpi=300, facecolor="white", bbox_inches="tight", metadata=METADATA[form])
    return buffer.getvalue()
