"""How a worm finds the source of salt: its ways, and how it turns by the bearing of the source."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from premotor.analysis.chemotaxis import Turning, turning_by_bearing
from premotor.report.page import Missing, Picture, Section, Table, Tile, decimal, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import PALETTE, as_svg, new_figure
from premotor.runs.arrays import load_arrays

TITLE = "How it finds the source"
ROWS = (
    ("index", "chemotaxis index, the mean of 1 − d / d₀", ""),
    ("index_sd", "its standard deviation among episodes", ""),
    ("nearest", "least d / d₀ of an episode", ""),
    ("towards", "turning towards the source: part with the sine of the bearing", "rad/s"),
    ("ahead", "part with its cosine: less is turning less on the way up", "rad/s"),
    ("always", "turning whatever the bearing", "rad/s"),
)
"""Figures of the table: key, name, unit."""
SHOWN = 40
"""Ways that are drawn, at most."""


@SECTIONS.register("chemotaxis")
class Chemotaxis(ReportSection[RunRecord]):
    """The ways of the test episodes, turning by bearing, and measures."""

    order, about = 31, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether there is a source."""
        return bool(record.task.seeks)

    def build(self, record: RunRecord) -> Section:
        """The section."""
        path = record.run.places.trace_file
        if not path.exists():
            return Section(TITLE, [Missing("No states were recorded:", record.command("evaluate"))])
        arrays, task = load_arrays(path), record.task
        parts = task.undulation_parts(arrays)
        if parts is None or parts.source is None:
            return Section(TITLE, [Missing("The task has a source, but its undulation_parts do not say where.")])
        head, source, region = parts.head, parts.source, parts.region
        ways = (
            "The way of the tip of the head in each test episode, turned so that the source, in the circle, is at the "
            "right of the start. A worm that knows nothing of the source leaves in all directions alike."
        )
        blocks: list[Picture | Table] = [
            Picture(drawn_ways(head[:, :SHOWN], source[:SHOWN], region), "Ways to the source", ways)
        ]
        turning = turning_by_bearing(head, source, task.control_period, region)
        if turning is not None:
            curve = (
                "Mean rate of turning of the path against the bearing of the source, both positive to the left. A "
                "curve that rises through the middle is klinotaxis (Iino & Yoshida 2009): the worm curves to the side "
                "where there is more salt."
            )
            blocks.append(Picture(drawn_turning(turning), "Turning by bearing", curve))
        rows = [[name, decimal(number(record.figures, key), 3), unit] for key, name, unit in ROWS]
        blocks.append(Table(["measure", "mean of the test", "unit"], rows, "Chemotaxis", numeric=(1,)))
        lead = "No path that does not depend on where the source is has an expected index above 0."
        return Section(TITLE, blocks, lead)

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """The index, and how often it comes to the source."""
        index, reaches = number(record.figures, "index"), number(record.figures, "reaches")
        if not np.isfinite(index):
            return []
        return [
            Tile("Chemotaxis index", decimal(index)),
            Tile("Episodes that come to the source", percent(reaches), fraction=reaches),
        ]


@as_svg
def drawn_ways(head: np.ndarray, source: np.ndarray, region: float) -> Figure:
    """Ways (steps, episodes, 2) to sources (episodes, 2), each turned to the right, mm."""
    figure = new_figure(height=4.2)
    axes = figure.subplots()
    away = source - head[0]
    far = np.linalg.norm(away, axis=1, keepdims=True)
    along = away / far
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    moved = (head - head[0])[::10]
    right, up = (moved * along).sum(-1), (moved * across).sum(-1)
    axes.plot(right, up, color=PALETTE["accent"][0], linewidth=0.8, alpha=0.7)
    circle = np.linspace(0, 2 * np.pi, 100)
    mean = float(far.mean())
    axes.plot(mean + region * np.cos(circle), region * np.sin(circle), color=PALETTE["left"][0], linewidth=1.5)
    axes.plot([0], [0], "o", color=PALETTE["ink"][0], markersize=4)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("towards the source, mm")
    axes.set_ylabel("across, mm")
    return figure


@as_svg
def drawn_turning(turning: Turning) -> Figure:
    """The curve, and the sum of its parts with sine and cosine."""
    figure = new_figure(height=2.6)
    axes = figure.subplots()
    bearing = np.linspace(-np.pi, np.pi, 200)
    fitted = turning.towards * np.sin(bearing) + turning.ahead * np.cos(bearing) + turning.always
    axes.plot(np.degrees(bearing), fitted, color=PALETTE["muted"][0], linewidth=1)
    axes.plot(np.degrees(turning.bearing), turning.rate, "o", color=PALETTE["accent"][0])
    axes.axhline(0, color=PALETTE["rule"][0], linewidth=1)
    axes.set_xticks([-180, -90, 0, 90, 180])
    axes.set_xlabel("bearing of the source, degrees")
    axes.set_ylabel("turning, rad/s")
    return figure
