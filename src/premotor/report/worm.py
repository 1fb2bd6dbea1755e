"""How it crawls: the kymograph of curvature, which is the figure of this field."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from premotor.analysis.undulation import CRAWLING, SWIMMING
from premotor.report.episodes import video
from premotor.report.page import Missing, Picture, Section, Table, Tile, decimal, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, new_figure
from premotor.runs.arrays import load_arrays

TITLE = "How it crawls"
ROWS = (
    ("speed", "speed", "mm/s"),
    ("frequency", "undulation frequency", "Hz"),
    ("wavelength", "wavelength", "body lengths"),
    ("amplitude", "amplitude", "body lengths"),
    ("phase_lag", "phase lag from joint to joint", "rad"),
    ("wave", "how much the bends are one travelling wave", ""),
    ("efficiency", "speed over the wave's own", ""),
    ("turning", "turning", "rad/s"),
    ("eigenworms", "variance in four principal postures", ""),
    ("coiled", "part of the time in which the body is coiled", ""),
)
"""Figures of the table: key, name, unit."""

ANSWERS = (
    ("before", "all: goes as it should before the touch"),
    ("reverses", "forward, touched at the head: reverses"),
    ("advances", "backward, touched at the tail: goes forward"),
    ("goes_on", "already going away from the touch: goes on"),
    ("score", "all: answers"),
    ("coils", "all: its body crosses itself for more than a twentieth of the time"),
)
"""Figures of a worm that is touched: of which episodes, and what it does in them."""

GAITS = (
    ("swims", "water", "Episodes in water that swim"),
    ("crawls", "agar", "Episodes on agar that crawl as published"),
)
"""Figures of a worm whose medium is drawn: the part of its episodes that move as they should, the medium, words."""


@SECTIONS.register("worm")
class Worm(ReportSection[RunRecord]):
    """Video, kymograph, and measures beside what is published."""

    order, about = 30, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether the task measures undulation."""
        return bool(record.task.undulates)

    def build(self, record: RunRecord) -> Section:
        """The section."""
        blocks = [video(record, "Crawling", ", in real time, seen from above")]
        path = record.run.places.trace_file
        if not path.exists():
            return Section(TITLE, [*blocks, Missing("No states were recorded:", record.command("evaluate"))])
        arrays = load_arrays(path)
        parts = record.task.undulation_parts(arrays)
        if parts is None:
            return Section(TITLE, [*blocks, Missing("The task undulates, but its undulation_parts give nothing.")])
        caption = (
            "Curvature of the first test episode over time; dorsal bends red, ventral ones blue. Bands that fall to "
            "the right are waves from head to tail."
        )
        touched = None if parts.touched is None else parts.touched[0]
        if touched is not None:
            caption += " It is touched between the lines."
        drawn = kymograph(arrays["time"], parts.bends[:, 0], touched)
        blocks.append(Picture(drawn, "Curvature kymograph", caption))
        if touched is not None:
            rows = [[words, percent(number(record.figures, key))] for key, words in ANSWERS if key in record.figures]
            blocks.append(Table(["test episodes", "part of them"], rows, "Answers to touch", numeric=(1,)))
            return Section(TITLE, blocks)
        if parts.medium is not None:
            blocks.append(_by_medium(record))
            return Section(TITLE, blocks)
        rows = []
        for key, name, unit in ROWS:
            published = CRAWLING.get(key)
            known = "" if published is None else f"{decimal(published[0])} to {decimal(published[1])}"
            rows.append([name, decimal(number(record.figures, key)), unit, known])
        blocks.append(
            Table(["measure", "mean of the test", "unit", "published, on agar"], rows, "Measures", numeric=(1,))
        )
        return Section(TITLE, blocks)

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """How many episodes crawl, and how fast."""
        if np.isfinite(number(record.figures, "before")):
            tiles = (
                ("reverses", "Reverses when its head is touched"),
                ("advances", "Advances when its tail is touched"),
                ("coils", "Episodes in which it coils"),
            )
            parts = [(words, number(record.figures, key)) for key, words in tiles]
            return [Tile(words, percent(part), fraction=part) for words, part in parts if np.isfinite(part)]
        crawls, speed = number(record.figures, "crawls"), number(record.figures, "speed")
        if any(np.isfinite(number(record.figures, f"frequency_{medium}")) for _, medium, _ in GAITS):
            gaits = ((words, number(record.figures, key)) for key, _, words in GAITS)
            return [Tile(words, percent(part), fraction=part) for words, part in gaits if np.isfinite(part)]
        if not np.isfinite(crawls):
            return []
        own = [Tile("Episodes that crawl as published", percent(crawls), fraction=crawls)]
        both = [way for way in ("forward", "backward") if np.isfinite(number(record.figures, f"speed_{way}"))]
        if not both:
            return [*own, Tile("Forward speed", decimal(speed), "mm/s")]
        return own + [  # the mean of two ways says nothing
            Tile(
                f"Forward speed where {way} is commanded",
                decimal(number(record.figures, f"speed_{way}")),
                "mm/s",
                f"{percent(number(record.figures, f'crawls_{way}'))} of these episodes crawl",
            )
            for way in both
        ]


def _by_medium(record: RunRecord) -> Table:
    """What it does in water and on agar, beside what counts as swimming and crawling."""
    rows = []
    for (_, medium, _), counted in zip(GAITS, (SWIMMING, CRAWLING), strict=True):
        for key, name, unit in ROWS[:3]:
            found = number(record.figures, f"{key}_{medium}")
            if np.isfinite(found):
                low, high = counted[key]
                rows.append([f"{name}, {medium}", decimal(found), unit, f"{decimal(low)} to {decimal(high)}"])
    return Table(["measure", "mean of the test", "unit", "counted"], rows, "Measures", numeric=(1,))


@as_svg
def kymograph(time: np.ndarray, bends: np.ndarray, touched: np.ndarray | None = None) -> Figure:
    """Curvature over time (to the right) and along the body (downward); `bends` (steps, joints), rad.

    `touched`: times between two lines, s.
    """
    figure = new_figure(height=2.6)
    axes = figure.subplots()
    curvature = bends.T * (bends.shape[1] + 1)
    greatest = float(np.abs(curvature).max()) or 1.0
    image = axes.imshow(
        curvature,
        aspect="auto",
        cmap="RdBu_r",
        vmin=-greatest,
        vmax=greatest,
        extent=(float(time[0]), float(time[-1]), 1, 0),
        interpolation="nearest",
    )
    for moment in () if touched is None else touched:
        axes.axvline(float(moment), color="black", linewidth=1)
    axes.grid(visible=False)
    axes.set_xlabel("time, s")
    axes.set_ylabel("head to tail, body lengths")
    figure.colorbar(image, ax=axes, label="curvature × body length")
    return figure
