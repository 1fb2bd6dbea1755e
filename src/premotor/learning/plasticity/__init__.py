"""The spiking agent: a network that acts in CartPole and learns there by reward, or by evolution."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.plasticity.acting import Episodes, perform
    from premotor.learning.plasticity.agent import SpikingAgent, in_parallel, motor_halves
    from premotor.learning.plasticity.replay import Replay, replay
    from premotor.learning.plasticity.settings import (
        BalanceCriticSettings,
        ConstantCriticSettings,
        HomeostasisSettings,
        InterfaceSettings,
        PlasticityLearningSettings,
        PlasticitySettings,
        PolicyCriticSettings,
        RewardCriticSettings,
        TagSettings,
        TargetingSettings,
        ValueCriticSettings,
    )
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "BalanceCriticSettings",
    "ConstantCriticSettings",
    "Episodes",
    "HomeostasisSettings",
    "InterfaceSettings",
    "PlasticityLearningSettings",
    "PlasticitySettings",
    "PolicyCriticSettings",
    "Replay",
    "RewardCriticSettings",
    "SpikingAgent",
    "TagSettings",
    "TargetingSettings",
    "ValueCriticSettings",
    "in_parallel",
    "motor_halves",
    "perform",
    "replay",
]
