"""Settings of an experiment with a spiking agent, and the network and task that they describe."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from premotor.errors import PremotorError
from premotor.learning.evolution.settings import SpikingEvolutionSettings as SpikingEvolutionSettings
from premotor.learning.plasticity.settings import (
    CARTPOLE_FIELDS,
    InterfaceSettings,
    PlasticityLearningSettings,
    PlasticitySettings,
)
from premotor.networks.spiking.event_driven.coding import Fields, LinearFields, inputs_needed
from premotor.networks.spiking.event_driven.random_settings import RandomNetworkSettings
from premotor.runs.loading import Overrides, Source, load_settings
from premotor.runs.settings import CircuitSettings, CompareSettings, Condition, Initial, NullName, RunSettings
from premotor.settings import Settings
from premotor.tasks.gymnasium_settings import GymnasiumSettings

if TYPE_CHECKING:
    import gymnasium

    from premotor.connectome import Circuit
    from premotor.networks.spiking.event_driven import SpikingNetwork
    from premotor.tasks.gymnasium_task import GymnasiumTask


FARTHEST_BOUND = 1e3
"""Bounds beyond this are none: receptive fields between them would tell nothing apart."""


PARTNERS = "partners.safetensors"
"""What the file of `WiringSettings.partners` is called in a run folder."""
MOTOR: dict[str, Condition] = {"class": "motor"}


def _known_cell(name: str) -> str:
    from premotor.networks.spiking.event_driven import CELLS  # loads numba

    return CELLS.known(name)


class WiringSettings(RandomNetworkSettings):
    """A wiring at random, by default that of Hasegan et al. (2022)."""

    kind: Literal["random"] = "random"
    seed: int = Field(0, ge=0)
    """Which one."""
    cell: Annotated[str, AfterValidator(_known_cell)] = "conductance"
    """Model of the cells, one of `CELLS`."""
    partners: str | None = None
    """A safetensors file of connected pairs (`pre`, `post`, cells by number) that take the places of those drawn in the
    projections that they belong to; `premotor spiking import` makes one."""
    null: NullName = None
    """Name of a null model to replace the wiring of the cells with; null keeps it."""
    null_seed: int = Field(0, ge=0)


class CircuitWiring(Settings):
    """The wiring of a connectome; see `premotor.networks.spiking.event_driven.circuit_network`."""

    kind: Literal["circuit"] = "circuit"
    circuit: CircuitSettings = CircuitSettings()
    inputs: dict[str, Condition] = {"class": "sensory"}
    """Neurons that the receptive fields drive."""
    outputs: dict[str, Condition] | tuple[dict[str, Condition], ...] = MOTOR
    """Neurons that vote: in equal parts for each action in their order, or one selection for each action."""
    plastic: Literal["excitatory", "all", "outputs", "maps"] = "excitatory"
    """Which synapses learn: excitatory ones, all, or of the excitatory ones those onto `outputs`, alone or with those
    from `inputs` (`maps`)."""
    motor_rate: float | None = Field(6.0, gt=0)
    """Excitation is scaled until the motor neurons fire at this rate (Hz) before learning; null: not."""
    seed: int = Field(0, ge=0)
    """Of the delays."""
    cell: Annotated[str, AfterValidator(_known_cell)] = "conductance"
    """Model of the cells, one of `CELLS`."""


class CartPoleSettings(Settings):
    """CartPole-v1, compiled."""

    kind: Literal["cartpole"] = "cartpole"


def _one_of(*classes: type[Settings]) -> object:
    """A section whose `kind` chooses among settings classes; the first is the default."""

    def with_kind(value: object) -> object:
        return {"kind": classes[0].model_fields["kind"].default, **value} if isinstance(value, dict) else value

    return Annotated[reduce(or_, classes), Field(discriminator="kind"), BeforeValidator(with_kind)]


if TYPE_CHECKING:
    type SpikingWiring = WiringSettings | CircuitWiring
    type SpikingTask = CartPoleSettings | GymnasiumSettings
else:
    SpikingWiring = _one_of(WiringSettings, CircuitWiring)
    SpikingTask = _one_of(CartPoleSettings, GymnasiumSettings)


def circuit_of(wiring: "SpikingWiring") -> "Circuit | None":
    """The circuit that settings name; None for a random wiring."""
    from premotor.runs.building import build_circuit, without_muscles

    return without_muscles(build_circuit(wiring.circuit)) if isinstance(wiring, CircuitWiring) else None


def network_of(wiring: "SpikingWiring", interface: InterfaceSettings, circuit: "Circuit | None") -> "SpikingNetwork":
    """The network before learning.

    Args:
        wiring: of it.
        interface: whose receptive fields the sources are for.
        circuit: as `circuit_of` gave it.

    Raises:
        PremotorError: a circuit that cannot be wired so.
    """
    from premotor.networks.spiking.event_driven import circuit_network, random_network
    from premotor.networks.spiking.event_driven.random_wiring import null_network, with_partners
    from premotor.runs.arrays import load_arrays

    if isinstance(wiring, WiringSettings):
        network = random_network(wiring.seed, wiring, inputs_needed(interface.fields))
        if wiring.partners is not None:
            network = with_partners(network, load_arrays(Path(wiring.partners)))
        return network if wiring.null is None else null_network(network, wiring.null, wiring.null_seed)
    assert circuit is not None
    return circuit_network(
        circuit,
        inputs_needed(interface.fields),
        wiring.inputs,
        wiring.outputs,
        seed=wiring.seed,
        motor_rate=wiring.motor_rate,
        plastic=wiring.plastic,
        cell=wiring.cell,
    )


def votes_of(wiring: "SpikingWiring", network: "SpikingNetwork", actions: int) -> NDArray[np.int64]:
    """For which action each cell votes, −1 for none, (cells,).

    Raises:
        PremotorError: outputs for another number of actions than the task has.
    """
    from premotor.learning.plasticity import motor_halves

    one: tuple[str, ...] = ("motor",)
    if not isinstance(wiring, CircuitWiring):
        one, what = wiring.voting, "populations"
    elif not isinstance(wiring.outputs, dict) and len(wiring.outputs) > 1:
        one, what = tuple(f"motor{action}" for action in range(len(wiring.outputs))), "selections"
    if len(one) == 1:
        return motor_halves(network, one[0], actions)
    if len(one) != actions:
        raise PremotorError(f"wiring.outputs has {len(one)} {what}, but the task has {actions} actions")
    votes = np.full(network.cells, -1)
    for action, name in enumerate(one):
        votes[network.populations[name]] = action
    return votes


def actions_of(task: "SpikingTask") -> int:
    """Number of actions of a task."""
    return 2 if isinstance(task, CartPoleSettings) else len(_discrete(task).action_names)


def environments_of(task: GymnasiumSettings) -> "Callable[[], gymnasium.Env]":
    """What makes an environment of Gymnasium; it may be called from several threads."""

    def made() -> "gymnasium.Env":
        from premotor.tasks.gymnasium_worker import make_environment

        return make_environment(task.id, task.options)

    from premotor.tasks.gymnasium_spaces import refused

    return lambda: refused(task.id, made)


def fields_of(task: "SpikingTask", interface: InterfaceSettings) -> InterfaceSettings:
    """The interface with receptive fields for the task, where the settings leave the default.

    Raises:
        PremotorError: actions that are not discrete, or a variable without bounds.
    """
    if isinstance(task, CartPoleSettings) or interface.fields != CARTPOLE_FIELDS:
        return interface
    names = _discrete(task).observation_names
    from gymnasium.spaces import Box

    space = environments_of(task)().observation_space
    assert isinstance(space, Box)  # what a task of ours takes
    fields: list[Fields] = []
    for name, low, high in zip(names, np.ravel(space.low), np.ravel(space.high), strict=True):
        if not (-FARTHEST_BOUND < low < high < FARTHEST_BOUND):
            raise PremotorError(
                f"{name} of {task.id} goes from {low:.3g} to {high:.3g}, too far for receptive fields of equal width; "
                "give interface.fields, one entry for each variable"
            )
        fields.append(LinearFields(low=float(low), high=float(high)))
    return interface.model_copy(update={"fields": tuple(fields)})


def _discrete(settings: GymnasiumSettings) -> "GymnasiumTask":
    from premotor.tasks.gymnasium_task import GymnasiumTask

    task = GymnasiumTask(settings)
    if not task.spaces.discrete:
        raise PremotorError(f"task.id is {settings.id!r}, whose actions are numbers; a spiking agent needs choices")
    return task


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


class SpikingExperiment(RunSettings):
    """All settings of a run with a spiking agent."""

    KIND: ClassVar[str] = "spiking"
    RENAMED: ClassVar = {"parent": "initial"}

    name: str = Field("cartpole", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
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
    settings = load_settings(source, overrides, "spiking")
    assert isinstance(settings, SpikingExperiment)
    return settings
