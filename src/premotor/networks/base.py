"""What a controller's network has to be, its parameters as named arrays, and the registry of networks."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from premotor.errors import PremotorError
from premotor.on_device import PyTree
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit
    from premotor.networks.controller.settings import MapSettings


Prepared = PyTree
"""What a network makes of its weights once for many steps, such as a `Product`; only its own `step` reads it."""
NumpyStep = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The next state from a state and a current, (neurons, copies) float32 each."""


class Edges(NamedTuple):
    """The synapses and gap junctions of a network, NumPy arrays; empty where it has none."""

    pre: np.ndarray
    """Position of the presynaptic neuron, (synapses,)."""
    post: np.ndarray
    weight: np.ndarray
    """Signed, silenced ones at 0, (synapses,)."""
    junction_a: np.ndarray
    """Positions of the two neurons of a gap junction, (junctions,)."""
    junction_b: np.ndarray
    conductance: np.ndarray
    """(junctions,)"""

    def received(self, neurons: int) -> np.ndarray | csr_array:
        """What each neuron receives of each other's rate, (neurons, neurons) float32, postsynaptic first.

        Sparse where less than a tenth of it is filled, which is the quicker one then.
        """
        a, b, g = self.junction_a, self.junction_b, self.conductance
        rows, columns = np.concatenate([self.post, b, a, a, b]), np.concatenate([self.pre, a, b, a, b])
        values = np.concatenate([self.weight, g, g, -g, -g]).astype(np.float32)
        matrix = csr_array((values, (rows, columns)), (neurons, neurons))
        return matrix if matrix.nnz < 0.1 * neurons**2 else matrix.toarray()


class BuildContext(NamedTuple):
    """What a network is built for."""

    observations: int
    """Size of an observation."""
    actions: int
    """Size of an action."""
    control_period: float
    """Time between two actions, s."""
    maps: "MapSettings"
    """How observations reach neurons and neurons reach actions."""
    key: PRNGKeyArray
    """Of what the network draws."""
    layer_key: PRNGKeyArray
    """The same for a network that has the maps for its first and last layer."""
    inputs: int = 0
    """How many neurons of the circuit receive observations; 0 of a baseline that has units of its own."""
    outputs: int = 0
    """How many are read out."""


class Network(eqx.Module):
    """The network of a controller. Arrays are neurons first: a state is (neurons, environments), float32.

    A network of one's own inherits from it (or from `RateNetwork`), says what is missing, and is registered::

        @NETWORKS.register("my-network")
        class MyNetwork(Network): ...

    Index arrays belong into fields, so that they are arguments of compiled functions and not constants.
    """

    settings: eqx.AbstractClassVar[type[Settings]]
    """Its settings; their `kind` is the name that it is registered under."""
    neurons: eqx.AbstractVar[int]
    control_period: eqx.AbstractVar[float]
    """Time that one `step` lasts, s."""
    learning_rates: eqx.AbstractVar[tuple[tuple[str, float], ...]]
    """For each field that learns its step size, relative to that of learning; 0 holds it fixed."""

    parameters: ClassVar[Mapping[str, str]] = {}
    """Fields that training on the spectrum can change, by kind (`trainable` in its settings)."""
    edge_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that say which edge each magnitude belongs to."""

    search_units: ClassVar[Mapping[str, float]] = {}
    """Unit of each field in a search without gradients; where there are none, they are measured."""

    computed: ClassVar[tuple[str, ...]] = ()
    """Fields that are computed from others and held while those do not learn; where they learn there are none."""

    stateless: ClassVar[bool] = False
    """Whether what it does depends on the present input alone."""

    replicates: ClassVar[int] = 1
    """Copies side by side with parameters of their own; a controller is one."""

    @property
    def period(self) -> float:
        """Time that one `step` lasts, s, as networks without a controller call it too."""
        return self.control_period

    @classmethod
    @abstractmethod
    def build(cls, circuit: "Circuit", settings: Any, context: BuildContext) -> Self:
        """The network of some settings (of the class `settings`), wired as `circuit`.

        Raises:
            PremotorError: the circuit cannot be wired so.
        """

    @abstractmethod
    def product(self) -> Prepared:
        """The linear part of the dynamics, prepared once for many steps."""

    @abstractmethod
    def step(
        self,
        product: Prepared,
        state: Float[Array, "neurons environments"],
        current: Float[Array, "neurons environments"],
    ) -> Float[Array, "neurons environments"]:
        """The state one control period later under the constant input `current`."""

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy alone, its weights prepared: for loops in which nothing is compiled, and for other formats.

        Only ufuncs, ``@``, slices and `numpy.concatenate` may touch state and current, so that it can be recorded.

        Raises:
            PremotorError: this network has none.
        """
        raise PremotorError(
            f"a network of the class {type(self).__name__} runs in JAX alone, since it defines no numpy_step: it can"
            " not be loaded by load_controller, served or exported"
        )

    @abstractmethod
    def edges(self) -> Edges:
        """Its synapses and gap junctions, which lesions and the report go by."""

    @abstractmethod
    def silenced(
        self, synapses: Bool[Array, " synapses"] | None = None, junctions: Bool[Array, " junctions"] | None = None
    ) -> Self:
        """A copy in which the marked synapses and gap junctions carry nothing."""

    @property
    def inert(self) -> Mapping[str, str]:
        """Kinds of `parameters` that play no part under its settings, each with the reason."""
        return {}

    @property
    def maps_are_layers(self) -> bool:
        """Whether the controller's maps are its own first and last layer: then nothing is calibrated."""
        return False

    @property
    def rows(self) -> int:
        """Numbers in the state of one environment; those beyond the neurons' activities are the network's affair."""
        return self.neurons

    def initial_state(self, environments: int) -> Float[Array, "rows environments"]:
        """All neurons silent."""
        return jnp.zeros((self.rows, environments), jnp.float32)

    def described(self) -> Mapping[str, np.ndarray]:
        """Arrays that a report compares before and after learning, by what they are in words."""
        edges = self.edges()
        return {"chemical synapses": np.abs(edges.weight), "gap junctions": edges.conductance}


