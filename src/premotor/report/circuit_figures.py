"""What a circuit holds, and a closed loop through it, each as one figure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray
from scipy.sparse import coo_array

from premotor.connectome import Circuit
from premotor.connectome.summary import hops_to_motor
from premotor.report.page import count
from premotor.report.style import as_png, as_svg, colour, label_blocks, new_figure, signed
from premotor.runs import ClosedLoop, LoopLine
from premotor.runs.activity_strip import CLASS_ORDER

MOST_ROWS = 400
"""A matrix of more neurons is drawn in bins of neighbouring ones."""
MOST_BARS = 9
LEAST_LABELLED = 0.03
"""Classes that take up a smaller part of the matrix go without a name on it."""


@as_png
def circuit_overview(circuit: Circuit) -> Figure:
    """Matrix sorted by class and type, degrees, synapses of a pair, classes, transmitters, hops to motor neurons."""
    figure = new_figure(width=11.0, height=9.2)
    upper, lower = figure.subfigures(2, 1, height_ratios=(5.6, 2.6), squeeze=False)[:, 0]
    matrix, side = upper.subfigures(1, 2, width_ratios=(6.2, 4.8), squeeze=False)[0]
    _matrix(matrix.subplots(), circuit)
    degrees, pairs = side.subplots(2, 1)
    _degrees(degrees, circuit)
    _pairs(pairs, circuit)
    hops = hops_to_motor(circuit.neurons, circuit.synapses)
    panels = lower.subplots(1, 2 if hops is None else 3)
    _counts(panels[0], circuit.neurons["class"], "class", {name: colour(name) for name in CLASS_ORDER})
    _transmitters(panels[1], circuit)
    if hops is not None:
        _hops(panels[2], *hops)
    figure.suptitle(repr(circuit).strip("<>"), x=0.01, ha="left", fontweight="bold")
    return figure


def binned_matrix(circuit: Circuit, order: NDArray[np.int64], most: int = MOST_ROWS) -> NDArray[np.float64]:
    """Synapses, signed by the presynaptic neuron, between bins of neurons that follow each other in `order`.

    Neurons of unknown sign count as positive. A bin pair with as much inhibition as excitation is 0.

    Args:
        order: positions of the neurons, (neurons,).
        most: bins, at most.

    Returns:
        Presynaptic × postsynaptic, (bins, bins).
    """
    count = len(order)
    bins = min(most, count)
    place = np.empty(count, np.int64)
    place[order] = np.arange(count) * bins // max(count, 1)
    wiring = coo_array(circuit.synapses)
    sign = np.where(circuit.neurons["sign"].to_numpy() < 0, -1, 1)[wiring.row]
    table = np.zeros((bins, bins))
    np.add.at(table, (place[wiring.row], place[wiring.col]), sign * wiring.data)
    return table


def _order(circuit: Circuit) -> tuple[NDArray[np.int64], list[tuple[str, int, int]]]:
    """Positions sorted by class and type, and where each class begins and ends."""
    names = circuit.neurons["class"].where(circuit.neurons["class"].isin(CLASS_ORDER), "").to_numpy()
    ranks = {name: place for place, name in enumerate([*CLASS_ORDER, ""])}
    rank = np.array([ranks[name] for name in names], np.int64)
    types = pd.factorize(circuit.neurons["type"].astype("str"), sort=True)[0]
    order = np.lexsort((circuit.ids, types, rank))
    blocks = []
    for name, number in ranks.items():
        start, end = np.searchsorted(rank[order], [number, number + 1])
        if end > start:
            blocks.append((name, int(start), int(end)))
    return order, blocks


def _matrix(axes: Axes, circuit: Circuit) -> None:
    order, blocks = _order(circuit)
    table = binned_matrix(circuit, order)
    limit = float(np.quantile(np.abs(table[table != 0]), 0.99)) if table.any() else 1.0
    extent = (-0.5, len(order) - 0.5, len(order) - 0.5, -0.5)
    axes.imshow(signed(table, limit), extent=extent, interpolation="nearest", aspect="equal")
    wide = [block for block in blocks if block[2] - block[1] >= LEAST_LABELLED * len(order)]
    for axis in ("x", "y"):
        label_blocks(axes, wide, axis, len(order))
    axes.tick_params(axis="x", rotation=30)
    axes.grid(False)
    axes.set(xlabel="postsynaptic", ylabel="presynaptic")
    bins = "" if len(order) <= MOST_ROWS else f", in bins of {len(order) / MOST_ROWS:.0f} neurons"
    axes.set_title(f"synapses: excitatory or unknown (orange), inhibitory (blue){bins}")


def _degrees(axes: Axes, circuit: Circuit) -> None:
    incoming = np.bincount(circuit.synapses.indices, minlength=len(circuit))
    outgoing = np.diff(circuit.synapses.indptr)
    for name, degree, token in (("presynaptic (in)", incoming, "left"), ("postsynaptic (out)", outgoing, "right")):
        _beyond(axes, degree, name, token)
    axes.set(title="neurons with at least so many partners", xlabel="partners", ylabel="fraction of neurons")
    if axes.get_lines():
        axes.legend(loc="lower left")


def _pairs(axes: Axes, circuit: Circuit) -> None:
    _beyond(axes, circuit.synapses.data, "chemical", "accent")
    if circuit.gap_junctions is not None and circuit.gap_junctions.nnz:
        _beyond(axes, circuit.gap_junctions.data, "gap junctions", "electrical")
        axes.legend(loc="lower left")
    axes.set(
        title="connected pairs with at least so many synapses",
        xlabel="synapses of the pair",
        ylabel="fraction of pairs",
    )


def _beyond(axes: Axes, values: NDArray, label: str, token: str) -> None:
    """Fraction of `values` that are at least x, for x from 1, both axes logarithmic."""
    if not (values > 0).any():
        return
    level, count = np.unique(values, return_counts=True)
    least = count[::-1].cumsum()[::-1] / len(values)
    axes.step(level[level > 0], least[level > 0], where="pre", color=colour(token), label=label)
    axes.set(xscale="log", yscale="log")


def _counts(axes: Axes, column: pd.Series, title: str, colours: dict[str, str]) -> None:
    counts = column.replace("", "unknown").value_counts()
    if len(counts) > MOST_BARS:
        rest = counts.iloc[MOST_BARS - 1 :]
        counts = pd.concat([counts.iloc[: MOST_BARS - 1], pd.Series({f"{len(rest)} others": rest.sum()})])
    places = np.arange(len(counts))
    bars = axes.barh(places, counts, color=[colours.get(str(name), colour("other")) for name in counts.index])
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=3, color=colour("muted"), fontsize=8)
    axes.set_yticks(places, [str(name) for name in counts.index])
    axes.set(ylim=(len(counts) - 0.4, -0.6), xlim=(0, 1.22 * counts.max()))
    axes.grid(axis="y", visible=False)
    axes.set_title(f"neurons by {title}")


def _transmitters(axes: Axes, circuit: Circuit) -> None:
    """Coloured by the sign that most neurons with the transmitter have."""
    sign = circuit.neurons.groupby("transmitter")["sign"].median()
    tokens = {1: "excitatory", -1: "inhibitory", 0: "other"}
    colours = {str(name): colour(tokens[int(np.sign(value))]) for name, value in sign.items()}
    _counts(axes, circuit.neurons["transmitter"], "transmitter", colours)


def _hops(axes: Axes, start: str, hops: NDArray[np.int64]) -> None:
    values, counts = np.unique(hops[hops >= 0], return_counts=True)
    names = [str(value) for value in values]
    missed = int((hops < 0).sum())
    if missed:
        names.append("not\nreached")
        counts = np.append(counts, missed)
    places = np.arange(len(names))
    bars = axes.bar(places, counts, color=colour("motor"), alpha=0.8)
    axes.bar_label(bars, padding=2, color=colour("muted"), fontsize=8)
    axes.set_xticks(places, names)
    axes.set_ylim(0, 1.15 * counts.max())
    axes.grid(axis="x", visible=False)
    axes.set_title(f"motor neurons by synapses from a {start} neuron")


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
    axes.set(xlim=(-0.1, ACTUATORS + BOX + 0.1), ylim=(-0.75, rows + 0.55))
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
                axes.plot([start, end], [left, right], solid_capstyle="butt", zorder=1, color=colour("other"),
                          linewidth=2.2 / max(hops, 1), alpha=0.55)  # fmt: skip
    for column, right in enumerate(exits):
        nearest = loop.hops[:, column].min()
        text = "no way" if np.isinf(nearest) else f"{nearest:.0f} away"
        axes.text(end - 0.08, right, text, ha="right", va="center", fontsize=8, bbox=_ground())


def _box(axes: Axes, left: float, height: float, upper: str, lower: str, token: str) -> None:
    low = height - 0.36
    shape = FancyBboxPatch(
        (left, low), BOX, 0.72, boxstyle="round,pad=0,rounding_size=0.12", facecolor="none", edgecolor=colour(token)
    )
    shape.set_linewidth(1.4)
    axes.add_patch(shape)
    text = f"{upper}\n{lower}" if lower else upper
    axes.text(left + BOX / 2, height, text, ha="center", va="center", fontsize=8, color=colour("ink"))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], token: str, width: float) -> None:
    look = {"arrowstyle": "-|>", "color": colour(token), "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _ground() -> dict[str, object]:
    return {"facecolor": colour("card"), "edgecolor": "none", "pad": 1.0}


def _short(text: str) -> str:
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
