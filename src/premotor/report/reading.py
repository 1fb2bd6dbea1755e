"""Everything that a report needs from a run folder, read once and checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.runs.arrays import load_arrays
from premotor.runs.files import read_json
from premotor.runs.neuron_groups import neuron_groups
from premotor.runs.run import Run

LESION_KEYS = ("name", "kind", "survived", "speed")
"""What a lesion of a body with feet holds; of any other task, `score` in place of the last two."""
FIGURES = ("step", "episodes", "seconds_per_episode", "survived", "speed", "command", "score", "joint_rmse")
"""Figures of an evaluation that a report speaks of."""
TRACE_AXES = {
    "time": ("steps",),
    "qpos": ("steps", "episodes", "positions"),
    "qvel": ("steps", "episodes", "velocities"),
    "action": ("steps", "episodes", "actions"),
    "contact": ("steps", "episodes", "feet"),
    "alive": ("steps", "episodes"),
    "command": ("episodes",),
    "phase": ("steps", "episodes"),
    "rates": ("steps", "neurons"),
}
OPTIONAL = ("command", "phase")


@dataclass(frozen=True, eq=False)
class Trace:
    """States of the evaluation episodes of a body, as `premotor.runs` records them."""

    time: NDArray
    qpos: NDArray
    qvel: NDArray
    action: NDArray
    contact: NDArray
    alive: NDArray
    rates: NDArray
    command: NDArray | None
    phase: NDArray | None
    control_period: float

    @property
    def episodes(self) -> int:
        """Episodes side by side."""
        return int(self.qpos.shape[1])

    def length(self, episode: int) -> int:
        """Steps before an episode ended."""
        ended = np.flatnonzero(self.alive[:, episode] == 0)
        return int(ended[0]) if len(ended) else len(self.time)


@dataclass(frozen=True, eq=False)
class Weights:
    """Signed weights of the chemical synapses and conductances of the gap junctions of a controller."""

    pre: NDArray[np.intp]
    post: NDArray[np.intp]
    weight: NDArray[np.float64]
    junction_a: NDArray[np.intp]
    junction_b: NDArray[np.intp]
    conductance: NDArray[np.float64]
    parameters: Mapping[str, NDArray[np.float64]]
    """All that learning may change, by a name for people; maps as they act, signs left out."""


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A run folder's contents; what the folder does not hold is None or empty."""

    run: Run
    task: Any
    metrics: pd.DataFrame
    evaluations: pd.DataFrame
    best: Mapping[str, Any] | None
    test: Mapping[str, Any] | None
    """Figures of `premotor evaluate`, in episodes that learning never saw."""
    trace: Trace | None
    classes: list[str]
    """Class of every neuron, "unknown" where the circuit does not tell; layer of every unit of a plain network."""
    before: Weights
    after: Weights | None
    lesions: list[dict[str, Any]]
    provenance: Mapping[str, Any]
    videos: list[Path]

    @property
    def figures(self) -> Mapping[str, Any]:
        """What the controller is judged by: the test where there is one, the best evaluation otherwise."""
        return self.test or self.best or {}

    @property
    def speed_unit(self) -> str:
        """The unit of the body's speeds."""
        return self.task.speed_unit

    def command(self, *words: str) -> str:
        """A command line about this run."""
        return " ".join(["premotor", words[0], str(self.run.folder), *words[1:]])


def read_run(folder: str | os.PathLike[str]) -> RunRecord:
    """Read a run folder.

    Raises:
        PremotorError: no run folder, or a file in it is missing, damaged, or does not fit the others.
    """
    run = Run(folder)
    places = run.places
    task = run.task()
    best = _figures(run.best, places.best_record) if places.best_record.exists() else None
    test = _figures(_mapping(places.test_file), places.test_file) if places.test_file.exists() else None
    shown = places.trace_file.exists() and task.body is not None
    initial = run.controller("initial")
    trace = read_trace(places.trace_file, task, initial.network.neurons) if shown else None
    provenance = _mapping(places.provenance_file)
    return RunRecord(
        run=run,
        task=task,
        metrics=_numeric(run.metrics, places.metrics_file, ("steps", "seconds")),
        evaluations=_numeric(run.evaluations, places.evaluations_folder, ("step",)),
        best=best,
        test=test,
        trace=trace,
        classes=neuron_groups(initial, run.circuit, run.settings),
        before=_weights(initial),
        after=_weights(run.controller("best")) if best else None,
        lesions=_lesions(
            run.lesions,
            places.lesions_file,
            LESION_KEYS if task.body is not None and task.body.feet else (*LESION_KEYS[:2], "score"),
        ),
        provenance=provenance,
        videos=sorted((places.path / "video").glob("*.mp4")),
    )


