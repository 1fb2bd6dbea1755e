"""Our tasks as environments of Gymnasium, so that other people's agents can use our bodies.

Importing this module makes them known to Gymnasium: ``import premotor.tasks.gymnasium`` and then
``gymnasium.make("premotor/Walk-v0")`` or ``gymnasium.make_vec(…)``, or at once
``gymnasium.make("premotor.tasks.gymnasium:premotor/Walk-v0")``.
"""

from collections.abc import Mapping

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike

from premotor.bodies import render_frames
from premotor.errors import PremotorError
from premotor.tasks import TASKS, PhysicsEnvironment, PhysicsTask, build_task

SIZE = (640, 360)
"""Of a picture, pixels."""


def environment_ids() -> dict[str, str]:
    """Every task with a body, id → `task.kind`: walk is ``premotor/Walk-v0``, and so on."""
    kinds = [kind for kind, entry in TASKS.items() if issubclass(entry, PhysicsTask)]
    return {f"premotor/{''.join(part.title() for part in kind.split('-'))}-v0": kind for kind in kinds}


def _offered(kind: str, options: Mapping[str, object]) -> tuple[PhysicsTask, Box, Box]:
    """A task, and the spaces of its observations and actions."""
    task = build_task(TASKS[kind].settings_type.model_validate(options))
    if not isinstance(task, PhysicsTask):
        raise PremotorError(f"the task {kind} has no body that premotor steps, so it is not offered to Gymnasium")
    observation = Box(-np.inf, np.inf, (len(task.observation_names),), np.float32)
    return task, observation, Box(-1.0, 1.0, (len(task.action_names),), np.float32)


class TaskEnvironment(gymnasium.Env):
    """One copy of a task; `options` are settings of the task.

    Observations are the task's, in SI units; actions lie in [−1, 1]; `info["terms"]` holds the parts of the reward.
    Each start is drawn from the seed of the last `reset` that had one, and the number of resets since.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}

    def __init__(self, kind: str = "walk", render_mode: str | None = None, **options: object):
        self.render_mode = render_mode
        self.task, self.observation_space, self.action_space = _offered(kind, options)
        self.metadata = {**self.metadata, "render_fps": round(1 / self.task.control_period)}
        self._worlds = PhysicsEnvironment(self.task, 1, threads=1)

    def reset(self, *, seed: int | None = None, options: dict[str, object] | None = None) -> tuple[np.ndarray, dict]:
        """Start an episode."""
        super().reset(seed=seed)
        if seed is not None:
            self._worlds.reseed(seed)
        return self._worlds.reset()[0].astype(np.float32), {}

    def step(self, action: ArrayLike) -> tuple[np.ndarray, float, bool, bool, dict[str, object]]:
        """Act for one control period."""
        step = self._worlds.step(np.asarray(action, np.float32)[None])
        terms = {name: float(value[0]) for name, value in step.terms.items()}
        seen = step.final_observation[0].astype(np.float32)
        return seen, float(step.reward[0]), bool(step.terminated[0]), bool(step.truncated[0]), {"terms": terms}

    def render(self) -> np.ndarray | None:
        """What the body looks like now, (height, width, 3) uint8."""
        if self.render_mode is None:
            return None
        return next(iter(render_frames(self.task.body, self._worlds.physics.qpos[:1].copy(), SIZE)))


class TaskVectorEnvironment(gymnasium.vector.VectorEnv):
    """Many copies of a task on a pool of C threads, in Gymnasium's same-step autoreset mode."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(self, num_envs: int = 1, kind: str = "walk", threads: int = 0, **options: object):
        self.num_envs = num_envs
        self.task, self.single_observation_space, self.single_action_space = _offered(kind, options)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._worlds = PhysicsEnvironment(self.task, num_envs, threads=threads)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, object] | None = None
    ) -> tuple[np.ndarray, dict]:
        """Start an episode everywhere; of a list of seeds the first serves all copies."""
        first = seed[0] if isinstance(seed, list) else seed
        super().reset(seed=first)
        if first is not None:
            self._worlds.reseed(first)
        return self._worlds.reset().astype(np.float32), {}

    def step(self, actions: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, object]]:
        """Act everywhere; where an episode ended, the observation is the next one's and `final_obs` its last."""
        step = self._worlds.step(np.asarray(actions, np.float32))
        info: dict[str, object] = {"terms": dict(step.terms)}
        done = step.terminated | step.truncated
        if done.any():
            final = np.full(self.num_envs, None, object)
            for i in np.flatnonzero(done):
                final[i] = step.final_observation[i].astype(np.float32)
            info |= {"final_obs": final, "_final_obs": done, "final_info": {}, "_final_info": done}
        reward = step.reward.astype(np.float64)
        return step.observation.astype(np.float32), reward, step.terminated, step.truncated, info


for _id, _kind in environment_ids().items():
    if _id not in gymnasium.registry:
        gymnasium.register(
            _id,
            entry_point=f"{__name__}:TaskEnvironment",
            vector_entry_point=f"{__name__}:TaskVectorEnvironment",
            kwargs={"kind": _kind},
        )
