"""Settings of the fly's tasks. Lengths in mm, forces in µN."""

from typing import Literal, Self

from pydantic import Field, model_validator

from premotor.settings import Settings
from premotor.tasks.settings import PhysicsTaskSettings

SPEEDS = (4.0, 30.0)
"""Range of speeds that the kinematics of walking flies cover, mm/s."""


class FlyReward(Settings):
    """Weights of the reward terms in a control step; those of `FlyTask` that a task does not name have no effect."""

    alive: float = Field(0.1, ge=0)
    upright: float = Field(0.1, ge=0)
    """Times the projection of the thorax's up on the world's."""
    feet: float = Field(0.0, ge=0)
    """Times the fraction of the feet on the ground."""
    still: float = Field(0.0, ge=0)
    """Times how near the joints are to the rest posture, in [0, 1]."""
    progress: float = Field(1.0, ge=0)
    """Times 1 − |speed − command| / command, the speed along the commanded heading; at least −1."""
    heading: float = Field(0.3, ge=0)
    """Times exp(−(angle to the target / 0.25 rad)²)."""
    imitation: float = Field(0.4, ge=0)
    """Times the likeness to the reference gait, in [0, 1]: 0.6 for the joint angles (0.2 rad), 0.4 for contacts."""
    drift: float = Field(0.3, ge=0)
    """Cost of the squared sideways speed over 5 mm/s."""
    crab: float = Field(0.0, ge=0)
    """Cost of the squared speed sideways to the thorax itself over 5 mm/s: on the commanded path, but not facing it."""
    wobble: float = Field(0.0, ge=0)
    """Cost of the squared vertical speed over 10 mm/s, and of those of pitch and roll over 10 rad/s."""
    neighbours: float = Field(0.0, ge=0)
    """Cost of each pair of neighbouring legs (one behind the other, or left and right) that is off the ground at once:
    a rule between legs, as in Cruse's coordination (1990, Trends Neurosci. 13), that any gait from the wave to the
    tripod obeys."""
    diagonals: float = Field(0.0, ge=0)
    """Cost of each pair of legs across the body, front and middle or middle and hind, of which one is off the ground
    and the other is not: which legs step together is then given. Together with `neighbours` only the tripod is free."""
    short_swing: float = Field(0.0, ge=0)
    """Cost of each touch-down after less than `task.least_swing` in the air, by the missing part of it: a rule for each
    leg alone."""
    action: float = Field(0.05, ge=0)
    """Cost of the mean squared change of the action in a step."""
    energy: float = Field(0.002, ge=0)
    """Cost of the servos' mechanical power, in body weights times 10 mm/s."""
    limits: float = Field(0.2, ge=0)
    """Cost of the fraction of the joints within 2% of the ends of their ranges."""
    fall: float = Field(2.0, ge=0)
    """Cost of the end of an episode by a fall, once."""


class FlyVariation(Settings):
    """What differs between worlds, each drawn once a world, and how hard they are pushed. 0 and [1, 1]: nothing."""

    friction: tuple[float, float] = (1.0, 1.0)
    """Factors on the friction of feet and ground."""
    mass: tuple[float, float] = (1.0, 1.0)
    """Factors on all masses."""
    strength: tuple[float, float] = (1.0, 1.0)
    """Factors on the servos' stiffness and greatest torque."""
    slope: float = Field(0.0, ge=0, le=0.6)
    """Greatest tilt of the ground, rad, in any direction."""
    roughness: float = Field(0.0, ge=0, le=0.4)
    """Greatest height and depth of bumps in the ground, mm, 1.5 mm across; each world has a place of its own."""
    push: float = Field(0.0, ge=0)
    """Greatest force of a push on the thorax, µN, sideways or along; the fly weighs 10 µN."""
    push_seconds: float = Field(0.02, gt=0)
    """How long a push lasts, s."""
    push_interval: float = Field(1.0, gt=0)
    """Mean time between pushes, s."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, (low, high) in {"friction": self.friction, "mass": self.mass, "strength": self.strength}.items():
            if not 0 < low <= high:
                raise ValueError(f"{name} is [{low}, {high}], but it must be two positive factors in rising order")
        return self


class FlySettings(PhysicsTaskSettings):
    """What both tasks of the fly have."""

    body: Literal["fly", "neuromechfly"] = "fly"
    """Our own fly, or NeuroMechFly from an installed flygym."""
    joints: Literal[42, 18, 12] = 18
    """Driven joints of the fly."""
    timestep: float = Field(2e-4, gt=0, le=5e-4)
    """Of the physics, s."""
    control_period: float = Field(0.005, gt=0, le=10)
    """Time between two actions, s."""
    seconds: float = Field(2.0, gt=0, le=1e6)
    """Length of an episode that does not end in a fall, s; short ones show more of the reference's phases."""
    reach: float = Field(0.3, gt=0)
    """How far the action range goes beyond the joint angles of the reference gait, rad."""
    smoothing: float = Field(0.008, ge=0)
    """Time constant of the low-pass filter on the action, s; 0 for none."""
    adhesion: float = Field(1.0, ge=0, le=1)
    """How much the feet stick: 1 is 1 µN a foot."""
    least_swing: float = Field(0.035, gt=0, le=1)
    """Time in the air from which on `reward.short_swing` costs nothing, s: about what flies take at every speed."""
    clock: bool = False
    """Whether sine and cosine of the reference's phase are among the observations."""
    variation: FlyVariation = FlyVariation()
    reward: FlyReward = FlyReward()


class FlyStandSettings(FlySettings):
    """Settings of `FlyStandTask`."""

    kind: Literal["fly-stand"] = "fly-stand"
    reward: FlyReward = FlyReward(feet=0.3, still=0.3, progress=0, imitation=0)


class FlyWalkSettings(FlySettings):
    """Settings of `FlyWalkTask`."""

    kind: Literal["fly-walk"] = "fly-walk"
    speed: tuple[float, float] = (10.0, 10.0)
    """Range from which each episode's commanded speed is drawn, mm/s."""
    turn: float = Field(0.0, ge=0)
    """Greatest commanded turn, rad/s, to either side; half of the episodes go straight."""
    heading: float = Field(0.2, ge=0)
    """Greatest angle to the commanded heading at the start of an episode, rad."""
    start: Literal["gait", "standing"] = "gait"
    """How an episode starts: within a stride of the reference gait and as fast as it, or standing still."""
    reference: str | None = None
    """A file with a reference gait; none: a tripod made for the commanded speed."""

    @model_validator(mode="after")
    def _speeds(self) -> Self:
        low, high = self.speed
        if not SPEEDS[0] <= low <= high <= SPEEDS[1]:
            raise ValueError(
                f"speed is [{low}, {high}], but it must be two speeds from {SPEEDS[0]:g} to {SPEEDS[1]:g} mm/s in "
                "rising order"
            )
        return self
