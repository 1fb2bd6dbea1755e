"""The page of a comparison with null models."""

import os
from pathlib import Path

from premotor.report.comparing import comparison_blocks, learning_curves, read_comparison, verdict
from premotor.report.comparing_figures import curves_png, measures_of, strips_png, wirings_of
from premotor.report.number_format import count, decimal
from premotor.report.page import Page, Section, Table, Tile
from premotor.runs.files import write_atomically


def write_comparison(folder: str | os.PathLike[str]) -> Path:
    """Write `comparison.html`, `comparison.png` and `curves.png` into a comparison folder; the path of the page.

    Raises:
        PremotorError: no comparison folder, or its comparison.json or one of its runs is damaged.
    """
    place = Path(folder)
    rows = read_comparison(place)
    wirings = wirings_of(rows)
    measures = measures_of(rows)
    listing = Table(
        head=[
            "run",
            "wiring",
            "seed",
            "null seed",
            *(title.lower() for _, _, title in measures),
            "speed, m/s",
        ],
        rows=[
            [
                str(row["name"]),
                str(row["wiring"]),
                *(_whole(row.get(key)) for key in ("seed", "null_seed")),
                *(decimal(factor * row[key], 3 if factor == 1 else 1) for key, factor, _ in measures),
                decimal(float(row["speed"])) if row.get("speed") is not None else "–",
            ]
            for row in rows.to_dict("records")
        ],
        numeric=tuple(range(2, 5 + len(measures))),
        title="All runs",
    )
    page = Page(
        title=place.resolve().name,
        kicker="premotor comparison with null models",
        subtitle=verdict(rows),
        sections=[
            Section("The comparison", comparison_blocks(place, rows)),
            Section("Every run", [listing]),
        ],
        tiles=[
            Tile(
                f"Score, {wiring}",
                decimal(float(rows[rows["wiring"] == wiring]["score"].mean()), 3),
                note=count(int((rows["wiring"] == wiring).sum()), "run"),
            )
            for wiring in wirings
        ],
        footer="Made by premotor.",
    )
    write_atomically(place / "comparison.png", strips_png(rows))
    tables = learning_curves(place, rows)
    if tables:
        write_atomically(place / "curves.png", curves_png(tables))
    path = place / "comparison.html"
    write_atomically(path, page.render())
    return path


def _whole(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, int | float) and value == value else "–"
