"""How a learner explores and judges actions: the distribution around what a controller gives."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array

from premotor.learning import categorical, distribution


class Exploration(NamedTuple):
    """A distribution of actions around the controller's output, with its logarithmic spread where it has one."""

    executed: Callable[..., Array]
    """(output, log_std, standard normal noise) → the action that is executed"""
    log_probability: Callable[..., Array]
    """(executed action, output, log_std) → log-probability"""
    divergence: Callable[..., Array]
    """(output, log_std, new output, new log_std) → Kullback–Leibler divergence"""
    entropy: Callable[..., Array]
    """(output, log_std) → entropy"""


NORMAL = Exploration(
    distribution.executed,
    distribution.log_probability,
    distribution.divergence,
    lambda mean, log_std: distribution.entropy(log_std),
)
CATEGORICAL = Exploration(
    categorical.executed, categorical.log_probability, categorical.divergence, categorical.entropy
)


def exploration_of(environment: Any) -> Exploration:
    """Choice where actions are discrete, clipped normal noise where they are numbers."""
    return CATEGORICAL if environment.discrete else NORMAL
