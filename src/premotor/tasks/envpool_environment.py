"""Copies of an environment that EnvPool steps in C++, behind our interface.

EnvPool (Weng et al. 2022) has many of Gymnasium's environments in C++, among them all of Box2D's: the same bodies and
rewards, several times as fast, with other random numbers.
"""

import importlib
import importlib.util
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from premotor.errors import PremotorError
from premotor.tasks.base import Step
from premotor.tasks.gymnasium_spaces import SpacedTask, answered, check_replayed, check_snapshot


class EnvPoolEnvironment:
    """Many copies of an environment on the threads of EnvPool.

    A copy is reset as soon as its episode has ended, as in `GymnasiumEnvironment`. EnvPool takes no seed for an
    episode, only one for each copy when it makes it. Therefore all copies are made anew, from seeds of their own, every
    `task.restart_steps` steps (running episodes are cut: truncated), and `restore` replays what came since: the same
    numbers, bit for bit, whatever the number of threads.

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

        self.task = task
        self.environments = environments
        self.discrete = task.spaces.discrete
        self._module = _envpool()
        self._threads = min(threads or available_cores(), environments)
        self._seed = seed
        self._starts = 0
        self._log: list[tuple[np.ndarray, np.ndarray]] = []
        """Since the last start everywhere: actions, and where an episode was ended from outside before them."""
        self._ended = np.zeros(environments, bool)
        self._observation = np.zeros((environments, len(task.spaces.observation_names)), np.float32)
        self._own = self._made()

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        self._start()
        return self._observation.copy()

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, actions), in [−1, 1] or preferences."""
        step = self._advance(self.task.spaces.executed(np.asarray(action)))
        if len(self._log) < self.task.settings.restart_steps:
            return step
        self._start()
        return step._replace(observation=self._observation.copy(), truncated=~step.terminated)

    def restart(self, where: np.ndarray) -> np.ndarray:
        """Start an episode in some copies, wherever the old one is; the observations of all."""
        if where.any():
            self._ended |= where
            self._begin(where)
        return self._observation.copy()

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state."""
        return {"observation": self._observation}

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

    def _start(self) -> None:
        self._starts += 1
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._own = self._made()
        self._log = []
        self._ended = np.zeros(self.environments, bool)
        self._begin(np.ones(self.environments, bool))

    def _begin(self, where: np.ndarray) -> None:
        observation, info = self._own.reset(np.flatnonzero(where).astype(np.int32))
        self._observation[info["env_id"]] = _flat(observation)

    def _advance(self, executed: np.ndarray) -> Step:
        self._log.append((executed.copy(), self._ended))
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

    def snapshot(self) -> dict[str, np.ndarray]:
        """The number of the last start everywhere, what was done since, and what is observed now."""
        columns = self.task.spaces.columns
        steps = len(self._log)
        actions = [executed for executed, _ in self._log]
        ended = [*(where for _, where in self._log), self._ended]
        return {
            "starts": np.asarray(self._starts),
            "actions": np.array(actions, self.task.spaces.kind).reshape(steps, self.environments, columns),
            "ended": np.array(ended, bool),
            "observation": self._observation.copy(),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments, by replaying what came since.

        Raises:
            PremotorError: something is missing or has another shape, or the environment is no function of seed
                and actions.
        """
        steps = len(snapshot["actions"]) if "actions" in snapshot else 0
        expected = {
            "starts": (),
            "actions": (steps, self.environments, self.task.spaces.columns),
            "ended": (steps + 1, self.environments),
            "observation": self._observation.shape,
        }
        check_snapshot(snapshot, expected)
        self._starts = int(snapshot["starts"])
        if not self._starts:  # nothing has begun yet
            return
        self._begin_anew()
        for executed, where in zip(snapshot["actions"], snapshot["ended"][:-1], strict=True):
            self.restart(where)
            self._advance(executed)
        self.restart(snapshot["ended"][-1])
        check_replayed(self.task.settings.id, self._observation, snapshot)


def _flat(observation: Any) -> np.ndarray:
    given = np.array(observation, np.float32)
    return given.reshape(len(given), -1)


def _envpool() -> Any:
    if importlib.util.find_spec("envpool") is None:
        raise PremotorError(
            "task.vectorization is 'envpool', but EnvPool is not installed; pip install 'premotor[envpool]' brings it"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("envpool")
