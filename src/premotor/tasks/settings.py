"""Settings of tasks: what all have, those of walking and of the arm, and the registry. Loads neither JAX nor MuJoCo."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from premotor.errors import PremotorError
from premotor.registry import Registry
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.tasks.base import Task


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
    settle: float = Field(0.0, ge=0, le=10)
    """How long the body is held in its first pose while the network, at rest before, feels it, s; rounded to whole
    control steps. A network that is thrown from rest into the middle of a stride may stumble at once. Activations of
    muscles stay at 0 meanwhile."""


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
    trunk: float = Field(0.0, ge=0, le=1)
    """Fraction of the imitation that is lost where the trunk's height and pitch are far (some 4 cm, 0.15 rad) from the
    reference's."""
    effort: float = Field(0.02, ge=0)
    """Cost of the mean squared change of the action in a step."""
    fall: float = Field(5.0, ge=0)
    """Cost of a fall, once."""

    def idle(self) -> dict[str, str]:
        """Parts of an imitation that is not rewarded."""
        parts = () if self.imitation else ("pose", "sharpness", "contact", "trunk")
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
    phase_slack: float = Field(0.5, ge=0, le=0.9)
    """How far the reference's phase may run faster or slower than the command asks, so as to stay next to the body's
    own pose, as a part of that pace. 0: it keeps time, and a lagging body loses reward."""
    pose_limit: float | None = Field(None, gt=0)
    """Root mean square error of the joint angles (rad) at which an episode ends in learning, as after a fall but at no
    cost (the early termination of Peng et al. 2018). Null: only a fall ends it. Tests never end so."""
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
    start_range: float = Field(1.0, gt=0, le=1)
    """Part of each joint's range, about upright, in which episodes begin."""
    fall_angle: float | None = Field(None, gt=0)
    """An episode ends where a joint is farther than this from upright, rad; null: none ends early."""
    fall_cost: float = Field(100.0, ge=0)
    """Cost of such an end, once: about what lying for 4 s costs."""

    def idle(self) -> dict[str, str]:
        """The cost of an end that is none."""
        return {"fall_cost": "task.fall_angle is null, so no episode ends early"} if self.fall_angle is None else {}


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


class WormCrawlSettings(PhysicsTaskSettings):
    """Settings of `WormCrawlTask`."""

    kind: Literal["worm-crawl"] = "worm-crawl"
    body: str = "worm"
    medium: float | None = Field(None, ge=0, le=1)
    """What the planar worm is in: 0 is water, 1 is agar, both drags geometric between them; null: as `body` says."""
    control_period: float = Field(0.01, gt=0, le=10)
    """Time between two actions, s; rounded to whole steps of the body's physics."""
    seconds: float = Field(6.0, gt=0, le=1e6)
    """Length of an episode, s."""
    speed: tuple[float, float] = (0.2, 0.2)
    """Range from which each episode's commanded speed is drawn, mm/s."""
    backward: float = Field(0.0, ge=0, le=1)
    """Part of the episodes in which this speed is commanded backward."""
    bending: float = Field(0.03, ge=0)
    """Cost of bending, mm/s for a mean bend rate of 1 rad/s a joint: without it speed comes from thrashing."""

    @model_validator(mode="after")
    def _speeds_in_order(self) -> Self:
        low, high = self.speed
        if not 0 < low <= high:
            raise ValueError(f"speed is [{low}, {high}], but it must be two positive numbers in rising order")
        return self


class WormTouchSettings(WormCrawlSettings):
    """Settings of `WormTouchTask`."""

    kind: Literal["worm-touch"] = "worm-touch"  # type: ignore[assignment]
    seconds: float = Field(7.0, gt=0, le=1e6)
    """Length of an episode, s."""
    backward: float = Field(0.5, ge=0, le=1)
    """Part of the episodes in which the worm goes backward by itself."""
    onset: tuple[float, float] = (3.0, 4.0)
    """Range from which the time of the touch is drawn, s."""
    touch: float = Field(3.0, gt=0, le=1e6)
    """How long it lasts, s."""

    @model_validator(mode="after")
    def _touched_in_time(self) -> Self:
        low, high = self.onset
        if not 0 <= low <= high:
            raise ValueError(f"onset is [{low}, {high}], but it must be two numbers of at least 0 in rising order")
        if high + self.touch > self.seconds:
            raise ValueError(
                f"seconds is {self.seconds:g}, but a touch may last until {high + self.touch:g} s (onset and touch)"
            )
        return self