def read_trace(path: Path, task: Any, neurons: int) -> Trace:
    """Read and check a trace of a task with so many neurons.

    Raises:
        PremotorError: the file is damaged, an array is missing, or does not fit the task or the circuit.
    """
    arrays = load_arrays(path)
    sizes: dict[str, int] = {
        "positions": task.body.model.nq,
        "velocities": task.body.model.nv,
        "actions": len(task.action_names),
        "feet": len(task.body.feet),
        "neurons": neurons,
    }
    for name, axes in TRACE_AXES.items():
        if name not in arrays:
            if name in OPTIONAL:
                continue
            raise PremotorError(f"{path} lacks the array {name}")
        shape = arrays[name].shape
        if len(shape) != len(axes):
            raise PremotorError(f"{path}: {name} has shape {list(shape)}, but should be ({', '.join(axes)})")
        for axis, size in zip(axes, shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise PremotorError(f"{path}: {name} has {size} {axis}, but should have {sizes[axis]}")
        if not np.isfinite(arrays[name]).all():
            raise PremotorError(f"{path}: {name} holds values that are not finite")
    if sizes["steps"] < 2 or sizes["episodes"] < 1:
        raise PremotorError(f"{path} holds {sizes['steps']} steps of {sizes['episodes']} episodes: nothing to show")
    chosen = {name: arrays.get(name) for name in TRACE_AXES}
    return Trace(**chosen, control_period=float(task.control_period))  # type: ignore[arg-type]


def number(row: Mapping[str, Any], key: str) -> float:
    """A figure of a record; NaN where it does not exist (missing or null)."""
    value = row.get(key)
    return float("nan") if value is None else float(value)


def _weights(controller: Any) -> Weights:
    network, maps = controller.network, (controller.input_map, controller.output_map)
    parameters = {
        **network.described(),
        "map from sensors to neurons": maps[0],
        "map from neurons to actuators": maps[1],
    }
    edges = network.edges()
    return Weights(
        pre=edges.pre.astype(np.intp),
        post=edges.post.astype(np.intp),
        weight=edges.weight.astype(np.float64),
        junction_a=edges.junction_a.astype(np.intp),
        junction_b=edges.junction_b.astype(np.intp),
        conductance=edges.conductance.astype(np.float64),
        parameters={name: np.asarray(value, np.float64) for name, value in parameters.items()},
    )


def _mapping(path: Path) -> Mapping[str, Any]:
    record = read_json(path)
    if not isinstance(record, dict):
        raise PremotorError(f"{path} holds {type(record).__name__}, but should hold an object")
    return record


def _figures(record: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    for name in FIGURES:
        _check_number(record.get(name), name, path)
    return record


def _numeric(table: pd.DataFrame, path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """The table with null as NaN; a column that is missing or holds anything but numbers is an error."""
    for name in needed:
        if len(table) and name not in table:
            raise PremotorError(f"{path} lacks {name}")
    for name in table.columns:
        for value in table[name]:
            _check_number(value, name, path)
    return table.astype(float)


def _check_number(value: Any, name: str, path: Path) -> None:
    if not (value is None or isinstance(value, int | float | np.number | np.bool_)):
        raise PremotorError(f"{path}: {name} is {value!r}, but should be a number or null")


def _lesions(rows: Any, path: Path, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PremotorError(f"{path} should hold a list of objects, one a lesion")
    for row in rows:
        for key in keys:
            if key not in row:
                raise PremotorError(f"{path}: a lesion lacks {key}")
        for key in ("survived", "speed", "score"):
            _check_number(row.get(key), f"{key} of {row['name']}", path)
    return rows
