"""The rate network of studies of chaos: h ← h + dt·(−h + W φ(h) + input), random or wired as a circuit."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from premotor.connectome.weights import weight_rule, with_spectral_radius
from premotor.errors import PremotorError
from premotor.networks.product import Product
from premotor.networks.settings import ACTIVATIONS, Layout, RandomRateSettings, has_no_parameters

if TYPE_CHECKING:
    from premotor.connectome import Circuit

TINY = 1e-12
"""Least magnitude at the start: a rule may send a synapse to zero, whose logarithm does not exist."""


class RandomRateNetwork(eqx.Module):
    """h ← h + dt·(−h + W φ(h) + input) with τ = 1, after Sompolinsky, Crisanti & Sommers (1988).

    W = sign ∘ magnitude without self-connections; magnitudes are stored as logarithms, so that no optimiser
    changes a sign or adds a synapse. In a circuit the sign of a synapse is that of its presynaptic neuron
    (Dale's law); in a random network every synapse has its own. The step is Euler's.

    Arrays are neurons first: states and inputs have shape (neurons, batch).
    """

    parameters: ClassVar[Mapping[str, str]] = {"weights": "log_magnitude", "gains": "log_gain", "shifts": "shift"}
    edge_fields: ClassVar[tuple[str, ...]] = ("pre", "post")
    replicates: ClassVar[int] = 1
    log_magnitude: Float[Array, " synapses"]
    log_gain: Float[Array, " neurons"]
    shift: Float[Array, " neurons"]
    sign: Float[Array, " synapses"]
    pre: Int[Array, " synapses"]
    post: Int[Array, " synapses"]
    neurons: int = eqx.field(static=True)
    activation: str = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    layout: Layout = eqx.field(static=True)

    def __init__(
        self,
        pre: np.ndarray,
        post: np.ndarray,
        weight: np.ndarray,
        neurons: int,
        settings: RandomRateSettings | None = None,
    ):
        """Wire a network from edges: positions of both neurons, and signed weights, (synapses,) each."""
        settings = settings or RandomRateSettings()
        self.log_magnitude = jnp.asarray(np.log(np.maximum(np.abs(weight), TINY)))
        self.sign = jnp.asarray(np.where(weight < 0, -1.0, 1.0))
        self.pre, self.post = jnp.asarray(pre, jnp.int32), jnp.asarray(post, jnp.int32)
        self.log_gain = jnp.asarray(np.full(neurons, np.log(settings.gain)))
        self.shift = jnp.asarray(np.full(neurons, settings.shift))
        self.neurons = neurons
        self.activation = settings.activation
        self.dt = settings.dt
        self.layout = settings.product

    @classmethod
    def random(cls, settings: RandomRateSettings | None = None, *, seed: int = 0) -> Self:
        """A fully connected network with weights from N(0, g²/N), where g is `settings.coupling`."""
        settings = settings or RandomRateSettings()
        matrix = settings.coupling * random_matrix(settings.neurons, seed)
        post, pre = np.nonzero(~np.eye(settings.neurons, dtype=bool))
        return cls(pre, post, matrix[post, pre], settings.neurons, settings)

    @classmethod
    def from_circuit(cls, circuit: "Circuit", settings: RandomRateSettings | None = None) -> Self:
        """A network with the synapses and signs of a circuit; synapses of unknown sign and onto itself are left out.

        Raises:
            PremotorError: no signed synapse between two neurons is left, or the weights cannot be scaled as asked.
        """
        settings = settings or RandomRateSettings()
        weights = weight_rule(settings.weights)(circuit)
        if settings.spectral_radius is not None:
            weights = with_spectral_radius(weights, settings.spectral_radius)
        entries = weights.tocoo()
        pre, post = entries.coords
        kept = (circuit.neurons["sign"].to_numpy()[pre] != 0) & (pre != post)
        if not kept.any():
            raise PremotorError(
                f"the circuit has {entries.nnz} synaptic edges and none between two neurons of which the first has a "
                "known sign; choose another sign policy (circuit.signs) or selection"
            )
        sign = circuit.neurons["sign"].to_numpy()[pre[kept]]
        magnitude = np.maximum(np.abs(entries.data[kept]), TINY)
        return cls(pre[kept], post[kept], settings.coupling * sign * magnitude, len(circuit), settings)

    @property
    def inert(self) -> Mapping[str, str]:
        """Kinds of parameters without a part: tanh has neither gain nor shift."""
        kinds = ("gains", "shifts") if has_no_parameters(self.activation) else ()
        why = "the activation {} has no {}; choose stretched_tanh or positive_tanh"
        return {kind: why.format(self.activation, kind) for kind in kinds}

    @property
    def weight(self) -> Float[Array, " synapses"]:
        """Signed weight of every synapse."""
        return self.sign * jnp.exp(self.log_magnitude)

    @property
    def period(self) -> float:
        """Time that one `step` lasts."""
        return self.dt

    def product(self) -> Product:
        """The linear part of the dynamics, prepared once for many steps."""
        return Product.prepare(self.pre, self.post, self.weight, self.neurons, self.layout)

    def rates_of(self, state: Float[Array, "neurons batch"]) -> Float[Array, "neurons batch"]:
        """φ(h)."""
        return activate(self.activation, state, jnp.exp(self.log_gain)[:, None], self.shift[:, None])

    def step(
        self, product: Product, state: Float[Array, "neurons batch"], current: Float[Array, "neurons batch"]
    ) -> Float[Array, "neurons batch"]:
        """Advance by dt under the input `current`."""
        return state + self.dt * (product(self.rates_of(state)) + current - state)

    def random_state(self, key: PRNGKeyArray) -> Float[Array, " neurons"]:
        """A state to start from, of independent normal numbers; never 0, which is a fixed point of tanh."""
        return jax.random.normal(key, (self.neurons,), self.shift.dtype)


@ACTIVATIONS.register("tanh")
def tanh(x: Array) -> Array:
    """tanh(x)."""
    return jnp.tanh(x)


@ACTIVATIONS.register("stretched_tanh")
def stretched_tanh(x: Array, gain: Array | float, shift: Array | float) -> Array:
    """tanh(gain·(x − shift))."""
    return jnp.tanh(gain * (x - shift))


@ACTIVATIONS.register("positive_tanh")
def positive_tanh(x: Array, gain: Array | float, shift: Array | float) -> Array:
    """½(1 + tanh(gain·(x − shift)))."""
    return 0.5 * (1 + stretched_tanh(x, gain, shift))


def activate(activation: str, x: Array, gain: Array | float = 1.0, shift: Array | float = 0.0) -> Array:
    """φ(x) of an activation of `RandomRateSettings`; `tanh` has neither gain nor shift."""
    function = ACTIVATIONS[activation]
    found: Array = function(x) if has_no_parameters(activation) else function(x, gain, shift)
    return found


def random_matrix(neurons: int, seed: int) -> np.ndarray:
    """Weights (post, pre) of a random network with g = 1: N(0, 1/N), 0 on the diagonal, float64."""
    matrix = np.random.default_rng(seed).standard_normal((neurons, neurons)) / np.sqrt(neurons)
    np.fill_diagonal(matrix, 0.0)
    return matrix
