"""The settings of an experiment: everything that decides a run, in one value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, model_validator

from premotor.bodies import BackEnd
from premotor.connectome import SignPolicy
from premotor.connectome.columns import column_names
from premotor.connectome.nulls import NULL_MODELS
from premotor.connectome.signs import sign_policy
from premotor.learning import LEARNERS
from premotor.learning.settings import CloningSettings
from premotor.networks import NETWORKS, BaselineSettings, MapSettings, baseline_settings, is_baseline
from premotor.settings import Settings, section
from premotor.tasks import TASKS

if TYPE_CHECKING:  # types that grow with their registries are known at run time only
    type NetworkSettings = Any
    type TaskSettings = Any
    type LearningSettings = Any
else:
    NetworkSettings = section(NETWORKS)
    TaskSettings = section(TASKS)
    LearningSettings = section(LEARNERS)

DEFAULT_NETWORK = NETWORKS.settings_class(next(iter(NETWORKS)))
DEFAULT_TASK = TASKS.settings_class(next(iter(TASKS)))
DEFAULT_LEARNING = LEARNERS.settings_class(next(iter(LEARNERS)))

Condition = bool | str | int | float | list[str] | list[int] | list[float]


def known_null(name: object) -> object:
    """The name of a null model; UnknownName, a PremotorError, where there is none."""
    if isinstance(name, str):
        NULL_MODELS.known(name)
    return name


NullName = Annotated[str | None, BeforeValidator(known_null)]
"""Name of a null model, or None."""


def _by_columns(conditions: object) -> object:
    if isinstance(conditions, dict) and "min_synapses" in conditions:
        raise ValueError("min_synapses is no column of the neuron table; it belongs to circuit.min_synapses")
    return conditions


def _named_policy(value: object) -> object:
    return sign_policy(value) if isinstance(value, str) else value


class CircuitSettings(Settings):
    """Which wiring, and what is done to it before it becomes a network."""

    source: str = "celegans"
    """Name of a built-in circuit, or a file or folder."""
    select: Annotated[dict[str, Condition], BeforeValidator(_by_columns)] = Field(default_factory=dict)
    """Conditions on columns of the neuron table such as `{type: "IN*|MN*"}`."""
    min_synapses: int | None = Field(None, ge=1)
    """Pairs of neurons with fewer synapses are dropped."""
    signs: Annotated[SignPolicy | None, BeforeValidator(_named_policy)] = None
    """A sign policy or the name of one; null keeps the source's own."""
    null: NullName = None
    """Name of a null model to replace the wiring with; null keeps the connectome's own."""
    null_seed: int = Field(0, ge=0)
    columns: dict[str, str] = Field(default_factory=dict)
    """Names of the source's columns, as `{id: cell, class: kind}` or "id=cell,class=kind"; "pre,post,count" for tables
    without a header."""
    header: bool = True
    """Whether tables begin with a line of column names; without, columns are called 1, 2, …"""
    scale: float | None = Field(None, gt=0)
    """Multiplies weights that are no counts; the products are rounded."""
    also: list[str] = Field(default_factory=list)
    """Further files, or folders of files, that belong to the source."""

    @model_validator(mode="before")
    @classmethod
    def _columns_in_words(cls, data: object) -> object:
        if not isinstance(data, dict) or not isinstance(data.get("columns"), str | list):
            return data
        words = data["columns"] if isinstance(data["columns"], str) else ",".join(map(str, data["columns"]))
        return {**data, "columns": column_names(words), **({} if "=" in words else {"header": not words})}

    def idle(self) -> dict[str, str]:
        """The seed of a null model that there is none of."""
        return {} if self.null else {"null_seed": "circuit.null is null"}


class EvaluationSettings(Settings):
    """Evaluation with the mean action, in episodes that are the same every time."""

    every_steps: int | None = Field(200_000, ge=1)
    """Control steps of learning between two evaluations; null: only when learning ends."""
    episodes: int = Field(50, ge=1)
    """Episodes of each evaluation during learning."""
    confirm: int = Field(0, ge=0)
    """Further episodes, with other starts, of an evaluation that scores more than all before it. Its figures are then
    of all its episodes: the best of many evaluations is otherwise often only the luckiest."""
    seconds: float | None = Field(None, gt=0)
    """Length of an evaluation episode, s; null: as long as the task's own."""
    seed: int = Field(1_000, ge=0)
    """Of the starts of the episodes during learning; `premotor evaluate` takes others."""
    lesions: bool = True
    """Whether `premotor train` ends with silencing every group of synapses in turn."""

    def memory(self) -> dict[str, float]:
        """Of the worlds."""
        return {"episodes": 1e3 * self.episodes, "confirm": 1e3 * self.confirm}


