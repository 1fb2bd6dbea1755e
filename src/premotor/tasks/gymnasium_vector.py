"""An environment's own vector environment behind our interface, in each of Gymnasium's autoreset modes."""

from typing import Any

import numpy as np

from premotor.tasks.base import Step
from premotor.tasks.gymnasium_spaces import ReplayedEnvironment, SpacedTask, answered, gymnasium_module, refused


class GymnasiumVectorEnvironment(ReplayedEnvironment):
    """The vector environment that a Gymnasium environment brings with it.

    Where an episode ends, the three autoreset modes of Gymnasium differ. *Same step*: the step's observation is
    already the next episode's, the last one lies in `final_obs`. *Disabled*: we reset those that ended. *Next
    step*: the following step ignores its action and only starts the next episode; it is marked as `skipped`, and
    learners leave it out.

    One random generator serves all copies, so an episode cannot be replayed by itself.

    Args:
        task: which environment.
        environments: number of copies.
        seed: of all starts.
    """

    def __init__(self, task: SpacedTask, environments: int, *, seed: int = 0):
        super().__init__(task, environments, seed)
        gym = gymnasium_module()
        settings = task.settings
        options: dict[str, Any] = dict(settings.options)
        mode = gym.VectorizeMode.VECTOR_ENTRY_POINT
        self._own = refused(settings.id, lambda: gym.make_vec(settings.id, environments, mode, **options))
        modes = gym.vector.AutoresetMode
        self._mode = self._own.metadata.get("autoreset_mode", modes.NEXT_STEP)  # as Gymnasium itself assumes
        self._modes = modes
        self._elapsed = np.zeros(environments, np.int64)
        self._ended = np.zeros(environments, bool)

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
