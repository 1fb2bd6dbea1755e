"""Descent on the spectrum of one network: epochs, the checks before and after."""

import time
from pathlib import Path

import jax
import numpy as np
import pandas as pd

from premotor.analysis import LyapunovSpectrum, kaplan_yorke_dimension, lyapunov_spectrum
from premotor.analysis.lyapunov.system import in_precision
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.files import finite, read_json, replace_atomically, write_json
from premotor.learning.spectrum import PhaseTask, Plan, SequenceTask, check_gradient, free, initialise, iterate, outcome
from premotor.learning.spectrum.settings import SpectrumSettings
from premotor.learning.trees import fill, flatten
from premotor.networks.base import SpectralNetwork, field_of, network_arrays, with_parameters
from premotor.on_device import PyTree
from premotor.runs.arrays import Arrays, save_arrays
from premotor.runs.dynamics.building import Member, NetworkMap, build_network, network_seed
from premotor.runs.dynamics.records import Check, TrainedNetwork, Verified
from premotor.runs.dynamics.settings import DynamicsTrainSettings

STATE, HISTORY = "state/", "history/"


class Descent:
    """Descent on the spectrum of one network, with its own folder: `result.json` is written last."""

    def __init__(
        self,
        member: Member,
        settings: DynamicsTrainSettings,
        folder: Path,
        task: SequenceTask | None,
        start: Arrays | None = None,
    ):
        """Prepare the network and its free parameters; nothing is computed yet. `start`: parameters to begin with.

        Raises:
            PremotorError: the settings do not fit the network.
        """
        self.member, self.folder = member, folder
        self.network, self.dt = build_network(settings.model, member, settings.seed, settings.control_period)
        settings = settings.model_copy(update={"learning": _for_size(settings, self.network.neurons)})
        self.settings = settings
        if start:
            self.network = _started(self.network, start, member.name)
        if settings.learning.exponents > self.network.neurons:
            raise PremotorError(
                f"learning.exponents is {settings.learning.exponents}, but there are {self.network.neurons} neurons"
            )
        self.plan = Plan.of(settings.learning, self.dt)
        groups = _groups(settings, member.circuit)
        self.free = free(self.network, settings.learning.trainable, groups, seed=settings.seed)
        self.task = task
        if task is None and settings.task is not None:
            self.task = PhaseTask(settings.task, self.dt)
        # A circuit and its null models begin with the same random numbers.
        number = member.seed if member.circuit is None else 0
        self.key = jax.random.key(network_seed(settings.seed, 1_000 + number))
        self.state = initialise(self.free, settings.learning, jax.random.fold_in(self.key, 0), self.task)
        self.history: Arrays = {}

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return int(self.state.epoch)

    @property
    def over(self) -> bool:
        """Whether all epochs are done, or descent stops early."""
        learning, losses = self.settings.learning, self.history.get("loss", np.empty(0))
        if self.epoch >= learning.epochs:
            return True
        if not len(losses):
            return False
        if learning.stop_loss is not None and losses[-1] <= learning.stop_loss:
            return True
        return learning.patience is not None and len(losses) - 1 - int(losses.argmin()) >= learning.patience

    def verify(
        self, network: SpectralNetwork, extra: PyTree, states: int | None = None, seed: int | None = None
    ) -> tuple[LyapunovSpectrum, float | None]:
        """Exponents over a longer time from new states, and the task's loss for new sequences."""
        chosen, learning = self.settings.verify, self.settings.learning
        fresh = jax.random.fold_in(self.key, 2)
        if seed is not None:
            fresh = jax.random.fold_in(fresh, seed)
        starts = jax.vmap(network.random_state)(jax.random.split(fresh, states or chosen.states))
        spectrum = lyapunov_spectrum(
            NetworkMap.of(network),
            starts,
            exponents=learning.leading,
            steps=max(1, round(chosen.factor * learning.length / self.dt)),
            dt=self.dt,
            transient=self.plan.transient * 2,
            frame_transient=max(1, self.plan.frame_transient * self.plan.qr_interval),
            key=jax.random.fold_in(fresh, 1),
            precision="float64",
        )
        loss = None
        if self.task is not None:
            with in_precision(self.settings.precision):
                loss = float(self.task.loss(extra, network, jax.random.fold_in(fresh, 2)))
        return spectrum, loss

    def advance(self) -> dict[str, np.ndarray | float]:
        """One epoch; its row of the history.

        Raises:
            FloatingPointError: the loss is no longer finite.
        """
        learning, every = self.settings.learning, self.settings.check_every
        row: dict[str, np.ndarray | float] = {"epoch": self.epoch}
        if self.epoch == 0 or (every is not None and self.epoch % every == 0):
            row |= self._check()
        began = time.perf_counter()
        self.state, happened = iterate(self.state, self.free, learning, self.plan, self.task)
        row |= {name: np.asarray(value) for name, value in happened.items()}
        row["seconds"] = time.perf_counter() - began
        if not np.isfinite(row["loss"]):
            raise FloatingPointError(f"{self.member.name}: the loss is {row['loss']} in epoch {row['epoch']}")
        row = {"check_gradient": np.nan, "check_difference": np.nan, **row}
        for name, value in row.items():
            column = np.asarray(value, np.float64)[None]
            self.history[name] = np.concatenate([self.history[name], column]) if name in self.history else column
        return row

    def _check(self) -> dict[str, float]:
        check = check_gradient(self.state, self.free, self.settings.learning, self.plan, self.task)
        return {"check_gradient": float(check.gradient), "check_difference": float(check.difference)}

    def snapshot(self) -> Arrays:
        """State of descent, and the history of all epochs."""
        return flatten(self.state, STATE) | {HISTORY + name: value for name, value in self.history.items()}

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go back to a snapshot."""
        state = {name: value for name, value in arrays.items() if name.startswith(STATE)}
        self.state = fill(self.state, state, source, STATE)
        self.history = {k.removeprefix(HISTORY): value for k, value in arrays.items() if k.startswith(HISTORY)}

    def present(self) -> SpectralNetwork:
        """The network as descent has it now (or, by the settings, had it at its best)."""
        return self.free.network(outcome(self.state, self.settings.learning)[0])

    def verified_before(self) -> Verified:
        """Figures of the network before learning, from `before.json` where they are there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "before.json"
        if not file.exists():
            write_json(file, self.figures(self.network, self.state.extra))
        return read_json(file)

    def figures(
        self, network: SpectralNetwork, extra: PyTree, states: int | None = None, seed: int | None = None
    ) -> Verified:
        """`verify`, as JSON holds it."""
        spectrum, task = self.verify(network, extra, states, seed)
        mean = spectrum.exponents.mean(0)
        between = (
            spectrum.exponents.std(0, ddof=1) / np.sqrt(len(spectrum.exponents))
            if len(spectrum.exponents) > 1
            else np.zeros_like(mean)
        )
        within = spectrum.standard_errors.mean(0) / np.sqrt(len(spectrum.exponents))
        return {
            "exponents": mean.tolist(),
            "standard_errors": np.maximum(between, np.nan_to_num(within)).tolist(),
            "by_state": spectrum.exponents.tolist(),
            "time": spectrum.steps * self.dt,
            "dimension": finite(float(kaplan_yorke_dimension(mean, network.neurons))),
            "task": task,
        }

    def finish(self) -> None:
        """Verify what was learned, and write everything about this network."""
        before = self.verified_before()
        offsets, extra = outcome(self.state, self.settings.learning)
        network = self.free.network(offsets)
        after = self.figures(network, extra)
        arrays: Arrays = {HISTORY + name: value for name, value in self.history.items()}
        for kind, _ in self.free.sizes:
            leaf = field_of(network, kind)
            arrays[f"before/{kind}"] = np.asarray(getattr(self.network, leaf), np.float64)
            arrays[f"after/{kind}"] = np.asarray(getattr(network, leaf), np.float64)
        if extra is not None:
            arrays |= flatten(extra, "task/")
        ids = None if self.member.circuit is None else self.member.circuit.ids
        for name, content in (("arrays", arrays), ("network", network_arrays(network, ids))):
            with replace_atomically(self.folder / f"{name}.safetensors") as aside:
                save_arrays(aside, content)
        frame = pd.DataFrame({k: v for k, v in self.history.items() if v.ndim == 1})
        for number, column in enumerate(self.history["exponents"].T):
            frame[f"exponent_{number + 1}"] = column
        with replace_atomically(self.folder / "history.parquet") as aside:
            frame.to_parquet(aside)
        check = self._check()
        result: TrainedNetwork = {
            "name": self.member.name,
            "neurons": self.network.neurons,
            "parameters": dict(self.free.sizes),
            "epochs": self.epoch,
            "loss": {"first": float(self.history["loss"][0]), "last": float(self.history["loss"][-1])},
            "gradient_norm": {
                "first": float(self.history["gradient_norm"][0]),
                "largest": float(self.history["gradient_norm"].max()),
                "last": float(self.history["gradient_norm"][-1]),
            },
            "gradient_check": {
                "first": _check_of(self.history, 0),
                "last": {"gradient": check["check_gradient"], "difference": check["check_difference"]},
            },
            "seconds_per_epoch": float(np.median(self.history["seconds"])),
            "last_window": self.history["exponents"][-1].tolist(),
            "before": before,
            "after": after,
        }
        write_json(self.folder / "result.json", result)


