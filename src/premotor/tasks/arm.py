"""Hold an arm upright, or bring its hand to a target: tasks for any body with muscles, tendons or motors."""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import Body, build_body
from premotor.errors import PremotorError
from premotor.on_device import PyTree, on_device
from premotor.tasks.base import Records
from premotor.tasks.environment import Outcome, PhysicsTask, Start, View
from premotor.tasks.settings import TASKS, BalanceSettings, ReachSettings


@TASKS.register("arm-balance")
class BalanceTask(PhysicsTask):
    """Hold the joints of an arm at 0, from anywhere in their range and at rest.

    Observation: cosine, sine and speed of each joint. Action in [−1, 1] spanning each actuator's range; what is
    outside is clipped. Reward: −(Σ q² + 0.1 Σ q̇² + 0.001 Σ a²), a being the control in units of its largest.
    No episode ends early, but where `fall_angle` is set and a joint is beyond it: then with the cost `fall_cost`.
    """

    settings_type: ClassVar[type[BalanceSettings]] = BalanceSettings
    settings: BalanceSettings

    def __init__(self, settings: BalanceSettings | None = None):
        settings = settings or self.settings_type()
        super().__init__(settings, build_body(settings.body))
        body, joints = self.body, self.body.task_joints
        self.observation_names = (
            *(f"{joint}_{part}" for joint in joints for part in ("cosine", "sine", "speed")),
            *(name for sensor in settings.sensors for name in _components(body, sensor)),
        )
        self._q, self._v = body.qpos_index(joints), body.qvel_index(joints)
        self._range = body.limits(joints)
        if not np.isfinite(self._range).all():
            free = joints[int(np.flatnonzero(~np.isfinite(self._range).all(1))[0])]
            raise PremotorError(f"task '{self.name}' needs joints with limits; '{free}' of '{body.name}' has none")
        columns = [np.arange(s.start, s.stop) for s in map(body.sensor, settings.sensors)]
        self._sensors = np.concatenate([*columns, np.empty(0, int)]).astype(int)
        low, high = body.control_range.T
        if not np.isfinite(body.control_range).all():
            free = body.actuator_names[int(np.flatnonzero(~np.isfinite(body.control_range).all(1))[0])]
            raise PremotorError(
                f"task '{self.name}' needs actuators with a ctrlrange; '{free}' of '{body.name}' has none"
            )
        self._low, self._high = on_device(low, np.float32), on_device(high, np.float32)
        self._largest = on_device(np.maximum(np.abs(low), np.abs(high)), np.float32)

    def start(self, key: PRNGKeyArray) -> Start:
        """Joint angles uniform in `start_range` of their range, everything at rest."""
        return Start(self._pose(key, self.settings.start_range), jnp.zeros(self.body.model.nv), ())

    def _pose(self, key: PRNGKeyArray, part: float) -> Array:
        low, high = part * jnp.asarray(self._range, jnp.float32).T
        angles = jax.random.uniform(key, low.shape, minval=low, maxval=high)
        return jnp.asarray(self.body.rest_pose, jnp.float32).at[self._q].set(angles)

    def observe(self, view: View, memory: PyTree) -> Float[Array, " observations"]:
        """Cosine, sine and speed of each joint, then the sensors that were asked for; SI units."""
        q, v = view.qpos[self._q], view.qvel[self._v]
        return jnp.concatenate([jnp.stack([jnp.cos(q), jnp.sin(q), v], 1).ravel(), view.sensors[self._sensors]])

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Controls, spanning each actuator's range: activations, or voltages."""
        return self._low + 0.5 * (jnp.clip(action, -1.0, 1.0) + 1.0) * (self._high - self._low)

    def advance(self, view: View, memory: PyTree, action: Float[Array, " actions"]) -> Outcome:
        """The costs of position, speed and effort, and, where `fall_angle` is set, of a fall, which is the end."""
        weights, v = self.settings.reward, view.qvel[self._v]
        terms = {
            "position": -weights.position * (self._distance(view, memory) ** 2).sum(),
            "speed": -weights.speed * (v**2).sum(),
            "effort": -weights.effort * ((self.control(action) / self._largest) ** 2).sum(),
        }
        limit = self.settings.fall_angle
        if limit is None:
            return Outcome(memory, terms, jnp.asarray(False))
        fallen = jnp.abs(view.qpos[self._q]).max() > limit
        return Outcome(memory, terms | {"fall": -self.settings.fall_cost * fallen.astype(jnp.float32)}, fallen)

    def _distance(self, view: View, memory: PyTree) -> Array:
        return view.qpos[self._q]

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `qpos` (steps, episodes, positions), `reward` (steps, episodes), and what `memory` holds.

        Returns:
            `success`: fraction of the episodes whose last state is within `tolerance` of the aim; none that a fall
            ended. `final_error`: mean over the others of the largest joint's distance from upright, rad. `earned`: mean
            return over `seconds`, and `earned_sd` its standard deviation over episodes. `score`: success + earned /
            100; 1 is perfect.
        """
        final = np.abs(records["qpos"][-1][:, self._q]).max(1)
        return self._success(final, records)

    def _success(self, final: np.ndarray, records: Records) -> dict[str, float]:
        returns = records["reward"][: self.time_limit_of_settings].sum(0)
        fell = np.asarray(records.get("terminated", np.zeros(len(final))), bool)
        success = float((~fell & (final < self.settings.tolerance)).mean())
        earned, lasted = float(returns.mean()), final[~fell]
        return {
            "success": success,
            "final_error": float(lasted.mean()) if len(lasted) else float("nan"),
            "earned": earned,
            "earned_sd": float(returns.std()),
            "score": success + earned / 100,
        }

    @property
    def time_limit_of_settings(self) -> int:
        """Control steps of `seconds`; `time_limit` may be set aside for an evaluation."""
        return round(self.settings.seconds / self.control_period)


def _components(body: Body, sensor: str) -> list[str]:
    size = body.sensor(sensor)
    count = size.stop - size.start
    return [sensor] if count == 1 else [f"{sensor}_{i}" for i in range(count)]


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
        self._targets = on_device(targets, np.float32)
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
