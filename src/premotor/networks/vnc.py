"""The rate model of the fly's ventral nerve cord: parameters, one draw a neuron and replicate, and dynamics."""

from typing import TYPE_CHECKING, NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from premotor.connectome.signs import refuse_unsigned
from premotor.errors import PremotorError
from premotor.networks.product import Product
from premotor.networks.settings import Layout, VNCSettings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


LARGEST_RATIO = 1_000.0
"""Sizes below this are ratios already; in voxels, nm³ or nm² a neuron has millions."""


class VNCParameters(NamedTuple):
    """One value a neuron and replicate, each (neurons, replicates)."""

    time_constant: Float[Array, "neurons replicates"]
    """s"""
    gain: Float[Array, "neurons replicates"]
    threshold: Float[Array, "neurons replicates"]
    maximum_rate: Float[Array, "neurons replicates"]
    """Hz"""


def relative_sizes(circuit: "Circuit", settings: VNCSettings) -> np.ndarray:
    """Size of each neuron over the median size of the whole dataset, (neurons,); missing or 0 counts as 1.

    Raises:
        PremotorError: the column of sizes holds text, or a size below 0.
    """
    name = settings.size_column
    if name is None or name not in circuit.neurons:
        return np.ones(len(circuit))
    column = pd.to_numeric(circuit.neurons[name], errors="coerce")
    text = column.isna() & circuit.neurons[name].notna() & (circuit.neurons[name].astype("str") != "")
    if text.any():
        found = circuit.neurons[name][text].iloc[0]
        raise PremotorError(f"the column {name!r} of sizes holds {found!r}, which is no number")
    sizes = column.to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(sizes) & (sizes != 0)
    if (sizes[known] < 0).any():
        raise PremotorError(f"the column {name!r} holds the size {sizes[known].min():g}; sizes are positive")
    median = settings.median_size
    if median is None:
        ratios = not known.any() or sizes[known].max() < LARGEST_RATIO
        median = 1.0 if ratios else float(np.median(sizes[known]))
    return np.where(known, sizes / median, 1.0)


