"""Networks without a connectome, as a measure of those with one: a multilayer perceptron and a GRU.

They take the place of the circuit between the same two linear maps. Unless told otherwise they have as many
parameters that learn as the controller with a rate network would have.
"""

import itertools
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray
from pydantic import Field

from premotor.networks.controller.populations import input_neurons, output_neurons
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


Units = Annotated[int, Field(ge=1)]
ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}


class MLPSettings(Settings):
    """A multilayer perceptron."""

    kind: Literal["mlp"] = "mlp"
    hidden: Units | Annotated[tuple[Units, ...], Field(min_length=1)] | None = None
    """Units of each of two layers, or a list with those of each layer; null: two layers of so many that about as many
    parameters learn as with the circuit."""
    activation: Literal["relu", "tanh"] = "tanh"
    rate: float = Field(1.0, ge=0)
    """Relative learning rate of the hidden weights and biases."""
    calibrate: bool = True
    """Whether the read-out is whitened and steps are balanced as with a circuit; false: the maps are the first and the
    last layer, with the same step size as all others, as off-policy learning commonly has them."""


class GRUSettings(Settings):
    """A gated recurrent unit (Cho et al. 2014) behind a linear embedding."""

    kind: Literal["gru"] = "gru"
    hidden: int | None = Field(None, ge=1)
    """Units; null: so many that about as many parameters learn as with the circuit."""
    rate: float = Field(1.0, ge=0)
    """Relative learning rate of the hidden weights and biases."""


class PlainNetwork(eqx.Module):
    """What the plain networks share: no synapses, hence nothing to silence."""

    weight: Float[Array, "..."]
    bias: Float[Array, "..."]
    control_period: float = eqx.field(static=True)
    neurons: int = eqx.field(static=True)
    rates: tuple[tuple[str, float], ...] = eqx.field(static=True)

    @property
    def input_units(self) -> np.ndarray:
        """Positions of the units that the input map feeds."""
        raise NotImplementedError

    @property
    def output_units(self) -> np.ndarray:
        """Positions of the units that the output map reads."""
        raise NotImplementedError

    @property
    def groups(self) -> list[str]:
        """What each unit belongs to, (units,)."""
        return ["hidden"] * self.neurons

    @property
    def pre(self) -> Int[Array, " 0"]:
        """No synapses."""
        return jnp.zeros(0, jnp.int32)

    post = junction_a = junction_b = pre

    def initial_state(self, environments: int) -> Float[Array, "units environments"]:
        """All units at 0."""
        return jnp.zeros((self.neurons, environments), jnp.float32)

    def product(self) -> Float[Array, "..."]:
        """The hidden weights."""
        return self.weight

    def silenced(self, synapses: Array | None = None, junctions: Array | None = None) -> Self:
        """The network itself: it has no synapses."""
        return self


class MLPNetwork(PlainNetwork):
    """Hidden layers of units without a memory: the state is the present activity and is not used again.

    The units of all layers, first layer first, are its neurons. `weight` holds the weights between layers, (units
    after the first layer, widest layer): a row a unit, whose columns beyond the layer before it are not used.
    """

    layers: tuple[int, ...] = eqx.field(static=True)
    activation: str = eqx.field(static=True)
    calibrate: bool = eqx.field(static=True)

    stateless: ClassVar[bool] = True
    """What it does depends on the present input alone."""

    def __init__(
        self, layers: int | tuple[int, ...], settings: MLPSettings, *, control_period: float, key: PRNGKeyArray
    ):
        """Orthogonal weights of gain √2."""
        self.layers = layers = (layers, layers) if isinstance(layers, int) else layers
        shapes = [(b, a) for a, b in itertools.pairwise(layers)]
        draw = jax.nn.initializers.orthogonal(2**0.5)
        keys = [key] if settings.calibrate and len(shapes) == 1 else jax.random.split(key, max(1, len(shapes)))
        drawn = [draw(one, shape) for one, shape in zip(keys, shapes, strict=False)]
        width = max(layers)
        wide = [jnp.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in drawn]
        self.weight = jnp.concatenate([jnp.zeros((0, width)), *wide])
        self.bias = jnp.zeros(sum(layers))
        self.neurons = sum(layers)
        self.control_period = control_period
        self.rates = (("weight", settings.rate), ("bias", settings.rate))
        self.activation = settings.activation
        self.calibrate = settings.calibrate

    @staticmethod
    def parameters(hidden: int, observations: int, actions: int) -> int:
        """How many parameters learn with two layers, maps included."""
        return hidden * observations + hidden**2 + 2 * hidden + hidden * actions + actions

    @property
    def groups(self) -> list[str]:
        """The layer of each unit."""
        return [f"layer {i + 1}" for i, size in enumerate(self.layers) for _ in range(size)]

    @property
    def input_units(self) -> np.ndarray:
        """The first layer."""
        return np.arange(self.layers[0])

    @property
    def output_units(self) -> np.ndarray:
        """The last layer."""
        return np.arange(self.neurons - self.layers[-1], self.neurons)

    def step(
        self,
        product: Float[Array, "rows columns"],
        state: Float[Array, "units environments"],
        current: Float[Array, "units environments"],
    ) -> Float[Array, "units environments"]:
        """The activity that the input `current` leads to; rows of it beyond those of the first layer play no part."""
        activate = ACTIVATIONS[self.activation]
        units = activate(current[: self.layers[0]] + self.bias[: self.layers[0], None])
        states, row = [units], self.layers[0]
        for before, size in itertools.pairwise(self.layers):
            weight = product[row - self.layers[0] :][:size, :before]
            units = activate(weight @ units + self.bias[row : row + size, None])
            row += size
            states.append(units)
        return jnp.concatenate(states)


