"""The wiring of a spiking network: who is connected to whom, by cell and by population."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from premotor.report.style import Chart, colour, drawn, new_figure, signed
from premotor.runs.spiking.connectivity import connection_table, degree_table, projection_table
from premotor.runs.spiking.run import SpikingRun

if TYPE_CHECKING:
    import pandas as pd

MOST_CELLS = 600
"""Rows of the matrix; more cells are binned."""


def connectivity(run: SpikingRun) -> Chart:
    """Who is connected to whom in the network of a run, before learning."""
    return wiring_chart(run.network())


def wiring_chart(network: object) -> Chart:
    """The same of any `SpikingNetwork`."""
    return Chart(
        "connectivity",
        "Who is connected to whom",
        "Presynaptic cells are rows, postsynaptic cells columns; summed weights, red excite, blue inhibit. Beside it "
        "by population: how many presynaptic cells a postsynaptic one has. Below: of every cell, how many it gets "
        "synapses from and gives them to. Inputs from outside are left out.",
        projection_table(network),  # type: ignore[arg-type]
        drawn(_connectivity, network),
    )


def _connectivity(network: object) -> Figure:
    wires, cells = connection_table(network), degree_table(network)  # type: ignore[arg-type]
    names = list(dict.fromkeys(cells["population"]))
    wires = wires[wires["pre_population"] != "inputs"]
    figure = new_figure(width=11.0, height=8.8)
    upper, lower = figure.subfigures(2, 1, height_ratios=(5.4, 3.4), squeeze=False)[:, 0]
    by_cell, by_population = upper.subplots(1, 2)
    _by_cell(by_cell, wires, cells, names)
    _by_population(by_population, wires, cells, names)
    for ax, side, title in zip(
        lower.subplots(1, 2),
        ("in_degree", "out_degree"),
        ("cells it gets synapses from", "… and gives them to"),
        strict=True,
    ):
        _degrees(ax, cells, names, side, title)
    return figure


def _by_cell(ax: Axes, wires: "pd.DataFrame", cells: "pd.DataFrame", names: list[str]) -> None:
    number = cells["population"].map(names.index).to_numpy()
    order = np.argsort(number, kind="stable")
    count, bins = len(order), min(len(order), MOST_CELLS)
    place = np.empty(count, np.int64)
    place[order] = np.arange(count) * bins // count
    sign = np.where(wires["receptor"].str.startswith("GA"), -1.0, 1.0)
    image = np.zeros((bins, bins))
    np.add.at(image, (place[wires["pre"]], place[wires["post"]]), sign * wires["weight"])
    limit = float(np.abs(image).max()) or 1.0
    ax.imshow(signed(image, limit), interpolation="nearest", aspect="equal")
    ends = np.cumsum(np.bincount(number, minlength=len(names))) * bins / count
    middles = (np.concatenate([[0], ends[:-1]]) + ends) / 2 - 0.5
    for line in ends[:-1]:
        ax.axhline(line - 0.5, color=colour("rule"), linewidth=0.7)
        ax.axvline(line - 0.5, color=colour("rule"), linewidth=0.7)
    ax.set_yticks(middles, names)
    ax.set_xticks(middles, names, rotation=90 if len(names) > 4 else 0)
    ax.grid(False)
    ax.set(title=f"By cell, mV (darkest: {limit:.3g})", xlabel="postsynaptic", ylabel="presynaptic")


def _by_population(ax: Axes, wires: "pd.DataFrame", cells: "pd.DataFrame", names: list[str]) -> None:
    table = np.zeros((len(names), len(names)))
    size = Counter(cells["population"])
    pairs = wires.drop_duplicates(["pre", "post"])
    inhibits = {str(name): part["receptor"].iloc[0].startswith("GA") for name, part in wires.groupby("pre_population")}
    for (pre, post), part in pairs.groupby(["pre_population", "post_population"]):
        table[names.index(str(pre)), names.index(str(post))] = (
            len(part) / size[str(post)] * (-1 if inhibits[str(pre)] else 1)
        )
    ax.imshow(signed(table, float(np.abs(table).max()) or 1.0), interpolation="nearest", aspect="equal")
    for row, column in np.argwhere(table != 0):
        value = abs(table[row, column])
        ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=max(5.0, 9 - 0.25 * len(names)))
    ax.set_yticks(range(len(names)), names)
    ax.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0)
    ax.grid(False)
    ax.set(title="By population: presynaptic cells of each cell", xlabel="postsynaptic", ylabel="presynaptic")


def _degrees(ax: Axes, cells: "pd.DataFrame", names: list[str], side: str, title: str) -> None:
    random = np.random.default_rng(0)
    for place, name in enumerate(names):
        values = cells.loc[cells["population"] == name, side].to_numpy()
        ax.plot(place + random.uniform(-0.25, 0.25, len(values)), values, ".", color=colour("accent"), markersize=3.5)
        ax.plot([place - 0.35, place + 0.35], [values.mean()] * 2, color=colour("ink"), linewidth=1.4)
    ax.set_xticks(range(len(names)), names, rotation=90 if len(names) > 8 else 0)
    ax.set(title=title[:1].upper() + title[1:], ylabel="cells", ylim=(0, None))
