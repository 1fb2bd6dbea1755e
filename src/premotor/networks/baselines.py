"""Networks without a connectome, as a measure of those with one: a multilayer perceptron and a GRU.

They take the place of the circuit between the same two linear maps. Unless told otherwise they have as many
parameters that learn as the controller with a rate network would have.
"""

import itertools
from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.host_random import orthogonal, split
from premotor.networks.base import Baseline, BuildContext, NumpyStep, as_column
from premotor.networks.controller.populations import input_neurons, output_neurons
from premotor.networks.settings import NETWORKS, GRUSettings, MLPSettings
from premotor.on_device import on_device
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


ACTIVATIONS = {"elu": jax.nn.elu, "relu": jax.nn.relu, "tanh": jnp.tanh}
NUMPY_ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
}


class _Units(Baseline):
    """What both baselines share: one array of hidden weights, one of biases."""

    weight: Float[Array, "rows columns"]
    bias: Float[Array, " biases"]
    control_period: float = eqx.field(static=True)
    neurons: int = eqx.field(static=True)
    learning_rates: tuple[tuple[str, float], ...] = eqx.field(static=True)

    @staticmethod
    @abstractmethod
    def count_parameters(hidden: int, observations: int, actions: int) -> int:
        """How many parameters learn with so many hidden units (a layer), maps included."""

    def product(self) -> Float[Array, "rows columns"]:
        """The hidden weights."""
        return self.weight

    def described(self) -> Mapping[str, np.ndarray]:
        """The hidden weights and biases."""
        return {"weights between units": np.asarray(self.weight), "biases of units": np.asarray(self.bias)}

    @classmethod
    def matched(cls, circuit: "Circuit", context: BuildContext) -> int:
        """Hidden units with which about as many parameters learn as with the circuit in a rate network."""
        maps, observations, actions = context.maps, context.observations, context.actions
        outputs = output_neurons(circuit, maps.outputs)
        inputs = input_neurons(circuit, maps.inputs, outputs)
        known = int(circuit.synapses[circuit.neurons["sign"].to_numpy() != 0].nnz)
        wanted = known + len(circuit) + len(inputs) * observations + len(outputs) * actions + actions
        if circuit.gap_junctions is not None:
            wanted += circuit.gap_junctions.nnz // 2
        sizes = np.arange(1, wanted + 1)
        return int(sizes[np.argmin([abs(cls.count_parameters(int(n), observations, actions) - wanted) for n in sizes])])


@NETWORKS.register("mlp")
class MLPNetwork(_Units):
    """Hidden layers of units without a memory: the state is the present activity and is not used again.

    The units of all layers, first layer first, are its neurons. `weight` holds the weights between layers, (units
    after the first layer, widest layer): a row a unit, whose columns beyond the layer before it are not used.
    """

    settings: ClassVar[type[Settings]] = MLPSettings
    layers: tuple[int, ...] = eqx.field(static=True)
    activation: Literal["elu", "relu", "tanh"] = eqx.field(static=True)
    calibrate: bool = eqx.field(static=True)

    stateless: ClassVar[bool] = True
    """What it does depends on the present input alone."""

    def __init__(
        self, layers: int | tuple[int, ...], settings: MLPSettings, *, control_period: float, key: PRNGKeyArray
    ):
        """Orthogonal weights of gain √2."""
        self.layers = layers = (layers, layers) if isinstance(layers, int) else layers
        shapes = [(b, a) for a, b in itertools.pairwise(layers)]
        keys = [key] if settings.calibrate and len(shapes) == 1 else split(key, max(1, len(shapes)))
        drawn = [orthogonal(one, shape, 2**0.5) for one, shape in zip(keys, shapes, strict=False)]
        width = max(layers)
        library: ModuleType = np if all(isinstance(one, np.ndarray) for one in drawn) else jnp  # JAX's while it traces
        wide = [library.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in drawn]
        self.weight = on_device(library.concatenate([np.zeros((0, width)), *wide]), np.float32)
        self.bias = on_device(np.zeros(sum(layers)))
        self.neurons = sum(layers)
        self.control_period = control_period
        self.learning_rates = (("weight", settings.rate), ("bias", settings.rate))
        self.activation = settings.activation
        self.calibrate = settings.calibrate

    @classmethod
    def build(cls, circuit: "Circuit", settings: MLPSettings, context: BuildContext) -> Self:
        """The perceptron of some settings, of the size that they or the circuit ask for."""
        layers = cls.matched(circuit, context) if settings.hidden is None else settings.hidden
        key = context.key if settings.calibrate else context.layer_key
        return cls(layers, settings, control_period=context.control_period, key=key)

    @property
    def maps_are_layers(self) -> bool:
        """Where the settings say `calibrate: false`."""
        return not self.calibrate

    @staticmethod
    def count_parameters(hidden: int, observations: int, actions: int) -> int:
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

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy."""
        activate, weight, bias = NUMPY_ACTIVATIONS[self.activation], np.asarray(self.weight), as_column(self.bias)
        first, *others = self.layers

        def step(state: np.ndarray, current: np.ndarray) -> np.ndarray:
            states, row, before = [activate(current[:first] + bias[:first])], first, first
            for size in others:
                own = weight[row - first : row - first + size, :before]
                states.append(activate(own @ states[-1] + bias[row : row + size]))
                row, before = row + size, size
            return np.concatenate(states)

        return step


@NETWORKS.register("gru")
class GRUNetwork(_Units):
    """z, r, n gates as in Cho et al. (2014), with the reset gate behind the recurrent product."""

    settings: ClassVar[type[Settings]] = GRUSettings

    def __init__(self, hidden: int, settings: GRUSettings, *, control_period: float, key: PRNGKeyArray):
        self.weight = on_device(orthogonal(key, (6 * hidden, hidden)) * np.float32(6**0.5))
        self.bias = on_device(np.zeros(3 * hidden))
        self.neurons = hidden
        self.control_period = control_period
        self.learning_rates = (("weight", settings.rate), ("bias", settings.rate))

    @classmethod
    def build(cls, circuit: "Circuit", settings: GRUSettings, context: BuildContext) -> Self:
        """The GRU of some settings, of the size that they or the circuit ask for."""
        hidden = cls.matched(circuit, context) if settings.hidden is None else settings.hidden
        return cls(hidden, settings, control_period=context.control_period, key=context.key)

    @staticmethod
    def count_parameters(hidden: int, observations: int, actions: int) -> int:
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

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy."""
        size, bias = self.neurons, as_column(self.bias)
        fed, kept = np.split(np.asarray(self.weight), 2)

        def gate(x: np.ndarray) -> np.ndarray:
            return 0.5 * (1 + np.tanh(0.5 * x))  # the logistic function, which can not overflow so

        def step(state: np.ndarray, current: np.ndarray) -> np.ndarray:
            given, held = fed @ current + bias, kept @ state
            update = gate(given[:size] + held[:size])
            reset = gate(given[size : 2 * size] + held[size : 2 * size])
            new = np.tanh(given[2 * size :] + reset * held[2 * size :])
            return update * state + (1 - update) * new

        return step
