"""Move forward with any body that MuJoCo reads: walk, hop, crawl or swim."""

from fnmatch import fnmatchcase
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import Body
from premotor.bodies.locomotor import CONTACT, ROOT, locomotor
from premotor.errors import PremotorError
from premotor.on_device import on_device
from premotor.tasks.base import Records
from premotor.tasks.environment import Outcome, PhysicsTask, Start, View
from premotor.tasks.locomotion_settings import LocomotionSettings
from premotor.tasks.settings import TASKS

AVERAGED = 0.5
"""Time constant of the speed that is compared with a command, s."""
NEAR = 0.05
"""Part of a joint's range in which it counts as at its limit."""
TRIED = 32
"""Random states by which observations that never change are found."""
AROUND = (
    *("height", "up_forward", "up_left", "up_up", "forward_speed", "left_speed", "up_speed"),
    *("roll_rate", "pitch_rate", "yaw_rate", "heading_sine", "heading_cosine"),
)
"""What is observed of the root."""


class Pose(NamedTuple):
    """Of the root, in the frame that turns with its heading: forward, left, up."""

    place: Float[Array, "3"]
    """In the world, m."""
    up: Float[Array, "3"]
    """The direction that was up at rest."""
    velocity: Float[Array, "3"]
    """m/s"""
    rotation: Float[Array, "3"]
    """rad/s"""
    heading: Float[Array, ""]
    """From the way, rad, to the left positive."""


class LocomotionMemory(NamedTuple):
    """What an episode carries along."""

    command: Float[Array, ""]
    """m/s; 0 where nothing is commanded."""
    speed: Float[Array, ""]
    """Along the way, mean of the last half second, m/s."""
    way: Float[Array, ""]
    """Along the way since the start, m."""
    action: Float[Array, " actions"]


