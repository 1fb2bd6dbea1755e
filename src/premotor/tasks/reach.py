"""Bring the hand of an arm to a target and hold it there."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.tasks.arm import BalanceTask
from premotor.tasks.base import Records
from premotor.tasks.environment import Start, View
from premotor.tasks.registry import TASKS
from premotor.tasks.settings import ReachSettings

TARGETS = 2048
"""Positions among which targets are drawn."""


class ReachMemory(NamedTuple):
    """What an episode carries along."""

    target: Float[Array, " coordinates"]
    """Where the hand is to go, m."""


@TASKS.register("arm-reach")
class ReachTask(BalanceTask):
    """Bring the hand to a target, drawn anew for each episode, and hold it there.

    Targets are positions of the hand at random joint angles, so that each can be reached. Observation: that of
    `BalanceTask`, and the way from hand to target (m, along the axes in which the hand can move). Reward:
    −(10 d² + 0.1 Σ q̇² + 0.001 Σ a²), d being the distance of the hand from the target. Starts: joint angles uniform
    in their range. No episode ends early.
    """

    settings_type = ReachSettings
    settings: ReachSettings

    def __init__(self, settings: ReachSettings | None = None):
        settings = settings or ReachSettings()
        super().__init__(settings)
        self._hand = self.body.sensor(settings.hand)
        random = np.random.default_rng(0)
        low, high = settings.reach * self._range.T
        poses = np.tile(self.body.rest_pose, (TARGETS, 1))
        poses[:, self._q] = random.uniform(low, high, (TARGETS, len(low)))
        targets = self.hand(poses)
        self._axes = np.flatnonzero(np.ptp(targets, axis=0) > 1e-6)  # an arm in a plane has two of them
        self._targets = jnp.asarray(targets, jnp.float32)
        self.observation_names += tuple(f"to_target_{'xyz'[axis]}" for axis in self._axes)

    def hand(self, qpos: Float[np.ndarray, "poses positions"]) -> Float[np.ndarray, "poses 3"]:
        """Where the hand is in some poses, m."""
        model = self.body.model
        data = mujoco.MjData(model)
        found = np.empty((len(qpos), 3))
        for row, pose in enumerate(qpos):
            data.qpos[:] = pose
            mujoco.mj_fwdPosition(model, data)
            mujoco.mj_sensorPos(model, data)
            found[row] = data.sensordata[self._hand]
        return found

    def start(self, key: PRNGKeyArray) -> Start:
        """Joint angles uniform in their range, everything at rest, a target."""
        key_pose, key_target = jax.random.split(key)
        number = jax.random.randint(key_target, (), 0, TARGETS)
        return super().start(key_pose)._replace(memory=ReachMemory(self._targets[number]))

    def observe(self, view: View, memory: ReachMemory) -> Float[Array, " observations"]:
        """What the balance task's controller senses, and the way from hand to target."""
        return jnp.concatenate([super().observe(view, memory), self._distance(view, memory)[self._axes]])

    def _distance(self, view: View, memory: ReachMemory) -> Array:
        return memory.target - view.sensors[self._hand]

    def recorded(self, memory: ReachMemory) -> dict[str, Array]:
        """The target, m."""
        return {"target": memory.target}

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `qpos` (steps, episodes, positions), `target` (steps, episodes, 3), `reward` (steps, episodes).

        Returns:
            as `BalanceTask.metrics`, the final error being the distance of the hand from the target, m.
        """
        final = np.linalg.norm(self.hand(records["qpos"][-1]) - records["target"][-1], axis=1)
        return self._success(final, records)
