"""What a body is to do: observation, reward, reset and end of an episode, one file a task."""

from typing import Any, NamedTuple

from premotor.tasks.arm import ArmReward, BalanceSettings, BalanceTask
from premotor.tasks.base import Outcome, Start, Step, Task, VectorEnvironment, View
from premotor.tasks.environment import PhysicsEnvironment
from premotor.tasks.reach import ReachSettings, ReachTask
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import load_reference
from premotor.tasks.walk import WalkReward, WalkSettings, WalkTask


class TaskDefinition(NamedTuple):
    """A task by its settings and its class."""

    settings: type[Any]
    build: Any
    """settings → task"""


TASKS = {
    "walk": TaskDefinition(WalkSettings, WalkTask),
    "arm-balance": TaskDefinition(BalanceSettings, BalanceTask),
    "arm-reach": TaskDefinition(ReachSettings, ReachTask),
}
"""Every task, by the name that `task.kind` takes."""


def build_task(settings: Any) -> Task:
    """The task that the given settings describe."""
    return TASKS[settings.kind].build(settings)


__all__ = [
    "TASKS",
    "ArmReward",
    "BalanceSettings",
    "BalanceTask",
    "Outcome",
    "PhysicsEnvironment",
    "ReachSettings",
    "ReachTask",
    "ReferenceGait",
    "Start",
    "Step",
    "Task",
    "TaskDefinition",
    "VectorEnvironment",
    "View",
    "WalkReward",
    "WalkSettings",
    "WalkTask",
    "build_task",
    "load_reference",
]
