"""A circuit whose activity passes through layers within a step (BrainRNN)."""

from typing import TYPE_CHECKING, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.connectome.layers import colour_layers, layer_numbers
from premotor.networks.base import NumpyStep, as_column
from premotor.networks.rate import ACTIVATIONS, NUMPY_ACTIVATIONS, RateNetwork
from premotor.networks.settings import NETWORKS, LayeredNetworkSettings, RateNetworkSettings
from premotor.on_device import on_device
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


class LayeredProduct(eqx.Module):
    """The linear part of a layered step: what acts at once, layer by layer, and what acts on the next step."""

    forward: tuple[Float[Array, "_ neurons"], ...]
    """Connections from earlier layers onto each layer."""
    backward: Float[Array, "neurons neurons"]
    """All others, and gap junctions; (postsynaptic, presynaptic)."""
    members: tuple[Int[Array, " _"], ...]

    def __call__(self, rates: Float[Array, "neurons environments"]) -> Float[Array, "neurons environments"]:
        """What every neuron receives of constant rates, at once and a step later together."""
        total = self.backward @ rates
        for layer, forward in zip(self.members, self.forward, strict=True):
            total = total.at[layer].add(forward @ rates)
        return total


@NETWORKS.register("layered")
class LayeredNetwork(RateNetwork):
    """h_l(t) = φ(gain · (Σ_{k<l} W_{kl}ᵀ h_k(t) + Σ_{k≥l} W_{kl}ᵀ h_k(t−1) + input + bias)), layer after layer.

    Layers are colours of the circuit's graph (`premotor.connectome.layers`), so no two neurons of one are connected
    but in the last. Connections forward, those that skip layers included, act within the step; those backward, and
    gap junctions, on the next. There are no time constants: a step is a control step, whatever its length. Signs
    and support are held as in `RateNetwork`.
    """

    settings: ClassVar[type[Settings]] = LayeredNetworkSettings
    members: tuple[Int[Array, " _"], ...]
    """Positions of each layer's neurons."""
    place: Int[Array, " neurons"]
    """The number of each neuron's layer."""

    def __init__(
        self, circuit: "Circuit", settings: LayeredNetworkSettings | None = None, *, control_period: float = 0.02
    ):
        """Wire the network as `circuit`.

        Raises:
            PremotorError: the circuit has no signed synapse, cannot be scaled as asked, or `first` is none of its
                neurons.
        """
        settings = settings or LayeredNetworkSettings()
        shared = settings.model_dump(exclude={"kind", "first", "last"})
        super().__init__(
            circuit,
            RateNetworkSettings(**shared, time_constant=control_period, substeps=1),
            control_period=control_period,
        )
        place = layer_numbers(circuit, colour_layers(circuit, settings.first, last=settings.last))
        self.place = on_device(place, np.int32)
        self.members = tuple(
            on_device(np.flatnonzero(place == layer), np.int32) for layer in range(int(place.max()) + 1)
        )
        self.learning_rates = tuple(
            (name, 0.0 if name == "log_time_constant" else rate) for name, rate in self.learning_rates
        )

    def product(self) -> LayeredProduct:  # type: ignore[override]
        """The linear part of the dynamics, prepared once for many steps."""
        pre, post = self.place[self.pre], self.place[self.post]
        nothing = jnp.zeros((self.neurons, self.neurons), self.weight.dtype)
        ahead = nothing.at[self.post, self.pre].add(jnp.where(pre < post, self.weight, 0.0))
        back = nothing.at[self.post, self.pre].add(jnp.where(pre < post, 0.0, self.weight))
        a, b, g = self.junction_a, self.junction_b, self.conductance
        for row, column, sign in ((b, a, 1), (a, b, 1), (a, a, -1), (b, b, -1)):
            back = back.at[row, column].add(sign * g)
        return LayeredProduct(tuple(ahead[layer] for layer in self.members), back, self.members)

    def step(  # type: ignore[override]
        self,
        product: LayeredProduct,
        rates: Float[Array, "neurons environments"],
        current: Float[Array, "neurons environments"],
    ) -> Float[Array, "neurons environments"]:
        """One pass through all layers under the input `current`."""
        activate = ACTIVATIONS[self.activation]
        drive = product.backward @ rates + current + self.bias[:, None]
        gain = jnp.exp(self.log_gain)[:, None]
        now = jnp.zeros_like(rates)
        for layer, forward in zip(self.members, product.forward, strict=True):
            now = now.at[layer].set(activate(gain[layer] * (forward @ now + drive[layer])))
        return now

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy; neurons in the order of their layers meanwhile."""
        activate, product = NUMPY_ACTIVATIONS[self.activation], self.product()
        members = [np.asarray(layer) for layer in self.members]
        order = np.concatenate(members)
        back, forward = np.asarray(product.backward), [np.asarray(matrix)[:, order] for matrix in product.forward]
        bias, gain = as_column(self.bias), as_column(np.exp(np.asarray(self.log_gain)))
        place = np.argsort(order)

        def step(rates: np.ndarray, current: np.ndarray) -> np.ndarray:
            drive = back @ rates + current + bias
            first, *others = members
            now = activate(gain[first] * drive[first])
            done = len(first)
            for layer, matrix in zip(others, forward[1:], strict=True):
                given = matrix[:, :done] @ now + drive[layer]
                now = np.concatenate([now, activate(gain[layer] * given)])
                done += len(layer)
            return now[place]

        return step
