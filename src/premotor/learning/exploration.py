"""How a learner explores and judges actions: the distribution around what a controller gives."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import log_ndtr
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.host_random import key_rows, normal
from premotor.networks import Controller, calibrated, normalized
from premotor.on_device import on_device
from premotor.tasks import VectorEnvironment
from premotor.tasks.halves import observed

WARM_UP = 50
"""Control steps of random actions before learning."""
LIMIT = 1.0
"""Actions live in [−LIMIT, LIMIT]."""

Actions = Float[Array, "... actions"]
Each = Float[Array, " actions"]
"""One number an action."""


class Normal:
    """Gaussian exploration whose samples are clipped to the action range before they are executed."""

    @staticmethod
    def executed(mean: Actions, log_std: Each, noise: Actions) -> Actions:
        """The action of a standard normal deviate `noise` that was drawn beforehand."""
        return jnp.clip(mean + jnp.exp(log_std) * noise, -LIMIT, LIMIT)

    @staticmethod
    def log_probability(action: Actions, mean: Actions, log_std: Each) -> Float[Array, "..."]:
        """Log-probability of the executed action: a density inside the range, the mass of the tail at its ends.

        Clipped-action policy gradient, Fujita & Maeda 2018 (ICML), equation 8.
        """
        z = (action - mean) * jnp.exp(-log_std)
        inside = -0.5 * z**2 - log_std - 0.5 * jnp.log(2 * jnp.pi)
        # where() evaluates both branches: keep the tails' arguments finite and their gradients too
        tail = jnp.where(action >= LIMIT, log_ndtr(-z), log_ndtr(z))
        return jnp.where(jnp.abs(action) >= LIMIT, tail, inside).sum(-1)

    @staticmethod
    def divergence(mean: Actions, log_std: Each, new_mean: Actions, new_log_std: Each) -> Float[Array, "..."]:
        """Kullback–Leibler divergence KL(old ‖ new) of the unclipped normal distributions."""
        ratio = jnp.exp(2 * (log_std - new_log_std))
        shift = (new_mean - mean) ** 2 * jnp.exp(-2 * new_log_std)
        return (0.5 * (ratio + shift - 1) + new_log_std - log_std).sum(-1)

    @staticmethod
    def entropy(mean: Actions, log_std: Each) -> Float[Array, ""]:
        """Entropy of the unclipped normal distribution, in nats."""
        return (log_std + 0.5 * jnp.log(2 * jnp.pi * jnp.e)).sum()


class Categorical(Normal):
    """Choice among actions, by preferences (logits) in the place of means; the spread has no part in it."""

    @staticmethod
    def executed(mean: Actions, log_std: Each, noise: Actions) -> Actions:
        """The choice, 1 at it and 0 elsewhere, that standard normal deviates `noise` lead to (Gumbel-max)."""
        gumbel = -jnp.log(-jax.scipy.stats.norm.logcdf(noise))
        return jax.nn.one_hot(jnp.argmax(mean + gumbel, -1), mean.shape[-1])

    @staticmethod
    def log_probability(action: Actions, mean: Actions, log_std: Each) -> Float[Array, "..."]:
        """Log-probability of a choice (1 at it and 0 elsewhere)."""
        return (action * jax.nn.log_softmax(mean)).sum(-1)

    @staticmethod
    def divergence(mean: Actions, log_std: Each, new_mean: Actions, new_log_std: Each) -> Float[Array, "..."]:
        """Kullback–Leibler divergence KL(old ‖ new)."""
        old, new = jax.nn.log_softmax(mean), jax.nn.log_softmax(new_mean)
        return (jnp.exp(old) * (old - new)).sum(-1)

    @staticmethod
    def entropy(mean: Actions, log_std: Each) -> Float[Array, ""]:
        """Mean entropy in nats."""
        log_p = jax.nn.log_softmax(mean)
        return -(jnp.exp(log_p) * log_p).sum(-1).mean()


def exploration_of(environment: VectorEnvironment) -> type[Normal]:
    """Choice where actions are discrete, clipped normal noise where they are numbers."""
    return Categorical if environment.discrete else Normal


def warmed(controller: Controller, environment: VectorEnvironment, key: PRNGKeyArray) -> Controller:
    """The controller with normalizer and calibration by observations of the task itself, under random actions.

    Resets the environment and leaves it in the middle of its episodes.
    """
    first = environment.reset()
    rows_of_keys = key_rows(key, WARM_UP + 1)
    key_probe, keys = rows_of_keys[0], rows_of_keys[1:]
    shape = environment.environments, len(controller.action_names)
    noise = normal(keys, shape)
    actions = _random_actions(controller.log_std, noise, exploration_of(environment))
    observations = on_device([first, *observed(environment, np.asarray(actions))], np.float32)
    return calibrated(normalized(controller, observations), observations, on_device(key_probe))


@partial(jax.jit, static_argnames="exploration")
def _random_actions(log_std: Each, noise: Actions, exploration: type[Normal]) -> Actions:
    """Around a mean of 0."""
    return exploration.executed(jnp.zeros_like(noise), log_std, noise)
