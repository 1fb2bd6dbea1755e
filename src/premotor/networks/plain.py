"""Networks without a connectome, as a measure of those with one: a multilayer perceptron and a GRU.

They take the place of the circuit between the same two linear maps. Unless told otherwise they have as many
parameters that learn as the controller with a rate network would have.
"""

from typing import TYPE_CHECKING, Any, Literal, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray
from pydantic import Field

from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


class MLPSettings(Settings):
    """A multilayer perceptron with two hidden layers."""

    kind: Literal["mlp"] = "mlp"
    hidden: int | None = Field(None, ge=1)
    """Units of each layer; null: so many that about as many parameters learn as with the circuit."""
    rate: float = Field(1.0, ge=0)
    """Relative learning rate of the hidden weights and biases."""


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
    """Two hidden layers of tanh units; feed-forward: the state is the present activity and is not used again."""

    def __init__(self, hidden: int, settings: MLPSettings, *, control_period: float, key: PRNGKeyArray):
        self.weight = jax.nn.initializers.orthogonal(2**0.5)(key, (hidden, hidden))
        self.bias = jnp.zeros(2 * hidden)
        self.neurons = 2 * hidden
        self.control_period = control_period
        self.rates = (("weight", settings.rate), ("bias", settings.rate))

    @staticmethod
    def parameters(hidden: int, observations: int, actions: int) -> int:
        """How many parameters learn, maps included."""
        return hidden * observations + hidden**2 + 2 * hidden + hidden * actions + actions

    @property
    def input_units(self) -> np.ndarray:
        """The first layer."""
        return np.arange(self.neurons // 2)

    @property
    def output_units(self) -> np.ndarray:
        """The second layer."""
        return np.arange(self.neurons // 2, self.neurons)

    def step(
        self,
        product: Float[Array, "hidden hidden"],
        state: Float[Array, "units environments"],
        current: Float[Array, "units environments"],
    ) -> Float[Array, "units environments"]:
        """The activity that the input `current` leads to."""
        half = self.neurons // 2
        first = jnp.tanh(current[:half] + self.bias[:half, None])
        return jnp.concatenate([first, jnp.tanh(product @ first + self.bias[half:, None])])


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


PLAIN: dict[str, Any] = {"mlp": MLPNetwork, "gru": GRUNetwork}


def plain_network(
    settings: Any,
    circuit: "Circuit",
    *,
    inputs: int,
    outputs: int,
    observations: int,
    actions: int,
    control_period: float,
    key: PRNGKeyArray,
) -> PlainNetwork:
    """The plain network of some settings, of the size that they or the circuit ask for.

    Args:
        settings: `MLPSettings` or `GRUSettings`.
        circuit: whose number of parameters is matched where `hidden` is null.
        inputs: neurons of the circuit that observations would enter.
        outputs: neurons of the circuit that would be read out.
        observations: size of an observation.
        actions: size of an action.
        control_period: time between two actions, s.
        key: JAX random key.
    """
    kind = PLAIN[settings.kind]
    hidden = settings.hidden
    if hidden is None:
        known = int(circuit.synapses[circuit.neurons["sign"].to_numpy() != 0].nnz)
        wanted = known + len(circuit) + inputs * observations + outputs * actions + actions
        if circuit.gap_junctions is not None:
            wanted += circuit.gap_junctions.nnz // 2
        sizes = np.arange(1, wanted + 1)
        hidden = int(sizes[np.argmin([abs(kind.parameters(int(n), observations, actions) - wanted) for n in sizes])])
    return kind(hidden, settings, control_period=control_period, key=key)
