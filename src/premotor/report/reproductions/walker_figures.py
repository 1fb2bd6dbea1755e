"""Figures and numbers of walks on two legs and of runs that learn them, for pages of reproductions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.connectome import Circuit
from premotor.files import read_json
from premotor.report.bipedal import Excerpt
from premotor.report.circuit_figures import binned_matrix
from premotor.report.learning import inside, progress
from premotor.report.reading import number, read_run
from premotor.report.reproductions.base import Compared
from premotor.report.style import Chart, colour, drawn, new_figure, signed
from premotor.runs import Task
from premotor.runs.arrays import load_arrays
from premotor.runs.run import Run
from premotor.runs.run_folder import RunFolder

MEASURES = (
    ("survived", "episodes without a fall, %", 100.0, 0),
    ("return", "return", 1.0, 1),
    ("speed", "forward speed, m/s", 1.0, 2),
    ("speed_ratio", "speed in parts of the reference's, %", 100.0, 0),
    ("stride_frequency", "strides a second", 1.0, 2),
    ("duty_factor", "a foot on the ground, % of a stride", 100.0, 0),
    ("joint_rmse", "joint error after alignment, degrees", 180.0 / np.pi, 1),
    ("action_smoothness", "roughness of the action", 1.0, 3),
)
"""Figures of a test, their words, the factor of what is shown, and its decimals."""


def walk_numbers(before: str, tests: Sequence[Mapping[str, object]], of: str) -> list[Compared]:
    """What tests came to, a number for each measure that they have; of several their mean, least and most.

    Args:
        before: words before each measure.
        tests: figures of one test or of several runs' tests.
        of: what the numbers come from.
    """
    numbers = []
    for key, what, factor, places in MEASURES:
        values = factor * np.array([number(figures, key) for figures in tests])
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        low, high = (float(known.min()), float(known.max())) if len(tests) > 1 else (None, None)
        numbers.append(Compared(f"{before}{what}", None, float(known.mean()), low, high, of, places=places))
    return numbers


def run_numbers(rows: pd.DataFrame, runs: Path, before: str = "") -> list[Compared]:
    """The tests of all runs of a training: of the folder `runs`, by their names in `rows`."""
    tests = [read_json(RunFolder.open(runs / str(name)).test_file) for name in rows["name"]]
    count = f"{len(tests)} run" if len(tests) == 1 else f"mean (least to most) of {len(tests)} runs"
    return walk_numbers(before, tests, f"{count}, {tests[0]['episodes']} test episodes each")


def excerpt_charts(name: str, title: str, trace: Mapping[str, NDArray], task: Task) -> list[Chart]:
    """The end of a test's first episode: states and actions, and phase portraits, beside the reference's."""
    shown = Excerpt.of(trace, task)
    angles = np.rad2deg(shown.angles)
    table = pd.DataFrame({"time": shown.time, **{f"angle_{k}": angles[:, k] for k in range(angles.shape[1])}})
    portraits = "The same excerpt; dashed: the reference's mean stride."
    return [
        Chart(f"states-{name}", f"{title}: states and actions", shown.caption, table, drawn(shown.states)),
        Chart(f"phases-{name}", f"{title}: phase portraits", portraits, table, drawn(shown.portraits)),
    ]


def run_charts(name: str, title: str, run: Run) -> list[Chart]:
    """How a run learned (returns, losses of policy and value), and the end of its test's first episode."""
    record = read_run(run.folder)
    step = None if record.best is None else number(record.best, "step")
    caption = "The run with the best test. Faint: each iteration; lines: running means."
    charts = [
        Chart(
            f"learning-{name}",
            f"{title}: learning",
            f"{caption} Below: tests during learning.",
            record.metrics,
            drawn(progress, record.metrics, record.evaluations, step),
        ),
        Chart(
            f"losses-{name}",
            f"{title}: rewards and losses",
            caption,
            record.metrics,
            drawn(inside, record.metrics),
        ),
    ]
    if run.places.trace_file.exists():
        charts += excerpt_charts(name, title, load_arrays(run.places.trace_file), record.task)
    return charts


def layered_matrix(circuit: Circuit, layers: list[NDArray[np.int64]]) -> Figure:
    """Who is connected to whom, neurons in the order of their layers (positions, a list each)."""
    order = np.concatenate(layers)
    table = binned_matrix(circuit, order)
    figure = new_figure(width=6.4, height=6.2)
    axes = figure.subplots()
    limit = float(np.quantile(np.abs(table[table != 0]), 0.99))
    axes.imshow(signed(table, limit), interpolation="nearest", aspect="equal")
    for end in np.cumsum([len(layer) for layer in layers])[:-1]:
        for line in (axes.axhline, axes.axvline):
            line(end - 0.5, color=colour("rule"), linewidth=0.8)
    axes.grid(False)
    axes.set(xlabel="postsynaptic", ylabel="presynaptic")
    return figure


def sequence_losses(table: pd.DataFrame) -> Figure:
    """Loss at each step of descent (columns `kind`, `iteration`, `loss`), a line for each kind of network."""
    figure = new_figure()
    axes = figure.subplots()
    for token, (kind, rows) in zip(("accent", "excitatory"), table.groupby("kind", sort=False), strict=False):
        axes.plot(rows["iteration"], rows["loss"], color=colour(token), label=f"{kind} network")
    axes.set(xlabel="steps of descent", ylabel="mean squared error", yscale="log")
    axes.legend(loc="best")
    return figure
