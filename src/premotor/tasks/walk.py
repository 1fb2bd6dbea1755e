"""Walk at a commanded speed, in the manner of a reference gait."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import build_body
from premotor.host_random import key_of, normal, split, uniform
from premotor.on_device import on_device
from premotor.tasks.base import GaitParts, Records
from premotor.tasks.environment import Outcome, PhysicsTask, Start, View
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import load_reference
from premotor.tasks.settings import TASKS, WalkSettings

ROOT = ("root_x", "root_z", "root_pitch")
TRUNK_SCALE = np.array([0.04, 0.15])
"""Errors of the trunk's height (m) and pitch (rad) that count as far in the reward."""

SHOWN = (100, 64)
"""Control steps and episodes of the reference that are shown to who imitates it."""
SHOWN_ERRORS = (0.1, 0.5)
"""Standard deviation of the errors of the states so shown: rad and rad/s; of the root's motion a fifth, in m."""


class WalkMemory(NamedTuple):
    """What a walking episode carries along."""

    command: Float[Array, ""]
    """m/s."""
    phase: Float[Array, ""]
    """Of the reference stride, rad, 0 at the left heel strike."""
    speed: Float[Array, ""]
    """Forward speed averaged over the last half second (exponentially), m/s."""
    action: Float[Array, " actions"]


