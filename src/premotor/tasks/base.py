"""What a task is, and what a learner sees of one."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import Body


class View(NamedTuple):
    """What a task may read of one world (or, batched, of many): SI units, JAX arrays on any back end."""

    qpos: Float[Array, "*batch positions"]
    qvel: Float[Array, "*batch velocities"]
    sensors: Float[Array, "*batch readings"]


class Start(NamedTuple):
    """Where an episode starts."""

    qpos: Float[Array, " positions"]
    qvel: Float[Array, " velocities"]
    memory: Any


class Outcome(NamedTuple):
    """What one control step brought."""

    memory: Any
    terms: dict[str, Float[Array, ""]]
    """Reward terms by name; the reward is their sum."""
    terminated: Array
    """Whether the episode ended by what happened (a fall), as against running out of time."""


class Task(Protocol):
    """What is to be done, as learning and evaluation see it."""

    name: str
    """The `kind` of its settings."""
    observation_names: tuple[str, ...]
    action_names: tuple[str, ...]
    time_limit: int
    """Control steps after which an episode is cut."""

    @property
    def control_period(self) -> float:
        """Time between two actions, in s."""

    def figures(self, records: dict[str, np.ndarray]) -> dict[str, float]:
        """What counts as success, from evaluation episodes; `score` among it, larger the better.

        Args:
            records: arrays (steps, episodes, …) such as `alive`, `reward` and what the environment records.
        """


def speed_unit(task: Any) -> str:
    """The unit of a task's speeds: that of its body's lengths, a second."""
    body = getattr(task, "body", None)
    return "m/s" if body is None else f"{body.units.length}/s"


class PhysicsTask(Task, Protocol):
    """Observation, reward, reset and end of an episode for one body; pure functions of one world in JAX.

    `memory` is whatever the task itself carries along an episode (a command, a phase, the last action).
    """

    body: Body
    substeps: int
    """Physics steps in one control step."""

    def start(self, key: PRNGKeyArray) -> Start:
        """Draw the start of an episode."""

    def observe(self, view: View, memory: Any) -> Float[Array, " observations"]:
        """What the controller senses."""

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Actuator controls for an action in [−1, 1]."""

    def advance(self, view: View, memory: Any, action: Float[Array, " actions"]) -> Outcome:
        """Judge the step that led to `view`."""


@runtime_checkable
class Driven(Protocol):
    """A task whose controls depend on what it carries along (a filter), or that acts on the body from outside."""

    def drive(self, action: Array, memory: Any) -> tuple[Array, Array]:
        """Actuator controls (actuators,) and forces on the coordinates (nv,) for the coming control step."""


@runtime_checkable
class Varied(Protocol):
    """A task whose worlds differ from each other."""

    def variation(self, key: PRNGKeyArray, environments: int) -> dict[str, np.ndarray]:
        """What `Physics.vary` takes."""


class Step(NamedTuple):
    """One control step of all environments, as NumPy arrays."""

    observation: Float[np.ndarray, "environments observations"]
    """What the next action answers to: already of the next episode where one ended."""
    reward: Float[np.ndarray, " environments"]
    terminated: Any
    truncated: Any
    final_observation: Float[np.ndarray, "environments observations"]
    """What followed the action, before any reset."""
    terms: Mapping[str, np.ndarray]
    """The parts of the reward by name."""
    skipped: Any = None
    """Environments in which this step did nothing but start the next episode (its action was ignored, its reward is
    0), so that learning leaves it out; None: none ever."""


class VectorEnvironment(Protocol):
    """Many copies of a task behind one host-side interface; what learners use."""

    environments: int
    discrete: bool
    """Whether an action is a choice (the largest of a row is executed); else numbers in [−1, 1]."""

    def reset(self) -> np.ndarray:
        """Start an episode everywhere; observations (environments, observations)."""

    def step(self, action: np.ndarray) -> Step:
        """Act everywhere; environments whose episode ended start their next one."""

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state, by name, each (environments, …)."""

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that decides how the environments go on, as arrays of their own."""

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a snapshot, bit for bit."""
