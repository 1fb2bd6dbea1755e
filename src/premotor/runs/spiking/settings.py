"""Settings of an experiment with a spiking agent."""

import os
from collections.abc import Mapping
from copy import deepcopy
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from premotor.errors import PremotorError
from premotor.learning.evolution.strategies import StrategySettings
from premotor.learning.plasticity import InterfaceSettings, PlasticitySettings
from premotor.runs.loading import Overrides, override_pairs, preset_names
from premotor.runs.settings_errors import explain
from premotor.runs.spiking.wiring import (
    CartPoleSettings,
    SpikingTask,
    SpikingWiring,
    WiringSettings,
    fields_of,
)
from premotor.runs.yaml_text import dump_yaml, parse_yaml
from premotor.settings import Settings
from premotor.tasks.cartpole import MOST_STEPS, SPREAD

PRESETS = resources.files("premotor") / "presets" / "spiking"


class EvolutionLearning(Settings):
    """Evolution of the plastic weights, with plasticity inside a member's life where `plastic` is above 0."""

    kind: Literal["evolution"] = "evolution"
    iterations: int = Field(600, ge=1)
    strategy: StrategySettings = StrategySettings()
    episodes: int = Field(5, ge=1)
    """That decide a member's fitness, without plasticity (γ)."""
    before: int = Field(0, ge=0)
    """Episodes without plasticity before (α)."""
    plastic: int = Field(0, ge=0)
    """Episodes with plasticity before those that count (β)."""
    lamarckian: bool = False
    """Whether what a member learned in its life enters the weights that evolution follows; else it is lost
    (Baldwin)."""
    same_starts: bool = False
    """Whether all members start from the same states in an iteration."""
    fitness: Literal["return", "centred"] = "return"
    """What is selected for: the sum of the task's rewards, in CartPole the steps; or, there only, steps less
    ½ (x / 2.4 m)² + ½ (θ / 12°)² in each, which still tells members apart that never fall."""
    longest: int = Field(MOST_STEPS, ge=1)
    """Steps after which an episode is cut while learning; tests go on to 500."""
    spread: tuple[float, float, float, float] = (SPREAD,) * 4
    """Start states of CartPole are uniform within ± these while learning: m, m/s, rad, rad/s; tests use ±0.05."""


class PlasticPhase(Settings):
    """From when on plasticity follows other rules; homeostasis then holds the weights of that moment."""

    begin: int = Field(ge=1)
    """Steps of the task; the phase begins with the next iteration."""
    plasticity: PlasticitySettings


class PlasticLearning(Settings):
    """Reward-modulated plasticity alone."""

    kind: Literal["plasticity"] = "plasticity"
    episodes: int = Field(2000, ge=1)
    """After so many learning ends, or after `steps`."""
    steps: int | None = Field(None, ge=1)
    """Of the task; learning ends with the iteration that reaches them."""
    block: int = Field(20, ge=1)
    """Episodes of an iteration: one row of metrics."""
    average: int = Field(1, ge=1)
    """Iterations over which tested and kept weights are averaged (a running mean with that time constant): slow
    weights that follow the fast ones, which jitter as long as they learn. 1: the fast ones themselves."""
    phases: tuple[PlasticPhase, ...] = ()
    """Later rules, in the order of their `begin`; the experiment's `plasticity` is the first."""

    def ends(self, episodes: int, steps: int) -> bool:
        """Whether learning is over after so many."""
        return episodes >= self.episodes or (self.steps is not None and steps >= self.steps)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        begins = [phase.begin for phase in self.phases]
        if any(later <= before for before, later in pairwise(begins)):
            raise ValueError(f"phases begin at {', '.join(map(str, begins))} steps; each has to begin after the last")
        return self


Learning = Annotated[EvolutionLearning | PlasticLearning, Field(discriminator="kind")]


class SpikingEvaluation(Settings):
    """Tests during learning, without plasticity."""

    every: int = Field(20, ge=1)
    """Iterations."""
    episodes: int = Field(30, ge=1)
    seed: int = Field(1_000, ge=0)
    """Of the start states; `premotor evaluate` takes others."""


class SpikingCheckpoints(Settings):
    """Checkpoints; every one is kept unless `keep` says otherwise, so that a run can go on from any of them."""

    every: int = Field(20, ge=1)
    """Iterations."""
    keep: int = Field(10_000, ge=1)


