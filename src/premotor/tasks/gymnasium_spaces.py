"""Between our arrays and the spaces of Gymnasium: actions in [−1, 1] or preferences, flat observations."""

import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from premotor.errors import PremotorError
from premotor.tasks.base import Step, Task
from premotor.tasks.gymnasium_settings import GymnasiumSettings

if TYPE_CHECKING:
    import gymnasium

NAMES = {
    "BipedalWalker": (
        (
            *("hull_angle", "hull_angular_velocity", "velocity_x", "velocity_y"),
            *("hip_1", "hip_1_speed", "knee_1", "knee_1_speed", "contact_1"),
            *("hip_2", "hip_2_speed", "knee_2", "knee_2_speed", "contact_2"),
            *(f"lidar_{i}" for i in range(10)),
        ),
        ("hip_1", "knee_1", "hip_2", "knee_2"),
    )
}
"""Names of observations and actions where the environment's documentation gives them, by id without version."""


MOST_NUMBERS = 4_096
"""Of an observation; more are a picture."""
UNBOUNDED = 1e30
"""Bounds of actions beyond ± this are none: spaces say the largest number of their type instead of infinity."""


def gymnasium_module() -> ModuleType:
    """The library; PremotorError that says how to get it where it is missing."""
    if importlib.util.find_spec("gymnasium") is None:
        raise PremotorError("Gymnasium is not installed; pip install 'premotor[gymnasium]' brings it")
    return importlib.import_module("gymnasium")


