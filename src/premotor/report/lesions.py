"""What each class of synapse is worth."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from premotor.report.page import Block, Missing, Picture, Section, Table, Text, Tile, count, decimal, listed, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, colour, new_figure

TITLE = "What each class of synapse is worth"
MOST_GROUPS, MOST_TYPES = 16, 25
"""Groups and cell types shown as bars; the table has all."""


def intact_row(record: RunRecord) -> Mapping[str, object]:
    """The figures of the controller with all its synapses, in the same episodes where they were noted."""
    return next((row for row in record.lesions if row["name"] == "intact"), record.figures)


def find_lesion(record: RunRecord, pre: str, post: str, kind: str = "chemical") -> Mapping[str, object] | None:
    """The lesion of all synapses of a kind from one class onto another, where it was made."""
    same = (r for r in record.lesions if (r.get("pre"), r.get("post"), r["kind"]) == (pre, post, kind))
    return next(same, None)


@SECTIONS.register("lesions")
class Lesions(ReportSection[RunRecord]):
    """Survival and speed (or what the task has in their place) with one group of synapses silenced at a time."""

    order, about = 60, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether there is a circuit to cut."""
        return record.run.wired

    def build(self, record: RunRecord) -> Section:
        """The section."""
        cut = [row for row in record.lesions if row["name"] != "intact"]
        if not cut:
            return Section(TITLE, [Missing("No lesions were run:", record.command("evaluate", "--lesions"))])
        intact = intact_row(record)
        types = [row for row in cut if str(row["name"]).startswith("type ")]
        groups = [row for row in cut if row not in types]
        command = number(record.figures, "command")
        blocks: list[Block] = []
        if groups:
            worst = sorted(groups, key=_order)[:MOST_GROUPS]
            blocks.append(
                Picture(
                    as_svg(lesion_bars)(worst, intact, command),
                    "One group of synapses silenced at a time",
                    "Each bar is the same controller in the same episodes with the synapses from one class onto "
                    "another at zero, nothing learned again. Blue: chemical synapses; olive: gap junctions; "
                    "grey: both. Black line: nothing silenced"
                    + ("; dashed: the mean commanded speed." if np.isfinite(command) else ".")
                    + _shortened(worst, groups, "group"),
                )
            )
            if measures_of(intact)[0].words:
                blocks.append(Text(_verdict(groups, intact)))
        if types:
            worst = sorted(types, key=_harm)[:MOST_TYPES]
            blocks.append(
                Picture(
                    as_svg(lesion_bars)(worst, intact, command),
                    "One cell type at a time",
                    "All synapses and gap junctions of a cell type at zero, those onto it and those it makes."
                    + _shortened(worst, types, "type"),
                )
            )
        blocks.append(_table([*sorted(groups, key=_order), *sorted(types, key=_harm)], intact))
        return Section(
            TITLE,
            blocks,
            lead="A controller that does as well without its recurrent synapses does not use its wiring, "
            "whatever its score.",
        )

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """What is left without the synapses between interneurons."""
        lesion, intact = find_lesion(record, "interneuron", "interneuron"), intact_row(record)
        key, _, _, words = measures_of(intact)[0]
        if lesion is None or not words:
            return ()
        left = number(lesion, key)
        return [
            Tile(
                f"Episodes {words}, interneuron → interneuron synapses silenced",
                percent(left),
                note=f"{percent(number(intact, key))} intact",
                fraction=left if np.isfinite(left) else None,
            )
        ]


def _harm(row: Mapping[str, object]) -> tuple[float, float]:
    return (_known(row, "score", "survived"), _known(row, "survived", "success", "speed"))


def _known(row: Mapping[str, object], *keys: str) -> float:
    """The first of these figures that exists; infinity where none does, which sorts last."""
    values = [number(row, key) for key in keys]
    return next((value for value in values if np.isfinite(value)), np.inf)


def _order(row: Mapping[str, object]) -> tuple[bool, float, float]:
    """Sums ("all …") first, then what costs most."""
    return (not str(row["name"]).startswith("all "), *_harm(row))


