"""Settings of tasks in Gymnasium's environments. Loads neither JAX nor MuJoCo."""

from typing import Literal, Self

from pydantic import Field, model_validator

from premotor.settings import Settings
from premotor.tasks.settings import TaskSettings

Vectorization = Literal["auto", "own", "copies", "envpool"]
UNLIMITED = 1_000
"""Control steps of an episode where neither the settings nor the environment give a limit."""


MOST_STEPS = 500
"""Of an episode of CartPole-v1."""
SPREAD = 0.05
"""Every variable of CartPole-v1 starts uniformly within ± this."""


class GymnasiumSettings(TaskSettings):
    """Settings of `GymnasiumTask`."""

    kind: Literal["gymnasium"] = "gymnasium"
    id: str
    """The environment, as Pendulum-v1 (task.id); `module:Name-v0` imports the module that registers it."""
    options: dict[str, bool | int | float | str | list[int] | list[float] | list[str]] = Field(default_factory=dict)
    """Keyword arguments of the environment."""
    vectorization: Vectorization = "auto"
    """`own`: the vector environment that the environment brings; `copies`: many of it; `auto`: own if it has one;
    `envpool`: EnvPool's copies in C++, with random numbers of their own."""
    processes: int = Field(1, ge=0)
    """Processes that step the copies; 0 for one a core. The numbers do not depend on it."""
    control_period: float | None = Field(None, ge=1e-6, le=1e4)
    """Time between two actions, s; null: the environment's `dt`, else one frame of its video, else 0.02."""
    time_limit: int | None = Field(None, ge=1)
    """Control steps after which an episode is cut; null: the environment's own limit, else 1,000."""
    restart_steps: int = Field(1_000, ge=1)
    """Steps after which all episodes of an environment's own vector environment, or of EnvPool's copies, are cut and
    started anew: resuming replays what came since."""
    patience: float = Field(300.0, gt=0)
    """Seconds that all copies together may take for a step before the environment counts as hanging."""

    def idle(self) -> dict[str, str]:
        """What only copies of ours, or only others, have."""
        if self.vectorization == "copies":
            return {"restart_steps": "task.vectorization is copies; it belongs to own and envpool"}
        if self.vectorization in ("own", "envpool"):
            return {"processes": f"task.vectorization is {self.vectorization}; it belongs to copies"}
        return {}

    def verify(self) -> None:
        """PremotorError where there is no such environment, or one that no controller can act in."""
        from premotor.tasks.gymnasium_spaces import made_spaces

        made_spaces(self)


class BipedalReward(Settings):
    """Weights of the reward: environment · its own + w_I · imitation + w_G · goal − fall.

    imitation = w_p · pose + w_v · velocity, each a kernel of at most 1 (Peng et al. 2018, DeepMimic):
    pose = exp(−sharpness · Σ[(cos q_ref − cos q)² + (sin q_ref − sin q)²]), velocity = exp(−1.5 Σ(q̇_ref − q̇)²),
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
    sharpness: float = Field(1.0, gt=0)
    """Of the pose's kernel: with 1 a lunge, whose legs never pass each other, is still much like a walk."""
    contact: float = Field(0.0, ge=0, le=1)
    """Imitation is less by up to this part where feet are on the ground or in the air against the reference."""
    fall: float = Field(0.0, ge=0)
    """Cost of a fall besides the environment's own."""
    imitate: Literal["states", "actions"] = "states"
    """`actions`: in place of pose and velocity, exp(−Σ(a_ref − a)²)."""
    imitation_steps: int | None = Field(None, ge=1)
    """Control steps of learning over which w_I falls to 0, in a straight line; null: it stays."""

    def idle(self) -> dict[str, str]:
        """Parts of an imitation that is not rewarded."""
        if self.imitation == 0:
            why = "task.reward.imitation is 0"
            return dict.fromkeys(("pose", "sharpness", "contact", "imitate", "imitation_steps"), why)
        if self.imitate == "actions":
            return dict.fromkeys(("pose", "sharpness"), "task.reward.imitate is actions; it belongs to states")
        return {}

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
    pose_limit: float | None = Field(None, gt=0)
    """Learning only: an episode ends once the joint angles' root-mean-square difference from the reference, over
    `slow_steps` steps, is above this, rad (early termination; Peng et al. 2018)."""
    slow_steps: int = Field(40, ge=1)
    slow_cost: float = Field(0.0, ge=0)
    """Cost of an end for either; where it is less than that of a fall, it pays to stand still until it comes."""
    speed_limit: float | None = Field(None, gt=0)
    """Learning only: forward motion earns nothing beyond this speed of the hull, m/s; it then pays to walk safely and
    with little torque rather than ever faster."""
    effort_cost: float = Field(0.0, ge=0)
    """Learning only: cost of a step for each whole torque, besides the 0.028 that the environment takes."""
    start_steps: int = Field(0, ge=0)
    """Learning only: an episode starts after up to so many steps of the reference, drawn evenly."""

    def idle(self) -> dict[str, str]:
        """Parts of a reference, and of an end of learning for slowness or for the pose, that are not there."""
        found = super().idle()
        if self.reference is None:
            found |= dict.fromkeys(("reference_columns", "phase_slack", "pose_limit"), "task.reference is null")
        if self.least_speed is None and (self.pose_limit is None or self.reference is None):
            found |= dict.fromkeys(("slow_steps", "slow_cost"), "task.least_speed and task.pose_limit are null")
        return found

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
