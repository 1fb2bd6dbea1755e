"""How a learner explores and judges actions: the distribution around what a controller gives."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from premotor.learning import categorical, distribution
from premotor.networks import Controller, calibrated
from premotor.tasks import VectorEnvironment

WARM_UP = 50
"""Control steps of random actions before learning."""


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


def exploration_of(environment: VectorEnvironment) -> Exploration:
    """Choice where actions are discrete, clipped normal noise where they are numbers."""
    return CATEGORICAL if environment.discrete else NORMAL


def warmed(controller: Controller, environment: VectorEnvironment, key: PRNGKeyArray) -> Controller:
    """The controller with normalizer and calibration by observations of the task itself, under random actions.

    Resets the environment and leaves it in the middle of its episodes.
    """
    explore = exploration_of(environment).executed
    rows = [environment.reset()]
    key_probe, *keys = jax.random.split(key, WARM_UP + 1)
    shape = (environment.environments, len(controller.action_names))
    for step_key in keys:
        action = explore(jnp.zeros(shape), controller.log_std, jax.random.normal(step_key, shape))
        rows.append(environment.step(np.asarray(action)).observation)
    observations = jnp.asarray(np.stack(rows), jnp.float32)
    controller = eqx.tree_at(lambda c: c.normalizer, controller, controller.normalizer.updated(observations))
    return calibrated(controller, observations, key_probe)
