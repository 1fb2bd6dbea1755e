"""A rate network whose every synapse is a real one."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from premotor.connectome.weights import weight_rule, with_spectral_radius
from premotor.errors import PremotorError
from premotor.networks.base import BuildContext, Edges, Network, NumpyStep, as_column
from premotor.networks.product import Parts, Product
from premotor.networks.settings import NETWORKS, Layout, RateNetworkSettings
from premotor.on_device import on_device
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


def rectified_tanh(x: Array) -> Array:
    """max(tanh x, 0): silent below threshold, saturating at 1."""
    return jnp.maximum(jnp.tanh(x), 0.0)


TINY = 1e-12
"""Least magnitude at the start: a rule may send a synapse to zero, whose logarithm does not exist."""
ACTIVATIONS = {"rectified_tanh": rectified_tanh, "tanh": jnp.tanh, "softplus": jax.nn.softplus}
NUMPY_ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "rectified_tanh": lambda x: np.maximum(np.tanh(x), 0),
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0),
}
"""The same in NumPy."""


@NETWORKS.register("rate")
class RateNetwork(Network):
    """τ dr/dt = −r + φ(gain · (Wᵀ r + gap currents + input + bias)), with W = sign ∘ magnitude on real synapses.

    Magnitudes are stored as logarithms, one a synapse of the circuit: whatever an optimiser does to them, a
    synapse keeps its sign (that of its presynaptic neuron, Dale's law) and none appears where the circuit has
    none. Gap junctions are electrical: current conductance · (r_j − r_i), one conductance a pair. The step is
    exponential Euler, exact for constant input and stable for any step.

    Synapses of a neuron whose sign is unknown (0) carry nothing; `unsigned_synapses` counts these edges.

    Arrays are neurons first: rates and inputs have shape (neurons, environments).
    """

    settings: ClassVar[type[Settings]] = RateNetworkSettings
    parameters: ClassVar[Mapping[str, str]] = {
        "weights": "log_magnitude",
        "conductances": "log_conductance",
        "time_constants": "log_time_constant",
        "gains": "log_gain",
        "shifts": "bias",
    }
    edge_fields: ClassVar[tuple[str, ...]] = ("pre", "post", "junction_a", "junction_b")
    log_magnitude: Float[Array, " synapses"]
    log_conductance: Float[Array, " junctions"]
    log_time_constant: Float[Array, " neurons"]
    log_gain: Float[Array, " neurons"]
    bias: Float[Array, " neurons"]
    sign: Float[Array, " synapses"]
    pre: Int[Array, " synapses"]
    post: Int[Array, " synapses"]
    junction_a: Int[Array, " junctions"]
    junction_b: Int[Array, " junctions"]
    synapse_on: Float[Array, " synapses"]
    junction_on: Float[Array, " junctions"]
    log_factor: Float[Array, " groups"] | None
    """Of the factor that each group of synapses shares; None: no groups."""
    group: Int[Array, " synapses"] | None
    neurons: int = eqx.field(static=True)
    unsigned_synapses: int = eqx.field(static=True)
    substeps: int = eqx.field(static=True)
    control_period: float = eqx.field(static=True)
    activation: str = eqx.field(static=True)
    layout: Layout = eqx.field(static=True)
    parts: Parts | None = eqx.field(static=True)
    learning_rates: tuple[tuple[str, float], ...] = eqx.field(static=True)

    def __init__(
        self, circuit: "Circuit", settings: RateNetworkSettings | None = None, *, control_period: float = 0.02
    ):
        """Wire the network as `circuit`; `control_period` (s) is the time that one `step` lasts.

        Raises:
            PremotorError: the circuit has no signed synapse, or cannot be scaled as asked.
        """
        settings = settings or RateNetworkSettings()
        sign = circuit.neurons["sign"].to_numpy(np.int64)
        weights = weight_rule(settings.weights)(circuit)
        pre, post = circuit.synapses.tocoo().coords
        known = sign[pre] != 0
        if not known.any():
            raise PremotorError(
                f"the circuit has {len(pre)} synaptic edges and none of a neuron with a known sign; "
                "choose another sign policy (circuit.signs) or selection"
            )
        if settings.spectral_radius is not None:
            try:
                weights = with_spectral_radius(weights, settings.spectral_radius)
            except PremotorError as error:
                raise PremotorError(
                    f"network.spectral_radius is {settings.spectral_radius}, but {error}; where a circuit has no loop, "
                    "set it to null"
                ) from error
        magnitude = np.maximum(np.abs(weights.data[known]), TINY)
        pre, post = pre[known], post[known]
        size = len(circuit)
        a, b, conductance = _conductances(circuit, settings.gap_junctions)

        self.log_magnitude = on_device(np.log(magnitude), np.float32)
        self.log_conductance = on_device(np.log(conductance), np.float32)
        self.log_time_constant = on_device(np.full(size, np.log(settings.time_constant)), np.float32)
        self.log_gain = on_device(np.full(size, np.log(settings.gain)), np.float32)
        self.bias = on_device(np.full(size, settings.bias), np.float32)
        self.sign = on_device(sign[pre], np.float32)
        self.pre, self.post = on_device(pre, np.int32), on_device(post, np.int32)
        self.junction_a, self.junction_b = on_device(a, np.int32), on_device(b, np.int32)
        self.synapse_on = on_device(np.ones(len(pre)), np.float32)
        self.junction_on = on_device(np.ones(len(a)), np.float32)
        self.log_factor = self.group = None
        if settings.groups is not None:
            if settings.groups > len(pre):
                raise PremotorError(
                    f"network.groups is {settings.groups:,}, but the circuit has {len(pre):,} signed synaptic edges"
                )
            self.log_factor = on_device(np.zeros(settings.groups), np.float32)
            self.group = on_device(np.random.default_rng(0).permutation(len(pre)) % settings.groups, np.int32)
        self.neurons = size
        self.unsigned_synapses = int((~known).sum())
        self.substeps = settings.substeps
        self.control_period = control_period
        self.activation = settings.activation
        self.layout = settings.product
        self.parts = Parts.of(circuit)
        relative = settings.learning_rates
        self.learning_rates = (
            ("log_magnitude", relative.magnitudes),
            ("log_conductance", relative.magnitudes),
            ("log_time_constant", relative.time_constants),
            ("log_gain", relative.gains),
            ("bias", relative.biases),
            *(() if self.log_factor is None else (("log_factor", relative.factors),)),
        )

    @classmethod
    def build(cls, circuit: "Circuit", settings: Any, context: BuildContext) -> Self:
        """The network of some settings, wired as `circuit`; raises as the class does."""
        return cls(circuit, settings, control_period=context.control_period)

    @property
    def weight(self) -> Float[Array, " synapses"]:
        """Signed weight of every synapse, silenced ones at zero."""
        weight = self.sign * jnp.exp(self.log_magnitude) * self.synapse_on
        return weight if self.log_factor is None else weight * jnp.exp(self.log_factor)[self.group]

    @property
    def conductance(self) -> Float[Array, " junctions"]:
        """Conductance of every gap junction (one a pair), silenced ones at zero."""
        return jnp.exp(self.log_conductance) * self.junction_on

    def edges(self) -> Edges:
        """Its synapses and gap junctions."""
        a, b, conductance = self.junction_a, self.junction_b, self.conductance
        return Edges(*map(np.asarray, (self.pre, self.post, self.weight, a, b, conductance)))

    def described(self) -> Mapping[str, np.ndarray]:
        """Magnitudes, conductances, biases, gains and time constants (s)."""
        neurons = {
            "biases": self.bias,
            "gains": jnp.exp(self.log_gain),
            "time constants": jnp.exp(self.log_time_constant),
        }
        own = {f"{name} of neurons": np.asarray(value) for name, value in neurons.items()}
        return {**super().described(), **own}

    def random_state(self, key: PRNGKeyArray) -> Float[Array, " neurons"]:
        """Rates to start from, independent and uniform between 0 and 1."""
        return jax.random.uniform(key, (self.neurons,), self.bias.dtype)

    def rates_of(self, state: Float[Array, "neurons environments"]) -> Float[Array, "neurons environments"]:
        """The state of this network are its rates."""
        return state

    def product(self) -> Product:
        """The linear part of the dynamics, prepared once for many steps."""
        a, b, g = self.junction_a, self.junction_b, self.conductance
        return Product.prepare(
            jnp.concatenate([self.pre, a, b, a, b]),
            jnp.concatenate([self.post, b, a, a, b]),
            jnp.concatenate([self.weight, g, g, -g, -g]),
            self.neurons,
            self.layout,
            self.parts,
            loops=2 * len(a),
        )

    def step(
        self,
        product: Product,
        rates: Float[Array, "neurons environments"],
        current: Float[Array, "neurons environments"],
    ) -> Float[Array, "neurons environments"]:
        """Advance one control period under constant input `current`."""
        activate = ACTIVATIONS[self.activation]
        period = self.control_period / self.substeps
        blend = -jnp.expm1(-period * jnp.exp(-self.log_time_constant))[:, None]
        gain = jnp.exp(self.log_gain)[:, None]
        drive = current + self.bias[:, None]
        for _ in range(self.substeps):
            rates = rates + blend * (activate(gain * (product(rates) + drive)) - rates)
        return rates

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy."""
        activate, received, substeps = (
            NUMPY_ACTIVATIONS[self.activation],
            self.edges().received(self.neurons),
            self.substeps,
        )
        period = self.control_period / substeps
        blend = as_column(-np.expm1(-period * np.exp(-np.asarray(self.log_time_constant))))
        gain, bias = as_column(np.exp(np.asarray(self.log_gain))), as_column(self.bias)

        def step(rates: np.ndarray, current: np.ndarray) -> np.ndarray:
            drive = current + bias
            for _ in range(substeps):
                rates = rates + blend * (activate(gain * (received @ rates + drive)) - rates)
            return rates

        return step

    def silenced(
        self, synapses: Bool[Array, " synapses"] | None = None, junctions: Bool[Array, " junctions"] | None = None
    ) -> Self:
        """A copy in which the marked synapses and gap junctions carry nothing."""
        network = self
        if synapses is not None:
            on = jnp.where(synapses, 0.0, network.synapse_on)
            network = eqx.tree_at(lambda n: n.synapse_on, network, on)
        if junctions is not None:
            on = jnp.where(junctions, 0.0, network.junction_on)
            network = eqx.tree_at(lambda n: n.junction_on, network, on)
        return network


def _conductances(circuit: "Circuit", strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs joined by gap junctions (a < b) and strength · count / (the larger of the two cells' totals).

    This normalisation is symmetric and bounds each cell's total conductance by `strength`.
    """
    junctions = circuit.gap_junctions
    if junctions is None or strength == 0:
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    full = junctions.tocoo()
    total = np.bincount(full.row, weights=full.data, minlength=full.shape[0])
    upper = full.row < full.col  # a junction of a cell with itself carries no current
    a, b, count = full.row[upper], full.col[upper], full.data[upper]
    return a, b, strength * count / np.maximum(total[a], total[b])
