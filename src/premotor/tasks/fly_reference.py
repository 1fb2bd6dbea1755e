"""Reference gaits of the fly as tables that a task interpolates in speed and phase, in JAX, and servo targets.

A body follows a reference where what its joints' springs, damping and load take away is added to the targets of its
servos.

A position servo of stiffness k_s at target u moves a joint of spring k (towards rest), damping c and load τ as
k_s (u − q) = k (q − rest) + c q̇ − τ, inertia left out. Solved for u, it is the target that gives the angle q.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Self

import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from premotor.bodies import Body
from premotor.bodies.fly_parts import LEGS
from premotor.errors import PremotorError
from premotor.on_device import on_device
from premotor.tasks.fly_gait import FLIES, make_fly_gait
from premotor.tasks.fly_settings import SPEEDS
from premotor.tasks.reference import ReferenceGait

SAMPLES = 100
"""Phases of a stride in a table."""
TABLE_SPEEDS = (SPEEDS[0], 7.0, 10.0, 15.0, 20.0, 25.0, SPEEDS[1])
"""Of the made tripods, mm/s."""
MIDDLE = TABLE_SPEEDS.index(15.0)
HARMONICS = 6
"""Of the stride, up to which targets are kept as they are; the next fade, for touch-downs are kinks."""


class GaitTable(NamedTuple):
    """Strides at several speeds: joint angles, contacts, stride rate and pose of the thorax."""

    speeds: Float[Array, " speeds"]
    """Rising, mm/s."""
    angles: Float[Array, "speeds phases joints"]
    """rad; phase 0 twice, at both ends."""
    targets: Float[Array, "speeds phases joints"]
    """Of the servos, rad, so that the body shows these angles (`servo_targets`)."""
    contacts: Float[Array, "speeds phases feet"]
    rates: Float[Array, " speeds"]
    """Strides a second, Hz."""
    height: Float[Array, ""]
    """Of the thorax, mm."""
    pitch: Float[Array, ""]
    """rad."""

    @classmethod
    def of(cls, gaits: Sequence[ReferenceGait], body: Body, feet: tuple[str, ...]) -> Self:
        """A table of gaits of rising speed, its joints those that the body drives, its feet in the given order.

        Raises:
            PremotorError: a gait lacks a joint or a foot.
        """
        joints = body.driven_joints
        for gait in gaits:
            missing = [name for name in joints if name not in gait.joint_names]
            missing += [foot for foot in feet if foot not in gait.feet]
            if missing:
                raise PremotorError(
                    f"the reference gait has no '{missing[0]}'; it has {', '.join((*gait.joint_names, *gait.feet))}"
                )
        phase = np.linspace(0, 2 * np.pi, SAMPLES + 1)
        angles = [g.qpos(phase)[:, [3 + g.joint_names.index(j) for j in joints]] for g in gaits]
        closed = np.append(np.arange(SAMPLES), 0)
        grid = (closed / SAMPLES * np.array([[len(g.phase)] for g in gaits])).astype(int)
        targets = [servo_targets(body, g)[i] for g, i in zip(gaits, grid, strict=True)]
        contacts = [g.contact(phase)[:, [g.feet.index(foot) for foot in feet]] for g in gaits]
        return cls(
            on_device([g.speed for g in gaits], np.float32),
            on_device(np.stack(angles), np.float32),
            on_device(np.stack(targets), np.float32),
            on_device(np.stack(contacts), np.float32),
            on_device([1 / g.stride_period for g in gaits], np.float32),
            on_device(gaits[0].hip_height.mean(), np.float32),
            on_device(gaits[0].pitch.mean(), np.float32),
        )

    def rate(self, speed: Array) -> Array:
        """Strides a second at a speed, Hz."""
        return jnp.interp(speed, self.speeds, self.rates)

    def pose(self, speed: Array, phase: Array) -> Float[Array, " joints"]:
        """Joint angles at a speed (mm/s) and phase (rad), rad."""
        return self._at(self.angles, speed, phase)

    def target(self, speed: Array, phase: Array) -> Float[Array, " joints"]:
        """Targets of the servos at a speed (mm/s) and phase (rad), rad."""
        return self._at(self.targets, speed, phase)

    def stance(self, speed: Array, phase: Array) -> Float[Array, " feet"]:
        """Whether each foot is on the ground, 0 to 1."""
        return self._at(self.contacts, speed, phase)

    def _at(self, table: Array, speed: Array, phase: Array) -> Array:
        """Linear in speed and phase."""
        row = jnp.interp(speed, self.speeds, jnp.arange(len(self.speeds), dtype=jnp.float32))
        column = jnp.mod(phase, 2 * jnp.pi) / (2 * jnp.pi) * SAMPLES
        i, j = jnp.floor(row).astype(int), jnp.minimum(jnp.floor(column).astype(int), SAMPLES - 1)
        above = jnp.minimum(i + 1, len(self.speeds) - 1)
        u, v = row - i, column - j
        low = (1 - v) * table[i, j] + v * table[i, j + 1]
        high = (1 - v) * table[above, j] + v * table[above, j + 1]
        return (1 - u) * low + u * high


@cache
def made_gaits(joints: int, body: str = "fly") -> tuple[ReferenceGait, ...]:
    """Tripods over the whole range of speeds, at most 5 mm/s apart."""
    return tuple(make_fly_gait(speed, joints, SAMPLES, body)[0] for speed in TABLE_SPEEDS)


@cache
def made_table(joints: int, body: str = "fly") -> GaitTable:
    """The table of the made tripods of a fly with so many joints."""
    return GaitTable.of(made_gaits(joints, body), FLIES[body](joints), LEGS)


def servo_targets(body: Body, gait: ReferenceGait) -> NDArray[np.float64]:
    """Targets of the servos at the gait's phases, (phases, driven joints), rad.

    The load is the body's weight, shared alike by the feet that stand. Nothing is assumed about masses of legs or
    about inertia, which for a fly are small.
    """
    model, columns = body.model, body.actuated_qvel
    angles = gait.joint_angles[:, [gait.joint_names.index(name) for name in body.driven_joints]]
    stiffness = model.actuator_gainprm[body.actuated_ctrl, 0]
    spring = model.jnt_stiffness[model.dof_jntid[columns]]
    rest = model.qpos_spring[body.actuated_qpos]
    load = _load(body, gait, angles)
    order = np.arange(len(angles) // 2 + 1)
    rate = 2j * np.pi * order[:, None] / gait.stride_period
    spectrum = np.fft.rfft(angles, axis=0) * (1 + (spring + rate * model.dof_damping[columns]) / stiffness)
    spectrum -= np.fft.rfft((load + spring * rest) / stiffness, axis=0)
    fade = np.exp(-((np.maximum(order - HARMONICS, 0) / (HARMONICS / 2)) ** 2))
    return np.fft.irfft(spectrum * fade[:, None], len(angles), axis=0)


def _load(body: Body, gait: ReferenceGait, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Torques on the joints by the ground that carries the body, (phases, joints); feet in the body's order."""
    model, data = body.model, mujoco.MjData(body.model)
    height, pitch = body.qpos_index(("root_z", "root_pitch"))
    feet = [model.geom(name).id for name in body.feet]
    names = [foot.removesuffix("_foot") for foot in body.feet]
    stand = gait.contacts[:, [gait.feet.index(name) for name in names]].astype(float)
    share = body.weight * stand / np.maximum(stand.sum(1, keepdims=True), 1.0)
    slope, torques = np.zeros((3, model.nv)), np.zeros_like(angles)
    for i, row in enumerate(angles):
        data.qpos[height], data.qpos[pitch] = gait.hip_height[i], gait.pitch[i]
        data.qpos[body.actuated_qpos] = row
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        for foot, force in zip(feet, share[i], strict=True):
            mujoco.mj_jacGeom(model, data, slope, None, foot)
            torques[i] += slope[2, body.actuated_qvel] * force
    return torques
