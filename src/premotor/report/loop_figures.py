"""A closed loop as one figure: sensors, the neurons that they drive, the circuit, and who drives the actuators."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from premotor.report.number_format import count
from premotor.report.style import as_png, as_svg, colour, new_figure
from premotor.runs import ClosedLoop, LoopLine

WIDEST = 3.2
"""Of a line, in points: that with the greatest gain of its side."""
ROW = 0.52
"""Height of a line, inches."""
SENSORS, ENTRY, EXIT, ACTUATORS = 0.0, 3.2, 6.9, 10.1
BOX = 2.2
"""Places and width of the columns of boxes; the figure's unit of width."""
MOST_WORDS = 34


def _loop(loop: ClosedLoop) -> Figure:
    rows = max(len(loop.inputs), len(loop.outputs))
    figure = new_figure(width=11.0, height=1.4 + ROW * rows)
    axes: Axes = figure.subplots()
    axes.set_xlim(-0.1, ACTUATORS + BOX + 0.1)
    axes.set_ylim(-0.75, rows + 0.55)
    axes.axis("off")
    heads = ("observations", "neurons they drive", "neurons that drive", "actuators")
    for place, head in zip((SENSORS, ENTRY, EXIT, ACTUATORS), heads, strict=True):
        axes.text(place + BOX / 2, rows + 0.2, head, ha="center", fontweight="bold", color=colour("ink"))
    entries = _side(axes, loop.inputs, rows, loop, (SENSORS, ENTRY))
    exits = _side(axes, loop.outputs, rows, loop, (ACTUATORS, EXIT))
    _through(axes, loop, entries, exits)
    axes.text(
        -0.1,
        -0.6,
        f"Orange: gain above 0, blue: below; width by its size.  Grey: through the circuit "
        f"({count(len(loop.circuit), 'neuron')}); the fewest synapses or gap junctions as numbers.",
        color=colour("muted"),
        fontsize=8.5,
    )
    return figure


loop_figure = as_png(_loop)
loop_figure.__doc__ = "Draw a closed loop as a PNG: observations → neurons → circuit → neurons → actuators."
loop_drawing = as_svg(_loop)
loop_drawing.__doc__ = "As `loop_figure`, as inline SVG for a page."


def _side(
    axes: Axes, lines: Sequence[LoopLine], rows: int, loop: ClosedLoop, places: tuple[float, float]
) -> list[float]:
    """Boxes and arrows of the inputs, or (from right to left) of the outputs; heights of the lines' neurons."""
    outer, inner = places
    heights = [rows * (1 - (i + 0.5) / len(lines)) for i in range(len(lines))]
    names = [" · ".join(line.sources) for line in lines]
    largest = max(abs(line.gain) for line in lines) or 1.0
    outward = outer > inner
    at = {name: float(np.mean([h for h, n in zip(heights, names, strict=True) if n == name])) for name in names}
    for name, height in at.items():
        _box(axes, outer, height, _short(name), "", "muted")
    for line, name, height in zip(lines, names, heights, strict=True):
        classes = loop.circuit.neurons["class"].to_numpy()[line.neurons]
        kind = classes[0] if len(set(classes)) == 1 else "other"
        _box(axes, inner, height, _short(line.choice), count(len(line.neurons), "neuron"), str(kind))
        start, end = (inner + BOX, outer) if outward else (outer + BOX, inner)
        ends = (height, at[name]) if outward else (at[name], height)
        width = max(0.8, WIDEST * abs(line.gain) / largest)
        _arrow(axes, (start, ends[0]), (end, ends[1]), "excitatory" if line.gain >= 0 else "inhibitory", width)
        middle, above = (start + end) / 2, float(np.mean(ends))
        axes.text(middle, above + 0.09, line.rule, ha="center", va="bottom", fontsize=8)
        axes.text(middle, above - 0.09, f"× {line.gain:g}", ha="center", va="top", fontsize=8)
    return heights


def _through(axes: Axes, loop: ClosedLoop, entries: list[float], exits: list[float]) -> None:
    start, end = ENTRY + BOX, EXIT
    for row, left in enumerate(entries):
        for column, right in enumerate(exits):
            hops = loop.hops[row, column]
            if np.isfinite(hops):
                look: dict[str, Any] = {"color": colour("other"), "linewidth": 2.2 / hops, "alpha": 0.55}
                axes.plot([start, end], [left, right], solid_capstyle="butt", zorder=1, **look)
    for column, right in enumerate(exits):
        nearest = loop.hops[:, column].min()
        text = "no way" if np.isinf(nearest) else f"{nearest:.0f} away"
        axes.text(end - 0.08, right, text, ha="right", va="center", fontsize=8, bbox=_ground())


def _box(axes: Axes, left: float, height: float, upper: str, lower: str, token: str) -> None:
    low = height - 0.36
    shape: Any = FancyBboxPatch(
        (left, low), BOX, 0.72, boxstyle="round,pad=0,rounding_size=0.12", facecolor="none", edgecolor=colour(token)
    )
    shape.set_linewidth(1.4)
    axes.add_patch(shape)
    text = f"{upper}\n{lower}" if lower else upper
    axes.text(left + BOX / 2, height, text, ha="center", va="center", fontsize=8, color=colour("ink"))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], token: str, width: float) -> None:
    look = {"arrowstyle": "-|>", "color": colour(token), "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _ground() -> dict[str, Any]:
    return {"facecolor": colour("card"), "edgecolor": "none", "pad": 1.0}


def _short(text: str) -> str:
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
