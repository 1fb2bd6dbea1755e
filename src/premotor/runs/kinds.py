"""Kinds of experiment: what each has to say so that one loop, one run folder and one set of commands serve all."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import numpy as np

from premotor.errors import PremotorError
from premotor.files import read_json
from premotor.registry import Registry, derived_from
from premotor.runs.figures import Figures, numbers
from premotor.runs.hooks import UserFunctions

if TYPE_CHECKING:
    from premotor.connectome import Circuit
    from premotor.runs.checkpoints import CheckpointRecord
    from premotor.runs.playing import Video
    from premotor.runs.run import Run
    from premotor.runs.run_folder import RunFolder
    from premotor.runs.senses import Senses
    from premotor.runs.settings import CircuitSettings, RunSettings

Arrays = dict[str, np.ndarray]


class Schedule(NamedTuple):
    """When a run is evaluated and when its checkpoints are written, in the unit of `Work.step`."""

    evaluate_every: int | None = None
    """None: only when learning ends."""
    save_every: int | None = None
    save_seconds: float | None = None
    """At the end of an iteration, so long after the last checkpoint."""
    keep: int = 3
    """So many of the newest checkpoints are kept."""
    total: int = 1
    """The step at which learning ends; for the progress bar."""
    stop_score: float | None = None  # learning ends once an evaluation scores at least this
    stop_minutes: float | None = None
    unit: str = "steps"
    """What `Work.step` counts, for people."""
    log_score: bool = False
    """Whether a row of metrics has the score of its evaluation, as `evaluation`."""


class Work(Protocol):
    """What one process carries along while it learns; the loop moves it on and knows nothing else of it.

    The same settings, start and number of iterations give the same arrays, bit for bit, whether or not the work was
    put down and taken up again in between; `test` changes nothing.
    """

    schedule: Schedule
    parameters: int | None
    """How many numbers learn, if any."""
    hint: str
    """What may help where numbers cease to be finite, as in "a lower learning.learning_rate may help"."""

    @property
    def step(self) -> int:
        """What checkpoints and evaluations are numbered by: control steps, or iterations."""

    @property
    def steps(self) -> int:
        """Steps of the task, or of descent, so far."""

    @property
    def iteration(self) -> int:
        """Iterations so far."""

    @property
    def finished(self) -> bool:
        """Whether the settings ask for no more."""

    @property
    def initial(self) -> Arrays:
        """The arrays of ``initial/controller.safetensors``, before the first iteration."""

    @property
    def candidate(self) -> Arrays:
        """What would be tested now: the arrays of ``best/controller.safetensors``."""

    def iterate(self) -> Mapping[str, object]:
        """One iteration; its row of metrics, without the loop's own columns.

        Raises:
            FloatingPointError: a number is no longer finite.
        """

    def test(self, best: Figures | None) -> Mapping[str, object]:
        """Figures of the candidate in the evaluation of learning, with `score`; `best` are the best ones so far."""

    def snapshot(self) -> Arrays:
        """Everything that the next iteration depends on."""

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go back to a snapshot; `source` names it in errors.

        Raises:
            PremotorError: it is of another experiment.
        """

    def line(self, row: Figures, evaluation: Figures | None) -> str:
        """The newest figures, for people."""


class Evaluation(NamedTuple):
    """How a trained run is tested."""

    episodes: int | None = None
    """None: as many as the kind usually takes."""
    seconds: float | None = None
    """Length of an episode; None: as in learning."""
    seed: int | None = None
    """Of the starts; None: the kind's own."""
    checkpoint: str | int = "best"
    threads: int = 0
    device: str = "cpu"
    only: int | None = None  # spiking agents: start every episode as this one of a test
    overrides: Mapping[str, object] | Sequence[str] = ()  # settings of the task other than in learning, by dotted key


class Adopted(NamedTuple):
    """What a warm start takes over."""

    arrays: Arrays
    """For `Kind.work`."""
    taken: tuple[str, ...]
    """Names of the parts that are the parent's."""
    filled: tuple[str, ...]
    """What the parent did not have and therefore begins as in any new run, or at 0."""
    left: tuple[str, ...]
    """Parts of the parent that do not fit, each with the reason."""


