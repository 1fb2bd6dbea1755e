"""Ways of learning, one registry: `LEARNERS`."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.base import (
        ControllerLearner as ControllerLearner,
        Learner as Learner,
        TrainState as TrainState,
    )
    from premotor.learning.cloning import fit_sequences as fit_sequences, phase_sequences as phase_sequences
    from premotor.learning.critic import Critic as Critic, generalised_advantages as generalised_advantages
    from premotor.learning.evolution.settings import (
        EvolutionSettings as EvolutionSettings,
        SpikingEvolutionSettings as SpikingEvolutionSettings,
    )
    from premotor.learning.exploration import warmed as warmed
    from premotor.learning.off_policy import (
        DDPGSettings as DDPGSettings,
        OffPolicyState as OffPolicyState,
        SACSettings as SACSettings,
        TD3Settings as TD3Settings,
    )
    from premotor.learning.ppo import PPOState as PPOState
    from premotor.learning.settings import (
        LEARNERS as LEARNERS,
        CloningLearningSettings as CloningLearningSettings,
        CloningSettings as CloningSettings,
        PPOSettings as PPOSettings,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
