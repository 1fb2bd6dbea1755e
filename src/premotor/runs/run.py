"""A run as Python sees it: settings, circuit, controllers, logs; of every kind of experiment."""

import os
from html import escape
from typing import Any

import equinox as eqx
import pandas as pd

from premotor.connectome import Circuit, load_circuit
from premotor.errors import PremotorError
from premotor.files import read_json
from premotor.learning.trees import fill
from premotor.networks import Controller
from premotor.runs.arrays import Arrays, load_arrays
from premotor.runs.building import controller_for
from premotor.runs.checkpoints import (
    ARRAYS,
    CheckpointRecord,
    checkpoint_record,
    load_checkpoint,
    number_or_none,
    step_name,
)
from premotor.runs.figures import Figures
from premotor.runs.hooks import UserFunctions
from premotor.runs.kinds import Kind, kind_of
from premotor.runs.loading import load_settings
from premotor.runs.run_folder import RunFolder, read_metrics
from premotor.runs.settings import Experiment, RunSettings
from premotor.tasks import Task, build_task

Which = str | int
"""``"best"``, ``"last"``, ``"initial"`` or the step of a checkpoint."""


class Run[S: RunSettings]:
    """What a run folder holds; needs neither the circuit's source nor anything else outside the folder.

    Args:
        folder: the run folder.
        hooks: functions of the user's own that it was trained with, where its kind takes some.

    Raises:
        PremotorError: no run folder, or one with a missing or damaged file.
    """

    settings: S

    def __init__(self: "Run[Any]", folder: str | os.PathLike[str] | RunFolder, hooks: UserFunctions | None = None):
        self.places = folder if isinstance(folder, RunFolder) else RunFolder.open(folder)
        self.folder = self.places.path
        self.hooks = hooks
        self.settings = load_settings(self.places.settings_file)
        self.kind: Kind[S] = kind_of(self.settings)
        missing = [name for name in self.kind.required if not (self.folder / name).exists()]
        if missing:
            raise PremotorError(f"the run folder {self.folder} is incomplete: {missing[0]} is missing")
        folder = self.places.circuit_folder
        self.wiring: Circuit | None = load_circuit(folder) if folder.exists() else None
        """The circuit as it was wired, null model and all; None where the network is none of a circuit."""

    def __repr__(self) -> str:
        """One line: where it is and how far it came."""
        return f"Run({str(self.folder)!r}, {self.step:,} of {self.kind.total(self.settings):,} steps)"

    def _repr_html_(self) -> str:
        """The same with the figures of the last test, for notebooks."""
        figures = pd.Series(self.tested or {}, dtype=object).to_frame("last test").dropna()
        return f"<p>{escape(repr(self))}</p>{figures.to_html(border=0) if len(figures) else ''}"

    @property
    def circuit(self) -> Circuit:
        """`wiring`; PremotorError where there is none."""
        if self.wiring is None:
            raise PremotorError(f"{self.folder} has no circuit: its network is a random one")
        return self.wiring

    @property
    def wired(self) -> bool:
        """Whether its controller is a circuit, and not a baseline beside which the circuit plays no part."""
        return self.kind.wired(self.settings)

    @property
    def step(self) -> int:
        """What the newest checkpoint is called by: control steps, or iterations."""
        steps = self.places.checkpoints()
        return steps[-1] if steps else 0

    @property
    def finished(self) -> str | None:
        """Why learning ended ("steps", "score" or "minutes"); None where it has not."""
        steps = self.places.checkpoints()
        if not steps:
            return None
        return ended(checkpoint_record(self.places.checkpoints_folder, steps[-1]), self.kind, self.settings)

    @property
    def metrics(self) -> pd.DataFrame:
        """One row an iteration."""
        return pd.DataFrame(read_metrics(self.places.metrics_file))

    @property
    def evaluations(self) -> pd.DataFrame:
        """One row an evaluation during learning."""
        return pd.DataFrame(self.places.evaluations())

    @property
    def best(self) -> Figures:
        """Step and figures of the best controller; PremotorError before the first evaluation."""
        return self._best()

    @property
    def tested(self) -> Figures | None:
        """Figures of the last test; None before one."""
        return read_json(self.places.test_file) if self.places.test_file.exists() else None

    @property
    def learned(self) -> int | None:
        """How many numbers learn; None where nothing does, and in folders of before this was counted."""
        record = read_json(self.places.provenance_file) if self.places.provenance_file.exists() else {}
        count = record.get("parameters") if isinstance(record, dict) else None
        return count if isinstance(count, int) else None

    @property
    def lesions(self) -> list[Figures]:
        """What `silence_synapses` found last; empty before."""
        return read_json(self.places.lesions_file) if self.places.lesions_file.exists() else []

    @property
    def speed_unit(self: "Run[Experiment]") -> str:
        """The unit of the speeds in its figures."""
        return self.task().speed_unit

    def task(self: "Run[Experiment]") -> Task:
        """The task, built anew."""
        return build_task(self.settings.task)

    def step_of(self, which: Which) -> int:
        """Step of learning behind a controller.

        Raises:
            PremotorError: no such checkpoint.
        """
        if which == "initial":
            return 0
        if which == "best":
            best = self._best()
            return int(best["step"] if "step" in best else best["iteration"])
        return self._checkpoint(which)

    def parameters(self, which: Which = "best") -> tuple[Arrays, str]:
        """Arrays of "best", "initial" or of a whole checkpoint, and the file that they came from.

        Raises:
            PremotorError: no such checkpoint, or its file is damaged.
        """
        if which in ("best", "initial"):
            if which == "best":
                self._best()
            file = self.places.best_file if which == "best" else self.places.initial_file
            return load_arrays(file), str(file)
        step = self._checkpoint(which)
        file = self.places.checkpoints_folder / step_name(step) / ARRAYS
        return load_checkpoint(self.places.checkpoints_folder, step).arrays, str(file)

    def controller(self: "Run[Experiment]", which: Which = "best") -> Controller:
        """A controller of an experiment of control.

        Raises:
            PremotorError: no such checkpoint, or its file is damaged.
        """
        if self.kind.name != "control":
            raise PremotorError(f"{self.folder} is a run of the kind {self.kind.name}; it has no controller of a body")
        task = self.task()
        # Shapes are all that a template needs, and they come without compiling or measuring anything.
        template = eqx.filter_eval_shape(lambda: controller_for(self.circuit, task, self.settings, calibrate=False))
        arrays, file = self.parameters(which)
        if which in ("best", "initial"):
            return fill(template, arrays, file)
        prefix = "state/average/" if any(name.startswith("state/average/") for name in arrays) else "state/controller/"
        return fill(template, arrays, file, prefix)

    def _best(self) -> Figures:
        if not self.places.best_record.exists():
            raise PremotorError(
                f"{self.folder} has no best controller yet: its first evaluation is still to come "
                f"(continue with `premotor resume {self.folder}`)"
            )
        record = read_json(self.places.best_record)
        if not isinstance(record, dict) or not isinstance(record.get("step", record.get("iteration")), int):
            raise PremotorError(f"{self.places.best_record} is damaged: it has no step")
        if not number_or_none(record.get("score")):
            raise PremotorError(f"{self.places.best_record} is damaged: its score is {str(record['score'])[:60]!r}")
        return record

    def _checkpoint(self, which: Which) -> int:
        steps = self.places.checkpoints()
        if not steps:
            raise PremotorError(f"{self.folder} has no checkpoint yet")
        if which == "last":
            return steps[-1]
        words = ", ".join(map(str, steps))
        if isinstance(which, str) and not which.isdecimal():
            raise PremotorError(f"there is no checkpoint {which!r}; allowed are best, last, initial, {words}")
        if int(which) not in steps:
            raise PremotorError(f"{self.folder} has no checkpoint of step {which}; it has {words}")
        return int(which)


def ended[S: RunSettings](record: CheckpointRecord, kind: Kind[S], settings: S) -> str | None:
    """Why learning ended, by a checkpoint's record; None where it has not, or where more steps are wanted."""
    reason = record.get("finished")
    more = reason == "steps" and not kind.over(settings, record)
    return None if more or not isinstance(reason, str) else reason
