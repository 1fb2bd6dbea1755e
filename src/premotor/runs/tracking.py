"""Where metrics go beside the run folder's own log: TensorBoard always, Weights & Biases or MLflow where asked for."""

import importlib
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import ClassVar

from premotor.errors import PremotorError
from premotor.files import read_json, write_json
from premotor.registry import Registry, derived_from
from premotor.runs.effect import leaves
from premotor.runs.loading import load_settings
from premotor.runs.run_folder import RunFolder
from premotor.settings import note


class Tracker(ABC):
    """Takes the figures of a run as they come.

    Args:
        places: the run folder.
        settings: of the run, flat, by dotted key.
        identity: what `identity` of an earlier session of the run was; None: a new run.
        step: from which the run goes on.
    """

    library: ClassVar[str | None] = None
    """The module that it needs, in the extra `tracking`."""

    def __init__(self, places: RunFolder, settings: Mapping[str, object], identity: str | None, step: int):
        self.places, self.settings, self.identity, self.step = places, settings, identity, step

    @abstractmethod
    def open(self) -> None:
        """Begin, or go on; sets `identity`."""

    @abstractmethod
    def tell(self, figures: Mapping[str, float], step: int) -> None:
        """Take the figures of a step."""

    @abstractmethod
    def close(self) -> None:
        """Nothing more comes in this session."""


TRACKERS: Registry[type[Tracker]] = Registry("tracker", check=derived_from(Tracker))
"""Every tracker by its name; `train` takes any number of them."""


class TensorBoard(Tracker):
    """Event files in the run folder."""

    def open(self) -> None:
        """Steps after the present one, of a session that was killed, do not count."""
        from tensorboardX import SummaryWriter  # slow to import, and needed here only

        self._writer = SummaryWriter(str(self.places.events_folder), purge_step=self.step + 1, flush_secs=10)

    def tell(self, figures: Mapping[str, float], step: int) -> None:
        """One scalar each."""
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Flushed."""
        self._writer.close()


@TRACKERS.register("wandb")
class WeightsAndBiases(Tracker):
    """Weights & Biases, as its environment variables say: WANDB_PROJECT (premotor by default), WANDB_MODE …"""

    library = "wandb"

    def open(self) -> None:
        """A run of the same identity goes on."""
        wandb = _library("wandb")
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "premotor"),
            name=self.places.path.name,
            id=self.identity,
            resume="allow",
            dir=str(self.places.path),
            config=dict(self.settings),
        )
        self.identity = str(self._run.id)

    def tell(self, figures: Mapping[str, float], step: int) -> None:
        """One row."""
        self._run.log(dict(figures), step=step)

    def close(self) -> None:
        """Uploaded, where there is a network."""
        self._run.finish()


@TRACKERS.register("mlflow")
class MLflow(Tracker):
    """MLflow, as its environment variables say: MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME (premotor by default) …

    Names have dots for slashes: in a store of files, a metric and a folder of metrics cannot have one name.
    """

    library = "mlflow"

    def open(self) -> None:
        """A run of the same identity goes on."""
        mlflow = _library("mlflow")
        if not os.environ.get("MLFLOW_EXPERIMENT_NAME"):
            mlflow.set_experiment("premotor")
        if self.identity is None:
            self._run = mlflow.start_run(run_name=self.places.path.name)
            keys = list(self.settings)
            for begin in range(0, len(keys), 100):  # at most so many at once
                mlflow.log_params({key: str(self.settings[key])[:500] for key in keys[begin : begin + 100]})
        else:
            self._run = mlflow.start_run(run_id=self.identity)
        self._library, self.identity = mlflow, str(self._run.info.run_id)

    def tell(self, figures: Mapping[str, float], step: int) -> None:
        """One batch."""
        self._library.log_metrics({name.replace("/", "."): value for name, value in figures.items()}, step=step)

    def close(self) -> None:
        """The run has ended, until it goes on."""
        self._library.end_run()


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise PremotorError(
            f"--track {name} needs {name}, which is not installed: pip install 'premotor[tracking]'"
        ) from None


def check_trackers(names: Sequence[str]) -> None:
    """Say in time what is unknown or not installed.

    Raises:
        PremotorError: it is.
    """
    for name in names:
        needed = TRACKERS[name].library
        if needed is not None:
            _library(needed)


class Tracking:
    """TensorBoard, and the trackers that the run folder's `tracking.json` names, with what they go on with.

    One that fails does not end the training: a line says so, and the others go on.
    """

    def __init__(self, places: RunFolder, step: int):
        file = places.tracking_file
        known = read_json(file) if file.exists() else {}
        known = known if isinstance(known, dict) else {}
        settings = leaves(load_settings(places.settings_file).model_dump(mode="json")) if known else {}
        self._own = TensorBoard(places, settings, None, step)
        self._own.open()
        self._others: dict[str, Tracker] = {}
        for name, identity in known.items():
            tracker = TRACKERS[name](places, settings, None if identity is None else str(identity), step)
            with self._watched(name, "takes no metrics of this session"):
                tracker.open()
                self._others[name] = tracker
                known[name] = tracker.identity
        if known:
            write_json(file, known)

    def tell(self, figures: Mapping[str, float], step: int) -> None:
        """Give the figures of a step to all of them."""
        self._own.tell(figures, step)
        for name, tracker in list(self._others.items()):
            with self._watched(name, f"takes no metrics from step {step:,} on"):
                tracker.tell(figures, step)

    def close(self) -> None:
        """End the session."""
        self._own.close()
        for name, tracker in self._others.items():
            with self._watched(name, "may lack the last metrics"):
                tracker.close()

    @contextmanager
    def _watched(self, name: str, consequence: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - of a network, a server or a library that is not ours
            self._others = {other: tracker for other, tracker in self._others.items() if other != name}
            note(f"{name} {consequence}: {' '.join(str(error).split())[:200]}")


def numbers(figures: Mapping[str, object]) -> dict[str, float]:
    """What a tracker can take."""
    return {
        name: float(value)
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
