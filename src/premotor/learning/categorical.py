"""Choice among actions: a categorical distribution over preferences (logits)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def executed(
    preference: Float[Array, "... actions"],
    log_std: Float[Array, " actions"],
    noise: Float[Array, "... actions"],
) -> Float[Array, "... actions"]:
    """The choice, 1 at it and 0 elsewhere, that standard normal deviates `noise` lead to (Gumbel-max)."""
    gumbel = -jnp.log(-jax.scipy.stats.norm.logcdf(noise))
    return jax.nn.one_hot(jnp.argmax(preference + gumbel, -1), preference.shape[-1])


def log_probability(
    action: Float[Array, "... actions"],
    preference: Float[Array, "... actions"],
    log_std: Float[Array, " actions"],
) -> Float[Array, "..."]:
    """Log-probability of a choice (1 at it and 0 elsewhere)."""
    return (action * jax.nn.log_softmax(preference)).sum(-1)


def divergence(
    preference: Float[Array, "... actions"],
    log_std: Float[Array, " actions"],
    new_preference: Float[Array, "... actions"],
    new_log_std: Float[Array, " actions"],
) -> Float[Array, "..."]:
    """Kullback–Leibler divergence KL(old ‖ new)."""
    old, new = jax.nn.log_softmax(preference), jax.nn.log_softmax(new_preference)
    return (jnp.exp(old) * (old - new)).sum(-1)


def entropy(preference: Float[Array, "... actions"], log_std: Float[Array, " actions"]) -> Float[Array, ""]:
    """Mean entropy in nats."""
    log_p = jax.nn.log_softmax(preference)
    return -(jnp.exp(log_p) * log_p).sum(-1).mean()
