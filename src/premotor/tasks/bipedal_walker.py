"""What the observations of Gymnasium's BipedalWalker mean in SI units."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

FRAMES_PER_SECOND = 50
SPEED_SCALE = 0.3 * (600 / 30) / FRAMES_PER_SECOND
"""Observed forward velocity in one m/s: the environment divides by its frame rate and multiplies by 0.3 · 20 m."""
JOINTS = ("hip_1", "knee_1", "hip_2", "knee_2")
ANGLES = (4, 6, 9, 11)
"""Columns of the joint angles in the observation, rad (knees: plus 1)."""
RATES = (5, 7, 10, 12)
"""Columns of the joint speeds, in units of the motors' top speed (`TOP_SPEEDS`)."""
TOP_SPEEDS = (4.0, 6.0, 4.0, 6.0)
"""rad/s"""
KNEE_OFFSET = (0.0, 1.0, 0.0, 1.0)
CONTACTS = (8, 13)
FORWARD = 2
"""Column of the forward velocity."""


class Motion(NamedTuple):
    """Joint angles (rad), joint speeds (rad/s), forward speed (m/s) and ground contacts (0 or 1)."""

    angles: Float[np.ndarray, "*batch 4"]
    rates: Float[np.ndarray, "*batch 4"]
    speed: Float[np.ndarray, "*batch"]
    contacts: Float[np.ndarray, "*batch 2"]


def motion_of(observation: Float[np.ndarray, "*batch 24"]) -> Motion:
    """The motion that observations show."""
    seen = np.asarray(observation, np.float64)
    return Motion(
        angles=seen[..., ANGLES] - KNEE_OFFSET,
        rates=seen[..., RATES] * TOP_SPEEDS,
        speed=seen[..., FORWARD] / SPEED_SCALE,
        contacts=seen[..., CONTACTS],
    )
