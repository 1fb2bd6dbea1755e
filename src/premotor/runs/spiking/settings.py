"""Settings of an experiment with a spiking agent."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from premotor.learning.evolution.strategies import StrategySettings
from premotor.learning.plasticity import InterfaceSettings, PlasticitySettings
from premotor.runs.loading import Overrides, Source, load_settings
from premotor.runs.settings import CompareSettings, Initial
from premotor.runs.spiking.wiring import CartPoleSettings, SpikingTask, SpikingWiring, WiringSettings
from premotor.settings import Settings
from premotor.tasks.cartpole import MOST_STEPS, SPREAD


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

    @property
    def most(self) -> int:
        """Iterations at most."""
        return self.iterations


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

    @property
    def most(self) -> int:
        """Iterations at most."""
        return -(-self.episodes // self.block)

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
    lesions: bool = True
    """Whether `premotor train` ends with silencing every group of synapses in turn."""


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

    KIND: ClassVar[str] = "spiking"
    RENAMED: ClassVar = {"parent": "initial"}

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
    compare: CompareSettings = CompareSettings()
    initial: Initial = None
    """Weights of another run to begin with."""

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


def load_spiking(source: Source, overrides: Overrides = ()) -> SpikingExperiment:
    """`load_settings` of an experiment with a spiking agent."""
    settings: SpikingExperiment = load_settings(source, overrides, "spiking")
    return settings
