"""What standing and walking with a fly have in common: senses, actions, reward, and what ends an episode."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies.fly import ROOT
from premotor.bodies.fly_parts import LEGS, SERVO
from premotor.bodies.fly_terrain import PLACES, placement
from premotor.on_device import Numbers, on_device
from premotor.tasks.base import GaitOverSpeed, Records
from premotor.tasks.environment import Outcome, PhysicsTask, Start, View
from premotor.tasks.fly_gait import FLIES
from premotor.tasks.fly_reference import MIDDLE, GaitTable, made_gaits, made_table
from premotor.tasks.fly_settings import FlySettings
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import load_reference

TARGET = 5.0
"""Distance along the commanded path of the target that the fly walks to, mm."""
AVERAGE = 0.1
"""Time constant of the averaged velocity, s: about one stride."""
HEIGHTS = (0.55, 1.8)
"""Of the thorax, mm; beyond them a fly has fallen or jumped."""
DROP = 0.25
"""Height from which an episode begins on rough ground, mm: noise starts feet below, where a height field keeps them."""
TIPPED = 0.5
"""Least projection of the thorax's up on the world's."""
NEIGHBOURS = np.array([(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)])
"""Pairs of `LEGS` next to each other: one behind the other on a side, and left and right."""
DIAGONALS = np.array([(0, 4), (3, 1), (1, 5), (4, 2)])
"""Pairs of `LEGS` of one tripod, across the body: front and middle, middle and hind."""
TERMS = (
    *("alive", "upright", "feet", "still", "progress", "heading", "imitation"),
    *("drift", "crab", "wobble", "neighbours", "diagonals", "short_swing", "action", "energy", "limits", "fall"),
)
"""The terms of the reward."""


class FlyMemory(NamedTuple):
    """What an episode carries along."""

    command: Float[Array, ""]
    """Speed, mm/s; 0 when standing."""
    heading: Float[Array, ""]
    """Commanded, rad in the world."""
    turn: Float[Array, ""]
    """How fast the commanded heading turns, rad/s."""
    offset: Float[Array, ""]
    """How far the thorax is to the left of the commanded path, mm."""
    phase: Float[Array, ""]
    """Of the reference stride, rad."""
    place: Float[Array, "2"]
    """Of the thorax in the world's x and y, mm."""
    velocity: Float[Array, "2"]
    """Averaged, of the way from step to step: the present one swings within a control period. mm/s."""
    action: Float[Array, " actions"]
    """The last one, as the controller gave it."""
    target: Float[Array, " actions"]
    """The same after the low-pass filter."""
    key: Array
    push: Float[Array, "2"]
    """Force on the thorax during the coming step, x and y, µN."""
    push_left: Float[Array, ""]
    """Time that the push goes on, s."""
    aloft: Float[Array, "6"] | None = None
    """How long each of `LEGS` has been off the ground, s; None where no term of the reward asks for it."""


