"""Off-policy learning: DDPG, TD3 and SAC with one replay memory, for controllers with and without a state."""

from premotor.learning.off_policy.agent import OffPolicyState, initialise, iterate
from premotor.learning.off_policy.replay import Columns, Replay
from premotor.learning.off_policy.settings import (
    DDPGSettings,
    NoiseSettings,
    OffPolicySettings,
    SACSettings,
    TD3Settings,
)

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
