"""Settings of tasks: what all have, and those of walking and of the arm. Loads neither JAX nor MuJoCo."""

from typing import Literal, Self

from pydantic import Field, model_validator

from premotor.settings import Settings


class TaskSettings(Settings):
    """Base of the settings of every task."""

    kind: str
    """The name under which the task is registered: ``kind: Literal["my-task"] = "my-task"``."""

    def verify(self) -> None:
        """PremotorError in the first second, before libraries are loaded, where these settings describe no task."""
        return None


class PhysicsTaskSettings(TaskSettings):
    """Base of the settings of a task with a simulated body."""

    control_period: float = Field(0.02, gt=0, le=10)
    """Time between two actions, s; rounded to whole steps of the body's physics."""
    seconds: float = Field(10.0, gt=0, le=1e6)
    """Length of an episode that nothing ends before, s."""


class WalkReward(Settings):
    """Weights of the reward terms; imitation and goal are each at most their weight in a step."""

    imitation: float = Field(0.6, ge=0)
    goal: float = Field(0.4, ge=0)
    pose: float = Field(0.7, ge=0, le=1)
    """Share of the joint angles in the imitation; the rest goes to the joint velocities."""
    sharpness: float = Field(1.0, gt=0)
    """How fast the pose's likeness falls with the summed squared error of the joint angles, 1/rad²."""
    contact: float = Field(0.0, ge=0, le=1)
    """Fraction of the imitation that is lost where no foot's contact with the ground is the reference's."""
    effort: float = Field(0.02, ge=0)
    """Cost of the mean squared change of the action in a step."""
    fall: float = Field(5.0, ge=0)
    """Cost of a fall, once."""

    def idle(self) -> dict[str, str]:
        """Parts of an imitation that is not rewarded."""
        parts = () if self.imitation else ("pose", "sharpness", "contact")
        return dict.fromkeys(parts, "task.reward.imitation is 0")


class WalkSettings(PhysicsTaskSettings):
    """Settings of `WalkTask`."""

    kind: Literal["walk"] = "walk"
    body: str = "biped"
    reference: str = "biped-walk"
    """Name of a reference gait in the package, or a file."""
    speed: tuple[float, float] = (1.25, 1.5)
    """Range from which each episode's commanded speed is drawn, m/s."""
    clock: bool = False
    """Whether sine and cosine of the reference's phase are among the observations."""
    reward: WalkReward = WalkReward()

    @model_validator(mode="after")
    def _speeds_in_order(self) -> Self:
        low, high = self.speed
        if not 0 < low <= high:
            raise ValueError(f"speed is [{low}, {high}], but it must be two positive numbers in rising order")
        return self


class ArmReward(Settings):
    """Weights of the reward's terms, of which each is a cost; those of Roboy's arm by default."""

    position: float = Field(1.0, ge=0)
    """Of the summed squared distances: joint angles from upright (rad²), or hand from target (m²)."""
    speed: float = Field(0.1, ge=0)
    """Of the summed squared joint speeds, rad²/s²."""
    effort: float = Field(0.001, ge=0)
    """Of the summed squared activations, or voltages in units of the largest."""


class BalanceSettings(PhysicsTaskSettings):
    """Settings of `BalanceTask`."""

    kind: Literal["arm-balance"] = "arm-balance"
    body: str = "arm-muscle"
    """Name of a body, or a YAML file that describes one."""
    seconds: float = Field(4.0, gt=0, le=1e6)
    """Length of an episode, s."""
    reward: ArmReward = ArmReward()
    tolerance: float = Field(0.1, gt=0)
    """Largest distance of a joint from upright at the end of a successful episode, rad."""
    sensors: tuple[str, ...] = ()
    """Sensors of the body among the observations, beside the angles and speeds of the joints."""


class ReachSettings(BalanceSettings):
    """Settings of `ReachTask`."""

    kind: Literal["arm-reach"] = "arm-reach"  # type: ignore[assignment]
    reward: ArmReward = ArmReward(position=10.0)
    tolerance: float = Field(0.05, gt=0)
    """Largest distance of the hand from the target at the end of a successful episode, m."""
    hand: str = "hand_position"
    """Sensor of the body that tells where its hand is, x, y and z in m."""
    reach: float = Field(0.8, gt=0, le=1)
    """Targets are where the hand is at joint angles uniform in this part of each joint's range."""
