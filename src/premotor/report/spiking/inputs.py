"""What the inputs of a spiking agent do: receptive fields of its cells, and its policy over all combinations."""

from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.report.page import Block, Missing, Section
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.spiking.behaviour import group_colour
from premotor.report.spiking.record import SpikingRecord
from premotor.report.style import Chart, colour, drawn, new_figure, tinted
from premotor.runs.arrays import load_arrays
from premotor.runs.spiking.borders import border_responses
from premotor.runs.spiking.combinations import read_combinations
from premotor.runs.spiking.records import cell_groups, read_test
from premotor.runs.spiking.run import SpikingRun

VARIABLES = ("position", "velocity", "angle", "angular velocity")
UNITS = ("m", "m/s", "°", "°/s")


@SECTIONS.register("spiking-inputs")
class Inputs(ReportSection[SpikingRecord]):
    """Receptive fields and the policy over all inputs."""

    order, about = 55, SpikingRecord

    def build(self, record: SpikingRecord) -> Section:
        """The section."""
        run = record.run
        blocks: list[Block] = []
        for file, make, command in (
            ("mock.safetensors", fields, f"premotor spiking mock {run.folder}"),
            ("combinations.safetensors", policy, f"premotor spiking mock {run.folder} --combinations"),
        ):
            there = (run.evaluations_folder / file).exists()
            blocks.append(make(run).picture() if there else Missing("Not driven yet:", command))
        return Section("What its inputs do", blocks)


def fields(run: SpikingRun) -> Chart:
    """Receptive fields: votes and rates by the input that is driven.

    Raises:
        PremotorError: inputs have not been mocked.
    """
    file = run.evaluations_folder / "mock.safetensors"
    if not file.exists():
        raise PremotorError(f"{run.folder} has no mocked inputs; make them with: premotor spiking mock {run.folder}")
    found = load_arrays(file)
    groups = cell_groups(run)
    bins = _bins(run)
    table = pd.DataFrame(
        {
            "variable": np.repeat(_variables(run), bins),
            "bin": np.concatenate([np.arange(size) for size in bins]),
            "centre": np.concatenate(_centres(run)),
            **{name: found["rate"][:, cells].mean(1) for name, cells in groups.items()},
        }
    )
    return Chart(
        "fields",
        "Receptive fields",
        "Each input cell driven in turn. Above: spikes in a step for right less those for left. Below: rate of every "
        "cell that learns, one row a cell, from pale (0) to dark (its own highest rate).",
        table,
        drawn(_fields, run, found, groups),
    )


def borders(run: SpikingRun, test: str = "test") -> Chart:
    """What cells do where an observation enters the next bin of its receptive field.

    Raises:
        PremotorError: there is no such test, or no border is crossed in it.
    """
    table = border_responses(run, read_test(run, test))
    network, groups = run.network(), cell_groups(run)
    learning = [name for name, cells in groups.items() if np.isin(cells, network.post[network.plastic]).any()]
    return Chart(
        "borders" if test == "test" else f"borders-{test}",
        "Responses at the borders of bins",
        "Mean rates of the cells that learn, around the step in which a variable enters the next bin above (solid) or "
        "below (dashed), over all such crossings of the test within an episode.",
        table,
        drawn(_borders, table, _variables(run), learning),
    )


def policy(run: SpikingRun) -> Chart:
    """What the agent does for every combination of inputs, over each pair of variables.

    Raises:
        PremotorError: combinations have not been driven.
    """
    found = read_combinations(run)
    if found is None:
        raise PremotorError(
            f"{run.folder} has no combinations of inputs; drive them with: premotor spiking mock {run.folder} "
            "--combinations"
        )
    votes = found["votes"].astype(int)
    right, left = votes[..., -1], votes[..., 0]
    sizes, names = found["sizes"], _variables(run)
    grid = np.stack(np.meshgrid(*(np.arange(size) for size in sizes), indexing="ij"), axis=-1).reshape(-1, len(sizes))
    table = pd.DataFrame(grid, columns=[f"{name}_bin" for name in names])
    first = np.concatenate([[0], np.cumsum(sizes)])
    for number, name in enumerate(names):
        table[f"{name}_bin"] = found["bins"][first[number] : first[number + 1]][grid[:, number]]
    table["left"], table["right"] = left.ravel(), right.ravel()
    return Chart(
        "policy",
        "The policy",
        f"All {len(table):,} combinations of the inputs that were driven, iteration {int(found['iteration'])}: over "
        "each pair of variables, the fraction of the combinations of the others in which it moves right (purple) less "
        "that in which it moves left (green). Bins are even in probability, not in units.",
        table,
        drawn(_policy, run, right - left, found),
    )


def _bins(run: SpikingRun) -> list[int]:
    return [len(field.edges()) + 1 for field in run.settings.interface.fields]


def _variables(run: SpikingRun) -> list[str]:
    count = len(run.settings.interface.fields)
    return list(VARIABLES) if count == len(VARIABLES) else [f"variable {number}" for number in range(count)]


def _centres(run: SpikingRun) -> list[NDArray[np.float64]]:
    """The middle of each bin; of the outer ones, half a neighbour's width outside the outer edge."""
    centres = []
    for field in run.settings.interface.fields:
        edges = field.edges()
        inner = (edges[1:] + edges[:-1]) / 2
        ends = np.diff(edges)[[0, -1]] / 2 if len(edges) > 1 else np.ones(2)
        centres.append(np.concatenate([[edges[0] - ends[0]], inner, [edges[-1] + ends[1]]]))
    return centres