class FlyTask(PhysicsTask):
    """A fly that stands or walks.

    Reward and what ends an episode are those of `FlyReward` and `fallen`. The reference gait is a tripod for the
    commanded speed; its phase belongs to the reward and not to the controller (unless `clock`), and goes at the pace
    of the command, half faster or slower at most so as to stay next to the body's own pose.

    Args:
        settings: of the task.
        reference: a file with a reference gait; None: a tripod made for the commanded speed.
    """

    debounce = 0.008
    settings: FlySettings

    def __init__(self, settings: FlySettings, reference: str | None = None):
        body = FLIES[settings.body](settings.joints, settings.timestep, settings.variation.roughness)
        super().__init__(settings, body)
        self.action_names = body.driven_joints
        own = reference is None
        gait = made_gaits(settings.joints, settings.body)[MIDDLE] if reference is None else load_reference(reference)
        self.gait = made_table(settings.joints, settings.body) if own else GaitTable.of([gait], body, LEGS)
        self._stride: ReferenceGait = gait
        self._root = body.qpos_index(ROOT)
        self._joint_q, self._joint_v = body.actuated_qpos, body.actuated_qvel
        self._limits = on_device(body.joint_range, np.float32)
        self._rest = on_device(body.rest_pose, np.float32)
        tables = [np.asarray(table).reshape(-1, len(self.action_names)) for table in self.gait[1:3]]
        angles = np.concatenate([*tables, self._joints_rest])
        low, high = body.joint_range.T
        self._low = on_device(np.maximum(angles.min(0) - settings.reach, low), np.float32)
        self._high = on_device(np.minimum(angles.max(0) + settings.reach, high), np.float32)
        self.blend = 1.0 if settings.smoothing == 0 else 1 - float(np.exp(-self.control_period / settings.smoothing))
        """How far the filtered action goes towards the action in one control step, 0 to 1."""
        self._contacts, self._abdomen = body.foot_sensors, body.sensor("abdomen_ground").start
        self.observation_names = (
            *("height", "forward_speed", "left_speed", "up_speed", "roll_rate", "pitch_rate", "yaw_rate"),
            *("yaw", "roll", "angle_to_target", "up_projection", "heading_projection"),
            *(f"{joint}_angle" for joint in self.action_names),
            *(f"{joint}_speed" for joint in self.action_names),
            *(f"{joint}_action" for joint in self.action_names),
            "pitch",
            *(f"{leg}_contact" for leg in LEGS),
            *("speed_command", "turn_command"),
            *(("phase_sine", "phase_cosine") if settings.clock else ()),
        )

    @property
    def _joints_rest(self) -> np.ndarray:
        return self.body.rest_pose[self.body.actuated_qpos][None]

    @property
    def expected_gait(self) -> GaitOverSpeed:
        """The made tripods, or the reference's own gait at its one speed."""
        speed, rate = np.asarray(self.gait.speeds), np.asarray(self.gait.rates)
        duty = np.asarray(self.gait.contacts)[:, :-1].mean((1, 2))
        return GaitOverSpeed(speed, rate, speed / rate, duty, (1 - duty) / rate)

    def posture_noise(self, key: PRNGKeyArray) -> Float[Array, " actions"]:
        """What is added to the joint angles at the start of an episode, rad."""
        return 0.05 * jax.random.normal(key, (len(self.action_names),))

    def start_at(
        self, phase: Array, command: Array, heading: Array, turn: Array, key: PRNGKeyArray, noise: Array | float = 0.0
    ) -> Start:
        """At a phase (rad) of the gait at `command` (mm/s; 0: at rest), facing along x, `noise` (rad) on the joints."""
        walking = command > 0
        pose = jnp.where(walking, self.gait.pose(command, phase), self._rest[self._joint_q]) + noise
        qpos = self._rest.at[self._joint_q].set(jnp.clip(pose, self._limits[:, 0], self._limits[:, 1]))
        upright = self._root[[2, 4]]
        level = jnp.stack([self.gait.height, self.gait.pitch])
        qpos = qpos.at[upright].set(jnp.where(walking, level, self._rest[upright]))
        if self.settings.variation.roughness:
            qpos = qpos.at[self._root[2]].add(DROP)
        rate, ahead = 2 * jnp.pi * self.gait.rate(command), 0.05
        speeds = (self.gait.pose(command, phase + ahead) - self.gait.pose(command, phase - ahead)) * rate / (2 * ahead)
        qvel = jnp.zeros(self.body.model.nv).at[self._joint_v].set(jnp.where(walking, speeds, 0.0))
        qvel = qvel.at[self._root[0]].set(command)
        target = jnp.where(walking, self.gait.target(command, phase), self._rest[self._joint_q]) + noise
        action = self.action_for(target)
        memory = FlyMemory(
            *(command, heading, turn, jnp.zeros(()), phase, qpos[self._root[:2]], qvel[self._root[:2]]),
            *(action, action),
            *(jnp.asarray(key, jnp.uint32), jnp.zeros(2), jnp.zeros(())),
            jnp.zeros(len(LEGS)) if self.settings.reward.short_swing else None,
        )
        return Start(qpos, qvel, memory)

    def observe(self, view: View, memory: FlyMemory) -> Float[Array, " observations"]:
        """The body's motion in its own frame, its joints (scaled to their ranges), feet, and the commands.

        Lengths in mm, times in s; speeds of the thorax in units of 10 mm/s and 10 rad/s, of joints in 10 rad/s.
        """
        _, _, height, yaw, pitch, roll = view.qpos[self._root]
        linear, angular = _own_frame(view.qvel[self._root], yaw, pitch, roll)
        error = target_angle(memory, yaw)
        low, high = self._limits.T
        parts = [
            jnp.stack([height]),
            linear / 10,
            angular / 10,
            jnp.stack([_wrapped(yaw), roll, error, jnp.cos(pitch) * jnp.cos(roll), jnp.cos(error)]),
            2 * (view.qpos[self._joint_q] - low) / (high - low) - 1,
            view.qvel[self._joint_v] / 10,
            memory.action,
            jnp.stack([pitch]),
            (view.sensors[self._contacts] > 0).astype(jnp.float32),
            jnp.stack([memory.command / 10, memory.turn]),
        ]
        if self.settings.clock:
            parts.append(jnp.stack([jnp.sin(memory.phase), jnp.cos(memory.phase)]))
        return jnp.concatenate(parts)

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Target angles for an action in [−1, 1], unfiltered, and the feet's adhesion."""
        angles = self._low + 0.5 * (action + 1) * (self._high - self._low)
        control = jnp.full(self.body.model.nu, self.settings.adhesion)
        return control.at[self.body.actuated_ctrl].set(angles)

    def action_for(self, angles: Float[Array, " actions"]) -> Float[Array, " actions"]:
        """The action that asks for target angles (rad), clipped to [−1, 1]: the inverse of `control`."""
        return jnp.clip(2 * (angles - self._low) / (self._high - self._low) - 1, -1, 1)

    def drive(self, action: Float[Array, " actions"], memory: FlyMemory) -> tuple[Array, Array]:
        """Controls for an action after its low-pass filter, and the forces on the coordinates (a push), (nv,)."""
        force = jnp.zeros(self.body.model.nv).at[self._root[:2]].set(memory.push)
        return self.control(self._filtered(action, memory)), force

    def _filtered(self, action: Array, memory: FlyMemory) -> Array:
        return memory.target + self.blend * (jnp.clip(action, -1, 1) - memory.target)

    def advance(self, view: View, memory: FlyMemory, action: Float[Array, " actions"]) -> Outcome:
        """The reward's terms (see `FlyReward`), the phase, and the next push."""
        period, joints = self.control_period, view.qpos[self._joint_q]
        _, _, _, yaw, pitch, roll = view.qpos[self._root]
        place = view.qpos[self._root[:2]]
        moved = place - memory.place
        velocity = memory.velocity + (moved - period * memory.velocity) / AVERAGE
        heading = memory.heading + memory.turn * period
        ahead = jnp.stack([jnp.cos(heading), jnp.sin(heading)])
        left = jnp.stack([-ahead[1], ahead[0]])
        speed, sideways = velocity @ ahead, velocity @ left
        offset = memory.offset + moved @ left
        aim = target_angle(memory._replace(heading=heading, offset=offset), yaw)
        contact = (view.sensors[self._contacts] > 0).astype(jnp.float32)
        phase = self._follow(memory, joints)
        target = self._filtered(action, memory)
        low, high = self._limits.T
        torque = SERVO["stiffness"] * (self.control(target)[self.body.actuated_ctrl] - joints)
        torque = jnp.clip(torque, -SERVO["force"], SERVO["force"])
        power = jnp.abs(torque * view.qvel[self._joint_v]).sum() / (10 * self.body.weight)
        scaled = (joints - low) / (high - low)
        fallen = self.fallen(view)
        command, lifted = jnp.maximum(memory.command, 1.0), 1 - contact
        aloft, missed = memory.aloft, jnp.zeros(())
        if aloft is not None:
            missed = (contact * (aloft > 0) * jnp.maximum(1 - aloft / self.settings.least_swing, 0.0)).sum()
            aloft = lifted * (aloft + period)
        values = {
            "alive": jnp.ones(()),
            "upright": jnp.cos(pitch) * jnp.cos(roll),
            "feet": contact.mean(),
            "still": jnp.exp(-((joints - self._rest[self._joint_q]) ** 2).sum()),
            "progress": jnp.maximum(1 - jnp.abs(speed - command) / command, -1.0),
            "heading": jnp.exp(-((aim / 0.25) ** 2)),
            "imitation": self._likeness(memory.command, phase, joints, contact),
            "drift": -((sideways / 5) ** 2),
            "crab": -((velocity[1] * jnp.cos(yaw) - velocity[0] * jnp.sin(yaw)) ** 2) / 25,
            "wobble": -((view.qvel[self._root[[2, 4, 5]]] / 10) ** 2).sum(),
            "neighbours": -(lifted[NEIGHBOURS[:, 0]] * lifted[NEIGHBOURS[:, 1]]).sum(),
            "diagonals": -jnp.abs(lifted[DIAGONALS[:, 0]] - lifted[DIAGONALS[:, 1]]).sum(),
            "short_swing": -missed,
            "action": -((jnp.clip(action, -1, 1) - memory.action) ** 2).mean(),
            "energy": -power,
            "limits": -jnp.mean((scaled < 0.02) | (scaled > 0.98)),
            "fall": -fallen.astype(jnp.float32),
        }
        weights = self.settings.reward.model_dump()
        terms = {name: weights[name] * values[name] for name in TERMS}
        key, push, remaining = self._pushed(memory)
        kept = FlyMemory(
            *(memory.command, heading, memory.turn, offset, phase, place, velocity),
            *(jnp.clip(action, -1, 1), target, key, push, remaining, aloft),
        )
        return Outcome(kept, terms, fallen)

    def _likeness(self, command: Array, phase: Array, joints: Array, contact: Array) -> Array:
        miss = (self.gait.pose(command, phase) - joints) / 0.2
        wrong = jnp.abs(contact - self.gait.stance(command, phase)).mean()
        return 0.6 * jnp.exp(-(miss**2)).mean() + 0.4 * (1 - wrong)

    def _follow(self, memory: FlyMemory, joints: Array) -> Array:
        """The phase after a step: of those within reach, that whose pose is nearest to the body's."""
        pace = 2 * jnp.pi * self.gait.rate(memory.command) * self.control_period
        candidates = memory.phase + pace * jnp.linspace(0.5, 1.5, 9)
        poses = jax.vmap(lambda phase: self.gait.pose(memory.command, phase))(candidates)
        return jnp.mod(candidates[jnp.argmin(((poses - joints) ** 2).sum(-1))], 2 * jnp.pi)

    def _pushed(self, memory: FlyMemory) -> tuple[Array, Array, Array]:
        """Key, force and remaining time of the push after a step."""
        settings, period = self.settings.variation, self.control_period
        if settings.push == 0:
            return memory.key, memory.push, memory.push_left
        key, key_when, key_how = jax.random.split(memory.key, 3)
        begins = jax.random.uniform(key_when) < period / settings.push_interval
        direction, size = jax.random.uniform(key_how, (2,))
        new = settings.push * size * jnp.stack([jnp.cos(2 * jnp.pi * direction), jnp.sin(2 * jnp.pi * direction)])
        left = jnp.where(begins, settings.push_seconds, jnp.maximum(memory.push_left - period, 0.0))
        return key, jnp.where(begins, new, jnp.where(left > 0, memory.push, 0.0)), left

    def recorded(self, memory: FlyMemory) -> dict[str, Array]:
        """Phase and commanded heading (rad), commanded speed (mm/s)."""
        return {"phase": memory.phase, "heading": memory.heading, "command": memory.command}

    def ways(self, records: Records) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Whether an episode goes on, (steps, episodes), its last step, and its x, y, z (mm) and yaw (rad)."""
        alive = records["alive"].astype(bool)
        place = records["qpos"][:, :, self._root[:4]].astype(float)
        return alive, np.maximum(alive.sum(0) - 1, 0), place

    def fallen(self, view: View) -> Array:
        """Thorax too low or too high (`HEIGHTS`), tipped over (`TIPPED`), or the abdomen on the ground."""
        _, _, height, _, pitch, roll = view.qpos[self._root]
        tipped = jnp.cos(pitch) * jnp.cos(roll) < TIPPED
        return (height < HEIGHTS[0]) | (height > HEIGHTS[1]) | tipped | (view.sensors[self._abdomen] > 0)

    def variation(self, key: PRNGKeyArray, environments: int) -> dict[str, np.ndarray]:
        """What differs between worlds, for `Physics.vary`: factors (environments,), else (environments, …)."""
        settings = self.settings.variation
        keys = jax.random.split(key, 4)
        drawn: dict[str, Numbers] = {}
        factors = {"friction": settings.friction, "mass": settings.mass, "strength": settings.strength}
        for (name, (low, high)), each in zip(factors.items(), keys[:3], strict=True):
            if (low, high) != (1.0, 1.0):
                drawn[name] = jax.random.uniform(each, (environments,), minval=low, maxval=high)
        if settings.slope:
            size, direction = jax.random.uniform(keys[3], (2, environments))
            angle = 2 * jnp.pi * direction
            drawn["slope"] = settings.slope * size[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], 1)
        if settings.roughness:
            place, turn = jax.random.split(jax.random.fold_in(key, 4))
            places = np.asarray(jax.random.randint(place, (environments,), 0, len(PLACES)))
            drawn["ground"] = placement(places, np.asarray(jax.random.uniform(turn, (environments,), maxval=2 * np.pi)))
        return {name: np.asarray(value, np.float64) for name, value in drawn.items()}


def target_angle(memory: FlyMemory, yaw: Array) -> Array:
    """Angle from the thorax to a target on the commanded path, `TARGET` ahead, rad, positive to the left."""
    return _wrapped(memory.heading - yaw - jnp.arctan(memory.offset / TARGET))


def _wrapped(angle: Array) -> Array:
    return jnp.mod(angle + jnp.pi, 2 * jnp.pi) - jnp.pi


def _own_frame(velocity: Array, yaw: Array, pitch: Array, roll: Array) -> tuple[Array, Array]:
    """Linear and angular velocity of the thorax in its own frame from its six coordinates' rates."""
    x, y, z, yaw_rate, pitch_rate, roll_rate = velocity
    cy, sy, cp, sp, cr, sr = jnp.cos(yaw), jnp.sin(yaw), jnp.cos(pitch), jnp.sin(pitch), jnp.cos(roll), jnp.sin(roll)
    forward, left = cy * x + sy * y, -sy * x + cy * y
    low = sp * forward + cp * z
    linear = jnp.stack([cp * forward - sp * z, cr * left + sr * low, -sr * left + cr * low])
    angular = jnp.stack(
        [roll_rate - sp * yaw_rate, cr * pitch_rate + sr * cp * yaw_rate, -sr * pitch_rate + cr * cp * yaw_rate]
    )
    return linear, angular
