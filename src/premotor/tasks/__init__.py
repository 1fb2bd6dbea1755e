"""What a body is to do: observation, reward, reset and end of an episode, one file a task."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.tasks.arm import BalanceTask as BalanceTask, ReachTask as ReachTask
    from premotor.tasks.base import (
        Expert as Expert,
        GaitOverSpeed as GaitOverSpeed,
        GaitParts as GaitParts,
        Reference as Reference,
        Step as Step,
        Task as Task,
        UndulationParts as UndulationParts,
        VectorEnvironment as VectorEnvironment,
        build_environment as build_environment,
        build_task as build_task,
    )
    from premotor.tasks.bipedal import BipedalTask as BipedalTask
    from premotor.tasks.bipedal_environment import BipedalEnvironment as BipedalEnvironment
    from premotor.tasks.bipedal_reference import (
        BipedalReference as BipedalReference,
        load_bipedal_reference as load_bipedal_reference,
        save_bipedal_reference as save_bipedal_reference,
    )
    from premotor.tasks.environment import (
        Outcome as Outcome,
        PhysicsEnvironment as PhysicsEnvironment,
        PhysicsTask as PhysicsTask,
        Start as Start,
        View as View,
    )
    from premotor.tasks.envpool_environment import EnvPoolEnvironment as EnvPoolEnvironment
    from premotor.tasks.fly import FlyTask as FlyTask
    from premotor.tasks.fly_expert import Demonstration as Demonstration, FlyExpert as FlyExpert
    from premotor.tasks.fly_gait import (
        FlyGaitFit as FlyGaitFit,
        make_fly_gait as make_fly_gait,
        save_fly_gait as save_fly_gait,
    )
    from premotor.tasks.fly_reference import servo_targets as servo_targets
    from premotor.tasks.fly_settings import (
        FlyReward as FlyReward,
        FlyStandSettings as FlyStandSettings,
        FlyVariation as FlyVariation,
        FlyWalkSettings as FlyWalkSettings,
    )
    from premotor.tasks.fly_tasks import FlyStandTask as FlyStandTask, FlyWalkTask as FlyWalkTask
    from premotor.tasks.gymnasium_environment import GymnasiumEnvironment as GymnasiumEnvironment
    from premotor.tasks.gymnasium_settings import (
        BipedalReward as BipedalReward,
        BipedalSettings as BipedalSettings,
        GymnasiumSettings as GymnasiumSettings,
    )
    from premotor.tasks.gymnasium_task import (
        GymnasiumTask as GymnasiumTask,
        GymnasiumVectorEnvironment as GymnasiumVectorEnvironment,
    )
    from premotor.tasks.locomotion import LocomotionTask as LocomotionTask
    from premotor.tasks.locomotion_settings import (
        LocomotionEnd as LocomotionEnd,
        LocomotionReward as LocomotionReward,
        LocomotionSettings as LocomotionSettings,
    )
    from premotor.tasks.reference import ReferenceGait as ReferenceGait
    from premotor.tasks.reference_files import load_reference as load_reference
    from premotor.tasks.settings import (
        TASKS as TASKS,
        ArmReward as ArmReward,
        BalanceSettings as BalanceSettings,
        PhysicsTaskSettings as PhysicsTaskSettings,
        ReachSettings as ReachSettings,
        TaskSettings as TaskSettings,
        WalkReward as WalkReward,
        WalkSettings as WalkSettings,
        WormChemotaxisSettings as WormChemotaxisSettings,
        WormCrawlSettings as WormCrawlSettings,
        WormMediaSettings as WormMediaSettings,
        WormTouchSettings as WormTouchSettings,
    )
    from premotor.tasks.walk import WalkTask as WalkTask
    from premotor.tasks.worm import WormCrawlTask as WormCrawlTask
    from premotor.tasks.worm_chemotaxis import WormChemotaxisTask as WormChemotaxisTask
    from premotor.tasks.worm_media import WormMediaTask as WormMediaTask
    from premotor.tasks.worm_touch import WormTouchTask as WormTouchTask
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
