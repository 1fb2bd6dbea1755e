"""CartPole-v1 (Barto, Sutton and Anderson 1983, as in Gymnasium), compiled: a pole on a cart, pushed left or right."""

from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Floats, kernel
from premotor.tasks.gymnasium_settings import MOST_STEPS as MOST_STEPS, SPREAD as SPREAD

GRAVITY = 9.8
"""m/s²"""
CART, POLE = 1.0, 0.1
"""Masses, kg."""
HALF_LENGTH = 0.5
"""Of the pole, m."""
FORCE = 10.0
"""N"""
PERIOD = 0.02
"""Of a step, s."""
FARTHEST = 2.4
"""m; beyond it an episode ends."""
STEEPEST = 12 * 2 * pi / 360
"""rad; likewise."""


@kernel
def cartpole_step(state: Floats, action: int) -> bool:
    """One step in place: position (m), velocity, angle (rad), angular velocity; says whether it fell or left.

    Args:
        state: (4,).
        action: 0 pushes left, 1 right.
    """
    x, v, angle, spin = state[0], state[1], state[2], state[3]
    force = FORCE if action == 1 else -FORCE
    cosine, sine = cos(angle), sin(angle)
    total, moment = CART + POLE, POLE * HALF_LENGTH
    push = (force + moment * (spin * spin) * sine) / total
    turn = (GRAVITY * sine - cosine * push) / (HALF_LENGTH * (4.0 / 3.0 - POLE * (cosine * cosine) / total))
    acceleration = push - moment * turn * cosine / total
    state[0] = x + PERIOD * v
    state[1] = v + PERIOD * acceleration
    state[2] = angle + PERIOD * spin
    state[3] = spin + PERIOD * turn
    return abs(state[0]) > FARTHEST or abs(state[2]) > STEEPEST


def cartpole_starts(episodes: int, seed: int) -> NDArray[np.float64]:
    """Start states, (episodes, 4): those that Gymnasium draws from ``reset(seed=seed)`` on."""
    return np.random.default_rng(seed).uniform(-SPREAD, SPREAD, (episodes, 4))
