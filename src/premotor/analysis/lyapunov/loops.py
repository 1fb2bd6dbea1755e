"""The compiled loops: one program a shape, whatever the number of steps and the QR interval."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from premotor.analysis.lyapunov.system import System
from premotor.analysis.lyapunov.tangent import log_diagonal, orthonormalised, push

CHUNK = 256
"""Most QR intervals between two returns to Python."""


def _batched(function: Any, parameters: Any, *batched: Array) -> Any:
    """`function(parameters, *batched)` over the leading axis, or without one where it has length 1."""
    if batched[0].shape[0] == 1:  # a batched product of one matrix is slower than the plain one
        single = function(*jax.tree.map(lambda x: x[0] if eqx.is_array(x) else x, (parameters, *batched)))
        return jax.tree.map(lambda x: x[None], single)
    return eqx.filter_vmap(function, in_axes=(eqx.if_array(0), *(0 for _ in batched)))(parameters, *batched)


@eqx.filter_jit
def advance(system: System, parameters: Any, states: Array, start: Array, steps: Array) -> Array:
    """States (batch, n) `steps` steps later; `start` is the number of the first step."""

    def member(parameters: Any, state: Array) -> Array:
        return jax.lax.fori_loop(0, steps, lambda i, x: system.at(parameters, start + i)(x), state)

    return _batched(member, parameters, states)


@eqx.filter_jit
def grow(
    system: System, parameters: Any, states: Array, frames: Array, start: Array, intervals: Array, qr_interval: Array
) -> tuple[Array, Array, Array, Array]:
    """States, frames (batch, n, k), ln |diag R| (batch, CHUNK, k) and Σ 1/Σq⁴ (batch, k) after `intervals` intervals.

    Only the first `intervals` rows of the growth are filled.
    """

    def member(parameters: Any, state: Array, frame: Array) -> tuple[Array, ...]:
        def interval(i: Array, carry: tuple[Array, ...]) -> tuple[Array, ...]:
            state, frame, growth, participation = carry
            first = start + i * qr_interval

            def one(j: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
                return push(system.at(parameters, first + j), *carry)

            state, frame = jax.lax.fori_loop(0, qr_interval, one, (state, frame))
            frame, triangle = orthonormalised(frame)
            growth = growth.at[i].set(log_diagonal(triangle))
            return state, frame, growth, participation + 1 / (frame**4).sum(0)

        zero = jnp.zeros((CHUNK, frame.shape[1]), frame.dtype)
        return jax.lax.fori_loop(0, intervals, interval, (state, frame, zero, zero[0]))

    return _batched(member, parameters, states, frames)
