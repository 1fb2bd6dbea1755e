"""What a step of BipedalWalker earns: its own reward, imitation of a reference, and what a walk should cost."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from premotor.tasks.bipedal_reference import SPEED_SCALE, TOP_SPEEDS, BipedalReference, motion_of
from premotor.tasks.gymnasium_settings import BipedalReward

FALL = -100.0
"""What the environment pays for a fall, in place of the step's reward."""
PROGRESS = 130 / 30
"""What the environment pays for a metre forward: 130 a unit of its world, of which 30 are a metre in its scale."""


class Judged(NamedTuple):
    """What a step earned."""

    terms: dict[str, np.ndarray]
    fallen: np.ndarray


def judge(
    settings: BipedalReward,
    reference: BipedalReference | None,
    *,
    observation: np.ndarray,
    action: np.ndarray,
    reward: np.ndarray,
    terminated: np.ndarray,
    phase: np.ndarray,
    imitation: float,
) -> Judged:
    """The reward terms of a step, each (environments,).

    Args:
        settings: weights and kind of imitation.
        reference: what is imitated.
        observation: what followed the action, (environments, 24).
        action: (environments, 4).
        reward: the environment's own.
        terminated: by the environment.
        phase: of the reference, rad.
        imitation: w_I at this step.
    """
    fallen = terminated & (reward <= FALL)
    terms: dict[str, np.ndarray] = {"environment": settings.environment * reward}
    if settings.fall:
        terms["fall"] = -settings.fall * fallen
    if reference is not None and settings.needs_reference:
        wanted = reference.at(phase)
        if settings.imitate == "actions":
            likeness = np.exp(-((wanted.actions - np.clip(action, -1, 1)) ** 2).sum(-1))
        else:
            pose = pose_likeness(wanted.angles, motion_of(observation).angles)
            velocity = velocity_likeness(wanted.rates, motion_of(observation).rates)
            likeness = settings.pose * pose + (1 - settings.pose) * velocity
        terms["imitation"] = imitation * likeness
        terms["goal"] = settings.goal * goal_likeness(reference.speed, motion_of(observation).speed)
    return Judged({name: value.astype(np.float32) for name, value in terms.items()}, fallen)


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