class CheckpointSettings(Settings):
    """When checkpoints are written; they never alter the numbers of a run."""

    every_steps: int | None = Field(None, ge=1)
    """Control steps between two checkpoints; null: by time alone."""
    every_seconds: float | None = Field(20.0, ge=0)
    """Seconds between two checkpoints, at the end of an iteration; null: by steps alone."""
    keep: int = Field(3, ge=1)
    """So many of the newest are kept."""


class StopSettings(Settings):
    """When learning ends before its number of steps."""

    score: float | None = None
    """Once an evaluation during learning scores at least this."""
    minutes: float | None = Field(None, gt=0)
    """After so much time of learning; where this strikes, a run depends on the speed of its machine."""


def _known_nulls(names: object) -> object:
    for name in names if isinstance(names, list | tuple) else ():
        known_null(name)
    return names


def _known_baselines(names: object) -> object:
    for name in names if isinstance(names, list | tuple) else ():
        if isinstance(name, str):
            baseline_settings(name)
    return names


class InitialSettings(Settings):
    """A warm start: a new run that begins with the weights of another one."""

    run: str
    """A run folder, or ``FOLDER@CHECKPOINT``; without a checkpoint its best. Or a controller that comes with premotor,
    by its name, or Keras weights, ``*.h5``."""
    partial: bool = False
    """Whether parts that do not fit may stay as they are; else they are an error."""


def _named_run(value: object) -> object:
    return {"run": value} if isinstance(value, str) else value


Initial = Annotated[InitialSettings | None, BeforeValidator(_named_run)]
"""The section `initial`, or a text for its `run`."""


class CompareSettings(Settings):
    """What `premotor compare` sets beside the connectome, where its own options do not say; no part in a run."""

    RENAMED: ClassVar[Mapping[str, str]] = {"plain": "baselines"}

    null: Annotated[tuple[str, ...], BeforeValidator(_known_nulls)] = ("rewired",)
    """Names of null models."""
    nulls: int = Field(3, ge=1)
    """Wirings of each."""
    independent: bool = False
    """Whether every seed of learning has null wirings of its own, so that no two runs share one."""
    baselines: Annotated[tuple[str, ...], BeforeValidator(_known_baselines)] = ()
    """Kinds of networks without a connectome, of as many parameters that learn."""
    circuits: tuple[str, ...] = ()
    """Other connectomes beside, each named as `circuit.source` names one."""
    seeds: int = Field(2, ge=1)
    """Seeds of learning of each."""
    margin: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """By figure, as `{score: 0.05}`: differences smaller than this do not matter, so that "as good as" can be a result.
    """


class RunSettings(Settings):
    """Base of the settings of every kind of run; each kind declares the fields below, in an order of its own."""

    if TYPE_CHECKING:
        name: str
        seed: int
        threads: int
        compare: CompareSettings
        initial: InitialSettings | None


class Experiment(RunSettings):
    """All settings of a run."""

    KIND: ClassVar[str] = "control"
    name: str = Field("experiment", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of the run folder."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Of everything random in learning."""
    threads: int = Field(0, ge=0)
    """Threads of the physics; 0 for one a core. The numbers do not depend on it."""
    physics: BackEnd = BackEnd()
    """Which engine the worlds of learning have; evaluations always have MuJoCo's C engine, so that runs compare."""
    circuit: CircuitSettings = CircuitSettings()
    network: NetworkSettings = DEFAULT_NETWORK()
    maps: MapSettings = MapSettings()
    task: TaskSettings = DEFAULT_TASK()
    learning: LearningSettings = DEFAULT_LEARNING()
    cloning: CloningSettings = CloningSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    checkpoints: CheckpointSettings = CheckpointSettings()
    stop: StopSettings = StopSettings()
    compare: CompareSettings = CompareSettings()
    initial: Initial = None
    """Weights of another run to begin with."""

    def idle(self) -> dict[str, str]:
        """The circuit and its lesions, beside a network that takes nothing from it."""
        network, kind = self.network, self.network.kind
        if not isinstance(network, BaselineSettings):
            return {}
        found = {}
        if self.evaluation.lesions:
            found["evaluation.lesions"] = f"network.kind is {kind}, which has no synapses of a circuit"
        if network.model_dump().get("hidden") is not None:
            others = ", ".join(name for name in NETWORKS if not is_baseline(name))
            why = f"network.kind is {kind} with network.hidden given; it belongs to the networks {others}"
            found |= dict.fromkeys(("circuit", "maps.inputs", "maps.outputs", "maps.local"), why)
        if network.OWN_MAPS:
            why = f"network.kind is {kind}, which has inputs and outputs of its own"
            found |= dict.fromkeys(("circuit", "maps.inputs", "maps.outputs", "maps.local", "maps.input_scale"), why)
            found |= dict.fromkeys(("maps.output_scale", "maps.input_rate", "maps.output_rate"), why)
        return found
