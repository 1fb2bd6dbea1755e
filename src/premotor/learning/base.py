"""What a way of learning is: one class, which a run's loop moves on, puts down and takes up again."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from premotor.errors import PremotorError
from premotor.host_random import folded, key_of
from premotor.learning.trees import Arrays, fill, flatten, strong
from premotor.networks import Controller
from premotor.on_device import PyTree
from premotor.settings import OfKind, Settings
from premotor.tasks import VectorEnvironment

STATE, ENVIRONMENT = "state/", "environment/"
"""First parts of the names in a snapshot."""


class Learner[Candidate](ABC):
    """A way of learning at work on one network.

    The loop of a run calls `iterate` until `finished`, tests the `candidate` now and then, and keeps `snapshot`.

    Args:
        subject: what is taught, as `serves` accepts it: a `Controller`, a spiking network in its arena, …
        environment: where it is taught; None where the subject brings its own.
        settings: an instance of the class's `settings_type`.
        seed: of everything random in learning.
        threads: for what runs side by side; 0 for one a core. No number depends on it.

    Raises:
        PremotorError: what `serves` says.
    """

    settings_type: ClassVar[type[Settings]]
    """The class of its settings; their `kind` is the name under which the learner is registered."""
    calibrates: ClassVar[bool] = False
    """Whether it begins by calibrating the controller in its task (`warmed`): before, it need not be calibrated."""

    @classmethod
    @abstractmethod
    def serves(cls, subject: object, environment: VectorEnvironment | None, settings: Any) -> str | None:
        """None where this can teach `subject` there; else one sentence that says why not.

        `environment` may be None: then of what subject and settings decide alone.
        """

    @abstractmethod
    def __init__(
        self,
        subject: object,
        environment: VectorEnvironment | None,
        settings: Settings,
        *,
        seed: int = 0,
        threads: int = 0,
    ): ...

    @property
    @abstractmethod
    def iteration(self) -> int:
        """Iterations so far."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps of the task so far, in all environments together; 0 where there is no task."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether its settings ask for no further iteration."""

    @property
    @abstractmethod
    def candidate(self) -> Candidate:
        """What a test would take now: a controller, or plastic weights."""

    @abstractmethod
    def iterate(self) -> dict[str, object]:
        """One iteration; what happened, by name.

        Raises:
            FloatingPointError: something is no longer finite; the state is that of the last good iteration.
        """

    @abstractmethod
    def adopt(self, candidate: Candidate) -> None:
        """Go on from other parameters, as a warm start or behaviour cloning gives them."""

    def inherit(self, arrays: Mapping[str, np.ndarray], source: object = "the parent") -> None:
        """Take over what the learner of a warm start's parent knew beside what it taught; before the first iteration.

        Raises:
            PremotorError: this way of learning takes over nothing, or not these arrays; `source` names them.
        """
        raise PremotorError(f"{source}: {type(self).__name__} takes over nothing beside a controller")

    @abstractmethod
    def snapshot(self) -> Arrays:
        """Everything that the next iteration depends on; to be written or copied before that iteration."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, np.ndarray], source: object = "the snapshot") -> None:
        """Go on from a snapshot, bit for bit.

        Raises:
            PremotorError: it is of another learner or network; `source` names it.
        """


def refused(kind: type[Learner], subject: object, environment: VectorEnvironment | None, settings: object) -> None:
    """PremotorError with the learner's sentence where it does not serve."""
    why = kind.serves(subject, environment, settings)
    if why is not None:
        raise PremotorError(why)


class TrainState(Protocol):
    """What a controller's learner carries from one iteration to the next: a pytree of arrays, random keys included."""

    controller: Controller
    iteration: Array
    steps: Array
    """Control steps so far, in all environments together."""


class StepSettings(OfKind, Protocol):
    """Settings of what learns for so many control steps."""

    @property
    def steps(self) -> int:
        """In all environments together."""


class ControllerLearner[State: TrainState](Learner[Controller]):
    """A learner of a `Controller` whose whole memory is a pytree of arrays.

    A subclass says `settings_type` (with `steps` and `environments` among them) and two functions:
    `initialise(controller, environment, settings, key)` gives the state before the first iteration, and
    `advance(state, environment, settings)` the next state and the figures of the iteration. Of the controller it
    changes only the arrays that `controller.trained()` marks, by steps in proportion to `controller.learning_rates()`.
    """

    state: State

    @staticmethod
    @abstractmethod
    def initialise(controller: Controller, environment: VectorEnvironment, settings: Any, key: PRNGKeyArray) -> State:
        """The state before the first iteration; resets the environment."""

    @staticmethod
    @abstractmethod
    def advance(state: State, environment: VectorEnvironment, settings: Any) -> tuple[State, dict[str, float]]:
        """The next state, and figures of the iteration by name."""

    @classmethod
    def serves(cls, subject: object, environment: VectorEnvironment | None, settings: Any) -> str | None:
        """Any controller in any environment."""
        if isinstance(subject, Controller):
            return None
        return f"learning.kind is {settings.kind}, which teaches controllers of rates, not a {type(subject).__name__}"

    def __init__(
        self,
        subject: Controller,
        environment: VectorEnvironment,
        settings: StepSettings,
        *,
        seed: int = 0,
        threads: int = 0,
    ):
        refused(type(self), subject, environment, settings)
        self.environment, self.settings = environment, settings
        key = folded(key_of(seed), 1)  # 0 is of the controller's first parameters
        self.state = strong(self.initialise(subject, environment, settings, key))

    @property
    def iteration(self) -> int:
        """Iterations so far."""
        return int(self.state.iteration)

    @property
    def steps(self) -> int:
        """Control steps so far, in all environments together."""
        return int(self.state.steps)

    @property
    def finished(self) -> bool:
        """Whether all control steps are done."""
        return self.steps >= self.settings.steps

    @property
    def candidate(self) -> Controller:
        """The controller that a test takes."""
        return self.state.controller

    def iterate(self) -> dict[str, object]:
        """One iteration; see `Learner.iterate`."""
        state, figures = self.advance(self.state, self.environment, self.settings)
        state = strong(state)
        if not _all_finite(state.controller):
            raise FloatingPointError("a parameter of the controller is no longer finite")
        self.state = state
        return dict(figures)

    def adopt(self, candidate: Controller) -> None:
        """Go on from another controller of the same shape."""
        self.state = strong(eqx.tree_at(lambda state: state.controller, self.state, candidate))

    def snapshot(self) -> Arrays:
        """State and environment."""
        world = {f"{ENVIRONMENT}{name}": value for name, value in self.environment.snapshot().items()}
        return flatten(self.state, STATE) | world

    def restore(self, arrays: Mapping[str, np.ndarray], source: object = "the snapshot") -> None:
        """Go on from a snapshot; see `Learner.restore`."""
        self.state = fill(self.state, arrays, source, STATE)
        world = {k.removeprefix(ENVIRONMENT): v for k, v in arrays.items() if k.startswith(ENVIRONMENT)}
        try:
            self.environment.restore(world)
        except PremotorError as error:
            raise PremotorError(f"{source}: {error}") from error


def _all_finite(tree: PyTree) -> bool:
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(tree) if eqx.is_inexact_array(leaf))