def _verdict(groups: Sequence[Mapping[str, object]], intact: Mapping[str, object]) -> str:
    key, _, _, words = measures_of(intact)[0]
    base = number(intact, key)
    if not base >= 0.2:
        fails = "falls" if key == "survived" else "fails"
        return f"The intact controller {fails} in most episodes, so what more it loses without a group says little."
    single = [row for row in groups if not str(row["name"]).startswith("all ")]
    vital = [row for row in sorted(single, key=_harm) if number(row, key) < 0.5 * base]
    idle = [row for row in single if number(row, key) >= 0.95 * base]
    if vital:
        text = (
            f"Of the {len(single)} groups, {len(vital)} cost more than half of the episodes {words} "
            f"when silenced alone: {_named(vital)}."
        )
    else:
        text = f"None of the {len(single)} groups costs half of the episodes {words} when silenced alone."
    return f"{text} Without any one of {len(idle)} others at least 95% of these episodes are left."


def _named(rows: Sequence[Mapping[str, object]], most: int = 5) -> str:
    """The names of the first rows as prose, and how many more there are."""
    names = [str(row["name"]).replace(", electrical", " (electrical)") for row in rows]
    return listed(names if len(names) <= most else [*names[:most], f"{len(names) - most} more"])


def _shortened(shown: Sequence[object], rows: Sequence[object], noun: str) -> str:
    """That not all rows are drawn, where that is so."""
    return f" The {len(shown)} of {count(len(rows), noun)} that cost most." if len(rows) > len(shown) else ""


def _table(rows: Sequence[Mapping[str, object]], intact: Mapping[str, object]) -> Table:
    first, second = measures_of(intact)
    fraction = percent if first.words else decimal
    body = [
        [
            str(row["name"]),
            "–" if row.get("synapses") is None else f"{number(row, 'synapses'):,.0f}",
            fraction(number(row, first.key)),
            decimal(number(row, second.key)),
            decimal(number(row, "score"), 3),
        ]
        for row in [{**intact, "name": "intact", "synapses": None}, *rows]
    ]
    heads = ("speed, m/s" if second.key == "speed" else "return", "score")
    return Table(
        head=["silenced", "edges", first.words or "score", *heads],
        rows=body,
        numeric=(1, 2, 3, 4),
        strong=(0,),
        title="All lesions",
    )


class Measure(NamedTuple):
    """A figure of an evaluation that lesions are judged by."""

    key: str
    factor: float
    title: str
    words: str
    """Of what it is a fraction; nothing where it is none."""


MEASURES = (
    (
        Measure("survived", 100.0, "Episodes without a fall, %", "without a fall"),
        Measure("success", 100.0, "Episodes that end at the aim, %", "that end at the aim"),
        Measure("score", 1.0, "Score", ""),
    ),
    (Measure("speed", 1.0, "Forward speed before a fall, m/s", ""), Measure("return", 1.0, "Return of an episode", "")),
)
"""Of each line the first is taken that a task has."""
KIND_COLOURS = {"chemical": "accent", "electrical": "electrical", "both": "muted"}


def measures_of(intact: Mapping[str, object]) -> tuple[Measure, ...]:
    """What the lesions of a task are judged by, from the figures with all synapses."""
    return tuple(next((m for m in line if np.isfinite(number(intact, m.key))), line[0]) for line in MEASURES)


def lesion_bars(rows: Sequence[Mapping[str, object]], intact: Mapping[str, object], command: float) -> Figure:
    """Survival and speed (or what `measures_of` says) without each group of synapses; intact as a line.

    Args:
        rows: from top to bottom, with name, kind, synapses and figures.
        intact: figures with all synapses.
        command: mean commanded speed, m/s; NaN where there is none.
    """
    figure = new_figure(height=0.9 + 0.27 * len(rows))
    first, second = figure.subplots(1, 2, sharey=True)
    y = np.arange(len(rows))
    tints = [colour(KIND_COLOURS.get(str(row["kind"]), "accent")) for row in rows]
    measures = measures_of(intact)
    for ax, (key, factor, title, _) in zip((first, second), measures, strict=True):
        values = np.array([factor * number(row, key) for row in rows])
        ax.barh(y, np.nan_to_num(values), height=0.62, color=tints, linewidth=0)
        ax.axvline(factor * number(intact, key), color=colour("ink"), linewidth=1.3)
        ax.set_title(title, pad=16)
        ax.annotate(
            "intact",
            (factor * number(intact, key), 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=colour("ink"),
        )
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
    if measures[0].words:
        first.set_xlim(0, 104)
    if np.isfinite(command):
        second.axvline(command, color=colour("muted"), linestyle="--", linewidth=1.1)
    first.set_yticks(y, [str(row["name"]) for row in rows])
    for tick in first.get_yticklabels():
        tick.set_color(colour("ink"))
    first.set_ylim(len(rows) - 0.4, -0.6)
    return figure
