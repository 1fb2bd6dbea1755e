"""A network of ours as a map of its rates."""

from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from premotor.errors import PremotorError


class Stepped(Protocol):
    """What `network_map` needs of a network: rates and currents neurons first, (neurons, columns)."""

    @property
    def neurons(self) -> int:
        """Number of neurons."""

    def product(self) -> Any:
        """The linear part, prepared once."""

    def step(self, product: Any, rates: Array, current: Array) -> Array:
        """The rates one step later."""


class NetworkMap(eqx.Module):
    """One step of a network, rates (neurons,) → (neurons,), under an input that is constant, given, or both.

    Attributes:
        network: the network, with one replicate or many.
        product: its linear part.
        current: constant input, (neurons,).
        into: neurons that a given input goes to; None for all.
        dt: time that a step lasts, s.
        many: whether the number of a replicate is the first argument.
    """

    network: Any
    product: Any
    current: Array
    into: Array | None
    dt: float = eqx.field(static=True)
    many: bool = eqx.field(static=True)

    def __call__(self, *arguments: Any) -> Array:
        """Rates one step later; arguments are (replicate,) rates (, input)."""
        rates, *drives = arguments[1:] if self.many else arguments
        network = _replicate(self.network, arguments[0]) if self.many else self.network
        current = self.current
        for drive in drives:
            current = current + drive if self.into is None else current.at[self.into].add(drive)
        return network.step(self.product, rates[:, None], current[:, None])[:, 0]


def network_map(
    network: Stepped, current: ArrayLike = 0.0, *, into: ArrayLike | None = None, replicate: int | None = None
) -> NetworkMap:
    """A `RateNetwork`, a `VNCNetwork`, or anything that steps like them, as a map for `lyapunov_spectrum`.

    Pass its `dt` on, so that exponents are in 1/s:

        step = network_map(network, current=0.5)
        lyapunov_spectrum(step, rates, steps=20_000, dt=step.dt)

    Driven networks take an input at every step (`inputs=` of `lyapunov_spectrum`), (neurons,) or, with `into`, of
    these neurons only.

    Args:
        network: the network.
        current: constant input of all neurons, a number or (neurons,).
        into: positions of the neurons that the given input goes to; None for all.
        replicate: which of a network's replicates. When None and there are many, the map takes the number of the
            replicate first: `lyapunov_spectrum(step, states, parameters=jnp.arange(replicates), …)`, with
            states (replicates, neurons).

    Raises:
        PremotorError: shapes that do not fit the network.
    """
    size = network.neurons
    constant = np.asarray(current, np.float64)
    if constant.shape not in ((), (size,)):
        raise PremotorError(f"current has shape {constant.shape}; expected a number or ({size},)")
    replicates = getattr(network, "replicates", 1)
    if replicate is not None and not 0 <= replicate < replicates:
        raise PremotorError(f"replicate is {replicate}; the network has 0 to {replicates - 1}")
    many = replicate is None and replicates > 1
    if replicate is not None and replicates > 1:
        network = _replicate(network, replicate)
    dt = getattr(network, "control_period", None) or getattr(network, "period", None)
    if dt is None:
        raise PremotorError(f"{type(network).__name__} has no control_period or period, the time of a step in s")
    places = None if into is None else jnp.asarray(np.asarray(into), jnp.int32)
    filled = jnp.asarray(np.broadcast_to(constant, (size,)))
    return NetworkMap(network, network.product(), filled, places, float(dt), many)


def _replicate(network: Any, replicate: Any) -> Any:
    """A network with one replicate left: the columns of what has one column a replicate."""
    shape = (network.neurons, network.replicates)

    def column(leaf: Any) -> Any:
        alike = eqx.is_array(leaf) and leaf.shape == shape
        return jax.lax.dynamic_slice_in_dim(leaf, replicate, 1, axis=1) if alike else leaf

    return jax.tree.map(column, network)