def refused[T](name: str, make: Callable[[], T]) -> T:
    """What `make` gives; Gymnasium's own complaints about the environment `name` as PremotorError."""
    gym = gymnasium_module()
    try:
        return make()
    except (gym.error.Error, ModuleNotFoundError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PremotorError(f"task.id is {name!r}, but Gymnasium cannot make it: {reason}") from error


@dataclass(frozen=True)
class Spaces:
    """The observation and action space of an environment, and names for their parts."""

    observation_names: tuple[str, ...]
    action_names: tuple[str, ...]
    discrete: bool
    """Whether an action is one of `len(action_names)` choices; else a vector of numbers in [−1, 1]."""
    first: int
    """The number of the first choice."""
    low: np.ndarray
    """Of a continuous action, (actions,); where there are no bounds, what [−1, 1] is scaled to all the same."""
    high: np.ndarray

    @classmethod
    def of(cls, name: str, observation: object, action: object) -> "Spaces":
        """The spaces of the environment `name`.

        Raises:
            PremotorError: observations that are no box, or actions that are neither a box nor discrete.
        """
        gym = gymnasium_module()
        if not isinstance(observation, gym.spaces.Box):
            raise PremotorError(f"task.id is {name!r}, whose observations are {observation}; a Box is needed")
        width = int(np.prod(observation.shape))
        if not 0 < width <= MOST_NUMBERS:
            raise PremotorError(
                f"task.id is {name!r}, which observes {width:,} numbers ({observation}); controllers take 1 to "
                f"{MOST_NUMBERS:,}, and no pictures: name an environment that observes a state"
            )
        known = NAMES.get(name.split(":")[-1].rpartition("-v")[0], ((), ()))
        seen = known[0] if len(known[0]) == width else tuple(f"observation_{i}" for i in range(width))
        if isinstance(action, gym.spaces.Discrete):
            none = np.empty(0)
            return cls(seen, tuple(f"choice_{i}" for i in range(int(action.n))), True, int(action.start), none, none)
        if not isinstance(action, gym.spaces.Box):
            raise PremotorError(f"task.id is {name!r}, whose actions are {action}; a Box or Discrete is needed")
        low, high = (np.asarray(side, np.float64).ravel() for side in (action.low, action.high))
        if not len(low):
            raise PremotorError(f"task.id is {name!r}, which has no actions ({action}): nothing in it can act")
        least, most = low > -UNBOUNDED, high < UNBOUNDED
        low = np.where(least, low, np.where(most, high - 2.0, -1.0))
        high = np.where(most, high, np.where(least, low + 2.0, 1.0))
        names = known[1] if len(known[1]) == len(low) else tuple(f"action_{i}" for i in range(len(low)))
        return cls(seen, names, False, 0, low, high)

    @property
    def columns(self) -> int:
        """Numbers in an executed action."""
        return 1 if self.discrete else len(self.low)

    @property
    def kind(self) -> str:
        """NumPy type of an executed action."""
        return "<i8" if self.discrete else "<f8"

    def executed(self, action: np.ndarray) -> np.ndarray:
        """The environment's own actions (environments, columns) of ours (environments, actions).

        A choice is the largest of its row; a number in [−1, 1] is scaled to the bounds of its component.
        """
        if self.discrete:
            return (np.argmax(action, axis=1) + self.first)[:, None].astype(np.int64)
        inside = np.clip(np.asarray(action, np.float64), -1.0, 1.0)
        scaled: np.ndarray = np.clip(self.low + 0.5 * (inside + 1.0) * (self.high - self.low), self.low, self.high)
        return scaled


def made_spaces(settings: GymnasiumSettings) -> tuple[Spaces, "gymnasium.Env"]:
    """The spaces of an environment, and the environment.

    Raises:
        PremotorError: there is no such environment, or no controller can act in it.
    """
    gymnasium_module()
    from premotor.tasks.gymnasium_worker import make_environment

    made = refused(settings.id, lambda: make_environment(settings.id, settings.options))
    return Spaces.of(settings.id, made.observation_space, made.action_space), made


class SpacedTask(Task):
    """A task in an environment of Gymnasium, whose copies differ by how they are made."""

    settings: GymnasiumSettings
    spaces: Spaces


def answered[T: Sequence[object]](task: SpacedTask, age: int, step: Callable[[], T]) -> T:
    """What a vector environment of somebody else's answers to a step; PremotorError where it raises or is not finite.

    Args:
        task: of the environment.
        age: control steps since all its copies started.
        step: the call.
    """
    name = task.settings.id
    try:
        given = step()
        observation, reward = np.asarray(given[0], np.float32), np.asarray(given[1], np.float64)
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise PremotorError(f"the environment {name!r} raises {said}, {age} steps after its last start") from error
    if reward.ndim != 1 or len(observation) != len(reward):
        shapes = f"observations of shape {observation.shape} and rewards of shape {reward.shape}"
        raise PremotorError(f"the environment {name!r} answers with {shapes}, {age} steps after its last start")
    for what, found in (("observes", observation), ("gives the reward", reward)):
        if not np.isfinite(found).all():
            copy, *_ = np.argwhere(~np.isfinite(found))[0]
            value = np.ravel(found[copy])[~np.isfinite(np.ravel(found[copy]))][0]
            raise PremotorError(
                f"the environment {name!r} {what} {value} in copy {copy}, {age} steps after its last start"
            )
    return given


def time_step(environment: "gymnasium.Env", chosen: float | None) -> float:
    """Time between two actions in s: as chosen, else what the environment says, else 0.02."""
    if chosen is not None:
        return chosen
    own: Any = environment.unwrapped
    period = own.dt if "dt" in dir(own) else None
    if isinstance(period, int | float | np.number) and period > 0:
        return float(period)
    frames = (environment.metadata or {}).get("render_fps")
    return 1.0 / float(frames) if frames else 0.02


class ReplayedEnvironment(ABC):
    """Copies of an environment whose episodes cannot be replayed one by one.

    All copies start anew, from seeds of their own, every `task.restart_steps` steps (running episodes are cut:
    truncated), and `restore` replays what came since: the same numbers, bit for bit.

    Args:
        task: which environment.
        environments: number of copies.
        seed: of all starts.
    """

    def __init__(self, task: SpacedTask, environments: int, seed: int):
        self.task, self.environments, self.discrete = task, environments, task.spaces.discrete
        self._seed, self._starts = seed, 0
        self._log: list[np.ndarray] = []
        """Actions since the last start everywhere."""
        self._observation = np.zeros((environments, len(task.spaces.observation_names)), np.float32)

    @abstractmethod
    def _restart(self) -> None:
        """Start an episode everywhere, as the number of starts so far says."""

    @abstractmethod
    def _advance(self, executed: np.ndarray) -> Step:
        """One step with the environment's own actions, (environments, columns)."""

    def _replay(self, snapshot: Mapping[str, np.ndarray]) -> None:
        for executed in snapshot["actions"]:
            self._advance(executed)

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        self._starts += 1
        self._restart()
        return self._observation.copy()

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, actions), in [−1, 1] or preferences."""
        step = self._advance(self.task.spaces.executed(np.asarray(action)))
        if len(self._log) < self.task.settings.restart_steps:
            return step
        return step._replace(observation=self.reset(), truncated=~step.terminated)

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state."""
        return {"observation": self._observation}

    def snapshot(self) -> dict[str, np.ndarray]:
        """The number of the last start everywhere, what was done since, and what is observed now."""
        shape = len(self._log), self.environments, self.task.spaces.columns
        actions = np.array(self._log, self.task.spaces.kind).reshape(shape)
        return {"starts": np.asarray(self._starts), "actions": actions, "observation": self._observation.copy()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments, by replaying what came since.

        Raises:
            PremotorError: something is missing or has another shape, or the environment is no function of seed
                and actions.
        """
        steps = len(snapshot["actions"]) if "actions" in snapshot else 0
        check_snapshot(snapshot, self._expected(steps))
        self._starts = int(snapshot["starts"])
        if not self._starts:  # nothing has begun yet
            return
        self._restart()
        self._replay(snapshot)
        check_replayed(self.task.settings.id, self._observation, snapshot)

    def _expected(self, steps: int) -> dict[str, tuple[int, ...]]:
        actions = (steps, self.environments, self.task.spaces.columns)
        return {"starts": (), "actions": actions, "observation": self._observation.shape}


def check_snapshot(snapshot: Mapping[str, np.ndarray], expected: Mapping[str, tuple[int, ...]]) -> None:
    """PremotorError where an array of `expected`, name → shape, is missing or has another shape."""
    for name, shape in expected.items():
        if name not in snapshot or snapshot[name].shape != shape:
            found = "nothing" if name not in snapshot else str(snapshot[name].shape)
            raise PremotorError(f"snapshot: {name} should have shape {shape}, found {found}")


def check_replayed(name: str, observation: np.ndarray, snapshot: Mapping[str, np.ndarray]) -> None:
    """PremotorError where the environment `name`, replayed, observes something else than it did."""
    if not np.array_equal(observation, snapshot["observation"]):
        raise PremotorError(
            f"{name!r} gave other observations for the same seed and actions, so this run cannot go on as if it had "
            "never stopped; its checkpoints can still be evaluated"
        )
