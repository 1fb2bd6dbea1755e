"""How a learner explores and judges actions: the distribution around what a controller gives."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array

from premotor.learning import categorical, distribution


class Exploration(NamedTuple):
    """A distribution of actions around the controller's output, with its logarithmic spread where it has one."""

    executed: Callable[..., Array]
    """(output, log_spread, standard normal noise) → the action that is executed"""
    log_probability: Callable[..., Array]
    """(executed action, output, log_spread) → log-probability"""
    divergence: Callable[..., Array]
    """(output, log_spread, new output, new log_spread) → Kullback–Leibler divergence"""
    entropy: Callable[..., Array]
    """(output, log_spread) → entropy"""


NORMAL = Exploration(
    distribution.executed,
    distribution.log_probability,
    distribution.divergence,
    lambda mean, log_spread: distribution.entropy(log_spread),
)
CATEGORICAL = Exploration(
    categorical.executed, categorical.log_probability, categorical.divergence, categorical.entropy
)


def exploration_of(environment: Any) -> Exploration:
    """Choice where actions are discrete, clipped normal noise where they are numbers."""
    return CATEGORICAL if environment.discrete else NORMAL