class Kind[S: "RunSettings"](ABC):
    """One kind of experiment; an entry of `KINDS` says what differs, and holds no state.

    A run folder of any kind holds ``settings.yaml`` (with the kind), ``provenance.json``, ``metrics.jsonl``,
    ``checkpoints/``, ``evaluations/`` with ``test.json``, and ``best/``.
    """

    name: ClassVar[str] = ""
    """As `kind` at the top of a settings file."""
    settings: ClassVar["type[RunSettings]"]
    """At least `name`, `seed` and `threads`."""
    other_tasks: ClassVar[bool] = False  # whether runs can be tested in a task with other settings than in learning
    score: ClassVar[str] = "score"
    """The figure of a test that counts unless said otherwise; more is better."""
    figures: ClassVar[tuple[str, ...]] = ("score",)
    """Figures of a test that a comparison sets side by side, where a run has them; the first is `score`."""
    curves: ClassVar[bool] = True
    """Whether there are evaluations before the end, by which a trial can be pruned."""
    resumable: ClassVar[bool] = True
    """Whether `premotor resume` goes on; else it is there in full or not at all."""
    cut_short: ClassVar[bool] = False
    """Whether the last iteration may be shorter than the others: only the work knows then whether more is wanted."""
    unit: ClassVar[str] = "steps"
    """What `total` and `Work.step` count."""
    dynamics: ClassVar[bool] = False
    """Whether its results are those of an analysis of dynamics: arrays, a table and a summary (`DynamicsResult`)."""
    required: ClassVar[tuple[str, ...]] = ()
    """What every run folder of this kind holds besides settings and provenance."""

    # Settings

    def anchor(self, data: dict[str, object], folder: Path) -> None:  # noqa: B027
        """Make the paths in `data` absolute, as counted from `folder`."""

    def expanded(self, section: str, value: object) -> dict[str, object] | None:
        """A section that was written as a single value, as a mapping; None where it has none such."""
        return {"run": value} if section == "initial" and isinstance(value, str) else None

    def named(self, source: str) -> dict[str, object] | None:
        """What a text stands for that is neither a preset nor a file; None: nothing."""
        return None

    def completed(self, settings: S) -> S:
        """Settings with what only the task can say."""
        return settings

    def verify(self, settings: S) -> None:  # noqa: B027
        """Refuse in the first second, before libraries are loaded, what no run can come of."""

    def circuit_settings(self, settings: S) -> "CircuitSettings | None":
        """The `CircuitSettings` of an experiment; None where its wiring is no connectome's."""
        return getattr(settings, "circuit", None)

    def rewired(self, settings: S, null: str, seed: int) -> dict[str, object]:
        """Overrides that put a null model in the place of the connectome.

        Raises:
            PremotorError: there is no connectome to replace.
        """
        return {"circuit.null": null, "circuit.null_seed": seed}

    def other_circuit(self, settings: S, source: str) -> dict[str, object]:
        """Overrides that put another circuit in its place; as `rewired`."""
        return {"circuit.source": source}

    def baseline(self, settings: S, network: str) -> dict[str, object]:
        """Overrides that put a network without a connectome in its place; PremotorError where it knows none."""
        raise PremotorError(f"an experiment of the kind {self.name} has no baseline beside it ({network})")

    def drawn(self, settings: S, seed: int) -> dict[str, object]:
        """Overrides that draw another random wiring.

        Raises:
            PremotorError: the wiring is none that is drawn by a seed of its own.
        """
        raise PremotorError(f"an experiment of the kind {self.name} draws no wiring by a seed of its own: leave it out")

    def wiring(self, settings: S) -> str:
        """What a comparison calls the experiment's own wiring."""
        return "random" if self.circuit_settings(settings) is None else "connectome"

    def wired(self, settings: S) -> bool:
        """Whether its network is a connectome (or a null model of one), so that null models mean something."""
        return self.circuit_settings(settings) is not None

    def rewirable(self, settings: S) -> bool:
        """Whether `rewired` can put a null model in the place of its wiring."""
        return self.wired(settings)

    def lesioned(self, settings: S) -> bool:
        """Whether training ends with lesions."""
        return False

    def total(self, settings: S) -> int:
        """The `Work.step` at which learning ends, at most."""
        return 1

    def over(self, settings: S, record: "CheckpointRecord") -> bool:
        """Whether learning that came as far as a checkpoint's record says had all its steps."""
        return record.get("step", 0) >= self.total(settings)

    # Work

    def circuit(self, settings: S) -> "Circuit | None":
        """The circuit, from where the settings say; None where there is none."""
        from premotor.runs.building import build_circuit

        chosen = self.circuit_settings(settings)
        return None if chosen is None else build_circuit(chosen)

    def start(self, settings: S) -> Arrays | None:
        """Arrays to start from that the settings name beside `initial`."""
        return None

    def inherited(self, settings: S, parent: "Run") -> dict[str, object]:
        """Overrides without which the weights of another run can not fit."""
        return {}

    def adopt(self, settings: S, circuit: "Circuit | None", parent: "Run", which: str | int) -> "Adopted":
        """What a new run takes from the weights of another one, in its own shapes.

        Raises:
            PremotorError: nothing of it fits.
        """
        raise PremotorError(f"an experiment of the kind {self.name} cannot start from the weights of another run")

    @abstractmethod
    def work(
        self,
        settings: S,
        circuit: "Circuit | None",
        start: Arrays | None,
        places: "RunFolder",
        hooks: UserFunctions | None = None,
    ) -> Work:
        """The work before the first iteration.

        Args:
            settings: of the experiment.
            circuit: its own copy, as the run folder holds it.
            start: what `start` or `adopt` gave.
            places: the run folder, which is not there yet when the work is made for a new run.
            hooks: functions of the user's own, where the kind takes some.

        Raises:
            PremotorError: settings, circuit and task do not fit together.
        """

    # Runs

    def opened(self, run: "Run[S]") -> "Run[S]":
        """The run with what only this kind has: weights, tables, a summary."""
        return run

    @abstractmethod
    def evaluate(self, run: "Run[S]", test: Evaluation) -> Figures:
        """Test a run, write ``evaluations/test.json`` and what happened beside it, and return the figures."""

    @abstractmethod
    def verdict(self, run: "Run[S]", figures: Figures) -> str:
        """What a test found, in one line."""

    def lesions(self, run: "Run[S]", test: Evaluation, types: bool = False) -> list[Figures] | None:
        """Silence every group of synapses in turn; writes ``lesions.json``. None where there are none to silence."""
        return None

    def senses(self, run: "Run[S]", test: Evaluation) -> "Senses | None":
        """Cut every group of senses in turn; writes ``senses.json``. None where a network feels no body."""
        return None

    def play(self, run: "Run[S]", video: "Video", test: Evaluation) -> Path:
        """Write an episode as a video; returns its path.

        Raises:
            PremotorError: nothing of this kind can be shown.
        """
        raise PremotorError(f"a run of the kind {self.name} cannot be played")

    def looked_into(self, run: "Run[S]", test: Evaluation) -> None:  # noqa: B027
        """Whatever else the report shows, after a test at the end of training."""

    def done(self, folder: Path) -> bool:
        """Whether everything that a study needs is there."""
        return (folder / "evaluations" / "test.json").exists()

    def curve(self, folder: Path, score: str) -> list[float]:
        """The score in the evaluations so far; where they lack it, the kind's own."""
        files = sorted(f for f in (folder / "evaluations").glob("*.json") if f.stem.isdecimal())
        return [row.get(score, row.get(self.score, float("nan"))) for row in map(numbers, map(read_json, files))]

    def score_names(self, settings: S) -> tuple[str, ...] | None:  # noqa: B027
        """Names of all that `scores` gives for runs with these settings; None where only a run can tell."""

    def scores(self, folder: Path) -> dict[str, float]:
        """Every figure by which a finished run can be judged, by dotted key."""
        return numbers(read_json(folder / "evaluations" / "test.json"))


