"""The kernels of imitation: how alike a pose, its change and the speed are to the reference's."""

import numpy as np
from jaxtyping import Float

from premotor.tasks.bipedal_walker import SPEED_SCALE, TOP_SPEEDS


def pose_likeness(wanted: Float[np.ndarray, "*batch 4"], found: Float[np.ndarray, "*batch 4"]) -> np.ndarray:
    """exp(−Σ[(cos q_ref − cos q)² + (sin q_ref − sin q)²]) of joint angles in rad."""
    miss = (np.cos(wanted) - np.cos(found)) ** 2 + (np.sin(wanted) - np.sin(found)) ** 2
    return np.exp(-miss.sum(-1))


def velocity_likeness(wanted: Float[np.ndarray, "*batch 4"], found: Float[np.ndarray, "*batch 4"]) -> np.ndarray:
    """exp(−1.5 Σ(q̇_ref − q̇)²) of joint speeds in rad/s, compared in parts of the motors' top speeds."""
    return np.exp(-1.5 * (((wanted - found) / TOP_SPEEDS) ** 2).sum(-1))


def goal_likeness(wanted: float, found: Float[np.ndarray, "*batch"]) -> np.ndarray:
    """exp(−4 · max(0, v_ref − v)²) of forward speeds in m/s, compared as the environment observes them."""
    return np.exp(-4.0 * np.maximum(0.0, SPEED_SCALE * (wanted - found)) ** 2)
