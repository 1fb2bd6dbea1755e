"""The registry of learners: names and settings without importing one of them."""

from typing import TYPE_CHECKING

from premotor.registry import Registry, derived_from

if TYPE_CHECKING:
    from premotor.learning.base import Learner


def _whole(name: str, entry: "type[Learner]") -> None:
    from premotor.learning.base import Learner  # JAX comes with it

    derived_from(Learner)(name, entry)


_OFF_POLICY = "premotor.learning.off_policy"

LEARNERS: "Registry[type[Learner]]" = Registry(
    "learner",
    {
        "ppo": "premotor.learning.ppo",
        "ddpg": f"{_OFF_POLICY}.agent",
        "td3": f"{_OFF_POLICY}.agent",
        "sac": f"{_OFF_POLICY}.agent",
        "evolution": "premotor.learning.evolution.learner",
        "cloning": "premotor.learning.cloning",
        "plasticity": "premotor.learning.plasticity.learner",
    },
    _whole,
    {
        "ppo": "premotor.learning.settings:PPOSettings",
        "ddpg": f"{_OFF_POLICY}.settings:DDPGSettings",
        "td3": f"{_OFF_POLICY}.settings:TD3Settings",
        "sac": f"{_OFF_POLICY}.settings:SACSettings",
        "evolution": "premotor.learning.evolution.settings:EvolutionSettings",
        "cloning": "premotor.learning.settings:CloningLearningSettings",
        "plasticity": "premotor.learning.plasticity.settings:PlasticityLearningSettings",
    },
    attribute="settings_type",
)
"""Every way of learning, by the name that `learning.kind` takes."""
