"""An environment's own vector environment behind our interface, in each of Gymnasium's autoreset modes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from premotor.errors import PremotorError
from premotor.tasks.base import Step
from premotor.tasks.gymnasium_spaces import SpacedTask, answered, check_replayed, gymnasium_module, refused


class GymnasiumVectorEnvironment:
    """The vector environment that a Gymnasium environment brings with it.

    Where an episode ends, the three autoreset modes of Gymnasium differ. *Same step*: the step's observation is
    already the next episode's, the last one lies in `final_obs`. *Disabled*: we reset those that ended. *Next
    step*: the following step ignores its action and only starts the next episode; it is marked as `skipped`, and
    learners leave it out.

    One random generator serves all copies, so an episode cannot be replayed by itself. Instead all copies start
    anew, from a seed of their own, every `task.restart_steps` steps (running episodes are cut: truncated), and
    `restore` replays what came since: the same numbers, bit for bit.

    Args:
        task: which environment.
        environments: number of copies.
        seed: of all starts.
    """

    def __init__(self, task: SpacedTask, environments: int, *, seed: int = 0):
        gym = gymnasium_module()
        self.task = task
        self.environments = environments
        self.discrete = task.spaces.discrete
        self._seed = seed
        settings = task.settings
        options: dict[str, Any] = dict(settings.options)
        mode = gym.VectorizeMode.VECTOR_ENTRY_POINT
        self._own = refused(settings.id, lambda: gym.make_vec(settings.id, environments, mode, **options))
        modes = gym.vector.AutoresetMode
        self._mode = self._own.metadata.get("autoreset_mode", modes.NEXT_STEP)  # as Gymnasium itself assumes
        self._modes = modes
        self._starts = 0
        self._log: list[np.ndarray] = []
        self._elapsed = np.zeros(environments, np.int64)
        self._ended = np.zeros(environments, bool)
        self._observation = np.zeros((environments, len(task.observation_names)), np.float32)

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
        self._starts += 1
        self._restart()
        return step._replace(observation=self._observation.copy(), truncated=~step.terminated)

    def _restart(self) -> None:
        seed = int(np.random.SeedSequence([self._seed, self._starts]).generate_state(1)[0]) >> 1
        observation, _ = self._own.reset(seed=seed)  # 31 bits: some count on from it, copy by copy
        self._observation = self._flat(observation)
        self._log = []
        self._elapsed[:] = 0
        self._ended[:] = False

    def _advance(self, executed: np.ndarray) -> Step:
        self._log.append(executed)
        space = self._own.action_space
        given, reward, terminated, truncated, info = answered(
            self.task, len(self._log), lambda: self._own.step(executed.reshape(space.shape).astype(space.dtype))
        )
        after = self._flat(given)
        skipped = self._ended & (self._mode == self._modes.NEXT_STEP)
        self._elapsed = np.where(skipped, 0, self._elapsed + 1)
        terminated = np.asarray(terminated, bool) & ~skipped
        truncated = np.asarray(truncated, bool) & ~terminated & ~skipped
        done, final = terminated | truncated, after
        if done.any() and self._mode == self._modes.SAME_STEP:
            final = after.copy()
            for i in np.flatnonzero(done):
                final[i] = np.asarray(info["final_obs"][i], np.float32).ravel()
        elif done.any() and self._mode == self._modes.DISABLED:
            after = self._flat(self._own.reset(options={"reset_mask": done})[0])
        if self._mode != self._modes.NEXT_STEP:
            self._elapsed[done] = 0
        self._ended, self._observation = done, after
        reward = np.where(skipped, 0.0, np.asarray(reward, np.float64)).astype(np.float32)
        return Step(after.copy(), reward, terminated, truncated, final.copy(), {"environment": reward}, skipped)

    def _flat(self, observation: Any) -> np.ndarray:
        return np.array(observation, np.float32).reshape(self.environments, -1)

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state."""
        return {"observation": self._observation}

    def snapshot(self) -> dict[str, np.ndarray]:
        """The number of the last start everywhere, the actions since, and what is observed now."""
        columns = self.task.spaces.columns
        actions = np.array(self._log, self.task.spaces.kind).reshape(len(self._log), self.environments, columns)
        return {"starts": np.asarray(self._starts), "actions": actions, "observation": self._observation.copy()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments, by replaying what came since.

        Raises:
            PremotorError: something is missing or has another shape, or the environment is no function of seed
                and actions.
        """
        for name in ("starts", "actions", "observation"):
            if name not in snapshot:
                raise PremotorError(f"snapshot: {name} is missing")
        actions, shape = snapshot["actions"], (self.environments, self.task.spaces.columns)
        if actions.shape[1:] != shape:
            raise PremotorError(f"snapshot: actions should be (steps, {shape[0]}, {shape[1]}), found {actions.shape}")
        self._starts = int(snapshot["starts"])
        if not self._starts:  # nothing has begun yet
            return
        self._restart()
        for executed in actions:
            self._advance(executed)
        check_replayed(self.task.settings.id, self._observation, snapshot)
