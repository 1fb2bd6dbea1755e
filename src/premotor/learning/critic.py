"""A plain value function of the observation."""

from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

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
        keys = jax.random.split(key, len(sizes) - 1)
        weights = []
        for i, (rows, columns) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            gain = 1.0 if i == len(sizes) - 2 else 2**0.5
            weights.append(jax.nn.initializers.orthogonal(gain)(keys[i], (rows, columns)))
        return cls(tuple(weights), tuple(jnp.zeros(size) for size in sizes[1:]), activation)

    def __call__(self, observation: Float[Array, "... observations"]) -> Float[Array, "..."]:
        """Value of each normalised observation."""
        x = observation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = ACTIVATIONS[self.activation](x @ weight + bias)
        return (x @ self.weights[-1] + self.biases[-1])[..., 0]
