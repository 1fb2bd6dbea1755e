"""What a user calls a map, made ready for compiled loops, and a network of ours as such a map of its rates."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike
from numpy.typing import ArrayLike

from premotor.errors import PremotorError
from premotor.on_device import PyTree

Precision = Literal["float64", "float32"]


@contextmanager
def in_precision(precision: Precision) -> Iterator[np.dtype]:
    """JAX in this precision for a while, whatever it is set to elsewhere; gives the type of floating-point numbers."""
    if precision not in ("float64", "float32"):
        raise PremotorError(f"precision is {precision!r}; allowed are 'float64' and 'float32'")
    with jax.enable_x64(precision == "float64"):
        yield jnp.dtype(precision)


def cast[Tree](tree: Tree, dtype: DTypeLike) -> Tree:
    """All arrays of a tree as JAX arrays, those of real numbers in `dtype`; everything else as it is."""

    def one(leaf: object) -> object:
        if not isinstance(leaf, (jax.Array, np.ndarray, np.generic)):
            return leaf
        # A key of jax.random has no NumPy type.
        return jnp.asarray(leaf, dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else jnp.asarray(leaf)

    return jax.tree.map(one, tree)


class System(eqx.Module):
    """A map with its parameters and inputs, as one tree: its arrays are arguments of a compiled program."""

    step: Callable[..., Array]
    inputs: PyTree
    """None, an array (or a tree of arrays) with one entry a step, or a function of the step's number."""
    parameterised: bool = eqx.field(static=True)

    def at(self, parameters: PyTree, index: Array) -> Callable[[Array], Array]:
        """The map state → state of the step with this number."""
        before = (parameters,) if self.parameterised else ()
        if self.inputs is None:
            return lambda state: self.step(*before, state)
        drive = self.inputs(index) if callable(self.inputs) else jax.tree.map(lambda x: x[index], self.inputs)
        return lambda state: self.step(*before, state, drive)

    def check(self, parameters: PyTree, state: Array) -> None:
        """Raise PremotorError unless one step keeps the shape and the type of a state (n,)."""
        with_shapes = eqx.filter_eval_shape(lambda p, x: self.at(p, jnp.asarray(0))(x), parameters, state)
        if with_shapes.shape != state.shape or with_shapes.dtype != state.dtype:
            raise PremotorError(
                f"step maps a state {state.dtype}{state.shape} to {with_shapes.dtype}{with_shapes.shape}; "
                "shape and type must stay the same"
            )


def made(
    step: Callable[..., Array], state: ArrayLike, parameters: PyTree, inputs: PyTree, steps: int, dtype: DTypeLike
) -> tuple[System, PyTree, Array, tuple[int, ...]]:
    """System, parameters and states with one leading batch axis, and the shape of the batch that the user gave.

    Raises:
        PremotorError: shapes do not agree, or `inputs` has fewer than `steps` entries.
    """
    state = jnp.asarray(state, dtype)
    if state.ndim < 1 or state.size == 0:
        raise PremotorError(f"state has shape {state.shape}; expected (n,), or (batch, n)")
    batch = state.shape[:-1]
    system = System(cast(step, dtype), cast(inputs, dtype), parameters is not None)
    parameters = cast(parameters, dtype)
    for leaf in jax.tree.leaves(eqx.filter(parameters, eqx.is_array)):
        if leaf.shape[: len(batch)] != batch:
            raise PremotorError(
                f"an array of parameters has shape {leaf.shape} and state {state.shape}; "
                f"each must begin with the axes of the batch, {batch}"
            )
    if inputs is not None and not callable(inputs):
        lengths = {len(leaf) for leaf in jax.tree.leaves(system.inputs)}
        if min(lengths) < steps:
            raise PremotorError(f"inputs has {min(lengths)} entries; {steps} steps with their transients need as many")
    flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[len(batch) :]) if eqx.is_array(x) else x, parameters)
    states = state.reshape(-1, state.shape[-1])
    system.check(jax.tree.map(lambda x: x[0] if eqx.is_array(x) else x, flat), states[0])
    return system, flat, states, batch


class Stepped[Prepared](Protocol):
    """What `network_map` needs of a network: rates and currents neurons first, (neurons, columns)."""

    @property
    def neurons(self) -> int:
        """Number of neurons."""

    @property
    def replicates(self) -> int:
        """Copies side by side, each with parameters of its own."""

    @property
    def period(self) -> float:
        """Time that a step lasts, s."""

    def product(self) -> Prepared:
        """The linear part, prepared once."""

    def step(self, product: Prepared, rates: Array, current: Array, /) -> Array:
        """The rates one step later."""


STEPPED = ("neurons", "replicates", "period", "product", "step")
"""What `network_map` looks for, since a user's class may lack some of it."""


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

    network: Stepped
    product: PyTree
    current: Array
    into: Array | None
    dt: float = eqx.field(static=True)
    many: bool = eqx.field(static=True)

    def __call__(self, *arguments: Array) -> Array:
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
        PremotorError: what is given lacks a member that a map needs, or shapes do not fit the network.
    """
    if missing := [name for name in STEPPED if not hasattr(network, name)]:
        raise PremotorError(f"network_map: the class {type(network).__name__} has no {', '.join(missing)}")
    size = network.neurons
    constant = np.asarray(current, np.float64)
    if constant.shape not in ((), (size,)):
        raise PremotorError(f"current has shape {constant.shape}; expected a number or ({size},)")
    replicates = network.replicates
    if replicate is not None and not 0 <= replicate < replicates:
        raise PremotorError(f"replicate is {replicate}; the network has 0 to {replicates - 1}")
    many = replicate is None and replicates > 1
    if replicate is not None and replicates > 1:
        network = _replicate(network, replicate)
    places = None if into is None else jnp.asarray(np.asarray(into), jnp.int32)
    filled = jnp.asarray(np.broadcast_to(constant, (size,)))
    return NetworkMap(network, network.product(), filled, places, float(network.period), many)


def _replicate[Net: Stepped](network: Net, replicate: int | Array) -> Net:
    """A network with one replicate left: the columns of what has one column a replicate."""
    shape = (network.neurons, network.replicates)

    def column(leaf: PyTree) -> PyTree:
        alike = eqx.is_array(leaf) and leaf.shape == shape
        return jax.lax.dynamic_slice_in_dim(leaf, replicate, 1, axis=1) if alike else leaf

    return jax.tree.map(column, network)
