"""Ways of learning: each a plain function of (controller, environment, settings, key)."""

from typing import Any, NamedTuple

from premotor.learning import off_policy, ppo
from premotor.learning.advantages import generalised_advantages
from premotor.learning.critic import Critic
from premotor.learning.off_policy import DDPGSettings, OffPolicyState, SACSettings, TD3Settings
from premotor.learning.ppo import PPOState
from premotor.learning.ppo_settings import PPOSettings
from premotor.learning.sequences import fit_sequences, phase_sequences


class Learner(NamedTuple):
    """A way of learning: its settings and the two functions that a run calls."""

    settings: type[Any]
    initialise: Any
    """(controller, environment, settings, key) → state"""
    iterate: Any
    """(state, environment, settings) → (state, metrics)"""


LEARNERS = {
    "ppo": Learner(PPOSettings, ppo.initialise, ppo.iterate),
    "ddpg": Learner(DDPGSettings, off_policy.initialise, off_policy.iterate),
    "td3": Learner(TD3Settings, off_policy.initialise, off_policy.iterate),
    "sac": Learner(SACSettings, off_policy.initialise, off_policy.iterate),
}
"""Every way of learning, by the name that `learning.kind` takes."""

__all__ = [
    "LEARNERS",
    "Critic",
    "DDPGSettings",
    "Learner",
    "OffPolicyState",
    "PPOSettings",
    "PPOState",
    "SACSettings",
    "TD3Settings",
    "fit_sequences",
    "generalised_advantages",
    "off_policy",
    "phase_sequences",
    "ppo",
]
