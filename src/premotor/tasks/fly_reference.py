"""Reference gaits of the fly as tables that a task interpolates in speed and phase, in JAX."""

from typing import NamedTuple, Self

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from premotor.errors import PremotorError
from premotor.tasks.fly_gait import make_fly_gait
from premotor.tasks.reference import ReferenceGait

SAMPLES = 100
"""Phases of a stride in a table."""


class GaitTable(NamedTuple):
    """Strides at several speeds: joint angles, contacts, stride rate and pose of the thorax."""

    speeds: Float[Array, " speeds"]
    """Rising, mm/s."""
    angles: Float[Array, "speeds phases joints"]
    """rad; phase 0 twice, at both ends."""
    contacts: Float[Array, "speeds phases feet"]
    rates: Float[Array, " speeds"]
    """Strides a second, Hz."""
    height: Float[Array, ""]
    """Of the thorax, mm."""
    pitch: Float[Array, ""]
    """rad."""

    @classmethod
    def of(cls, gaits: list[ReferenceGait], joints: tuple[str, ...], feet: tuple[str, ...]) -> Self:
        """A table of gaits of rising speed, its joints and feet in the given order.

        Raises:
            PremotorError: a gait lacks a joint or a foot.
        """
        for gait in gaits:
            missing = [name for name in joints if name not in gait.joint_names]
            missing += [foot for foot in feet if foot not in gait.feet]
            if missing:
                raise PremotorError(
                    f"the reference gait has no '{missing[0]}'; it has {', '.join((*gait.joint_names, *gait.feet))}"
                )
        phase = np.linspace(0, 2 * np.pi, SAMPLES + 1)
        angles = [g.qpos(phase)[:, [3 + g.joint_names.index(j) for j in joints]] for g in gaits]
        contacts = [g.contact(phase)[:, [g.feet.index(foot) for foot in feet]] for g in gaits]
        return cls(
            jnp.asarray([g.speed for g in gaits], jnp.float32),
            jnp.asarray(np.stack(angles), jnp.float32),
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


def made_gaits(low: float, high: float, joints: int) -> list[ReferenceGait]:
    """Tripods over a range of speeds, at most 5 mm/s apart."""
    count = 1 if low == high else max(2, int(np.ceil((high - low) / 5)) + 1)
    return [make_fly_gait(float(speed), joints, SAMPLES)[0] for speed in np.linspace(low, high, count)]
