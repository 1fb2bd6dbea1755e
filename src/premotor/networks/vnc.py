"""The rate model of the fly's ventral nerve cord."""

from typing import TYPE_CHECKING, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from premotor.connectome.signs import refuse_unsigned
from premotor.errors import PremotorError
from premotor.networks.product import Product
from premotor.networks.settings import Layout, VNCSettings
from premotor.networks.vnc_parameters import VNCParameters, draw_parameters

if TYPE_CHECKING:
    from premotor.connectome import Circuit


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