class GRUNetwork(PlainNetwork):
    """z, r, n gates as in Cho et al. (2014), with the reset gate behind the recurrent product."""

    def __init__(self, hidden: int, settings: GRUSettings, *, control_period: float, key: PRNGKeyArray):
        self.weight = jax.nn.initializers.orthogonal(1.0)(key, (6 * hidden, hidden)) * 6**0.5
        self.bias = jnp.zeros(3 * hidden)
        self.neurons = hidden
        self.control_period = control_period
        self.rates = (("weight", settings.rate), ("bias", settings.rate))

    @staticmethod
    def parameters(hidden: int, observations: int, actions: int) -> int:
        """How many parameters learn, maps included."""
        return hidden * observations + 6 * hidden**2 + 3 * hidden + hidden * actions + actions

    @property
    def input_units(self) -> np.ndarray:
        """All units: the input map is the embedding."""
        return np.arange(self.neurons)

    output_units = input_units

    def step(
        self,
        product: Float[Array, "gates hidden"],
        state: Float[Array, "hidden environments"],
        current: Float[Array, "hidden environments"],
    ) -> Float[Array, "hidden environments"]:
        """One step under the embedded input `current`."""
        size = self.neurons
        given = product[: 3 * size] @ current + self.bias[:, None]
        kept = product[3 * size :] @ state
        update = jax.nn.sigmoid(given[:size] + kept[:size])
        reset = jax.nn.sigmoid(given[size : 2 * size] + kept[size : 2 * size])
        new = jnp.tanh(given[2 * size :] + reset * kept[2 * size :])
        return update * state + (1 - update) * new


def is_plain(settings: Any) -> bool:
    """Whether some settings of a network are of one without a connectome."""
    return settings.kind in PLAIN


PLAIN: dict[str, Any] = {"mlp": MLPNetwork, "gru": GRUNetwork}


def plain_network(
    settings: Any,
    circuit: "Circuit",
    *,
    maps: Any,
    observations: int,
    actions: int,
    control_period: float,
    key: PRNGKeyArray,
) -> PlainNetwork:
    """The plain network of some settings, of the size that they or the circuit ask for.

    Args:
        settings: `MLPSettings` or `GRUSettings`.
        circuit: whose number of parameters is matched where `hidden` is null.
        maps: `MapSettings`, which say at how many neurons of the circuit observations would enter.
        observations: size of an observation.
        actions: size of an action.
        control_period: time between two actions, s.
        key: JAX random key.
    """
    kind = PLAIN[settings.kind]
    hidden = settings.hidden
    if hidden is None:
        outputs = output_neurons(circuit, maps.outputs)
        inputs = input_neurons(circuit, maps.inputs, outputs)
        known = int(circuit.synapses[circuit.neurons["sign"].to_numpy() != 0].nnz)
        wanted = known + len(circuit) + len(inputs) * observations + len(outputs) * actions + actions
        if circuit.gap_junctions is not None:
            wanted += circuit.gap_junctions.nnz // 2
        sizes = np.arange(1, wanted + 1)
        hidden = int(sizes[np.argmin([abs(kind.parameters(int(n), observations, actions) - wanted) for n in sizes])])
    return kind(hidden, settings, control_period=control_period, key=key)
