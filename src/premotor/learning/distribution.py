"""Gaussian exploration whose samples are clipped to the action range before they are executed."""

import jax
import jax.numpy as jnp
from jax.scipy.special import log_ndtr
from jaxtyping import Array, Float, PRNGKeyArray

LIMIT = 1.0
"""Actions live in [−LIMIT, LIMIT]."""


def sample(
    key: PRNGKeyArray, mean: Float[Array, "... actions"], log_std: Float[Array, " actions"]
) -> Float[Array, "... actions"]:
    """An action as it is executed: a normal deviate around `mean`, clipped to the action range."""
    return executed(mean, log_std, jax.random.normal(key, mean.shape))


def executed(
    mean: Float[Array, "... actions"],
    log_std: Float[Array, " actions"],
    noise: Float[Array, "... actions"],
) -> Float[Array, "... actions"]:
    """The action of a standard normal deviate `noise` that was drawn beforehand."""
    return jnp.clip(mean + jnp.exp(log_std) * noise, -LIMIT, LIMIT)


def log_probability(
    action: Float[Array, "... actions"],
    mean: Float[Array, "... actions"],
    log_std: Float[Array, " actions"],
) -> Float[Array, "..."]:
    """Log-probability of the executed action: a density inside the range, the mass of the tail at its ends.

    Clipped-action policy gradient, Fujita & Maeda 2018 (ICML), equation 8.
    """
    z = (action - mean) * jnp.exp(-log_std)
    inside = -0.5 * z**2 - log_std - 0.5 * jnp.log(2 * jnp.pi)
    # where() evaluates both branches: keep the tails' arguments finite and their gradients too
    tail = jnp.where(action >= LIMIT, log_ndtr(-z), log_ndtr(z))
    return jnp.where(jnp.abs(action) >= LIMIT, tail, inside).sum(-1)


def divergence(
    mean: Float[Array, "... actions"],
    log_std: Float[Array, " actions"],
    new_mean: Float[Array, "... actions"],
    new_log_std: Float[Array, " actions"],
) -> Float[Array, "..."]:
    """Kullback–Leibler divergence KL(old ‖ new) of the unclipped normal distributions."""
    ratio = jnp.exp(2 * (log_std - new_log_std))
    shift = (new_mean - mean) ** 2 * jnp.exp(-2 * new_log_std)
    return (0.5 * (ratio + shift - 1) + new_log_std - log_std).sum(-1)


def entropy(log_std: Float[Array, " actions"]) -> Float[Array, ""]:
    """Entropy of the unclipped normal distribution, in nats."""
    return (log_std + 0.5 * jnp.log(2 * jnp.pi * jnp.e)).sum()
