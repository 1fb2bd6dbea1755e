"""Settings of locomotion with any body. Loads neither JAX nor MuJoCo."""

import os
from typing import Literal, Self

from pydantic import Field, model_validator

from premotor.errors import PremotorError
from premotor.settings import Settings
from premotor.tasks.settings import PhysicsTaskSettings

FILES = (".xml", ".mjcf", ".urdf", ".yaml", ".yml")


class LocomotionReward(Settings):
    """Weights of the reward's terms; a term with weight 0 is left out."""

    forward: float = Field(1.0, ge=0)
    """Of the speed along the way, m/s; of a commanded one, of command − |mean speed − command|."""
    alive: float = Field(1.0, ge=0)
    """Of a step in which the episode goes on."""
    energy: float = Field(0.1, ge=0)
    """Cost of the mean squared action."""
    action_rate: float = Field(0.0, ge=0)
    """Cost of the mean squared change of the action in a step."""
    upright: float = Field(0.0, ge=0)
    """Cost of 1 − cos(tilt) of the root."""
    height: float = Field(0.0, ge=0)
    """Cost of the squared deviation of the root's height, in parts of that at rest."""
    heading: float = Field(0.0, ge=0)
    """Cost of 1 − cos(angle) between where the root points and the way."""
    contacts: float = Field(0.0, ge=0)
    """Cost of each body on the ground that is no foot."""
    joint_limits: float = Field(0.0, ge=0)
    """Cost of the part of the joints that are within 5% of a limit of theirs."""
    fall: float = Field(0.0, ge=0)
    """Cost of the end of an episode before its time, once."""


class LocomotionEnd(Settings):
    """What ends an episode before its time."""

    height: float | None = Field(0.5, gt=0)
    """Least height of the root, in parts of that at rest; null: none."""
    tilt: float | None = Field(1.0, gt=0, le=3.15)
    """Largest tilt of the root from its pose at rest, rad; null: any."""
    contact: tuple[str, ...] = ()
    """Bodies that must not touch the ground."""


class LocomotionSettings(PhysicsTaskSettings):
    """Settings of `LocomotionTask`."""

    kind: Literal["locomotion"] = "locomotion"
    body: str = "biped"
    """An MJCF or URDF file, a YAML file that describes a body, or the name of a body."""
    seconds: float = Field(8.0, gt=0, le=1e6)
    """Length of an episode, s."""
    way: Literal["x", "-x", "y", "-y"] = "x"
    """The direction in the world that is forward."""
    speed: tuple[float, float] | None = None
    """Range from which each episode's commanded speed is drawn, m/s; null: the faster, the better."""
    observations: tuple[str, ...] = ()
    """What is observed, by name, ``*`` for any letters; empty: all that changes. A wrong name is answered with all."""
    reach: float = Field(0.6, gt=0)
    """How far actions of ±1 move the target of a position servo from the pose at rest, rad, within its range."""
    pose_noise: float = Field(0.05, ge=0)
    """Joints start uniformly within ± this of the pose at rest, rad or m."""
    speed_noise: float = Field(0.1, ge=0)
    """Joints start with speeds uniformly within ± this, rad/s or m/s."""
    reward: LocomotionReward = LocomotionReward()
    end: LocomotionEnd = LocomotionEnd()

    def verify(self) -> None:
        """PremotorError where the body names a file that does not exist."""
        if self.body.lower().endswith(FILES) and not os.path.isfile(self.body):
            raise PremotorError(f"task.body is {self.body}, but there is no such file")

    @model_validator(mode="after")
    def _speeds_in_order(self) -> Self:
        if self.speed is not None and not 0 < self.speed[0] <= self.speed[1]:
            raise ValueError(f"speed is {list(self.speed)}, but it must be two positive numbers in rising order")
        return self
