"""The spiking agent: a network that acts in CartPole and learns there by reward, or by evolution."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.plasticity.acting import Episodes as Episodes, perform as perform
    from premotor.learning.plasticity.agent import (
        SpikingAgent as SpikingAgent,
        in_parallel as in_parallel,
        motor_halves as motor_halves,
    )
    from premotor.learning.plasticity.replay import Replay as Replay, replay as replay
    from premotor.learning.plasticity.settings import (
        BalanceCriticSettings as BalanceCriticSettings,
        ConstantCriticSettings as ConstantCriticSettings,
        HomeostasisSettings as HomeostasisSettings,
        InterfaceSettings as InterfaceSettings,
        PlasticityLearningSettings as PlasticityLearningSettings,
        PlasticitySettings as PlasticitySettings,
        PolicyCriticSettings as PolicyCriticSettings,
        RewardCriticSettings as RewardCriticSettings,
        TagSettings as TagSettings,
        TargetingSettings as TargetingSettings,
        ValueCriticSettings as ValueCriticSettings,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
