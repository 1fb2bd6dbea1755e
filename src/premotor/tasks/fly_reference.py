"""Reference gaits of the fly as tables that a task interpolates in speed and phase, in JAX."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Self

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from premotor.bodies import Body
from premotor.bodies.fly_measures import LEGS
from premotor.errors import PremotorError
from premotor.tasks.fly_gait import FLIES, SPEEDS, make_fly_gait
from premotor.tasks.fly_servos import servo_targets
from premotor.tasks.reference import ReferenceGait

SAMPLES = 100
"""Phases of a stride in a table."""
TABLE_SPEEDS = (SPEEDS[0], 7.0, 10.0, 15.0, 20.0, 25.0, SPEEDS[1])
"""Of the made tripods, mm/s."""
MIDDLE = TABLE_SPEEDS.index(15.0)


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
            jnp.asarray([g.speed for g in gaits], jnp.float32),
            jnp.asarray(np.stack(angles), jnp.float32),
            jnp.asarray(np.stack(targets), jnp.float32),
            jnp.asarray(np.stack(contacts), jnp.float32),
            jnp.asarray([1 / g.stride_period for g in gaits], jnp.float32),
            jnp.asarray(gaits[0].hip_height.mean(), jnp.float32),
            jnp.asarray(gaits[0].pitch.mean(), jnp.float32),
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