class WormChemotaxisSettings(WormCrawlSettings):
    """Settings of `WormChemotaxisTask`."""

    kind: Literal["worm-chemotaxis"] = "worm-chemotaxis"  # type: ignore[assignment]
    seconds: float = Field(30.0, gt=0, le=1e6)
    """Length of an episode, s."""
    gradient: Literal["conical", "gaussian"] = "conical"
    """How the concentration falls with the distance from the source: evenly, or as a bell of `width`."""
    width: float = Field(2.0, gt=0)
    """Standard deviation of the bell, mm."""
    distance: tuple[float, float] = (3.0, 3.0)
    """Range from which the distance of the source from the tip of the head at the start is drawn, mm."""
    region: float = Field(0.5, gt=0)
    """How near to the source the tip of the head is there, mm."""
    smoothing: float = Field(0.05, gt=0)
    """Time constant with which the concentration is felt, s."""
    adaptation: float = Field(0.3, gt=0)
    """Time constant of what it is compared with, s: the change is felt that happens in about this time."""
    salt: float = Field(1.0, ge=0)
    """Reward of being at the source, mm/s."""
    coiling: float = Field(0.3, ge=0)
    """Cost of coiling, mm/s for each rad by which the body's direction differs along it beyond `bent`: without it the
    worm turns by rolling up."""
    bent: float = Field(3.1, ge=0)
    """By how much the direction of a body may differ along it at no cost, rad."""

    @model_validator(mode="after")
    def _salt_in_order(self) -> Self:
        low, high = self.distance
        if not 0 < low <= high:
            raise ValueError(f"distance is [{low}, {high}], but it must be two positive numbers in rising order")
        if self.smoothing >= self.adaptation:
            raise ValueError(
                f"smoothing is {self.smoothing:g}, but it must be less than adaptation, {self.adaptation:g}"
            )
        return self


class WormMediaSettings(WormCrawlSettings):
    """Settings of `WormMediaTask`."""

    kind: Literal["worm-media"] = "worm-media"  # type: ignore[assignment]
    body: Literal["worm"] = "worm"
    medium: None = None
    """Each episode draws its own."""
    media: tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]] = (0.0, 1.0)
    """Range from which each episode's medium is drawn: 0 is water, 1 is agar."""
    by_medium: tuple[Annotated[float, Field(gt=0)], ...] = Field((1.0,), min_length=1)
    """Factors of the commanded `speed` in evenly spaced media from water to agar, straight lines between them."""
    effort: float = Field(0.5, ge=0)
    """Cost of effort, mm/s for muscles whose net torque would hold a mean square of 1 rad² a joint."""

    @model_validator(mode="after")
    def _media_in_order(self) -> Self:
        low, high = self.media
        if low > high:
            raise ValueError(f"media is [{low}, {high}], but it must be two numbers from 0 to 1 in rising order")
        return self


def check_task(name: str, task: "type[Task]") -> None:
    """PremotorError in one sentence where a class is no complete task."""
    from premotor.tasks.base import Task  # which is slow to import, and needs this module

    if not (isinstance(task, type) and issubclass(task, Task)):
        raise PremotorError(f"the task {name!r} should be a class derived from premotor.tasks.Task or PhysicsTask")
    lacking = sorted(task.__abstractmethods__)
    if lacking:
        raise PremotorError(f"the task {name!r}: {task.__name__} lacks {listed(lacking)}")
    settings = vars(task).get("settings_type") or next(
        (vars(base)["settings_type"] for base in task.__mro__ if "settings_type" in vars(base)), None
    )
    if settings is None:
        raise PremotorError(f"the task {name!r}: {task.__name__} lacks settings_type, the class of its settings")
    if not issubclass(settings, TaskSettings) or settings.model_fields["kind"].default != name:
        raise PremotorError(
            f"the task {name!r}: {settings.__name__}, the settings of {task.__name__}, should derive from TaskSettings "
            f'and say kind: Literal["{name}"] = "{name}"'
        )


def listed(names: Iterable[str]) -> str:
    """Names as in "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


_HOMES = {
    "walk": ("walk", "settings:WalkSettings"),
    "arm-balance": ("arm", "settings:BalanceSettings"),
    "arm-reach": ("arm", "settings:ReachSettings"),
    "bipedal": ("bipedal", "gymnasium_settings:BipedalSettings"),
    "gymnasium": ("gymnasium_task", "gymnasium_settings:GymnasiumSettings"),
    "fly-stand": ("fly_tasks", "fly_settings:FlyStandSettings"),
    "fly-walk": ("fly_tasks", "fly_settings:FlyWalkSettings"),
    "worm-crawl": ("worm", "settings:WormCrawlSettings"),
    "worm-touch": ("worm_touch", "settings:WormTouchSettings"),
    "worm-chemotaxis": ("worm_chemotaxis", "settings:WormChemotaxisSettings"),
    "worm-media": ("worm_media", "settings:WormMediaSettings"),
    "locomotion": ("locomotion", "locomotion_settings:LocomotionSettings"),
}
TASKS: "Registry[type[Task]]" = Registry(
    "task",
    {name: f"premotor.tasks.{module}" for name, (module, _) in _HOMES.items()},
    check_task,
    settings={name: f"premotor.tasks.{place}" for name, (_, place) in _HOMES.items()},
    attribute="settings_type",
)
"""Every task, by the name that `task.kind` takes."""
