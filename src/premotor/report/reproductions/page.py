"""Making a reproduction: its stages in order, then a page, figures as files, and the numbers as JSON."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from premotor import __version__
from premotor.files import finite, write_atomically, write_json
from premotor.report.page import Block, Page, Section, Table, Text, decimal
from premotor.report.reproductions.base import REPRODUCTIONS, Compared, Part
from premotor.runs.yaml_text import dump_yaml, parse_yaml
from premotor.studies.processes import claim

FILE = "reproduction.yaml"
NUMBERS = "numbers.json"
PAGE = "report.html"
FIGURES = "figures"


def reproduce(
    name: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    short: bool = False,
    jobs: int | None = None,
    progress: bool = True,
) -> Path:
    """Make the figures and tables of a publication from runs of ours, beside the published numbers; return the page.

    Everything is kept in the folder: called again, it goes on where it was, and draws anew. Writes ``report.html``,
    ``numbers.json``, and in ``figures/`` a PNG and a CSV file for every figure.

    Args:
        name: one of `REPRODUCTIONS`.
        folder: by default ``runs/reproduce-<name>``, with ``-short`` for the short form.
        short: the form that ends in minutes.
        jobs: processes side by side; None: one a core. The numbers do not depend on it.
        progress: say which stage it is.

    Raises:
        PremotorError: no such publication, or a folder of something else.
    """
    kind = REPRODUCTIONS[name]
    place = Path("runs") / f"reproduce-{name}{'-short' if short else ''}" if folder is None else Path(folder)
    chosen = {"publication": name, "short": short}

    def same() -> bool:
        return bool(parse_yaml((place / FILE).read_text(encoding="utf-8"), str(place / FILE)) == chosen)

    lock = claim(place, "runs", {FILE: dump_yaml(chosen)}, same, "reproduction")
    try:
        made = kind(place, short, jobs)
        stages = made.stages()
        for number, (what, work) in enumerate(stages, start=1):
            if progress:
                print(f"[{number}/{len(stages)}] {what}", flush=True)
            work()
        parts = made.parts()
        for chart in (chart for part in parts for chart in part.charts):
            chart.write(place / FIGURES)
        rows = [{"part": part.title, **_plain(number)} for part in parts for number in part.numbers]
        write_json(place / NUMBERS, {**chosen, "premotor": __version__, "numbers": rows})
        notes = [f"This is the short form. {kind.short_form}"] if short else []
        page = Page(
            title=kind.title,
            kicker="premotor reproduction",
            subtitle=kind.citation,
            sections=[_overview(parts), *map(_section, parts)],
            notes=notes,
            footer=f"Made by premotor {__version__} with: premotor reproduce {name}{' --short' if short else ''}",
        )
        write_atomically(place / PAGE, page.render())
    finally:
        lock.release()
    return place / PAGE


def _plain(number: Compared) -> dict[str, object]:
    return {key: finite(value) if isinstance(value, float) else value for key, value in asdict(number).items()}


def _overview(parts: Sequence[Part]) -> Section:
    numbers = [number for part in parts for number in part.numbers]
    return Section(
        "Published and ours",
        [compared_table(numbers, "All numbers")],
        "A dash stands where the publication gives no number, or where ours was not computed.",
    )


def compared_table(numbers: Sequence[Compared], title: str = "") -> Table:
    """Published numbers and ours side by side."""
    rows = []
    for each in numbers:
        published = _with_range(each.published, each.published_low, each.published_high, each.places)
        ours = _with_range(each.ours, each.low, each.high, each.places)
        rows.append([each.what, published, ours, "; ".join(filter(None, (each.of, each.note)))])
    return Table(["", "published", "ours", "ours is; note"], rows, title, "", (1, 2))


def _with_range(value: float | None, low: float | None, high: float | None, places: int) -> str:
    text = "–" if value is None else decimal(value, places)
    if low is None or high is None:
        return text
    between = f"{decimal(low, places)} to {decimal(high, places)}"
    return between if value is None else f"{text} ({between})"


def _section(part: Part) -> Section:
    blocks: list[Block] = []
    if part.numbers:
        blocks.append(compared_table(part.numbers))
    blocks += [
        chart.shown(title=chart.title, caption=chart.caption) if chart.draw is None else chart.picture()
        for chart in part.charts
    ]
    if part.differs:
        blocks.append(Text(f"What differs: {' '.join(part.differs)}"))
    return Section(part.title, blocks, part.lead)
