"""What muscles tell the nervous system, and what motoneurons make of it: rates of afferents, force of motor units.

Rates are impulses a second of an ensemble of afferents of one muscle, as fitted to recordings of walking cats
(Prochazka & Gorassini 1998; Prochazka 1999), without the part of the gamma motoneurons. Lengths are in mm and speeds in
mm/s as in the sources, stretch and lengthening positive; a rate is never below 0. Arrays of any shape.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from premotor.networks.controller.settings import PRIMARY_MEAN, SECONDARY_MEAN

SPEED_GAIN, SPEED_POWER = 4.3, 0.6
"""Of Ia afferents: impulses/s at 1 mm/s, and the power of the speed."""
PRIMARY_LENGTH_GAIN, SECONDARY_LENGTH_GAIN = 2.0, 13.5
"""Impulses/s for a stretch of 1 mm, of Ia and of group II afferents."""
TENDON_ORGAN_GREATEST = 200.0
"""Rate of Ib afferents at a muscle's greatest force, impulses/s; the order of what is recorded, our choice."""


def spindle_primary(
    stretch: Float[Array, "..."], speed: Float[Array, "..."], mean: float = PRIMARY_MEAN
) -> Float[Array, "..."]:
    """Group Ia afferents: mean + 2 stretch + 4.3 sgn(speed) |speed|^0.6 (Prochazka & Gorassini 1998; Prochazka 1999).

    Args:
        stretch: length beyond that at rest, mm.
        speed: of lengthening, mm/s.
        mean: rate at rest, impulses/s.
    """
    moving = jnp.sign(speed) * jnp.abs(speed) ** SPEED_POWER
    return jnp.maximum(mean + PRIMARY_LENGTH_GAIN * stretch + SPEED_GAIN * moving, 0.0)


def spindle_secondary(stretch: Float[Array, "..."], mean: float = SECONDARY_MEAN) -> Float[Array, "..."]:
    """Group II afferents: mean + 13.5 stretch (Prochazka 1999).

    Args:
        stretch: length beyond that at rest, mm.
        mean: rate at rest, impulses/s.
    """
    return jnp.maximum(mean + SECONDARY_LENGTH_GAIN * stretch, 0.0)


def tendon_organ(
    force: Float[Array, "..."], greatest: float, rate: float = TENDON_ORGAN_GREATEST
) -> Float[Array, "..."]:
    """Group Ib afferents: in proportion to the force (Houk & Simon 1967; Crago, Houk & Rymer 1982).

    Args:
        force: of the muscle, of either sign (MuJoCo's muscles pull with negative forces).
        greatest: force at which the rate is `rate`, in the unit of `force`.
        rate: impulses/s.
    """
    return rate * jnp.abs(force) / greatest


def unit_force(normalised_rate: Float[Array, "..."]) -> Float[Array, "..."]:
    """Force of a motor unit in parts of its tetanic force, 1 − exp(−2 x³) (Fuglevand, Winter & Patla 1993).

    Args:
        normalised_rate: x, the rate times the contraction time of the twitch; below 0 it counts as 0.
    """
    return -jnp.expm1(-2.0 * jnp.maximum(normalised_rate, 0.0) ** 3)
