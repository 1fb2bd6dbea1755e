"""The report of a comparison with null models."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from premotor.report.comparing import FILE, comparison_blocks, learning_curves, read_comparison, verdict
from premotor.report.comparing_figures import curves, measures_of, strips, wirings_of
from premotor.report.page import Section, Table, Tile, count, decimal
from premotor.report.sections import RECORDS, SECTIONS, Record, ReportSection
from premotor.report.style import Chart, drawn


@RECORDS.register("comparison")
@dataclass(frozen=True, eq=False)
class ComparisonRecord(Record):
    """The folder of a comparison."""

    rows: pd.DataFrame
    """One run each."""

    kicker, page, pictures = "premotor comparison with null models", "comparison.html", ""

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether it holds the rows of a comparison."""
        return (folder / FILE).exists()

    @classmethod
    def read(cls, folder: Path) -> "ComparisonRecord":
        """Read a comparison folder; as `read_comparison`."""
        return cls(folder, read_comparison(folder))

    @property
    def subtitle(self) -> str:
        """Who did better."""
        return verdict(self.rows)

    @cached_property
    def wirings(self) -> list[str]:
        """What was compared, the connectome first."""
        return wirings_of(self.rows)


@SECTIONS.register("comparison")
class TheComparison(ReportSection[ComparisonRecord]):
    """Every run as a dot, learning curves, means and tests."""

    order, about = 20, ComparisonRecord

    def build(self, record: ComparisonRecord) -> Section:
        """The section."""
        return Section("The comparison", comparison_blocks(record.folder, record.rows))

    def tiles(self, record: ComparisonRecord) -> list[Tile]:
        """The mean score of each wiring."""
        groups = [(wiring, record.rows[record.rows["wiring"] == wiring]) for wiring in record.wirings]
        return [
            Tile(f"Score, {wiring}", decimal(float(rows["score"].mean()), 3), note=count(len(rows), "run"))
            for wiring, rows in groups
        ]

    def charts(self, record: ComparisonRecord) -> list[Chart]:
        """The same figures for a slide."""
        charts = [Chart("comparison", "Every run", "", draw=drawn(strips, record.rows))]
        tables = learning_curves(record.folder, record.rows)
        return charts + ([Chart("curves", "Learning", "", draw=drawn(curves, tables))] if tables else [])


@SECTIONS.register("comparison-runs")
class EveryRun(ReportSection[ComparisonRecord]):
    """A table of all runs."""

    order, about = 30, ComparisonRecord

    def build(self, record: ComparisonRecord) -> Section:
        """The section."""
        measures = measures_of(record.rows)
        head = ["run", "wiring", "seed", "null seed", *(title.lower() for _, _, title in measures), "speed, m/s"]
        rows = [
            [
                str(row["name"]),
                str(row["wiring"]),
                *(_whole(row.get(key)) for key in ("seed", "null_seed")),
                *(decimal(factor * row[key], 3 if factor == 1 else 1) for key, factor, _ in measures),
                decimal(float(row["speed"])) if row.get("speed") is not None else "–",
            ]
            for row in record.rows.to_dict("records")
        ]
        return Section("Every run", [Table(head, rows, "All runs", numeric=tuple(range(2, 5 + len(measures))))])


def _whole(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, int | float) and value == value else "–"
