"""Walk with Gymnasium's BipedalWalker: its own reward, imitation of a reference, aids of learning."""

from typing import Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from premotor.errors import PremotorError
from premotor.settings import Settings
from premotor.tasks.bipedal_kernels import goal_likeness, pose_likeness, velocity_likeness
from premotor.tasks.bipedal_reference import STRIDES, BipedalReference, load_bipedal_reference, repetition_of
from premotor.tasks.bipedal_walker import FRAMES_PER_SECOND, Motion, motion_of
from premotor.tasks.gymnasium_task import GymnasiumSettings, GymnasiumTask

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


class BipedalTask(GymnasiumTask):
    """BipedalWalker as a walking task.

    The phase of the reference advances at its own pace, faster or slower by `phase_slack` so as to stay next to the
    body's own pose, and is told to the controller only by `clock`. Aids of learning (slow episodes that end,
    starts along the reference) have no part in tests, whose reward is the environment's own.
    """

    name = "bipedal"
    settings: BipedalSettings

    def __init__(self, settings: BipedalSettings | None = None):
        settings = settings or BipedalSettings()
        super().__init__(settings)
        if len(self.observation_names) != 24 or self.observation_names[4] != "hip_1":
            raise PremotorError(f"task.id is {settings.id!r}; task.kind bipedal needs one of BipedalWalker's ids")
        if self.own_vector:
            raise PremotorError("task.vectorization is 'own'; task.kind bipedal takes 'copies' or 'envpool'")
        if settings.vectorization == "envpool" and settings.start_steps:
            raise PremotorError(
                "task.start_steps replays a walk from its seed, which task.vectorization 'envpool' cannot"
            )
        self.reference: BipedalReference | None = None
        if settings.reference is not None:
            self.reference = load_bipedal_reference(settings.reference, settings.reference_columns)
        if settings.start_steps and self.reference is not None and self.reference.seed is None:
            raise PremotorError("task.start_steps needs a reference that was recorded with its seed")
        if settings.clock:
            self.observation_names += ("phase_sine", "phase_cosine")

    def tested(self) -> "BipedalTask":
        """The task without aids of learning, in Gymnasium's own environment and rewarded by it alone."""
        copies = {"vectorization": "copies"} if self.settings.vectorization == "envpool" else {}
        aids = {"least_speed": None, "speed_limit": None, "effort_cost": 0.0, "start_steps": 0}
        plain = copies | aids | {"reward": BipedalReward()}
        return BipedalTask(self.settings.model_copy(update=plain))

    def figures(self, records: dict[str, np.ndarray]) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `reward` (steps, episodes), `alive` (steps, episodes), `terminated` (episodes,) and
                `observation` (steps, episodes, 24).

        Returns:
            what `GymnasiumTask.figures` gives, and `survived`: fraction of the episodes without a fall, `finished`:
            that reached the end of the ground, `speed`: mean forward speed (m/s), `distance`: mean way (m),
            `joint_frequency`: strides a second by the repetition of the joint angles, which a foot that touches the
            ground more than once in a stride does not disturb; with a reference also `speed_ratio`, to its speed.
        """
        alive = records["alive"].astype(bool)
        steps = alive.sum(0)
        last = records["reward"][steps - 1, np.arange(alive.shape[1])]
        fallen = (records["terminated"] > 0) & (last <= FALL)
        way = np.where(alive, motion_of(records["observation"]).speed, 0.0).sum(0) * self.control_period
        speed = way / (steps * self.control_period)
        figures = super().figures(records) | {
            "survived": float(1 - fallen.mean()),
            "finished": float(((records["terminated"] > 0) & ~fallen).mean()),
            "speed": float(speed.mean()),
            "speed_sd": float(speed.std()),
            "distance": float(way.mean()),
        }
        angles = motion_of(records["observation"]).angles
        long = [angles[:count, i] for i, count in enumerate(steps.tolist()) if count > 2 * STRIDES[1]]
        strides = [lag for lag in map(repetition_of, long) if lag is not None]
        if strides:
            figures["joint_frequency"] = float(np.mean(FRAMES_PER_SECOND / np.array(strides)))
        if self.reference is not None:
            figures["reference_speed"] = self.reference.speed
            figures["reference_stride_frequency"] = 1 / self.reference.stride_period
            figures["speed_ratio"] = float(speed.mean() / self.reference.speed)
        return figures

    def motion(self, observation: np.ndarray) -> Motion:
        """The motion in SI units that observations (…, 24) show."""
        return motion_of(observation)

    def demonstration(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Observations (steps, observations) and actions (steps, 4) of the reference; None where there are none."""
        if self.reference is None or not self.reference.actions.any():
            return None
        seen = self.reference.observations
        if self.settings.clock:
            phase = self.reference.nearest_phase(motion_of(seen).angles)
            seen = np.concatenate([seen, np.stack([np.sin(phase), np.cos(phase)], axis=1)], axis=1)
        return seen, self.reference.actions

    def gait_parts(self, records: dict[str, np.ndarray]) -> dict[str, Any]:
        """Contacts, joint angles, way and the reference's stride, as an analysis of the gait takes them."""
        motion = motion_of(records["observation"])
        return {
            "contact": motion.contacts,
            "angles": motion.angles,
            "position": np.cumsum(motion.speed, axis=0) * self.control_period,
            "reference": None if self.reference is None else self.reference.stride.angles,
        }


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
