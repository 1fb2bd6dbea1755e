"""Copies of an environment that EnvPool steps in C++, behind our interface.

EnvPool (Weng et al. 2022) has many of Gymnasium's environments in C++, among them all of Box2D's: the same bodies and
rewards, several times as fast, with other random numbers.
"""

import importlib
import importlib.util
import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from premotor.errors import PremotorError
from premotor.tasks.base import Step
from premotor.tasks.gymnasium_spaces import ReplayedEnvironment, SpacedTask, answered


class EnvPoolEnvironment(ReplayedEnvironment):
    """Many copies of an environment on the threads of EnvPool.

    A copy is reset as soon as its episode has ended, as in `GymnasiumEnvironment`. EnvPool takes no seed for an
    episode, only one for each copy when it makes it; therefore all copies are made anew where they start anew. The
    number of threads alters no number.

    Args:
        task: which environment.
        environments: number of copies.
        threads: 0 for one a core.
        seed: of all starts.

    Raises:
        PremotorError: EnvPool is missing, knows no such environment, or has other spaces for it than Gymnasium.
    """

    def __init__(self, task: SpacedTask, environments: int, *, threads: int = 0, seed: int = 0):
        from premotor.bodies.physics import available_cores

        super().__init__(task, environments, seed)
        self._module = _envpool()
        self._threads = min(threads or available_cores(), environments)
        self._cuts: list[np.ndarray] = []
        """Where an episode was ended from outside before each action of the log."""
        self._ended = np.zeros(environments, bool)
        self._own = self._made()

    def restart(self, where: np.ndarray) -> np.ndarray:
        """Start an episode in some copies, wherever the old one is; the observations of all."""
        if where.any():
            self._ended |= where
            self._begin(where)
        return self._observation.copy()

    def _made(self) -> Any:
        settings, count = self.task.settings, self.environments
        # 31 bits: EnvPool's seeds are signed
        seeds = np.random.SeedSequence([self._seed, self._starts]).generate_state(count) >> 1
        try:
            with warnings.catch_warnings():
                # EnvPool gives Gymnasium the bounds of its spaces in double precision
                warnings.filterwarnings("ignore", "(?s).*precision lowered", UserWarning)
                own = self._module.make(
                    settings.id,
                    env_type="gymnasium",
                    num_envs=count,
                    num_threads=self._threads,
                    env_seed=seeds.tolist(),
                    max_episode_steps=self.task.time_limit,
                    **settings.options,
                )
                space, seen = own.action_space, own.observation_space
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise PremotorError(f"task.id is {settings.id!r}, but EnvPool cannot make it: {reason}") from error
        self._action_kind, self._action_shape = space.dtype, (count, *(space.shape or ()))
        width = int(np.prod(seen.shape or ()))
        if width != self._observation.shape[1]:
            raise PremotorError(
                f"task.id is {settings.id!r}, for which EnvPool observes {width} numbers and Gymnasium "
                f"{self._observation.shape[1]}; set task.vectorization to 'copies'"
            )
        return own

    def _restart(self) -> None:
        self._own = self._made()
        self._log, self._cuts = [], []
        self._ended = np.zeros(self.environments, bool)
        self._begin(np.ones(self.environments, bool))

    def _begin(self, where: np.ndarray) -> None:
        observation, info = self._own.reset(np.flatnonzero(where).astype(np.int32))
        self._observation[info["env_id"]] = _flat(observation)

    def _advance(self, executed: np.ndarray) -> Step:
        self._log.append(executed.copy())
        self._cuts.append(self._ended)
        self._ended = np.zeros(self.environments, bool)
        acted = executed.astype(self._action_kind).reshape(self._action_shape)
        observation, reward, terminated, truncated, info = answered(
            self.task, len(self._log), lambda: self._own.step(acted)
        )
        order = np.argsort(info["env_id"])
        final = _flat(observation)[order]
        truncated = np.asarray(truncated, bool)[order]
        terminated = np.asarray(terminated, bool)[order] & ~truncated
        self._observation = final.copy()
        done = terminated | truncated
        if done.any():
            self._begin(done)
        reward = np.asarray(reward, np.float32)[order]
        return Step(self._observation.copy(), reward, terminated, truncated, final, {"environment": reward})

    def _replay(self, snapshot: Mapping[str, np.ndarray]) -> None:
        for executed, where in zip(snapshot["actions"], snapshot["ended"][:-1], strict=True):
            self.restart(where)
            self._advance(executed)
        self.restart(snapshot["ended"][-1])

    def _expected(self, steps: int) -> dict[str, tuple[int, ...]]:
        return super()._expected(steps) | {"ended": (steps + 1, self.environments)}

    def snapshot(self) -> dict[str, np.ndarray]:
        """As every `ReplayedEnvironment`, and where episodes were ended from outside."""
        return super().snapshot() | {"ended": np.array([*self._cuts, self._ended], bool)}


def _flat(observation: ArrayLike) -> np.ndarray:
    given = np.array(observation, np.float32)
    return given.reshape(len(given), -1)


def _envpool() -> ModuleType:
    if importlib.util.find_spec("envpool") is None:
        raise PremotorError(
            "task.vectorization is 'envpool', but EnvPool is not installed; pip install 'premotor[envpool]' brings it"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("envpool")
