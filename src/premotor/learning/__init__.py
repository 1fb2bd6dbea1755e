"""Ways of learning, one registry: `LEARNERS`."""

from premotor.learning import off_policy, ppo
from premotor.learning.advantages import generalised_advantages
from premotor.learning.base import LEARNERS, ControllerLearner, Learner, TrainState
from premotor.learning.critic import Critic
from premotor.learning.off_policy import DDPGSettings, OffPolicyState, SACSettings, TD3Settings
from premotor.learning.ppo import PPOState
from premotor.learning.ppo_settings import PPOSettings
from premotor.learning.sequences import fit_sequences, phase_sequences

__all__ = [
    "LEARNERS",
    "ControllerLearner",
    "Critic",
    "DDPGSettings",
    "Learner",
    "OffPolicyState",
    "PPOSettings",
    "PPOState",
    "SACSettings",
    "TD3Settings",
    "TrainState",
    "fit_sequences",
    "generalised_advantages",
    "off_policy",
    "phase_sequences",
    "ppo",
]
