"""Everything that a report needs from a run folder, read once and checked."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.bodies import Body
from premotor.errors import PremotorError
from premotor.report.page import count, large, listed
from premotor.report.sections import RECORDS, Record, mapping
from premotor.report.trace import Trace, read_trace
from premotor.runs import Controller, ReferenceGait, Task
from premotor.runs.activity_strip import neuron_groups
from premotor.runs.loading import kind_in
from premotor.runs.run import Run

LESION_KEYS = ("name", "kind", "survived", "speed")
"""What a lesion of a body with feet holds; of any other task, `score` in place of the last two."""
NAMES = ("gait", "gaits")
"""Figures of an evaluation that are words, not numbers."""
FIGURES = ("step", "episodes", "seconds_per_episode", "survived", "speed", "command", "score", "joint_rmse")
"""Figures of an evaluation that a report speaks of."""


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


@RECORDS.register("run")
@dataclass(frozen=True, eq=False)
class RunRecord(Record):
    """The folder of a run of a rate or plain network; what it does not hold is None or empty."""

    run: Run
    task: Task
    metrics: pd.DataFrame
    evaluations: pd.DataFrame
    best: Mapping[str, object] | None
    test: Mapping[str, object] | None
    """Figures of `premotor evaluate`, in episodes that learning never saw."""
    trace: Trace | None
    classes: list[str]
    """Class of every neuron, "unknown" where the circuit does not tell; layer of every unit of a plain network."""
    before: Weights
    after: Weights | None
    lesions: list[dict[str, object]]
    videos: list[Path]

    kicker = "premotor run report"

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether it has a controller."""
        return kind_in(folder) == "control" and (folder / "initial").exists()

    @classmethod
    def read(cls, folder: Path) -> "RunRecord":
        """Read a run folder; as `read_run`."""
        return read_run(folder)

    @property
    def figures(self) -> Mapping[str, object]:
        """What the controller is judged by: the test where there is one, the best evaluation otherwise."""
        return self.test or self.best or {}

    @property
    def body(self) -> Body | None:
        """The simulated body; None for an environment of somebody else's."""
        return self.task.body

    @property
    def reference(self) -> ReferenceGait | None:
        """The gait that is imitated; None where there is none, or a reference of another kind."""
        return self.task.reference if isinstance(self.task.reference, ReferenceGait) else None

    @property
    def speed_unit(self) -> str:
        """The unit of the body's speeds."""
        return self.task.speed_unit

    @property
    def subtitle(self) -> str:
        """The network and what it was trained for."""
        task = self.run.settings.task
        goal = f"earn the reward of {task.id}" if self.body is None else f"{task.kind} with the body {self.body.name}"
        return f"{self.network}. Trained to {goal}."

    @property
    def network(self) -> str:
        """In one line: dataset and size of the circuit, or the layers of a plain network."""
        if not self.run.wired:
            sizes = list(Counter(self.classes).values())
            if self.run.settings.network.kind == "gru":
                return f"A gated recurrent unit of {count(sizes[0], 'unit')}, without a connectome"
            if self.run.controller("initial").fixed_maps:
                cells = listed([f"{number} {name}" for name, number in Counter(self.classes).items()])
                return f"A spiking network on a clock ({cells}), without a connectome"
            layers = listed([str(n) for n in sizes])
            return f"A multilayer perceptron with hidden layers of {layers} units, without a connectome"
        circuit = self.run.circuit
        source = ", ".join(word for word in (circuit.provenance.dataset, circuit.provenance.version) if word)
        text = f"{source}: {count(len(circuit), 'neuron')}, {count(circuit.synapses.nnz, 'synaptic edge')}"
        gaps = circuit.gap_junctions
        return text if gaps is None else f"{text}, {count(gaps.nnz, 'gap-junction edge')}"

    @property
    def notes(self) -> list[str]:
        """What a reader must know first: not finished, a null model, not tested, not the best controller."""
        notes, run = [], self.run
        if run.finished is None:
            notes.append(
                f"This run is not finished: {large(run.step)} of {large(run.settings.learning.steps)} control "
                f"steps. Continue it with {self.command('resume')}."
            )
        if run.wired and run.settings.circuit.null:
            notes.append(f"The wiring of this run is the null model {run.settings.circuit.null}, not the connectome's.")
        if self.test is None and self.best is not None:
            episodes = count(float(np.nan_to_num(number(self.best, "episodes"))), "episode")
            notes.append(
                f"The headline figures are those of the best evaluation during learning ({episodes}), by which "
                "it was chosen, and so somewhat too good. Figures from episodes that learning never saw: "
                f"{self.command('evaluate')}."
            )
        if self.test is not None and self.test.get("checkpoint") not in (None, "best"):
            notes.append(f"The test shown here is of the controller {self.test['checkpoint']!r}, not of the best one.")
        return notes


def read_run(folder: str | os.PathLike[str]) -> RunRecord:
    """Read a run folder.

    Raises:
        PremotorError: no run folder, or a file in it is missing, damaged, or does not fit the others.
    """
    run = Run(folder)
    places, task = run.places, run.task()
    body = task.body
    best = _figures(run.best, places.best_record) if places.best_record.exists() else None
    test = _figures(mapping(places.test_file), places.test_file) if places.test_file.exists() else None
    initial = run.controller("initial")
    walks = body is not None and len(body.feet) > 0
    return RunRecord(
        folder=run.folder,
        run=run,
        task=task,
        metrics=_numeric(run.metrics, places.metrics_file, ("steps", "seconds")),
        evaluations=_numeric(run.evaluations, places.evaluations_folder, ("step",)),
        best=best,
        test=test,
        trace=None
        if body is None or not places.trace_file.exists()
        else read_trace(places.trace_file, task, body, initial.network.neurons),
        classes=neuron_groups(initial, run.circuit, run.settings),
        before=_weights(initial),
        after=_weights(run.controller("best")) if best else None,
        lesions=_lesions(run.lesions, places.lesions_file, LESION_KEYS if walks else (*LESION_KEYS[:2], "score")),
        videos=sorted((places.path / "video").glob("*.mp4")),
    )


def number(row: Mapping[str, object], key: str) -> float:
    """A figure of a record; NaN where it does not exist (missing or null)."""
    value = row.get(key)
    return float(value) if isinstance(value, int | float | np.number | np.bool_) else float("nan")


def _weights(controller: Controller) -> Weights:
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


def _figures(record: Mapping[str, object], path: Path) -> Mapping[str, object]:
    for name in FIGURES:
        _check_number(record.get(name), name, path)
    return record


def _numeric(table: pd.DataFrame, path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """The table with null as NaN; a column that is missing or holds anything but numbers is an error."""
    for name in needed:
        if len(table) and name not in table:
            raise PremotorError(f"{path} lacks {name}")
    table = table.drop(columns=list(NAMES), errors="ignore")
    for name in table.columns:
        for value in table[name]:
            _check_number(value, name, path)
    return table.astype(float)


def _check_number(value: object, name: str, path: Path) -> None:
    if not (value is None or isinstance(value, int | float | np.number | np.bool_)):
        raise PremotorError(f"{path}: {name} is {value!r}, but should be a number or null")


def _lesions(rows: object, path: Path, keys: tuple[str, ...]) -> list[dict[str, object]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PremotorError(f"{path} should hold a list of objects, one a lesion")
    for row in rows:
        for key in keys:
            if key not in row:
                raise PremotorError(f"{path}: a lesion lacks {key}")
        for key in ("survived", "speed", "score"):
            _check_number(row.get(key), f"{key} of {row['name']}", path)
    return rows
