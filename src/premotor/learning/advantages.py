"""Generalised advantage estimation."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def generalised_advantages(
    reward: Float[Array, "steps environments"],
    value: Float[Array, "steps environments"],
    next_value: Float[Array, "steps environments"],
    terminated: Bool[Array, "steps environments"],
    truncated: Bool[Array, "steps environments"],
    discount: float | Float[Array, ""],
    decay: float,
) -> Float[Array, "steps environments"]:
    """Advantages A_t = Σ (γλ)^l δ_{t+l}, cut at the end of every episode (Schulman et al. 2016, equation 16).

    `next_value` is the value of the observation that followed the action, the last of its episode included:
    an episode that ran out of time (`truncated`) is bootstrapped from it, one that `terminated` is worth
    nothing afterwards. The sum stops at either.
    """
    delta = reward + discount * next_value * ~terminated - value
    carried = discount * decay * ~(terminated | truncated)

    def step(later: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        now = row[0] + row[1] * later
        return now, now

    _, advantages = jax.lax.scan(step, jnp.zeros_like(delta[0]), (delta, carried), reverse=True)
    return advantages