def draw_parameters(circuit: "Circuit", settings: VNCSettings, key: PRNGKeyArray, replicates: int) -> VNCParameters:
    """Draw every parameter from its normal distribution, truncated at 0; scale gain and threshold by size.

    A draw belongs to the key, the replicate's number and the neuron's id: the same neuron has the same
    parameters in every part of a circuit, and more replicates leave the first ones as they are.
    """
    ids = circuit.ids.astype(np.uint64)
    low = jnp.asarray((ids & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    high = jnp.asarray((ids >> np.uint64(32)).astype(np.uint32))
    means = jnp.asarray([getattr(settings, name) for name in VNCParameters._fields])
    spreads = jnp.asarray([getattr(settings, f"{name}_sd") for name in VNCParameters._fields])
    drawn = VNCParameters(*_draw(key, jnp.arange(replicates), low, high, means, spreads))
    size = jnp.asarray(relative_sizes(circuit, settings))[:, None]
    return drawn._replace(gain=drawn.gain / size, threshold=drawn.threshold * size)


@jax.jit
def _draw(
    key: PRNGKeyArray, replicates: Array, low: Array, high: Array, means: Array, spreads: Array
) -> Float[Array, "parameters neurons replicates"]:
    wide = jnp.maximum(spreads, 1e-6 * means)  # a spread of 0 would divide by it

    def draw(low: Array, high: Array, replicate: Array) -> Array:
        own = jax.random.fold_in(jax.random.fold_in(jax.random.fold_in(key, replicate), low), high)
        return means + spreads * jax.random.truncated_normal(own, -means / wide, jnp.inf, means.shape)

    over_replicates = jax.vmap(draw, in_axes=(None, None, 0), out_axes=1)
    return jax.vmap(over_replicates, in_axes=(0, 0, None), out_axes=1)(low, high, replicates)


class VNCNetwork(eqx.Module):
    """τ dr/dt = max(r_max · tanh((a / r_max) · (I + Wᵀ r − θ)), 0) − r, with W = sign · count · weight.

    The model of Pugliese et al. (2025, "Connectome simulations identify a central pattern generator circuit
    for fly walking"). τ, a, θ and r_max are drawn for every neuron and replicate; a neuron s times the median
    size of the dataset has a ← a / s and θ ← θ · s, so that large cells need more input. Nothing is trained.

    Rates (Hz) and currents are neurons first, (neurons, replicates); a current is in units of θ. Synapses of
    a neuron whose sign is unknown (0) carry nothing; gap junctions have no part in this model.
    """

    parameters: VNCParameters
    alive: Float[Array, "neurons replicates"]
    weight: Float[Array, " synapses"]
    pre: Int[Array, " synapses"]
    post: Int[Array, " synapses"]
    period: float = eqx.field(static=True)
    layout: Layout = eqx.field(static=True)

    def __init__(
        self,
        circuit: "Circuit",
        settings: VNCSettings | None = None,
        *,
        replicates: int = 1,
        seed: int = 0,
    ):
        """Wire the network as `circuit` and draw the parameters of `replicates` copies of it.

        Raises:
            PremotorError: fewer replicates than one, sizes that are no positive numbers, or no synapse of a neuron with
                a sign.
        """
        settings = settings or VNCSettings()
        if replicates < 1:
            raise PremotorError(f"replicates is {replicates}; a network needs at least 1")
        count = circuit.synapses.tocoo()
        sign = circuit.neurons["sign"].to_numpy(np.float64)
        refuse_unsigned(circuit.synapses, sign)
        known = sign[count.row] != 0
        pre, post = count.row[known], count.col[known]
        key = jax.random.key(seed)
        self.parameters = draw_parameters(circuit, settings, key, replicates)
        self.alive = jnp.ones((len(circuit), replicates))
        self.weight = jnp.asarray(sign[pre] * count.data[known] * settings.weight)
        self.pre, self.post = jnp.asarray(pre, jnp.int32), jnp.asarray(post, jnp.int32)
        self.period = settings.step
        self.layout = settings.product

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.alive.shape[0]

    @property
    def replicates(self) -> int:
        """Number of copies side by side, each with parameters of its own."""
        return self.alive.shape[1]

    def initial_state(self) -> Float[Array, "neurons replicates"]:
        """All neurons silent."""
        return jnp.zeros_like(self.alive)

    def product(self) -> Product:
        """The linear part of the dynamics, prepared once for many steps."""
        return Product.prepare(self.pre, self.post, self.weight, self.neurons, self.layout)

    def derivative(self, product: Product, rates: Array, current: Array) -> Float[Array, "neurons replicates"]:
        """dr/dt in Hz/s under an input `current` (neurons, replicates)."""
        tau, gain, threshold, maximum = self.parameters
        drive = gain / maximum * (current + product(rates) - threshold)
        return (self.alive * maximum * jnp.maximum(jnp.tanh(drive), 0.0) - rates) / tau

    def step(self, product: Product, rates: Array, current: Array) -> Float[Array, "neurons replicates"]:
        """Rates one integration step (`period`) later, input held: classical Runge–Kutta, order 4."""
        h = self.period
        k1 = self.derivative(product, rates, current)
        k2 = self.derivative(product, rates + 0.5 * h * k1, current)
        k3 = self.derivative(product, rates + 0.5 * h * k2, current)
        k4 = self.derivative(product, rates + h * k3, current)
        return rates + h / 6 * (k1 + 2 * (k2 + k3) + k4)

    def silenced(self, neurons: Bool[Array, "neurons ..."] | np.ndarray) -> Self:
        """A copy in which the marked neurons stay silent: a mask (neurons,) or (neurons, replicates)."""
        mask = jnp.asarray(neurons, bool)
        mask = mask[:, None] if mask.ndim == 1 else mask
        return eqx.tree_at(lambda n: n.alive, self, jnp.where(mask, 0.0, self.alive))

    def repeated(self, times: int) -> Self:
        """A copy with all replicates `times` over: replicate j of repeat i stands at i · replicates + j."""
        draws = jax.tree.map(lambda x: jnp.tile(x, (1, times)), (self.parameters, self.alive))
        return eqx.tree_at(lambda n: (n.parameters, n.alive), self, draws)
