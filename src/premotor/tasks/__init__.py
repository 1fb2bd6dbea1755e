"""What a body is to do: observation, reward, reset and end of an episode, one file a task."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.tasks.arm import BalanceTask, ReachTask
    from premotor.tasks.base import (
        Expert,
        GaitOverSpeed,
        GaitParts,
        Reference,
        Step,
        Task,
        VectorEnvironment,
        build_environment,
        build_task,
    )
    from premotor.tasks.bipedal import BipedalTask
    from premotor.tasks.bipedal_environment import BipedalEnvironment
    from premotor.tasks.bipedal_reference import BipedalReference, load_bipedal_reference, save_bipedal_reference
    from premotor.tasks.environment import Outcome, PhysicsEnvironment, PhysicsTask, Start, View
    from premotor.tasks.envpool_environment import EnvPoolEnvironment
    from premotor.tasks.fly import FlyTask
    from premotor.tasks.fly_expert import Demonstration, FlyExpert
    from premotor.tasks.fly_gait import FlyGaitFit, make_fly_gait, save_fly_gait
    from premotor.tasks.fly_reference import servo_targets
    from premotor.tasks.fly_settings import FlyReward, FlyStandSettings, FlyVariation, FlyWalkSettings
    from premotor.tasks.fly_tasks import FlyStandTask, FlyWalkTask
    from premotor.tasks.gymnasium_environment import GymnasiumEnvironment
    from premotor.tasks.gymnasium_settings import BipedalReward, BipedalSettings, GymnasiumSettings
    from premotor.tasks.gymnasium_task import GymnasiumTask
    from premotor.tasks.gymnasium_vector import GymnasiumVectorEnvironment
    from premotor.tasks.reference import ReferenceGait
    from premotor.tasks.reference_files import load_reference
    from premotor.tasks.settings import (
        TASKS,
        ArmReward,
        BalanceSettings,
        PhysicsTaskSettings,
        ReachSettings,
        TaskSettings,
        WalkReward,
        WalkSettings,
    )
    from premotor.tasks.walk import WalkTask
else:
    __getattr__, __dir__ = lazy_exports(__name__)

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
    "EnvPoolEnvironment",
    "Expert",
    "FlyExpert",
    "FlyGaitFit",
    "FlyReward",
    "FlyStandSettings",
    "FlyStandTask",
    "FlyTask",
    "FlyVariation",
    "FlyWalkSettings",
    "FlyWalkTask",
    "GaitOverSpeed",
    "GaitParts",
    "GymnasiumEnvironment",
    "GymnasiumSettings",
    "GymnasiumTask",
    "GymnasiumVectorEnvironment",
    "Outcome",
    "PhysicsEnvironment",
    "PhysicsTask",
    "PhysicsTaskSettings",
    "ReachSettings",
    "ReachTask",
    "Reference",
    "ReferenceGait",
    "Start",
    "Step",
    "Task",
    "TaskSettings",
    "VectorEnvironment",
    "View",
    "WalkReward",
    "WalkSettings",
    "WalkTask",
    "build_environment",
    "build_task",
    "load_bipedal_reference",
    "load_reference",
    "make_fly_gait",
    "save_bipedal_reference",
    "save_fly_gait",
    "servo_targets",
]