@TASKS.register("locomotion")
class LocomotionTask(PhysicsTask):
    """Move along the way with a body of one's own.

    Observation: height and direction of up, velocity and rates of turning of the root in a frame that turns with its
    heading, the heading, angle and speed of each joint, contact of each foot, the sensors of the file, and the command;
    what never changes in this body is left out. Action in [−1, 1]: the range of each actuator, or of a position servo
    `reach` around the pose at rest. Reward: the terms of `LocomotionReward`. Starts: near the pose at rest (a keyframe
    of the file: rest, home, stand, or the first; else its reference pose, joints within their limits).
    """

    settings_type: ClassVar[type[LocomotionSettings]] = LocomotionSettings
    settings: LocomotionSettings

    def __init__(self, settings: LocomotionSettings | None = None):
        settings = settings or LocomotionSettings()
        self.locomotor = made = locomotor(settings.body)
        super().__init__(settings, made.body)
        self.commanded_speeds = settings.speed
        body, model = made.body, made.body.model
        joints = [name for name in body.joint_names if name not in made.root_joints]
        self._joint_q, self._joint_v = body.qpos_index(joints), body.qvel_index(joints)
        self._limits = on_device(body.limits(joints), np.float32)
        self._rest = np.asarray(body.rest_pose, np.float32)
        self._root = [body.sensor(name) for name in ROOT]
        self._feet = body.foot_sensors
        others = [name for name in made.touching if name not in made.feet]
        self._others = np.array([body.sensor(CONTACT + name).start for name in others], int)
        for name in settings.end.contact:
            if name not in made.touching:
                raise PremotorError(
                    f"task.end.contact names {name!r}; what can touch the ground: {', '.join(made.touching)}"
                )
        self._forbidden = np.array([body.sensor(CONTACT + name).start for name in settings.end.contact], int)
        own = {*ROOT, *(CONTACT + name for name in made.touching)}
        named = {name: place for name, place in body.sensor_slices.items() if name not in own}
        self._sensors = np.concatenate(
            [*(np.arange(s.start, s.stop) for s in named.values()), np.zeros(0, int)]
        ).astype(int)
        self._low, self._middle, self._high = _controls(body, self._rest, settings.reach)
        data = mujoco.MjData(model)
        data.qpos[:] = body.rest_pose
        mujoco.mj_forward(model, data)
        turn = np.array(data.sensordata[self._root[1]])
        angle = {"x": 0.0, "-x": np.pi, "y": np.pi / 2, "-y": -np.pi / 2}[settings.way]
        self._way = on_device([np.cos(angle), np.sin(angle), 0.0], np.float32)
        self._angle = angle
        back = on_device(turn * [1, -1, -1, -1], np.float32)
        self._up, self._front = _turned(back, on_device([0.0, 0.0, 1.0])), _turned(back, self._way)
        self._height = float(data.sensordata[self._root[0]][2])
        names = [
            *AROUND,
            *(f"{joint}_angle" for joint in joints),
            *(f"{joint}_speed" for joint in joints),
            *(f"{foot}_contact" for foot in made.feet),
            *(
                f"{name}_{i}" if s.stop - s.start > 1 else name
                for name, s in named.items()
                for i in range(s.stop - s.start)
            ),
            *(("command",) if settings.speed else ()),
        ]
        self._seen = self._chosen(names)
        self.observation_names = tuple(names[i] for i in self._seen)

    def _chosen(self, names: list[str]) -> np.ndarray:
        """Positions of what is observed: as the settings say, and of that what changes."""
        wanted = self.settings.observations
        for pattern in wanted:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise PremotorError(f"task.observations names {pattern!r}; {self.body.name} offers {', '.join(names)}")
        model, random = self.body.model, np.random.default_rng(0)
        data, rows = mujoco.MjData(model), []
        everything = jax.jit(self._everything)
        for _ in range(TRIED):
            data.qpos[:] = self._rest + random.normal(scale=0.5, size=model.nq)
            data.qvel[:] = random.normal(size=model.nv)
            data.ctrl[:] = random.normal(size=model.nu)
            mujoco.mj_forward(model, data)
            view = View(*(jnp.asarray(part, jnp.float32) for part in (data.qpos, data.qvel, data.sensordata)))
            rows.append(np.asarray(everything(view, jnp.asarray(random.random(), jnp.float32))))
        moved = np.ptp(np.array(rows), axis=0) > 1e-6
        moved |= np.array([name.endswith("_contact") or name == "command" for name in names])
        met = np.array([not wanted or any(fnmatchcase(name, pattern) for pattern in wanted) for name in names])
        return np.flatnonzero(moved & met)

    def start(self, key: PRNGKeyArray) -> Start:
        """Near the pose at rest."""
        key_pose, key_speed, key_command = jax.random.split(key, 3)
        settings, size = self.settings, self._joint_q.shape
        noise = jax.random.uniform(key_pose, size, minval=-settings.pose_noise, maxval=settings.pose_noise)
        angles = jnp.clip(self._rest[self._joint_q] + noise, *self._limits.T)
        rates = jax.random.uniform(key_speed, size, minval=-settings.speed_noise, maxval=settings.speed_noise)
        qpos = jnp.asarray(self._rest).at[self._joint_q].set(angles)
        qvel = jnp.zeros(self.body.model.nv).at[self._joint_v].set(rates)
        low, high = settings.speed or (0.0, 0.0)
        command, zero = jax.random.uniform(key_command, minval=low, maxval=high), jnp.zeros(())
        return Start(qpos, qvel, LocomotionMemory(command, zero, zero, jnp.zeros(len(self.action_names))))

    def observe(self, view: View, memory: LocomotionMemory) -> Float[Array, " observations"]:
        """What the class says, of this body."""
        return self._everything(view, memory.command)[self._seen]

    def _everything(self, view: View, command: Array) -> Float[Array, " all"]:
        pose = self._pose(view)
        around = [pose.place[2:], pose.up, pose.velocity, pose.rotation]
        turn = jnp.stack([jnp.sin(pose.heading), jnp.cos(pose.heading)])
        touch = (view.sensors[self._feet] > 0).astype(view.qpos.dtype)
        parts = [*around, turn, view.qpos[self._joint_q], view.qvel[self._joint_v], touch, view.sensors[self._sensors]]
        return jnp.concatenate([*parts, *([command[None]] if self.settings.speed else [])])

    def _pose(self, view: View) -> Pose:
        place, turn, velocity, rotation = (view.sensors[part] for part in self._root)
        front = _turned(turn, self._front)
        angle = jnp.arctan2(front[1], front[0])
        cosine, sine, zero = jnp.cos(angle), jnp.sin(angle), jnp.zeros(())
        frame = jnp.stack(
            [jnp.stack([cosine, sine, zero]), jnp.stack([-sine, cosine, zero]), jnp.array([0.0, 0.0, 1.0])]
        )
        heading = jnp.mod(angle - self._angle + jnp.pi, 2 * jnp.pi) - jnp.pi
        return Pose(place, frame @ _turned(turn, self._up), frame @ velocity, frame @ rotation, heading)

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Controls, from the least over the middle to the greatest."""
        action = jnp.clip(action, -1.0, 1.0)
        side = jnp.where(action < 0, self._middle - self._low, self._high - self._middle)
        return self._middle + action * side

    def advance(self, view: View, memory: LocomotionMemory, action: Float[Array, " actions"]) -> Outcome:
        """The terms of `LocomotionReward`, and whether the episode ends."""
        weights, pose = self.settings.reward, self._pose(view)
        along = view.sensors[self._root[2]] @ self._way
        speed = memory.speed + self.control_period / AVERAGED * (along - memory.speed)
        fallen = self.fallen(view)
        low, high = self._limits.T
        q, near = view.qpos[self._joint_q], NEAR * (high - low)
        commanded = memory.command - jnp.abs(speed - memory.command)
        terms = {
            "forward": commanded if self.settings.speed else along,
            "alive": 1.0 - fallen,
            "energy": -(jnp.clip(action, -1, 1) ** 2).mean(),
            "action_rate": -((action - memory.action) ** 2).mean(),
            "upright": pose.up[2] - 1.0,
            "height": -((pose.place[2] / self._height - 1.0) ** 2) if self._height else jnp.zeros(()),
            "heading": jnp.cos(pose.heading) - 1.0,
            "contacts": -(view.sensors[self._others] > 0).sum(),
            "joint_limits": -((q < low + near) | (q > high - near)).mean(),
            "fall": -fallen.astype(along.dtype),
        }
        weighed = {name: getattr(weights, name) * term for name, term in terms.items() if getattr(weights, name)}
        way = memory.way + self.control_period * along
        return Outcome(LocomotionMemory(memory.command, speed, way, action), weighed, fallen)

    def fallen(self, view: View) -> Array:
        """Whether the root is too low or too tilted, or something touches the ground that must not."""
        end, pose = self.settings.end, self._pose(view)
        fallen = jnp.asarray(False)
        if end.height is not None and self._height > 0:
            fallen |= pose.place[2] < end.height * self._height
        if end.tilt is not None:
            fallen |= pose.up[2] < np.cos(end.tilt)
        return fallen | (view.sensors[self._forbidden] > 0).any()

    def recorded(self, memory: LocomotionMemory) -> dict[str, Array]:
        """The way since the start, m; the command where there is one, m/s."""
        found = {"way": memory.way}
        return found | {"command": memory.command} if self.settings.speed else found

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `way` (steps, episodes) m, `alive` (steps, episodes), with a command `command` (episodes,) m/s.

        Returns:
            `survived`: part of the episodes that nothing ended; `distance`: mean, m; `speed`: mean over the time that
            an episode lasted, m/s. `score`: mean distance over the time of a whole episode, m/s; of a commanded speed
            the mean of time survived × (1 − 2 · speed error), at least 0, and `command` and `speed_error` as in `walk`.
        """
        alive = records["alive"].astype(bool)
        last = np.maximum(alive.sum(0) - 1, 0)
        distance = records["way"][last, np.arange(alive.shape[1])]
        speed = distance / (np.maximum(last, 1) * self.control_period)
        figures = {
            "survived": float(alive[-1].mean()),
            "distance": float(distance.mean()),
            "speed": float(speed.mean()),
            "speed_sd": float(speed.std()),
            "score": float(distance.mean() / (max(1, len(alive) - 1) * self.control_period)),
        }
        if self.settings.speed:
            error = np.abs(speed - records["command"]) / records["command"]
            merit = alive.mean(0) * np.maximum(0.0, 1.0 - 2.0 * error)
            figures |= {"command": float(records["command"].mean()), "speed_error": float(error.mean())}
            figures["score"] = float(merit.mean())
        return figures


