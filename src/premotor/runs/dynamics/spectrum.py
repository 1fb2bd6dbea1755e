"""The kind "spectrum": networks are trained on their Lyapunov spectrum, random ones or a circuit beside nulls."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from premotor.analysis.lyapunov.system import in_precision
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.files import read_json, write_json
from premotor.learning.spectrum import SequenceTask
from premotor.learning.trees import fill
from premotor.networks.base import SpectralNetwork, network_arrays, with_parameters
from premotor.runs.arrays import load_arrays
from premotor.runs.checkpoints import newest_checkpoint
from premotor.runs.dynamics.building import members
from premotor.runs.dynamics.descent import Descent
from premotor.runs.dynamics.outcomes import collected, learning_figures, scored
from premotor.runs.dynamics.playing import play_network
from premotor.runs.dynamics.records import TrainedNetwork, Verified
from premotor.runs.dynamics.result import DynamicsResult, anchor_dynamics
from premotor.runs.dynamics.settings import DynamicsTrainSettings
from premotor.runs.figures import Figures
from premotor.runs.hooks import UserFunctions, taken
from premotor.runs.kinds import KINDS, Adopted, Arrays, Evaluation, Kind, Schedule
from premotor.runs.playing import Video
from premotor.runs.run import Run, Which
from premotor.runs.run_folder import RunFolder
from premotor.settings import note

WORDS = ("best", "last", "initial")


class SpectrumHooks(NamedTuple):
    """A user's own parts of descent on the spectrum."""

    task: SequenceTask | None = None
    """A sequence task in place of `settings.task`."""


@KINDS.register("spectrum")
class Spectrum(Kind[DynamicsTrainSettings]):
    """Descent on the Lyapunov spectrum, each network verified on a longer run from new initial states.

    Each network has a folder `networks/<name>`: `history.parquet` (loss, exponents, gradient norm, seconds of every
    epoch), `before.json` and `result.json` (verified spectra), `arrays.safetensors` (parameters before and after)
    and `network.safetensors`, which `premotor train --network.initial` takes for the model `rate`.
    """

    settings = DynamicsTrainSettings
    figures = ("score", "loss", "largest", "entropy", "dimension", "task")
    curves = False
    unit = "epochs"
    dynamics = True

    def anchor(self, data: dict[str, object], folder: Path) -> None:
        """circuit.source, model.initial, initial."""
        anchor_dynamics(data, folder)

    def expanded(self, section: str, value: object) -> dict[str, object] | None:
        """A model by its kind alone, parameters by whether they are trained."""
        if section == "model" and isinstance(value, str):
            return {"kind": value}
        if section in ("weights", "gains", "shifts") and isinstance(value, bool):
            return {"train": value}
        return super().expanded(section, value)

    def rewired(self, settings: DynamicsTrainSettings, null: str, seed: int) -> dict[str, object]:
        """A null model in the circuit's place, without null models of its own beside it."""
        if settings.circuit is None:
            raise PremotorError(f"circuit is null: there is no connectome that a null model ({null}) could replace")
        return {"circuit.null": null, "circuit.null_seed": seed, "nulls.count": 0}

    def other_circuit(self, settings: DynamicsTrainSettings, source: str) -> dict[str, object]:
        """Another circuit, likewise."""
        return {"circuit.source": source, "nulls.count": 0}

    def total(self, settings: DynamicsTrainSettings) -> int:
        """Epochs of all networks."""
        networks = settings.samples if settings.circuit is None else 1 + settings.nulls.count
        return networks * settings.learning.epochs

    def work(
        self,
        settings: DynamicsTrainSettings,
        circuit: Circuit | None,
        start: Arrays | None,
        places: RunFolder,
        hooks: UserFunctions | None = None,
    ) -> "Descents":
        """One network after another."""
        own = taken(hooks, SpectrumHooks, self.name) or SpectrumHooks()
        return Descents(settings, circuit, start, places, own.task)

    def adopt(self, settings: DynamicsTrainSettings, circuit: Circuit | None, parent: Run, which: Which) -> Adopted:
        """Parameters of the networks of the same names."""
        if parent.kind.name != "spectrum":
            raise PremotorError(f"initial: {parent.folder} is a run of the kind {parent.kind.name}, not of spectrum")
        arrays, _ = parent.parameters(which if which in WORDS else "last")
        names = [member.name for member in members(settings, circuit, settings.nulls.count, settings.nulls.kind)]
        had = list(dict.fromkeys(name.split("/")[0] for name in arrays))
        taken = tuple(name for name in names if name in had)
        left = tuple(f"the network {name}, which this run has not" for name in had if name not in names)
        filled = tuple(f"the network {name}" for name in names if name not in had)
        return Adopted({k: v for k, v in arrays.items() if k.split("/")[0] in taken}, taken, filled, left)

    def opened(self, run: Run[DynamicsTrainSettings]) -> DynamicsResult[DynamicsTrainSettings]:
        """With its arrays, tables and summary."""
        return DynamicsResult.of(run)

    def evaluate(self, run: Run[DynamicsTrainSettings], test: Evaluation) -> dict[str, object]:
        """Verify every network from new initial states; `episodes` is the number of states."""
        if test.seconds is not None:
            raise PremotorError("seconds: verify.factor says how long a network is verified; leave it out")
        if str(test.checkpoint) not in WORDS:
            raise PremotorError(f"there is no checkpoint {test.checkpoint!r}; allowed are {', '.join(WORDS)}")
        if test.episodes is not None and test.episodes < 1:
            raise PremotorError(f"episodes is {test.episodes}; at least 1 state is needed")
        pieces = [_result(run, name) for name in _names(run)]
        which = "before" if test.checkpoint == "initial" else "after"
        found = [piece["before"] if which == "before" else piece["after"] for piece in pieces]
        if test.seed is not None or test.episodes is not None:
            found = _verified(run, which, test)
        figures: dict[str, object] = {
            "step": 0 if which == "before" else run.step,
            "checkpoint": str(test.checkpoint),
            "seed": test.seed,
            "episodes": len(found[0]["by_state"]),
            **scored(run.settings, found),
        }
        run.places.evaluations_folder.mkdir(exist_ok=True)
        write_json(run.places.test_file, figures)
        return figures

    def verdict(self, run: Run[DynamicsTrainSettings], figures: Mapping[str, object]) -> str:
        """Loss and exponents of the verified networks."""
        task = "" if figures.get("task") is None else f"; task loss {figures['task']:.4f}"
        return (
            f"{figures['checkpoint']} networks (epoch {figures['step']:,}), {figures['episodes']} new states each: "
            f"loss {figures['loss']:.5f}, λ1 {figures['largest']:+.4f}, entropy {figures['entropy']:.4f}{task}"
        )

    def play(self, run: Run[DynamicsTrainSettings], video: Video, test: Evaluation) -> Path:
        """The first network left to itself, before and after learning."""
        name = _names(run)[0]
        settings = run.settings
        with in_precision(settings.precision):
            descent = next(_descents(run))
            after = with_parameters(
                descent.network, load_arrays(run.folder / "networks" / name / "network.safetensors")
            )
            pair = {"before": descent.network, "after": after}
            return play_network(run, pair, descent.dt, video, test)

    def scores(self, folder: Path) -> dict[str, float]:
        """Figures of the test, epochs, and what sweeps over trainings show (see `learning_figures`)."""
        return super().scores(folder) | {"steps": float(Run(folder).step)} | learning_figures(folder)