def _ticks(run: SpikingRun, variable: int) -> tuple[list[float], list[str]]:
    """A few edges between bins, in the units that people read."""
    edges = run.settings.interface.fields[variable].edges()
    shown = np.unique(np.round(np.linspace(0, len(edges) - 1, 5)).astype(int))
    known = len(run.settings.interface.fields) == len(VARIABLES)
    values = (np.rad2deg(edges) if known and variable >= 2 else edges)[shown]
    largest = float(np.abs(values).max()) or 1.0
    places = max(0, 1 - int(np.floor(np.log10(largest))))  # two digits of the largest, and no more of the others
    words = [f"{value:.{places}f}".replace("-", "−") for value in np.round(values, places) + 0.0]
    return [float(place) + 0.5 for place in shown], words


def _label(run: SpikingRun, variable: int) -> str:
    names = _variables(run)
    return f"{names[variable]}, {UNITS[variable]}" if len(names) == len(UNITS) else names[variable]


def _fields(run: SpikingRun, found: dict[str, NDArray], groups: dict[str, NDArray]) -> Figure:
    bins = _bins(run)
    begin = np.concatenate([[0], np.cumsum(bins)])
    network = run.network()
    learning = {name: cells for name, cells in groups.items() if np.isin(cells, network.post[network.plastic]).any()}
    figure = new_figure(height=6.4)
    axes = figure.subplots(2, len(bins), height_ratios=(1, 3), squeeze=False)
    difference = found["votes"][:, -1] - found["votes"][:, 0]
    limit = 1.1 * max(1e-6, float(np.abs(difference).max()))
    cells = np.concatenate(list(learning.values()))
    rate = found["rate"][:, cells].T
    strength = rate / np.maximum(rate.max(1, keepdims=True), 1e-9)
    preferred = np.argmax(rate, axis=1)
    order, ends = [], [0]
    for group in learning.values():
        here = np.arange(ends[-1], ends[-1] + len(group))
        order.append(here[np.argsort(preferred[here], kind="stable")])
        ends.append(ends[-1] + len(group))
    image = strength[np.concatenate(order)]
    for variable, size in enumerate(bins):
        part = slice(begin[variable], begin[variable + 1])
        top, low = axes[0, variable], axes[1, variable]
        tints = np.where(difference[part] > 0, colour("right"), colour("left"))
        top.bar(np.arange(size), difference[part], color=list(tints), width=0.85)
        top.set(ylim=(-limit, limit), xlim=(-0.5, size - 0.5), title=_variables(run)[variable])
        low.imshow(tinted("accent", image[:, part]), aspect="auto", interpolation="nearest")
        low.grid(False)
        low.set_xlabel(_label(run, variable))
        for ax in (top, low):
            ax.set_xticks(*_ticks(run, variable))
            ax.tick_params(axis="x", labelsize=7.5)  # four panels side by side
        for end in ends[1:-1]:
            low.axhline(end - 0.5, color=colour("ink"), linewidth=0.7)
        if variable:
            low.set_yticks([])
            top.set_yticklabels([])
        else:
            low.set_yticks([(a + b) / 2 for a, b in zip(ends, ends[1:], strict=False)], list(learning))
            low.tick_params(axis="y", length=0)
            top.set_ylabel("right − left, spikes a step")
            low.set_title("rate of each cell, darkest at its own highest", fontweight="normal")
    return figure


def _borders(table: pd.DataFrame, variables: list[str], groups: list[str]) -> Figure:
    figure = new_figure(height=3.0)
    axes = figure.subplots(1, len(variables), sharey=True, squeeze=False)[0]
    for number, (ax, variable) in enumerate(zip(axes, variables, strict=True)):
        mine = table[table["variable"] == number]
        count = mine.groupby("direction")["crossings"].first()
        for direction, line in (("up", "-"), ("down", "--")):
            part = mine[mine["direction"] == direction]
            for place, name in enumerate(groups):
                tint, label = group_colour(name, place), name if direction == "up" and not number else None
                ax.plot(part["step"], part[name], line, color=tint, linewidth=1.2, label=label)
        ax.axvline(-0.5, color=colour("rule"), linewidth=0.8)
        crossed = f"{count.get('up', 0):,} up, {count.get('down', 0):,} down"
        ax.set(title=variable, xlabel=f"steps from the border\n({crossed})")
    axes[0].set(ylabel="rate, Hz", ylim=(0, 1.03 * float(table[groups].to_numpy().max())))
    figure.legend(loc="outside upper right", ncols=len(groups))
    return figure


def _policy(run: SpikingRun, margin: NDArray[np.int64], found: dict[str, NDArray]) -> Figure:
    count = margin.ndim
    pairs = list(combinations(range(count), 2))
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = new_figure(height=2.7 * rows)
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    choice = np.sign(margin)
    bins = _bins(run)
    for ax, (first, second) in zip(axes, pairs, strict=False):
        rest = tuple(axis for axis in range(count) if axis not in (first, second))
        mean = choice.mean(axis=rest) if rest else choice.astype(float)
        image = np.where((mean > 0)[..., None], tinted("right", np.abs(mean)), tinted("left", np.abs(mean)))
        extent = (-0.5, bins[second] - 0.5, bins[first] - 0.5, -0.5)
        ax.imshow(image, aspect="auto", interpolation="nearest", extent=extent)
        ax.invert_yaxis()
        ax.grid(False)
        ax.set_xticks(*_ticks(run, second))
        ax.set_yticks(*_ticks(run, first))
        ax.set(xlabel=_label(run, second), ylabel=_label(run, first))
    for ax in axes[len(pairs) :]:
        ax.remove()
    meant = [Patch(color=colour(side), label=f"moves {side}") for side in ("left", "right")]
    figure.legend(handles=meant, loc="outside upper right", ncols=2)
    return figure