@TASKS.register("walk")
class WalkTask(PhysicsTask):
    """Walk with a planar biped at a commanded speed.

    Reward: imitation (Peng et al. 2018, DeepMimic, on joint angles and velocities, and on the feet's contacts)
    plus goal (commanded speed).
    The reference's phase belongs to the reward, not to the controller (unless `clock`): it advances at the pace
    that the command asks for, at most half of it faster or slower so as to stay next to the body's own pose, so
    that a rhythm of the network's own is judged by its form and not by a clock it cannot see.

    Episodes start anywhere along the reference. They end by a fall (hips below 70% of their standing height or
    the trunk tilted by more than 0.8 rad) or after `seconds`.
    """

    settings_type = WalkSettings
    settings: WalkSettings
    reference: ReferenceGait

    def __init__(self, settings: WalkSettings | None = None):
        settings = settings or WalkSettings()
        super().__init__(settings, build_body(settings.body))
        self.reference = load_reference(settings.reference)
        self.commanded_speeds = settings.speed
        joints = self.action_names
        self.observation_names = (
            *("height", "pitch", "forward_speed", "vertical_speed", "pitch_rate"),
            *(f"{joint}_angle" for joint in joints),
            *(f"{joint}_speed" for joint in joints),
            *(f"{foot}_contact" for foot in self.body.feet),
            "command",
            *(("phase_sine", "phase_cosine") if settings.clock else ()),
        )
        body = self.body
        self._root_q, self._root_v = body.qpos_index(ROOT), body.qvel_index(ROOT)
        self._joint_q, self._joint_v = body.qpos_index(joints), body.qvel_index(joints)
        self._contacts = body.foot_sensors
        self._weight = body.weight
        self._standing = float(body.rest_pose[self._root_q[1]])
        gait = self.reference
        angles = gait.joint_angles[:, [gait.joint_names.index(j) for j in joints]]
        middle = 0.5 * (angles.max(0) + angles.min(0))
        reach = 0.5 * (angles.max(0) - angles.min(0)) + 0.6  # rad beyond the gait, for recoveries
        low, high = body.joint_range.T
        self._low, self._high = (
            on_device(np.maximum(middle - reach, low)),
            on_device(np.minimum(middle + reach, high)),
        )
        # one row a phase, the last repeating the first: root height, root pitch, joints; and their rates a rad,
        # of root_x first
        phase = np.linspace(0, 2 * np.pi, 101)
        order = [gait.joint_names.index(joint) + 3 for joint in joints]
        poses, rates = gait.qpos(phase), gait.qvel(phase) * gait.stride_period / (2 * np.pi)
        poses[:, 1] -= body.sole_depth  # the reference treads on hard ground
        self._table = on_device(poses[:, [1, 2, *order]], np.float32)
        self._slope = on_device(rates[:, [0, 1, 2, *order]], np.float32)
        self._stance = on_device(gait.contact(phase), np.float32)

    def start(self, key: PRNGKeyArray) -> Start:
        """A random phase of the reference and a random command."""
        key_phase, key_command = jax.random.split(key)
        phase = jax.random.uniform(key_phase, (), maxval=2 * jnp.pi)
        low, high = self.settings.speed
        return self.start_at(phase, jax.random.uniform(key_command, (), minval=low, maxval=high))

    def start_at(self, phase: Array, command: Array) -> Start:
        """The reference's own state at `phase` (rad), walking at `command` (m/s)."""
        pose = _interpolate(self._table, phase)
        rates = _interpolate(self._slope, phase) * self._pace(command)
        qpos = jnp.asarray(self.body.rest_pose, jnp.float32)
        qpos = qpos.at[self._root_q].set(jnp.concatenate([jnp.zeros(1), pose[:2]])).at[self._joint_q].set(pose[2:])
        qvel = jnp.zeros(self.body.model.nv)
        qvel = qvel.at[self._root_v].set(rates[:3]).at[self._joint_v].set(rates[3:])
        memory = WalkMemory(command, phase, command, jnp.zeros(len(self.action_names)))
        return Start(qpos, qvel, memory)

    def observe(self, view: View, memory: WalkMemory) -> Float[Array, " observations"]:
        """Proprioception, ground contact (in body weights) and the command; SI units."""
        root_q, root_v = view.qpos[self._root_q], view.qvel[self._root_v]
        parts = [
            root_q[1:],
            root_v,
            view.qpos[self._joint_q],
            view.qvel[self._joint_v],
            jnp.minimum(view.sensors[self._contacts] / self._weight, 2.0),
            memory.command[None],
        ]
        if self.settings.clock:
            parts.append(jnp.stack([jnp.sin(memory.phase), jnp.cos(memory.phase)]))
        return jnp.concatenate(parts)

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Target angles of the joints: [−1, 1] spans the reference's range and 0.6 rad beyond it, within limits."""
        return self._low + 0.5 * (action + 1) * (self._high - self._low)

    def advance(self, view: View, memory: WalkMemory, action: Float[Array, " actions"]) -> Outcome:
        """Imitation + goal − effort − fall, as in the class's docstring."""
        weights = self.settings.reward
        period = self.control_period
        angles, speeds = view.qpos[self._joint_q], view.qvel[self._joint_v]
        phase = self._follow(memory, angles)
        trunk, pose = jnp.split(_interpolate(self._table, phase), [2])
        rate = (_interpolate(self._slope, phase) * self._pace(memory.command))[3:]
        miss = ((jnp.cos(pose) - jnp.cos(angles)) ** 2 + (jnp.sin(pose) - jnp.sin(angles)) ** 2).sum()
        likeness = weights.pose * jnp.exp(-weights.sharpness * miss)
        likeness += (1 - weights.pose) * jnp.exp(-0.01 * ((rate - speeds) ** 2).sum())
        stance = _interpolate(self._stance, phase) > 0.5
        wrong = ((view.sensors[self._contacts] > 0) != stance).mean()
        likeness *= 1 - weights.contact * wrong
        off = ((view.qpos[self._root_q][1:] - trunk) / TRUNK_SCALE) ** 2
        likeness *= 1 - weights.trunk * (1 - jnp.exp(-off.sum()))
        speed = memory.speed + period / 0.5 * (view.qvel[self._root_v[0]] - memory.speed)
        likeness *= jnp.clip(speed / memory.command, 0.0, 1.0)  # a pose held still is no gait
        goal = jnp.exp(-4.0 * ((speed - memory.command) / 0.4) ** 2)
        fallen = self.fallen(view)
        terms = {
            "imitation": weights.imitation * likeness,
            "goal": weights.goal * goal,
            "effort": -weights.effort * ((action - memory.action) ** 2).sum(),
            "fall": -weights.fall * fallen,
        }
        limit = self.settings.pose_limit
        strayed = False if limit is None else miss > len(self.action_names) * limit**2
        return Outcome(WalkMemory(memory.command, phase, speed, action), terms, fallen | strayed)

    def demonstration(self) -> tuple[np.ndarray, np.ndarray]:
        """The reference as the body would feel it, and the target angles that would keep to it.

        Its states are seen with errors of `SHOWN_ERRORS`, and the targets are those of the reference all the same, so
        that who imitates them goes back to it. The targets are ahead of the angles by the lag of the servos.

        Returns:
            observations (steps, episodes, observations) at commands over the whole range, and actions in [−1, 1].
        """
        model, keys = self.body.model, split(key_of(0), 4)
        first = uniform(keys[0], SHOWN[1:], 0.0, 2 * np.pi)
        errors = [normal(key, (*SHOWN, size)) for key, size in zip(keys[1:3], (model.nq, model.nv), strict=True)]
        errors[0][..., 1] *= 0.2
        errors[1][..., :2] *= 0.2
        seen, action = jax.jit(self._demonstrated)(first, *errors)
        return np.asarray(seen), np.clip(np.asarray(action), -1, 1)

    def _demonstrated(self, first: Array, errors: Array, rate_errors: Array) -> tuple[Array, Array]:
        """What is shown from the phases `first` on, with standard normal errors; actions may lie beyond [−1, 1]."""
        steps, episodes = SHOWN
        command = jnp.linspace(*self.settings.speed, episodes)
        phase = first + self._pace(command) * self.control_period * jnp.arange(steps)[:, None]
        angle_error, rate_error = SHOWN_ERRORS
        model = self.body.model
        lag = model.actuator_biasprm[:, 2] / model.actuator_biasprm[:, 1]  # s, damping over stiffness
        lag = float(np.mean(lag)) + 0.5 * self.control_period

        def shown(phase: Array, command: Array) -> tuple[Array, Array, Array]:
            start = self.start_at(phase, command)
            stance = _interpolate(self._stance, phase) > 0.5
            wanted = _interpolate(self._table, phase + self._pace(command) * lag)[2:]
            force = self._weight * stance / jnp.maximum(stance.sum(), 1)
            return start.qpos, start.qvel, jnp.concatenate([force, wanted])

        rows = jax.vmap(jax.vmap(shown))(phase, jnp.broadcast_to(command, phase.shape))
        qpos = rows[0] + angle_error * errors
        qvel = rows[1] + rate_error * rate_errors
        feet = len(self.body.feet)
        sensors = jnp.zeros((*phase.shape, self.body.model.nsensordata))
        sensors = sensors.at[..., self._contacts].set(rows[2][..., :feet])
        memory = WalkMemory(jnp.broadcast_to(command, phase.shape), phase, phase, phase)
        seen = jax.vmap(jax.vmap(self.observe))(View(qpos, qvel, sensors), memory)
        return seen, 2 * (rows[2][..., feet:] - self._low) / (self._high - self._low) - 1

    def tested(self) -> "WalkTask":
        """The task in which only a fall ends an episode."""
        return WalkTask(self.settings.model_copy(update={"pose_limit": None}))

    def fallen(self, view: View) -> Array:
        """Hips below 70% of their standing height, or the trunk tilted by more than 0.8 rad."""
        _, height, pitch = view.qpos[self._root_q]
        return (height < 0.7 * self._standing) | (jnp.abs(pitch) > 0.8)

    def _pace(self, command: Array) -> Array:
        """Advance of the reference's phase at a commanded speed, rad/s: strides keep their length."""
        gait = self.reference
        return 2 * jnp.pi / gait.stride_period * command / gait.speed

    def _follow(self, memory: WalkMemory, angles: Array) -> Array:
        """The phase after a step: of those within reach, that whose pose is nearest to the body's."""
        slack = self.settings.phase_slack
        pace = self._pace(memory.command) * self.control_period
        if slack == 0:
            return jnp.mod(memory.phase + pace, 2 * jnp.pi)
        advance = pace * jnp.linspace(1 - slack, 1 + slack, 9)
        candidates = memory.phase + advance
        poses = jax.vmap(lambda phase: _interpolate(self._table, phase))(candidates)[:, 2:]
        best = jnp.argmin(((poses - angles) ** 2).sum(-1))
        return jnp.mod(candidates[best], 2 * jnp.pi)

    def recorded(self, memory: WalkMemory) -> dict[str, Array]:
        """Phase (rad) and command (m/s)."""
        return {"phase": memory.phase, "command": memory.command}

    def gait_parts(self, records: Records) -> GaitParts | None:
        """As of any body with feet; only episodes that are a walk score."""
        parts = super().gait_parts(records)
        return parts if parts is None else parts._replace(merit=self._merit(records))

    def _travel(self, records: Records) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each episode: distance (m), mean speed while it lasted (m/s), and its error as a part of the command."""
        x = records["qpos"][:, :, self._root_q[0]]
        last = np.maximum(records["alive"].astype(bool).sum(0) - 1, 0)
        distance = x[last, np.arange(x.shape[1])] - x[0]
        speed = distance / (np.maximum(last, 1) * self.control_period)
        return distance, speed, np.abs(speed - records["command"]) / records["command"]

    def _merit(self, records: Records) -> np.ndarray:
        """Of each episode: time survived × (1 − 2 · speed error), at least 0."""
        _, _, error = self._travel(records)
        return records["alive"].astype(bool).mean(0) * np.maximum(0.0, 1.0 - 2.0 * error)

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `qpos` (steps, episodes, positions), from the start on, `alive` (steps, episodes) 1 until the
                fall, `command` (episodes,) in m/s.

        Returns:
            `survived`: fraction of the episodes without a fall. `speed`, `command`: means, m/s. `speed_error`: mean
            of |speed − command| / command, an episode's speed being its distance over the time it lasted.
            `distance`: mean distance, m. `any_gait_score`: mean over episodes of time survived × (1 − 2 · speed
            error), at least 0, whether it walks, hops or lunges. `score`: the same, where episodes that are no walk
            (`premotor.analysis.bipedal_walk`) count 0, which whoever knows the gait puts in; 1 is perfect.
        """
        distance, speed, error = self._travel(records)
        merit = float(self._merit(records).mean())
        return {
            "survived": float(records["alive"].astype(bool)[-1].mean()),
            "speed": float(speed.mean()),
            "speed_sd": float(speed.std()),
            "command": float(records["command"].mean()),
            "speed_error": float(error.mean()),
            "distance": float(distance.mean()),
            "any_gait_score": merit,
            "score": merit,
        }


def _interpolate(table: Float[Array, "rows columns"], phase: Array) -> Float[Array, " columns"]:
    """Linear interpolation in a table of one period whose last row repeats the first."""
    position = jnp.mod(phase, 2 * jnp.pi) / (2 * jnp.pi) * (table.shape[0] - 1)
    row = jnp.clip(position.astype(int), 0, table.shape[0] - 2)
    fraction = position - row
    return (1 - fraction) * table[row] + fraction * table[row + 1]