class Descents:
    """Descent on one network after another, each with a folder of its own."""

    parameters: int | None = None  # of many networks
    hint = "a shorter learning.gradient.window or a lower learning.learning_rate may help"

    def __init__(
        self,
        settings: DynamicsTrainSettings,
        circuit: Circuit | None,
        start: Arrays | None,
        places: RunFolder,
        task: SequenceTask | None,
    ):
        self.settings, self._start, self._task = settings, start or {}, task
        self._folder = places.path / "networks"
        self.members = list(members(settings, circuit, settings.nulls.count, settings.nulls.kind))
        epochs = settings.learning.epochs
        self.schedule = Schedule(
            None, settings.checkpoint_every, None, 2, total=len(self.members) * epochs, unit="epochs"
        )
        self._places = places
        # Runs of the first versions had no checkpoints of their own, but their networks had.
        former = (places.path / "networks").exists() and not places.checkpoints_folder.exists()
        number = next((n for n in range(len(self.members)) if not self._done(n)), len(self.members)) if former else 0
        self._begin(number, former)
        # they may have been killed between the last network and the summary
        self._apart = self.descent is None and not (places.path / "summary.json").exists()

    @property
    def iteration(self) -> int:
        """Epochs of all networks so far."""
        done = self.number * self.settings.learning.epochs
        return done if self.descent is None else done + self.descent.epoch

    step = steps = iteration

    @property
    def finished(self) -> bool:
        """Whether every network was trained and verified."""
        return self.number == len(self.members) and not self._apart

    @property
    def initial(self) -> Arrays:
        """Parameters of the first network."""
        return {} if self.descent is None else self._arrays(self.members[self.number].name, self.descent.network)

    @property
    def candidate(self) -> Arrays:
        """Parameters of all networks so far, by the name of each."""
        arrays: Arrays = {}
        for member in self.members[: self.number]:
            found = load_arrays(self._folder / member.name / "network.safetensors")
            arrays |= {f"{member.name}/{name}": value for name, value in found.items()}
        if self.descent is not None:
            with in_precision(self.settings.precision):
                arrays |= self._arrays(self.members[self.number].name, self.descent.present())
        return arrays

    def iterate(self) -> dict[str, object]:
        """One epoch; the last one of a network also verifies it."""
        if self.descent is None:
            self._apart = False
            return self._last()
        member, began = self.members[self.number], time.perf_counter()
        with in_precision(self.settings.precision):
            if not self.descent.epoch:
                self.descent.verified_before()
            row = self.descent.advance()
            epochs = self.descent.epoch
            if self.descent.over:
                self.descent.finish()
                self._begin(self.number + 1)
        return {
            "network": member.name,
            "epoch": epochs,
            "loss": float(row["loss"]),
            "largest": float(np.ravel(row["exponents"])[0]),
            "exponents": np.ravel(row["exponents"]).tolist(),
            "gradient_norm": float(row["gradient_norm"]),
            "steps_per_second": 1 / (time.perf_counter() - began),
        }

    def _last(self) -> dict[str, object]:
        """The last epoch of the last network again, from its result."""
        name = self.members[-1].name
        piece: TrainedNetwork = read_json(self._folder / name / "result.json")
        return {
            "network": name,
            "epoch": piece["epochs"],
            "loss": piece["loss"]["last"],
            "largest": piece["last_window"][0],
            "exponents": piece["last_window"],
            "gradient_norm": piece["gradient_norm"]["last"],
            "steps_per_second": 1 / piece["seconds_per_epoch"],
        }

    def test(self, best: object) -> dict[str, float | list[float] | None]:
        """The verified spectra of all networks that are finished; the result files are written."""
        pieces = [read_json(self._folder / m.name / "result.json") for m in self.members[: self.number]]
        if self.finished:
            DynamicsResult.write(self._places.path, *collected(self.settings, pieces))
        return scored(self.settings, [piece["after"] for piece in pieces])

    def snapshot(self) -> Arrays:
        """Which network it is, and the state of descent on it."""
        arrays: Arrays = {"network": np.array(self.number)}
        return arrays if self.descent is None else arrays | self.descent.snapshot()

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go back to a snapshot."""
        self._begin(int(arrays["network"]))
        if self.descent is not None:
            with in_precision(self.settings.precision):
                self.descent.restore({k: v for k, v in arrays.items() if k != "network"}, source)

    def line(self, row: Figures, evaluation: object) -> str:
        """The newest epoch."""
        return (
            f"{row['network']}: epoch {row['epoch']}, loss {row['loss']:.5f}, λ1 {row['largest']:+.4f}, |gradient| "
            f"{row['gradient_norm']:.2g}, {1 / row['steps_per_second']:.2f} s/epoch"
        )

    def _done(self, number: int) -> bool:
        return (self._folder / self.members[number].name / "result.json").exists()

    def _begin(self, number: int, former: bool = False) -> None:
        self.number = number
        self.descent: Descent | None = None
        if number == len(self.members):
            return
        member = self.members[number]
        folder = self._folder / member.name
        with in_precision(self.settings.precision):
            start = {k.partition("/")[2]: v for k, v in self._start.items() if k.partition("/")[0] == member.name}
            self.descent = Descent(member, self.settings, folder, self._task, start)
            older = newest_checkpoint(folder / "checkpoints", note) if former else None
            if older is not None:
                self.descent.restore(older.arrays, older.folder)

    def _arrays(self, name: str, network: SpectralNetwork) -> Arrays:
        circuit = self.members[self.number].circuit
        arrays = network_arrays(network, None if circuit is None else circuit.ids)
        return {f"{name}/{key}": value for key, value in arrays.items()}


def _names(run: Run[DynamicsTrainSettings]) -> list[str]:
    """Networks of a run, in the order in which they are trained."""
    settings = run.settings
    return [member.name for member in members(settings, run.wiring, settings.nulls.count, settings.nulls.kind)]


def _result(run: Run[DynamicsTrainSettings], name: str) -> TrainedNetwork:
    file = run.folder / "networks" / name / "result.json"
    if not file.exists():
        raise PremotorError(f"{run.folder} is not finished; continue with `premotor resume {run.folder}`")
    found: TrainedNetwork = read_json(file)
    return found


def _descents(run: Run[DynamicsTrainSettings]) -> Iterator[Descent]:
    settings = run.settings
    hooks = taken(run.hooks, SpectrumHooks, run.kind.name) or SpectrumHooks()
    for member in members(settings, run.wiring, settings.nulls.count, settings.nulls.kind):
        yield Descent(member, settings, run.folder / "networks" / member.name, hooks.task)


def _verified(run: Run[DynamicsTrainSettings], which: str, test: Evaluation) -> list[Verified]:
    """The networks verified anew from other states."""
    found = []
    with in_precision(run.settings.precision):
        for descent in _descents(run):
            network, extra = descent.network, descent.state.extra
            if which == "after":
                network = with_parameters(network, load_arrays(descent.folder / "network.safetensors"))
                kept = load_arrays(descent.folder / "arrays.safetensors")
                if extra is not None:
                    task = {name: value for name, value in kept.items() if name.startswith("task/")}
                    extra = fill(extra, task, descent.folder / "arrays.safetensors", "task/")
            found.append(descent.figures(network, extra, test.episodes, test.seed))
    return found