def _for_size(settings: DynamicsTrainSettings, neurons: int) -> SpectrumSettings:
    try:
        return settings.learning.of(neurons)
    except ValueError:
        raise PremotorError(
            "learning.loss.target has another number of values than learning.exponents, "
            f"{settings.learning.exponents:g} of {neurons} neurons"
        ) from None


def _started[N: SpectralNetwork](network: N, arrays: Arrays, name: str) -> N:
    for key in network.parameters.values():
        own = getattr(network, key)
        if key not in arrays or arrays[key].shape != own.shape:
            raise PremotorError(f"initial: {key} of the network {name} has not the {list(own.shape)} of this run's")
    return with_parameters(network, arrays)


def _check_of(history: Arrays, epoch: int) -> Check:
    return {
        "gradient": float(history["check_gradient"][epoch]),
        "difference": float(history["check_difference"][epoch]),
    }


def _groups(settings: DynamicsTrainSettings, circuit: Circuit | None) -> dict[str, np.ndarray]:
    """Groups of neurons for every column that settings name."""
    trainable = settings.learning.trainable
    columns = {part.by for part in trainable.freedoms.values() if part.train and part.by is not None}
    groups = {}
    for column in sorted(columns):
        if circuit is None:
            raise PremotorError(
                f"parameters by {column!r} need a circuit with a neuron table; random networks have none"
            )
        if column not in circuit.neurons:
            known = ", ".join(str(name) for name in circuit.neurons.columns)
            raise PremotorError(f"the neuron table has no column {column!r}; there are {known}")
        groups[column] = pd.factorize(circuit.neurons[column].astype("str"))[0]
    return groups