class Baseline(Network):
    """A network without a connectome, as a measure of those with one: no synapses, hence nothing to silence."""

    keeps_maps: ClassVar[bool] = False
    """Whether the maps are those of the circuit, so many neurons wide, with units in the neurons' places."""

    own_maps: ClassVar[bool] = False
    """Whether it takes observations as they are, and its read-out stays; then no map around it learns."""

    def read_out(self) -> Float[Array, "actions outputs"]:
        """The output map of a network with `own_maps`."""
        raise NotImplementedError

    @property
    @abstractmethod
    def input_units(self) -> np.ndarray:
        """Positions of the units that the input map feeds."""

    @property
    @abstractmethod
    def output_units(self) -> np.ndarray:
        """Positions of the units that the output map reads."""

    @property
    def groups(self) -> list[str]:
        """What each unit belongs to, (units,)."""
        return ["hidden"] * self.neurons

    def edges(self) -> Edges:
        """None."""
        nothing, number = np.zeros(0, np.intp), np.zeros(0)
        return Edges(nothing, nothing, number, nothing, nothing, number)

    def silenced(
        self, synapses: Bool[Array, " synapses"] | None = None, junctions: Bool[Array, " junctions"] | None = None
    ) -> Self:
        """The network itself: it has no synapses."""
        return self


class Parametrised(Protocol):
    """A network whose parameters have names: `Network`, `RandomRateNetwork`."""

    parameters: ClassVar[Mapping[str, str]]
    edge_fields: ClassVar[tuple[str, ...]]

    @property
    def inert(self) -> Mapping[str, str]:
        """Kinds of `parameters` that play no part, each with the reason."""


class SteppedNetwork(Protocol):
    """What can be stimulated: states and currents are (neurons, copies)."""

    def product(self) -> Prepared:
        """The linear part of the dynamics, prepared once for many steps."""

    def step(self, product: Prepared, state: Array, current: Array, /) -> Array:
        """The state one step later."""


class SpectralNetwork(Parametrised, SteppedNetwork, Protocol):
    """A network whose Lyapunov spectrum can be learned: `RateNetwork`, `RandomRateNetwork`."""

    @property
    def neurons(self) -> int:
        """How many there are."""

    @property
    def sign(self) -> Array:
        """Of each synapse, (synapses,)."""

    @property
    def pre(self) -> Array:
        """Position of the presynaptic neuron, (synapses,)."""

    @property
    def post(self) -> Array:
        """Of the postsynaptic one."""

    def rates_of(self, state: Array) -> Array:
        """What the neurons give to others in a state."""

    def random_state(self, key: PRNGKeyArray) -> Array:
        """A state to start from, (neurons,)."""


def as_column(values: ArrayLike) -> np.ndarray:
    """One number a neuron as a float32 column, (neurons, 1)."""
    return np.asarray(values, np.float32)[:, None]


def field_of(network: Parametrised, kind: str) -> str:
    """Name of a network's array behind a kind of parameter.

    Raises:
        PremotorError: the network has none, or its activation makes no use of it.
    """
    if kind in network.inert:
        raise PremotorError(f"trainable.{kind} is on, but {network.inert[kind]}")
    if kind not in network.parameters:
        raise PremotorError(f"trainable.{kind} is on, but a {type(network).__name__} has no {kind}")
    return network.parameters[kind]


def network_arrays(network: Parametrised, ids: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Parameters, signs and edges of a network by name, and the ids of its neurons."""
    names = (*network.parameters.values(), "sign", *network.edge_fields)
    arrays = {name: np.asarray(attrgetter(name)(network)) for name in names}
    return arrays if ids is None else {**arrays, "ids": np.asarray(ids)}


def with_parameters[N: Parametrised](network: N, arrays: Mapping[str, np.ndarray]) -> N:
    """A network with those of its parameters that are in `arrays`, each in the type that it has."""
    for name in network.parameters.values():
        if name in arrays:
            present = attrgetter(name)(network)
            network = eqx.tree_at(attrgetter(name), network, jnp.asarray(arrays[name], present.dtype))
    return network


def started_from[N: Parametrised](network: N, arrays: Mapping[str, np.ndarray], ids: np.ndarray, source: str) -> N:
    """A network with the parameters that `network_arrays` gave for another one of the same circuit.

    Args:
        network: whose parameters are replaced.
        arrays: from `network_arrays`.
        ids: of the network's neurons.
        source: names the arrays in errors.

    Raises:
        PremotorError: the arrays are of another kind of network, of other neurons, or of other edges.
    """
    own, edges = set(network.parameters.values()), network.edge_fields
    missing = sorted({*own, *edges, "ids"} - set(arrays))
    if missing:
        raise PremotorError(f"{source} holds no {missing[0]}: it is of another kind of network")
    if not np.array_equal(arrays["ids"], ids):
        raise PremotorError(f"{source} is of {len(arrays['ids'])} other neurons than this circuit's {len(ids)}")
    for name in sorted(edges):
        if not np.array_equal(arrays[name], np.asarray(attrgetter(name)(network))):
            raise PremotorError(f"{source} is of other edges than this circuit's ({name} differs)")
    return with_parameters(network, arrays)
