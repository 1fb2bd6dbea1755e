"""Sequence tasks that are learned together with the spectrum."""

from typing import TYPE_CHECKING, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.learning.spectrum.settings import PhaseTaskSettings
from premotor.networks.base import SpectralNetwork
from premotor.on_device import PyTree

if TYPE_CHECKING:
    from jax.typing import DTypeLike


class SequenceTask(Protocol):
    """What `objective` asks of a task; a user's own class with these serves as well."""

    @property
    def weight(self) -> float:
        """Of its loss beside that of the spectrum."""

    def initialise(self, network: SpectralNetwork, key: PRNGKeyArray) -> PyTree:
        """Parameters of its own, a tree of arrays: maps in and out."""

    def loss(self, extra: PyTree, network: SpectralNetwork, key: PRNGKeyArray) -> Array:
        """Loss (), differentiable with respect to `extra` and the network."""


class PhaseTask(eqx.Module):
    """The task of `PhaseTaskSettings`: to tell a phase, a network has to remember where its input came from."""

    settings: PhaseTaskSettings = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    """Time of a network's step, τ."""

    @property
    def weight(self) -> float:
        """Of its loss."""
        return self.settings.weight

    def initialise(self, network: SpectralNetwork, key: PRNGKeyArray) -> dict[str, Array]:
        """Input weights (neurons,) of standard deviation 1, and an output map (2, neurons) and its offset, 0."""
        dtype = network.sign.dtype
        return {
            "input": jax.random.normal(key, (network.neurons,), dtype),
            "output": jnp.zeros((2, network.neurons), dtype),
            "offset": jnp.zeros(2, dtype),
        }

    def sequences(self, key: PRNGKeyArray, dtype: "DTypeLike") -> Float[Array, "steps batch"]:
        """Phases θ, rad, each at a frequency and from a start of its own."""
        first, second = jax.random.split(key)
        chosen = self.settings
        frequency = jax.random.uniform(first, (chosen.batch,), dtype, chosen.slowest, chosen.fastest)
        start = jax.random.uniform(second, (chosen.batch,), dtype, 0.0, 2 * jnp.pi)
        time = self.dt * jnp.arange(round(chosen.length / self.dt), dtype=dtype)
        return start + 2 * jnp.pi * frequency * time[:, None]

    def outputs(
        self, extra: dict[str, Array], network: SpectralNetwork, phases: Float[Array, "steps batch"]
    ) -> Float[Array, "steps 2 batch"]:
        """What the network answers to sin θ, from rest."""
        product = network.product()
        state = jnp.zeros((network.neurons, phases.shape[1]), phases.dtype)

        def step(state: Array, heard: Array) -> tuple[Array, Array]:
            state = network.step(product, state, extra["input"][:, None] * heard)
            answer = extra["output"] @ network.rates_of(state) / network.neurons**0.5 + extra["offset"][:, None]
            return state, answer

        return jax.lax.scan(step, state, jnp.sin(phases))[1]

    def loss(self, extra: dict[str, Array], network: SpectralNetwork, key: PRNGKeyArray) -> Array:
        """Mean squared error of the outputs; 0.5 is what a constant answer reaches."""
        phases = self.sequences(key, network.sign.dtype)
        wanted = jnp.stack([jnp.sin(phases), jnp.cos(phases)], 1)
        errors = (self.outputs(extra, network, phases) - wanted) ** 2
        return errors[round(self.settings.settle / self.dt) :].mean()
