"""Ways of learning: each a plain function of (controller, environment, settings, key)."""

from typing import Any, NamedTuple

from premotor.learning import ppo
from premotor.learning.advantages import generalised_advantages
from premotor.learning.critic import Critic
from premotor.learning.ppo import PPOState
from premotor.learning.sequences import fit_sequences, phase_sequences
from premotor.learning.settings import PPOSettings


class Learner(NamedTuple):
    """A way of learning: its settings and the two functions that a run calls."""

    settings: type[Any]
    initialise: Any
    """(controller, environment, settings, key) → state"""
    iterate: Any
    """(state, environment, settings) → (state, metrics)"""


LEARNERS = {"ppo": Learner(PPOSettings, ppo.initialise, ppo.iterate)}
"""Every way of learning, by the name that `learning.kind` takes."""

__all__ = [
    "LEARNERS",
    "Critic",
    "Learner",
    "PPOSettings",
    "PPOState",
    "fit_sequences",
    "generalised_advantages",
    "phase_sequences",
    "ppo",
]
