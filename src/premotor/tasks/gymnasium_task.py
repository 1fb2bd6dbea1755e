"""Any Gymnasium environment as a task, in copies of ours or in its own vector environment."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from premotor.bodies import BackEnd
from premotor.bodies.back_ends import CPU
from premotor.errors import PremotorError
from premotor.tasks.base import Records, Step, VectorEnvironment
from premotor.tasks.envpool_environment import EnvPoolEnvironment
from premotor.tasks.gymnasium_environment import GymnasiumEnvironment
from premotor.tasks.gymnasium_settings import UNLIMITED, GymnasiumSettings
from premotor.tasks.gymnasium_spaces import (
    ReplayedEnvironment,
    SpacedTask,
    answered,
    gymnasium_module,
    made_spaces,
    refused,
    time_step,
)
from premotor.tasks.settings import TASKS


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
        options: dict[str, object] = dict(settings.options)
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

    def _flat(self, observation: ArrayLike) -> np.ndarray:
        return np.array(observation, np.float32).reshape(self.environments, -1)


@TASKS.register("gymnasium")
class GymnasiumTask(SpacedTask):
    """An environment of Gymnasium with box observations, and box or discrete actions.

    Observations are flattened. An action in a box is scaled from [−1, 1] to its bounds, component by component: with a
    least value alone to [low, low + 2], with a largest alone to [high − 2, high], with neither it is passed on as it
    is. Of a discrete space every choice is an action, and the one preferred most is executed.

    Raises:
        PremotorError: no such environment, or one with other spaces.
    """

    settings_type: ClassVar[type[GymnasiumSettings]] = GymnasiumSettings
    settings: GymnasiumSettings

    def __init__(self, settings: GymnasiumSettings):
        self.settings = settings
        self.spaces, environment = made_spaces(settings)
        self._period = time_step(environment, settings.control_period)
        spec = environment.spec
        own = spec.max_episode_steps if spec is not None else None
        self.time_limit: int = settings.time_limit or own or UNLIMITED
        self.own_vector = settings.vectorization == "own" or (
            settings.vectorization == "auto" and spec is not None and spec.vector_entry_point is not None
        )
        environment.close()
        self.observation_names = self.spaces.observation_names
        self.action_names = self.spaces.action_names

    @property
    def control_period(self) -> float:
        """Time between two actions, in s."""
        return self._period

    def environment(
        self, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
    ) -> VectorEnvironment:
        """Many copies of it, by EnvPool or its own vector environment where the settings say so."""
        self.check_device(back_end)
        if self.settings.vectorization == "envpool":
            return EnvPoolEnvironment(self, environments, threads=threads, seed=seed)
        if self.own_vector:
            return GymnasiumVectorEnvironment(self, environments, seed=seed)
        return GymnasiumEnvironment(self, environments, seed=seed)

    def check_device(self, back_end: BackEnd) -> None:
        """PremotorError where another device than the CPU is asked for."""
        if back_end.device != "cpu":
            raise PremotorError(f"physics.device is '{back_end.device}', but {self.name} runs on the cpu only")

    def drawable(self) -> Self:
        """The task in copies: a single one can be drawn, a vector environment not always."""
        return type(self)(self.settings.model_copy(update={"vectorization": "copies"}))

    def frames(
        self, records: Records, rows: Sequence[int], captions: Sequence[str] = (), seed: int = 0
    ) -> Iterator[np.ndarray]:
        """What the environment itself draws in the first episode with this seed."""
        environment = GymnasiumEnvironment(self.tested(), 1, seed=seed, render=True)
        environment.reset()
        wanted = set(rows)
        for step, action in enumerate(records["action"][: max(rows, default=-1) + 1, 0]):
            if step in wanted:
                picture = environment.picture()
                yield picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
            environment.step(action[None])

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `reward` (steps, episodes), 0 after the end of an episode; `alive` (steps, episodes), 1 until
                its end; `terminated` (episodes,), whether it ended before its time.

        Returns:
            `score`: mean return, `return_sd` its standard deviation over episodes, `length`: mean length in steps,
            `terminated`: fraction of the episodes that ended before their time, whether that is good or bad.
        """
        returns = records["reward"].sum(0)
        return {
            "score": float(returns.mean()),
            "return_sd": float(returns.std()),
            "length": float(records["alive"].sum(0).mean()),
            "terminated": float(records["terminated"].mean()),
        }
