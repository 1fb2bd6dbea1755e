"""Settings of an experiment with a spiking agent."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from premotor.learning.evolution.settings import SpikingEvolutionSettings as SpikingEvolutionSettings
from premotor.learning.plasticity.settings import InterfaceSettings, PlasticityLearningSettings, PlasticitySettings
from premotor.runs.loading import Overrides, Source, load_settings
from premotor.runs.settings import CompareSettings, Initial
from premotor.runs.spiking.wiring import CartPoleSettings, SpikingTask, SpikingWiring, WiringSettings
from premotor.settings import Settings

Learning = Annotated[SpikingEvolutionSettings | PlasticityLearningSettings, Field(discriminator="kind")]


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
    learning: Learning = SpikingEvolutionSettings()
    evaluation: SpikingEvaluation = SpikingEvaluation()
    checkpoints: SpikingCheckpoints = SpikingCheckpoints()
    stop: SpikingStop = SpikingStop()
    compare: CompareSettings = CompareSettings()
    initial: Initial = None
    """Weights of another run to begin with."""

    def rules_after(self, steps: int) -> PlasticitySettings:
        """By which rules plasticity goes on after so many steps of the task."""
        phases = self.learning.phases if isinstance(self.learning, PlasticityLearningSettings) else ()
        begun = [phase.plasticity for phase in phases if phase.begin <= steps]
        return begun[-1] if begun else self.plasticity

    @model_validator(mode="after")
    def _fits_the_task(self) -> Self:
        learning = self.learning
        if (
            self.task.kind != "cartpole"
            and isinstance(learning, SpikingEvolutionSettings)
            and learning.fitness != "return"
        ):
            raise ValueError(f"learning.fitness is {learning.fitness!r}, which only CartPole has; use 'return'")
        return self


def load_spiking(source: Source, overrides: Overrides = ()) -> SpikingExperiment:
    """`load_settings` of an experiment with a spiking agent."""
    settings: SpikingExperiment = load_settings(source, overrides, "spiking")
    return settings