class SpikingStop(Settings):
    """When learning ends early."""

    score: float | None = None
    """Once the mean of an evaluation's episodes is at least so many steps."""


class SpikingExperiment(Settings):
    """All settings of a run with a spiking agent."""

    agent: Literal["spiking"] = "spiking"
    name: str = Field("cartpole", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of the run folder."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Of start states, random actions and mutations."""
    threads: int = Field(0, ge=0)
    """Networks side by side; 0 for one a core. The numbers do not depend on it."""
    task: SpikingTask = CartPoleSettings()
    wiring: SpikingWiring = WiringSettings()
    interface: InterfaceSettings = InterfaceSettings()
    plasticity: PlasticitySettings = PlasticitySettings()
    learning: Learning = EvolutionLearning()
    evaluation: SpikingEvaluation = SpikingEvaluation()
    checkpoints: SpikingCheckpoints = SpikingCheckpoints()
    stop: SpikingStop = SpikingStop()
    parent: str | None = None
    """Run folder and step that this run went on from."""

    def rules_after(self, steps: int) -> PlasticitySettings:
        """By which rules plasticity goes on after so many steps of the task."""
        phases = self.learning.phases if isinstance(self.learning, PlasticLearning) else ()
        begun = [phase.plasticity for phase in phases if phase.begin <= steps]
        return begun[-1] if begun else self.plasticity

    @model_validator(mode="after")
    def _fits_the_task(self) -> Self:
        learning = self.learning
        if self.task.kind != "cartpole" and isinstance(learning, EvolutionLearning) and learning.fitness != "return":
            raise ValueError(f"learning.fitness is {learning.fitness!r}, which only CartPole has; use 'return'")
        return self


def spiking_presets() -> tuple[str, ...]:
    """Names of the experiments with spiking agents that come with premotor."""
    return preset_names("spiking")


def is_spiking_source(source: Any) -> bool:
    """Whether a preset's name or a YAML file describes a spiking agent."""
    if isinstance(source, SpikingExperiment):
        return True
    if isinstance(source, Mapping):
        return source.get("agent") == "spiking"
    if str(source) in spiking_presets():
        return True
    path = Path(source)
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return False
    data = parse_yaml(path.read_text(encoding="utf-8", errors="replace"), str(path))
    return isinstance(data, dict) and data.get("agent") == "spiking"


def load_spiking(
    source: SpikingExperiment | Mapping[str, Any] | str | os.PathLike[str], overrides: Overrides = ()
) -> SpikingExperiment:
    """The experiment that `source` names or holds, with `overrides` put in place.

    Raises:
        PremotorError: no such preset or file, or an unknown or wrong setting.
    """
    data, origin = _read(source)
    given = override_pairs(overrides)
    for key, value in given.items():
        _put(data, key, value)
    try:
        settings = SpikingExperiment.model_validate(data)
    except ValidationError as error:
        sentence = explain(error, data, SpikingExperiment, given)
        raise PremotorError(f"{origin}: {sentence}" if origin else sentence) from None
    return settings.model_copy(update={"interface": fields_of(settings.task, settings.interface)})


def dump_spiking(settings: SpikingExperiment) -> str:
    """The complete settings as YAML; `load_spiking` reads them back to an equal value."""
    return dump_yaml(settings.model_dump(mode="json"))


def _read(source: Any) -> tuple[dict[str, Any], str]:
    if isinstance(source, SpikingExperiment):
        return source.model_dump(mode="json"), ""
    if isinstance(source, Mapping):
        return deepcopy(dict(source)), ""
    if str(source) in spiking_presets():
        text = (PRESETS / f"{source}.yaml").read_text(encoding="utf-8")
        return dict(parse_yaml(text, f"preset {source}")), f"preset {source}"
    path = Path(source)
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PremotorError(
            f"{path} cannot be read as a settings file ({error}); presets are {', '.join(spiking_presets())}"
        ) from None
    if not isinstance(data, dict):
        raise PremotorError(f"{path} holds no mapping; a settings file begins like 'agent: spiking'")
    return data, str(path)


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        inner = data.get(section)
        if inner is not None and not isinstance(inner, dict):
            raise PremotorError(f"--{key} cannot be set: {section} is {inner!r} and has no settings of its own")
        data[section] = data = dict(inner or {})
    if last == "kind" and data.get("kind", value) != value:
        data.clear()  # the other settings belong to the former kind
    data[last] = value
