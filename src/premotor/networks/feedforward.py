"""Layers of units without a circuit and without a memory: what reinforcement learning commonly has as its actor."""

import itertools
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field

from premotor.errors import PremotorError
from premotor.networks.product import Product
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}


class FeedforwardSettings(Settings):
    """Layers of `FeedforwardNetwork`."""

    kind: Literal["feedforward"] = "feedforward"
    layers: tuple[int, ...] = Field((64, 64), min_length=1)
    """Units of each hidden layer."""
    activation: Literal["relu", "tanh"] = "tanh"


class FeedforwardNetwork(eqx.Module):
    """Hidden layers of units without a memory; a controller's maps are its first and its last layer of weights.

    The units of all layers, first layer first, are its neurons. It wires no circuit.
    """

    hidden_weight: Float[Array, " weights"]
    """Weights between hidden layers, each layer's (out, in) row by row, one after the other."""
    bias: Float[Array, " neurons"]
    layers: tuple[int, ...] = eqx.field(static=True)
    activation: str = eqx.field(static=True)
    control_period: float = eqx.field(static=True)
    rates: tuple[tuple[str, float], ...] = eqx.field(static=True)

    stateless: ClassVar[bool] = True
    """What it does depends on the present input alone."""
    plain: ClassVar[bool] = True
    """A controller's maps are layers of its own: no whitening, no balanced step sizes."""

    def __init__(
        self,
        circuit: "Circuit | None",
        settings: FeedforwardSettings | None = None,
        *,
        control_period: float = 0.02,
    ):
        """Lay out the layers, all weights 0 until `drawn`; the circuit plays no part."""
        settings = settings or FeedforwardSettings()
        self.hidden_weight = jnp.zeros(sum(a * b for a, b in itertools.pairwise(settings.layers)))
        self.bias = jnp.zeros(sum(settings.layers))
        self.layers = settings.layers
        self.activation = settings.activation
        self.control_period = control_period
        self.rates = (("hidden_weight", 1.0), ("bias", 1.0))

    def drawn(self, key: PRNGKeyArray) -> Self:
        """A copy with orthogonal weights, of gain √2 for rectified units."""
        shapes = [(b, a) for a, b in itertools.pairwise(self.layers)]
        draw = jax.nn.initializers.orthogonal(2**0.5 if self.activation == "relu" else 1.0)
        keys = jax.random.split(key, max(1, len(shapes)))
        weights = [draw(one, shape).ravel() for one, shape in zip(keys, shapes, strict=False)]
        return eqx.tree_at(lambda n: n.hidden_weight, self, jnp.concatenate([*weights, jnp.zeros(0)]))

    @property
    def neurons(self) -> int:
        """Units of all hidden layers."""
        return sum(self.layers)

    @property
    def input_neurons(self) -> np.ndarray:
        """The first layer's."""
        return np.arange(self.layers[0])

    @property
    def output_neurons(self) -> np.ndarray:
        """The last layer's."""
        return np.arange(self.neurons - self.layers[-1], self.neurons)

    def initial_state(self, environments: int) -> Float[Array, "neurons environments"]:
        """All units at 0."""
        return jnp.zeros((self.neurons, environments), jnp.float32)

    def product(self) -> Product:
        """Nothing is prepared."""
        return Product(None, None, None, None, self.neurons)

    def last(self, state: Float[Array, "neurons environments"]) -> Float[Array, "units environments"]:
        """The last layer's units."""
        return state[self.neurons - self.layers[-1] :]

    def step(
        self, product: Product, rates: Array, current: Float[Array, "inputs environments"]
    ) -> Float[Array, "neurons environments"]:
        """The units of all layers; what they were before plays no part."""
        activate = ACTIVATIONS[self.activation]
        units, states, at, begin = current, [], 0, 0
        for layer, size in enumerate(self.layers):
            if layer:
                before = self.layers[layer - 1]
                units = self.hidden_weight[at : at + size * before].reshape(size, before) @ units
                at += size * before
            units = activate(units + self.bias[begin : begin + size, None])
            begin += size
            states.append(units)
        return jnp.concatenate(states)

    def silenced(self, synapses: Array | None = None, junctions: Array | None = None) -> Self:
        """It has no synapses to silence.

        Raises:
            PremotorError: always.
        """
        raise PremotorError("network.kind is feedforward: there are no synapses of a circuit to silence")
