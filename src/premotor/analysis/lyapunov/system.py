"""What a user calls a map, made ready for compiled loops: arrays of one precision, batches, inputs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from premotor.errors import PremotorError

Precision = Literal["float64", "float32"]


@contextmanager
def in_precision(precision: Precision) -> Iterator[Any]:
    """JAX in this precision for a while, whatever it is set to elsewhere; gives the type of floating-point numbers."""
    if precision not in ("float64", "float32"):
        raise PremotorError(f"precision is {precision!r}; allowed are 'float64' and 'float32'")
    with jax.enable_x64(precision == "float64"):
        yield jnp.dtype(precision)


def cast(tree: Any, dtype: Any) -> Any:
    """All arrays of a tree as JAX arrays, those of real numbers in `dtype`; everything else as it is."""

    def one(leaf: Any) -> Any:
        if not isinstance(leaf, (jax.Array, np.ndarray, np.generic)):
            return leaf
        # A key of jax.random has no NumPy type.
        return jnp.asarray(leaf, dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else jnp.asarray(leaf)

    return jax.tree.map(one, tree)


class System(eqx.Module):
    """A map with its parameters and inputs, as one tree: its arrays are arguments of a compiled program."""

    step: Callable[..., Array]
    inputs: Any
    """None, an array (or a tree of arrays) with one entry a step, or a function of the step's number."""
    parameterised: bool = eqx.field(static=True)

    def at(self, parameters: Any, index: Array) -> Callable[[Array], Array]:
        """The map state → state of the step with this number."""
        before = (parameters,) if self.parameterised else ()
        if self.inputs is None:
            return lambda state: self.step(*before, state)
        drive = self.inputs(index) if callable(self.inputs) else jax.tree.map(lambda x: x[index], self.inputs)
        return lambda state: self.step(*before, state, drive)

    def check(self, parameters: Any, state: Array) -> None:
        """Raise PremotorError unless one step keeps the shape and the type of a state (n,)."""
        with_shapes = eqx.filter_eval_shape(lambda p, x: self.at(p, jnp.asarray(0))(x), parameters, state)
        if with_shapes.shape != state.shape or with_shapes.dtype != state.dtype:
            raise PremotorError(
                f"step maps a state {state.dtype}{state.shape} to {with_shapes.dtype}{with_shapes.shape}; "
                "shape and type must stay the same"
            )


def made(
    step: Callable[..., Array], state: Any, parameters: Any, inputs: Any, steps: int, dtype: Any
) -> tuple[System, Any, Array, tuple[int, ...]]:
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
