"""What a body is to do: observation, reward, reset and end of an episode, one file a task."""

from typing import Any, NamedTuple

from premotor.bodies import BackEnd, build_physics
from premotor.bodies.back_ends import CPU
from premotor.errors import PremotorError
from premotor.tasks.arm import ArmReward, BalanceSettings, BalanceTask
from premotor.tasks.base import (
    Driven,
    Outcome,
    PhysicsTask,
    Start,
    Step,
    Task,
    Varied,
    VectorEnvironment,
    View,
    speed_unit,
)
from premotor.tasks.bipedal import BipedalReward, BipedalSettings, BipedalTask
from premotor.tasks.bipedal_environment import BipedalEnvironment
from premotor.tasks.bipedal_reference import BipedalReference, load_bipedal_reference, save_bipedal_reference
from premotor.tasks.environment import PhysicsEnvironment
from premotor.tasks.envpool_environment import EnvPoolEnvironment
from premotor.tasks.fly import FlyTask
from premotor.tasks.fly_expert import Demonstration, FlyExpert
from premotor.tasks.fly_gait import FlyGaitFit, make_fly_gait, save_fly_gait
from premotor.tasks.fly_servos import servo_targets
from premotor.tasks.fly_settings import FlyReward, FlyStandSettings, FlyVariation, FlyWalkSettings
from premotor.tasks.gymnasium_environment import GymnasiumEnvironment
from premotor.tasks.gymnasium_task import GymnasiumSettings, GymnasiumTask
from premotor.tasks.gymnasium_vector import GymnasiumVectorEnvironment
from premotor.tasks.reach import ReachSettings, ReachTask
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import load_reference
from premotor.tasks.walk import WalkReward, WalkSettings, WalkTask


class TaskDefinition(NamedTuple):
    """A task by its settings and its class."""

    settings: type[Any]
    build: Any
    """settings → task"""
    environment: Any = PhysicsEnvironment
    """(task, environments, threads=…, seed=…) → `VectorEnvironment`"""


def gymnasium_environment(
    task: GymnasiumTask, environments: int, *, threads: int = 0, seed: int = 0
) -> GymnasiumEnvironment | GymnasiumVectorEnvironment | EnvPoolEnvironment:
    """Many copies of a Gymnasium environment, by EnvPool or its own vector environment where the task says so."""
    if task.settings.vectorization == "envpool":
        return EnvPoolEnvironment(task, environments, threads=threads, seed=seed)
    kind = GymnasiumVectorEnvironment if task.own_vector else GymnasiumEnvironment
    return kind(task, environments, threads=threads, seed=seed)


TASKS = {
    "walk": TaskDefinition(WalkSettings, WalkTask),
    "arm-balance": TaskDefinition(BalanceSettings, BalanceTask),
    "arm-reach": TaskDefinition(ReachSettings, ReachTask),
    "bipedal": TaskDefinition(BipedalSettings, BipedalTask, BipedalEnvironment),
    "gymnasium": TaskDefinition(GymnasiumSettings, GymnasiumTask, gymnasium_environment),
    "fly-stand": TaskDefinition(FlyStandSettings, FlyTask),
    "fly-walk": TaskDefinition(FlyWalkSettings, FlyTask),
}
"""Every task, by the name that `task.kind` takes."""


def build_task(settings: Any) -> Task:
    """The task that the given settings describe."""
    return TASKS[settings.kind].build(settings)


def build_environment(
    task: Task, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
) -> VectorEnvironment:
    """Many copies of a task, as learners use them.

    Args:
        task: what is done; its name is one of `TASKS`.
        environments: number of copies.
        threads: of the physics; 0 for one a core.
        seed: of all episode starts.
        back_end: which engine steps the worlds, and where.

    Raises:
        PremotorError: the task is not one of MuJoCo's, which another device than the CPU needs, or what
            `build_physics` refuses.
    """
    kind = TASKS[task.name].environment
    if back_end.device == "cpu":
        return kind(task, environments, threads=threads, seed=seed)
    if kind is not PhysicsEnvironment:
        raise PremotorError(f"physics.device is '{back_end.device}', but {task.name} runs on the cpu only")
    body: Any = getattr(task, "body", None)
    physics = build_physics(body.model, environments, threads=threads, back_end=back_end)
    return PhysicsEnvironment(task, environments, seed=seed, physics=physics)  # type: ignore[arg-type]


__all__ = [
    "TASKS",
    "ArmReward",
    "BalanceSettings",
    "BalanceTask",
    "BipedalEnvironment",
    "BipedalReference",
    "BipedalReward",
    "BipedalSettings",
    "BipedalTask",
    "Demonstration",
    "Driven",
    "EnvPoolEnvironment",
    "FlyExpert",
    "FlyGaitFit",
    "FlyReward",
    "FlyStandSettings",
    "FlyTask",
    "FlyVariation",
    "FlyWalkSettings",
    "GymnasiumEnvironment",
    "GymnasiumSettings",
    "GymnasiumTask",
    "GymnasiumVectorEnvironment",
    "Outcome",
    "PhysicsEnvironment",
    "PhysicsTask",
    "ReachSettings",
    "ReachTask",
    "ReferenceGait",
    "Start",
    "Step",
    "Task",
    "TaskDefinition",
    "Varied",
    "VectorEnvironment",
    "View",
    "WalkReward",
    "WalkSettings",
    "WalkTask",
    "build_environment",
    "build_task",
    "gymnasium_environment",
    "load_bipedal_reference",
    "load_reference",
    "make_fly_gait",
    "save_bipedal_reference",
    "save_fly_gait",
    "servo_targets",
    "speed_unit",
]
