"""Off-policy learning: DDPG, TD3 and SAC with one replay memory, for controllers with and without a state."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.off_policy.agent import OffPolicyState, initialise, iterate
    from premotor.learning.off_policy.replay import Columns, Replay
    from premotor.learning.off_policy.settings import (
        DDPGSettings,
        NoiseSettings,
        OffPolicySettings,
        SACSettings,
        TD3Settings,
    )
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "Columns",
    "DDPGSettings",
    "NoiseSettings",
    "OffPolicySettings",
    "OffPolicyState",
    "Replay",
    "SACSettings",
    "TD3Settings",
    "initialise",
    "iterate",
]
