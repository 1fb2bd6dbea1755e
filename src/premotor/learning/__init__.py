"""Ways of learning, one registry: `LEARNERS`."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.base import ControllerLearner, Learner, TrainState
    from premotor.learning.critic import Critic, generalised_advantages
    from premotor.learning.evolution.settings import EvolutionSettings, SpikingEvolutionSettings
    from premotor.learning.exploration import warmed
    from premotor.learning.off_policy import DDPGSettings, OffPolicyState, SACSettings, TD3Settings
    from premotor.learning.ppo import PPOState
    from premotor.learning.sequences import fit_sequences, phase_sequences
    from premotor.learning.settings import LEARNERS, CloningLearningSettings, CloningSettings, PPOSettings
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "LEARNERS",
    "CloningLearningSettings",
    "CloningSettings",
    "ControllerLearner",
    "Critic",
    "DDPGSettings",
    "EvolutionSettings",
    "Learner",
    "OffPolicyState",
    "PPOSettings",
    "PPOState",
    "SACSettings",
    "SpikingEvolutionSettings",
    "TD3Settings",
    "TrainState",
    "fit_sequences",
    "generalised_advantages",
    "phase_sequences",
    "warmed",
]
