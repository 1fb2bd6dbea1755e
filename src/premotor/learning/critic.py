"""Values: a plain value function of the observation, and advantages over it."""

import itertools
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from premotor.host_random import orthogonal, split
from premotor.on_device import on_device

ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}


class Critic(eqx.Module):
    """A multilayer perceptron from normalised observations (and actions) to a value; learning's aid, never an actor."""

    weights: tuple[Float[Array, "_ _"], ...]
    biases: tuple[Float[Array, " _"], ...]
    activation: str = eqx.field(static=True, default="tanh")

    @classmethod
    def initial(cls, observations: int, hidden: tuple[int, ...], key: PRNGKeyArray, activation: str = "tanh") -> Self:
        """Orthogonal layers of gain √2, the last of gain 1, and no biases."""
        sizes = (observations, *hidden, 1)
        gains = [2**0.5] * len(hidden) + [1.0]
        drawn = zip(split(key, len(gains)), itertools.pairwise(sizes), gains, strict=True)
        weights = tuple(on_device(orthogonal(*each)) for each in drawn)
        return cls(weights, tuple(on_device(np.zeros(size)) for size in sizes[1:]), activation)

    def __call__(self, observation: Float[Array, "... observations"]) -> Float[Array, "..."]:
        """Value of each normalised observation."""
        x = observation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = ACTIVATIONS[self.activation](x @ weight + bias)
        return (x @ self.weights[-1] + self.biases[-1])[..., 0]


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
