"""What each group of senses is worth, and whether the network goes on without any."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from premotor.errors import PremotorError
from premotor.report.lesions import measures_of
from premotor.report.page import Block, Missing, Picture, Section, Table, Text, decimal, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, colour, new_figure
from premotor.runs.senses import Alone, goes_on

TITLE = "What each group of senses is worth"
MOST_ACTIONS, SHOWN = 8, 8.0
"""Actions that are drawn, and seconds of them after the senses are cut."""


@SECTIONS.register("senses")
class Senses(ReportSection[RunRecord]):
    """The same episodes with one group of senses cut at a time, and the outputs of the network cut from all."""

    order, about = 65, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether there is a body to feel."""
        return record.body is not None

    def build(self, record: RunRecord) -> Section:
        """The section."""
        path = record.run.places.senses_file
        if not path.exists():
            return Section(TITLE, [Missing("No senses were cut:", record.command("evaluate", "--no-lesions --senses"))])
        rows, alone = _read(path)
        blocks: list[Block] = [_table(rows)]
        for found in alone:
            caption = (
                "Outputs of one episode. At the line all senses are cut, and the network gets their means instead"
                + (f", and {' and '.join(map(str, found['given']))} as before." if found["given"] else ".")
            )
            actions = found["actions"]
            if len(actions) > MOST_ACTIONS:
                caption += f" The first {MOST_ACTIONS} of {len(actions)} are drawn."
            drawn = as_svg(outputs)(found["time"], actions, found["cut_at"])
            blocks += [Picture(drawn, "The network alone", caption), Text(goes_on(found))]
        return Section(
            TITLE,
            blocks,
            lead="A network that goes on to move its outputs when its senses are cut makes the rhythm itself; one that "
            "stops was driven by what it felt.",
        )


def _read(path: Path) -> tuple[list[Mapping[str, object]], list[Alone]]:
    try:
        found = json.loads(path.read_text())
        rows, alone = found["groups"], found["alone"]
        if not rows:
            raise ValueError("no groups")
        for row in rows:
            str(row["name"]), float(row["observations"])
        for one in alone:
            np.asarray(one["time"], float), float(one["cut_at"]), goes_on(one)
            if not isinstance(one["given"], list):
                raise TypeError("given is no list")
            for values in one["actions"].values():
                if np.asarray(values, float).shape != np.shape(one["time"]):
                    raise ValueError("as many actions as times")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise PremotorError(f"{path} is not what `premotor evaluate --senses` writes: {error!r}") from error
    return rows, alone


def _table(rows: Sequence[Mapping[str, object]]) -> Table:
    first, second = measures_of(rows[0])
    walks = "walks" in rows[0]
    body = [
        [
            str(row["name"]),
            f"{number(row, 'observations'):,.0f}" if number(row, "observations") else "–",
            *([percent(number(row, "walks"))] if walks else []),
            (percent if first.words else decimal)(number(row, first.key)),
            decimal(number(row, second.key)),
            decimal(number(row, "score"), 3),
        ]
        for row in rows
    ]
    heads = (*(("a walk",) if walks else ()), first.words or "score", "speed" if second.key == "speed" else "return")
    return Table(
        head=["cut", "senses", *heads, "score"],
        rows=body,
        numeric=tuple(range(1, 3 + len(heads))),
        strong=(0,),
        title="One group of senses cut at a time",
        caption="The same controller in the same episodes, with the means of the intact ones in place of what is cut.",
    )


def outputs(time: Sequence[float], actions: Mapping[str, Sequence[float]], cut_at: float) -> Figure:
    """Actions over time, one below the other, with a line where the senses were cut.

    Args:
        time: of every step, s.
        actions: by name, from −1 to 1.
        cut_at: s.
    """
    names = list(actions)[:MOST_ACTIONS]
    moment = np.asarray(time, float)
    shown = moment <= cut_at + SHOWN
    figure = new_figure(height=0.7 + 0.62 * len(names))
    axes = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for ax, name in zip(axes, names, strict=True):
        ax.plot(moment[shown], np.asarray(actions[name], float)[shown], color=colour("accent"), linewidth=1.1)
        ax.axvline(cut_at, color=colour("ink"), linewidth=1)
        ax.set(ylim=(-1.15, 1.15), yticks=[])
        ax.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center")
    axes[0].annotate("senses cut", (cut_at, 1.15), (3, 2), textcoords="offset points", color=colour("ink"), va="bottom")
    axes[-1].set(xlabel="time, s", xlim=(0, moment[shown][-1]))
    return figure
