"""What a step of BipedalWalker earns: its own reward, imitation of a reference, and what a walk should cost."""

from typing import Literal, NamedTuple, Self

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from premotor.settings import Settings
from premotor.tasks.bipedal_reference import BipedalReference
from premotor.tasks.bipedal_walker import SPEED_SCALE, TOP_SPEEDS, motion_of
from premotor.tasks.gymnasium_spaces import GymnasiumSettings

FALL = -100.0
"""What the environment pays for a fall, in place of the step's reward."""
PROGRESS = 130 / 30
"""What the environment pays for a metre forward: 130 a unit of its world, of which 30 are a metre in its scale."""


class BipedalReward(Settings):
    """Weights of the reward: environment · its own + w_I · imitation + w_G · goal − fall.

    imitation = w_p · pose + w_v · velocity, each a kernel of at most 1 (Peng et al. 2018, DeepMimic):
    pose = exp(−Σ[(cos q_ref − cos q)² + (sin q_ref − sin q)²]), velocity = exp(−1.5 Σ(q̇_ref − q̇)²),
    goal = exp(−4 · max(0, v_ref − v)²), with q̇ in parts of the motors' top speeds and v as the environment observes it
    (0.12 a m/s).
    """

    environment: float = Field(1.0, ge=0)
    imitation: float = Field(0.0, ge=0)
    """w_I"""
    goal: float = Field(0.0, ge=0)
    """w_G"""
    pose: float = Field(0.7, ge=0, le=1)
    """w_p; w_v is the rest to 1."""
    fall: float = Field(0.0, ge=0)
    """Cost of a fall besides the environment's own."""
    imitate: Literal["states", "actions"] = "states"
    """`actions`: in place of pose and velocity, exp(−Σ(a_ref − a)²)."""
    imitation_steps: int | None = Field(None, ge=1)
    """Control steps of learning over which w_I falls to 0, in a straight line; null: it stays."""

    @property
    def needs_reference(self) -> bool:
        """Whether any term compares with the reference."""
        return self.imitation > 0 or self.goal > 0


class BipedalSettings(GymnasiumSettings):
    """Settings of `BipedalTask`."""

    kind: Literal["bipedal"] = "bipedal"  # type: ignore[assignment]
    id: str = "BipedalWalker-v3"
    reference: str | None = None
    """Name of a recorded reference in the package, or a file."""
    reference_columns: dict[str, str] | None = None
    """Names of observations and actions → the file's columns, where they differ; a leading minus flips a sign."""
    reward: BipedalReward = BipedalReward()
    phase_slack: float = Field(0.5, ge=0, lt=1)
    """How much faster or slower than its own pace the reference's phase may run to stay beside the body, in parts of
    that pace: a stride that is quicker or slower by more is no likeness."""
    clock: bool = False
    """Whether sine and cosine of the reference's phase are among the observations."""
    least_speed: float | None = Field(None, gt=0)
    """Learning only: an episode ends once its mean speed over `slow_steps` steps is below this, m/s."""
    slow_steps: int = Field(40, ge=1)
    slow_cost: float = Field(0.0, ge=0)
    """Cost of such an end; where it is less than that of a fall, it pays to stand still until it comes."""
    speed_limit: float | None = Field(None, gt=0)
    """Learning only: forward motion earns nothing beyond this speed of the hull, m/s; it then pays to walk safely and
    with little torque rather than ever faster."""
    effort_cost: float = Field(0.0, ge=0)
    """Learning only: cost of a step for each whole torque, besides the 0.028 that the environment takes."""
    start_steps: int = Field(0, ge=0)
    """Learning only: an episode starts after up to so many steps of the reference, drawn evenly."""

    @model_validator(mode="after")
    def _reference_where_needed(self) -> Self:
        for name, needed in (
            ("reward.imitation or reward.goal", self.reward.needs_reference),
            ("clock", self.clock),
            ("start_steps", self.start_steps > 0),
        ):
            if needed and self.reference is None:
                raise ValueError(f"{name} needs a reference, but reference is null")
        return self


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
