"""A run as Python sees it: settings, circuit, controllers, logs."""

import os
from typing import Any

import equinox as eqx
import pandas as pd

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.networks import Controller, is_baseline
from premotor.runs.arrays import fill, load_arrays
from premotor.runs.building import controller_for
from premotor.runs.checkpoints import ARRAYS, RECORD, load_checkpoint, step_name
from premotor.runs.files import read_json
from premotor.runs.metrics import read_metrics
from premotor.runs.run_folder import RunFolder
from premotor.runs.settings import Experiment
from premotor.tasks import Task, build_task

Which = str | int
"""``"best"``, ``"last"``, ``"initial"`` or the step of a checkpoint."""


class Run:
    """What a run folder holds; needs neither the circuit's source nor anything else outside the folder.

    Raises:
        PremotorError: no run folder, or one with a missing or damaged file.
    """

    def __init__(self, folder: "str | os.PathLike[str] | RunFolder"):
        self.places = folder if isinstance(folder, RunFolder) else RunFolder.open(folder)
        self.folder = self.places.path
        self.settings: Experiment = self.places.settings()
        self.circuit: Circuit = self.places.circuit()

    def __repr__(self) -> str:
        """One line: where it is and how far it came."""
        return f"Run({str(self.folder)!r}, {self.step:,} of {self.settings.learning.steps:,} steps)"

    @property
    def wired(self) -> bool:
        """Whether its controller is a circuit, and not a baseline beside which the circuit plays no part."""
        return not is_baseline(self.settings.network.kind)

    @property
    def step(self) -> int:
        """Control steps of learning that the newest checkpoint holds."""
        steps = self.places.checkpoints()
        return steps[-1] if steps else 0

    @property
    def finished(self) -> str | None:
        """Why learning ended ("steps", "score" or "minutes"); None where it has not."""
        steps = self.places.checkpoints()
        if not steps:
            return None
        record = read_json(self.places.checkpoints_folder / step_name(steps[-1]) / RECORD)
        return ended(record, self.settings) if isinstance(record, dict) else None

    @property
    def metrics(self) -> pd.DataFrame:
        """One row an iteration."""
        return pd.DataFrame(read_metrics(self.places.metrics_file))

    @property
    def evaluations(self) -> pd.DataFrame:
        """One row an evaluation during learning."""
        return pd.DataFrame(self.places.evaluations())

    @property
    def best(self) -> dict[str, Any]:
        """Step and figures of the best controller; PremotorError before the first evaluation."""
        return self._best()

    @property
    def lesions(self) -> list[dict[str, Any]]:
        """What `silence_synapses` found last; empty before."""
        return read_json(self.places.lesions_file) if self.places.lesions_file.exists() else []

    @property
    def speed_unit(self) -> str:
        """The unit of the speeds in its figures."""
        return self.task().speed_unit

    def task(self) -> Task:
        """The task, built anew."""
        return build_task(self.settings.task)

    def step_of(self, which: Which) -> int:
        """Control steps of learning behind a controller."""
        if which == "initial":
            return 0
        if which == "best":
            return int(self._best()["step"])
        return self._checkpoint(which)

    def controller(self, which: Which = "best") -> Controller:
        """A controller of this run.

        Raises:
            PremotorError: no such checkpoint, or its file is damaged.
        """
        task = self.task()
        # Shapes are all that a template needs, and they come without compiling anything.
        template = eqx.filter_eval_shape(lambda: controller_for(self.circuit, task, self.settings))
        if which in ("best", "initial"):
            if which == "best":
                self._best()
            file = self.places.best_file if which == "best" else self.places.initial_file
            return fill(template, load_arrays(file), file)
        step = self._checkpoint(which)
        arrays = load_checkpoint(self.places.checkpoints_folder, step).arrays
        prefix = "state/average/" if any(name.startswith("state/average/") for name in arrays) else "state/controller/"
        file = self.places.checkpoints_folder / step_name(step) / ARRAYS
        return fill(template, arrays, file, prefix)

    def _best(self) -> dict[str, Any]:
        if not self.places.best_record.exists():
            raise PremotorError(
                f"{self.folder} has no best controller yet: its first evaluation is still to come "
                f"(continue with `premotor resume {self.folder}`)"
            )
        record = read_json(self.places.best_record)
        if not isinstance(record, dict) or not isinstance(record.get("step"), int):
            raise PremotorError(f"{self.places.best_record} is damaged: it has no step")
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


def ended(record: dict[str, Any], settings: Experiment) -> str | None:
    """Why learning ended, by a checkpoint's record; None where it has not, or where more steps are wanted."""
    reason = record.get("finished")
    more = reason == "steps" and record.get("step", 0) < settings.learning.steps
    return None if more or not isinstance(reason, str) else reason