def _controls(body: Body, rest: np.ndarray, reach: float) -> tuple[Array, Array, Array]:
    """The controls at actions of −1, 0 and 1, (actuators,) each; without a range −1 and 1."""
    model, ranges = body.model, body.control_range
    low, high = np.where(np.isfinite(ranges), ranges, [-1.0, 1.0]).T
    middle = 0.5 * (low + high)
    affine = model.actuator_biastype == int(mujoco.mjtBias.mjBIAS_AFFINE)
    servo = (
        affine & (model.actuator_gainprm[:, 0] == -model.actuator_biasprm[:, 1]) & (model.actuator_biasprm[:, 1] < 0)
    )
    servo &= model.actuator_trntype == int(mujoco.mjtTrn.mjTRN_JOINT)
    joints = model.actuator_trnid[servo, 0]
    middle[servo] = rest[model.jnt_qposadr[joints]] * model.actuator_gear[servo, 0]
    limit = np.where(np.isfinite(ranges), ranges, [-np.inf, np.inf])[servo]
    middle[servo] = np.clip(middle[servo], *limit.T)
    low[servo] = np.maximum(middle[servo] - reach, limit[:, 0])
    high[servo] = np.minimum(middle[servo] + reach, limit[:, 1])
    return on_device(low, np.float32), on_device(middle, np.float32), on_device(high, np.float32)


def _turned(quaternion: Array, vector: Array) -> Array:
    """A vector turned by a quaternion (w, x, y, z)."""
    axis = quaternion[1:]
    across = 2.0 * jnp.cross(axis, vector)
    return vector + quaternion[0] * across + jnp.cross(axis, across)