def _complete(name: str, entry: type[Kind]) -> None:
    derived_from(Kind)(name, entry)
    if not hasattr(entry, "settings"):
        raise PremotorError(f"the class {entry.__name__} has no attribute settings, which every Kind needs")
    entry.name = entry.settings.KIND = name


_HOMES = {
    "control": ("control", "settings:Experiment"),
    "spiking": ("spiking.kind", "spiking.settings:SpikingExperiment"),
    "spectrum": ("dynamics.spectrum", "dynamics.settings:DynamicsTrainSettings"),
    "simulation": ("simulation.kind", "simulation.settings:SimulationSettings"),
    "transition": ("dynamics.sweeps", "dynamics.settings:TransitionSettings"),
    "variance": ("dynamics.sweeps", "dynamics.settings:VarianceSettings"),
    "convergence": ("dynamics.convergence", "dynamics.settings:ConvergenceSettings"),
    "benchmark": ("dynamics.convergence", "dynamics.settings:BenchmarkSettings"),
}
KINDS: Registry[type[Kind]] = Registry(
    "kind of experiment",
    {name: f"premotor.runs.{module}" for name, (module, _) in _HOMES.items()},
    _complete,
    {name: f"premotor.runs.{place}" for name, (_, place) in _HOMES.items()},
)
"""Every kind of experiment by its name; its settings' class loads nothing heavy."""

PRESETS = {"control": "", "spiking": "spiking", "simulation": "simulate"}
"""The folder of the presets of each kind that has some; "" is the top one."""

FORMER = {
    "agent": {"spiking": "spiking"},
    "command": {"train": "spectrum", "spectrum": "variance"}
    | {name: name for name in ("transition", "convergence", "benchmark")},
}
"""How older settings files say their kind: by a key at the top, and what it held."""


def kind_named(name: str) -> Kind:
    """The kind of this name; UnknownName, a PremotorError, where there is none."""
    return KINDS[name]()


def kind_of[S: "RunSettings"](settings: S) -> Kind[S]:
    """The kind that settings are of; PremotorError where they are of none."""
    if not (name := getattr(type(settings), "KIND", "")):
        raise PremotorError(f"{type(settings).__name__} is no settings of an experiment; there are {', '.join(KINDS)}")
    return kind_named(name)


def kind_described(data: Mapping[str, object]) -> str:
    """Name of the kind that raw settings are of; "" where they do not say it.

    They say it by `kind` at the top, or as older files do: ``agent: spiking``, ``command: train``, a `model`.
    """
    if data.get("kind") is not None:
        return str(data["kind"])
    for key, names in FORMER.items():
        if (told := str(data.get(key))) in names:
            return names[told]
    return "simulation" if "model" in data else ""
