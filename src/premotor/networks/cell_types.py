"""A rate network whose neurons share their parameters by cell type: few numbers, on synapses that stay as counted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from premotor.errors import PremotorError
from premotor.networks.base import NumpyStep
from premotor.networks.rate import ACTIVATIONS, NUMPY_ACTIVATIONS, RateNetwork
from premotor.networks.settings import NETWORKS, CellTypeSettings, RateNetworkSettings
from premotor.on_device import on_device
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


class TypeProduct(NamedTuple):
    """What one set of parameters makes of the network, beside the wiring that all sets share."""

    wiring: Float[Array, "2 post pre"] | None
    """Chemical and electrical input for each presynaptic output; None: the network's own `wiring`."""
    blend: Float[Array, "neurons 1"]
    amplitude: Float[Array, "neurons 1"]
    """Output at a full rate: that of muscles; synapses transmit it by strengths relative to theirs."""
    bias: Float[Array, "neurons 1"]
    sense: Float[Array, "neurons 1"]
    chemical: Float[Array, ""]
    electrical: Float[Array, ""]


@NETWORKS.register("cell-types")
class CellTypeNetwork(RateNetwork):
    """τ ds/dt = −s + g · φ(c · Wᵀ s / m + e · gap currents of s / m + a · input + bias), with s the output of a neuron.

    g (`log_gain`), bias, τ (`log_time_constant`) and the gain of the input a (`sense`) are one number a cell type;
    types that the settings do not name share theirs. c, e and m are global strengths of chemical, electrical and
    neuromuscular transmission, and a fourth scales all input (`log_strength`): m is part of g, which muscles feel, and
    is taken out again where neurons do. With the activation `tanh` outputs are deviations from tonic release. Time
    constants are kept within the settings' bounds. Synaptic magnitudes are as counted unless their learning rate is
    more than 0; then each is one number more. Signs and support are held as in `RateNetwork`.
    """

    settings: ClassVar[type[Settings]] = CellTypeSettings
    parameters: ClassVar[Mapping[str, str]] = {"weights": "log_magnitude", "conductances": "log_conductance"}
    search_units: ClassVar[Mapping[str, float]] = {
        "log_magnitude": 1.0,
        "log_conductance": 1.0,
        "log_time_constant": 1.0,
        "log_gain": 1.0,
        "bias": 0.5,
        "sense": 1.0,
        "log_strength": 1.0,
        "log_factor": 1.0,
    }
    computed: ClassVar[tuple[str, ...]] = ("wiring",)
    sense: Float[Array, " types"]
    log_strength: Float[Array, "4"]
    """Of chemical and electrical transmission, senses, and neuromuscular transmission."""
    type_of: Int[Array, " neurons"]
    wiring: Float[Array, "2 post pre"] | None
    """Of all sets of parameters; None where magnitudes learn."""
    bounds: tuple[float, float] = eqx.field(static=True)
    types: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, circuit: "Circuit", settings: CellTypeSettings | None = None, *, control_period: float = 0.01):
        """Wire the network as `circuit`.

        Raises:
            PremotorError: the circuit has no signed synapse, cannot be scaled as asked, or lacks a type that is given a
                gain, a bias or a time constant.
        """
        settings = settings or CellTypeSettings()
        shared = settings.model_dump(include=set(RateNetworkSettings.model_fields) - {"kind", "learning_rates"})
        super().__init__(circuit, RateNetworkSettings(**shared), control_period=control_period)
        found = circuit.neurons["type"].to_numpy()
        chosen = sorted(set(found)) if settings.types is None else settings.types
        if settings.types is not None and "name" in circuit.neurons:  # a neuron that is named is a type of its own
            names = circuit.neurons["name"].to_numpy()
            found = np.where(np.isin(names, chosen), names, found)
        named = [name for name in chosen if name in set(found)]
        self.types = (*named, "others")
        self.type_of = on_device([named.index(t) if t in named else len(named) for t in found], np.int32)
        size, relative = len(self.types), settings.learning_rates
        start = [np.log(settings.type_time_constants.get(name, settings.time_constant)) for name in self.types]
        self.log_time_constant = on_device(start, np.float32)
        for key in ("type_gains", "type_biases", "type_time_constants"):
            unknown = sorted(set(getattr(settings, key)) - set(named))
            if unknown:
                raise PremotorError(f"network.{key}: {unknown[0]!r} is none of network.types that the circuit has")
        factors = np.array([settings.type_gains.get(name, 1.0) for name in self.types])
        self.log_gain = on_device(np.log(settings.gain * factors), np.float32)
        biases = np.array([settings.type_biases.get(name, 0.0) for name in self.types])
        self.bias = on_device(settings.bias + biases, np.float32)
        self.sense = on_device(np.ones(size), np.float32)
        self.log_strength = jnp.log(on_device([settings.chemical, 1.0, 1.0, settings.neuromuscular], np.float32))
        self.bounds = settings.time_constants
        self.learning_rates = (
            ("log_magnitude", relative.magnitudes),
            ("log_conductance", relative.magnitudes),
            ("log_time_constant", relative.time_constants),
            ("log_gain", relative.gains),
            ("bias", relative.biases),
            ("sense", relative.gains),
            ("log_strength", relative.gains),
            *(() if self.log_factor is None else (("log_factor", relative.factors),)),
        )
        self.wiring = None if relative.magnitudes or self.log_factor is not None else self._wiring()

    @property
    def time_constants(self) -> Float[Array, " types"]:
        """τ of each type, s, within the bounds."""
        return jnp.clip(jnp.exp(self.log_time_constant), *self.bounds)

    def described(self) -> Mapping[str, np.ndarray]:
        """Magnitudes, conductances, and the parameters of cell types."""
        edges = self.edges()
        own = {"biases": self.bias, "gains": jnp.exp(self.log_gain), "gains of input": self.sense}
        own |= {"time constants": self.time_constants}
        return {
            "chemical synapses": np.abs(edges.weight),
            "gap junctions": edges.conductance,
            "global strengths": np.exp(np.asarray(self.log_strength)),
            **{f"{name} of cell types": np.asarray(value) for name, value in own.items()},
        }

    def product(self) -> TypeProduct:  # type: ignore[override]
        """The parameters of each neuron, and the wiring where it learns."""
        period = self.control_period / self.substeps
        chemical, electrical, senses, muscles = jnp.exp(self.log_strength)
        blend = -jnp.expm1(-period / self.time_constants)
        gain, sense = muscles * jnp.exp(self.log_gain), senses * self.sense
        blend, gain, bias, sense = (value[self.type_of][:, None] for value in (blend, gain, self.bias, sense))
        wiring = self._wiring() if self.wiring is None else None
        return TypeProduct(wiring, blend, gain, bias, sense, chemical / muscles, electrical / muscles)

    def step(  # type: ignore[override]
        self,
        product: TypeProduct,
        rates: Float[Array, "neurons environments"],
        current: Float[Array, "neurons environments"],
    ) -> Float[Array, "neurons environments"]:
        """Advance one control period under constant input `current`."""
        activate = ACTIVATIONS[self.activation]
        wiring = self.wiring if product.wiring is None else product.wiring
        drive = product.sense * current + product.bias
        assert wiring is not None
        for _ in range(self.substeps):
            received = wiring.reshape(-1, self.neurons) @ rates  # both kinds of transmission in one product
            received = product.chemical * received[: self.neurons] + product.electrical * received[self.neurons :]
            rates = rates + product.blend * (product.amplitude * activate(received + drive) - rates)
        return rates

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy, with both kinds of transmission in one matrix."""
        activate, substeps, product = NUMPY_ACTIVATIONS[self.activation], self.substeps, self.product()
        blend, amplitude, bias, sense = map(np.asarray, product[1:5])
        edges = self.edges()
        chemical, electrical = float(product.chemical), float(product.electrical)
        scaled = edges._replace(weight=chemical * edges.weight, conductance=electrical * edges.conductance)
        received = scaled.received(self.neurons)

        def step(rates: np.ndarray, current: np.ndarray) -> np.ndarray:
            drive = sense * current + bias
            for _ in range(substeps):
                rates = rates + blend * (amplitude * activate(received @ rates + drive) - rates)
            return rates

        return step

    def silenced(
        self, synapses: Bool[Array, " synapses"] | None = None, junctions: Bool[Array, " junctions"] | None = None
    ) -> Self:
        """A copy in which the marked synapses and gap junctions carry nothing."""
        network = super().silenced(synapses, junctions)
        if network.wiring is None:
            return network
        return eqx.tree_at(lambda n: n.wiring, network, network._wiring())

    def _wiring(self) -> Float[Array, "2 post pre"]:
        """What each neuron receives of each other's output, chemically and electrically."""
        nothing, a, b, g = jnp.zeros((self.neurons, self.neurons)), self.junction_a, self.junction_b, self.conductance
        chemical = nothing.at[self.post, self.pre].add(self.weight)
        electrical = nothing.at[b, a].add(g).at[a, b].add(g).at[a, a].add(-g).at[b, b].add(-g)
        return jnp.stack([chemical, electrical])
