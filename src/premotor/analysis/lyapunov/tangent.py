"""The tangent dynamics of a map: Jacobian–vector products and QR, differentiable, and the compiled loops over them."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import DTypeLike

from premotor.analysis.lyapunov.joint import JointStep
from premotor.analysis.lyapunov.system import System
from premotor.errors import PremotorError
from premotor.on_device import PyTree


def push(step: Callable[[Array], Array], state: Array, frame: Array) -> tuple[Array, Array]:
    """One step of a state (n,) and of the tangent vectors in the columns of `frame` (n, k).

    The Jacobian is that of the step that is really taken; it is applied to the columns, never formed.
    """
    after, tangent = jax.linearize(step, state)
    return after, jax.vmap(tangent, in_axes=1, out_axes=1)(frame)


def orthonormalised(frame: Array) -> tuple[Array, Array]:
    """Reduced QR of a frame (n, k): orthonormal columns (n, k) and the triangle (k, k), by Householder reflections."""
    if frame.shape[1] == 1:
        length = jnp.linalg.norm(frame)
        # A vector that the map has sent to zero has no direction left; its exponent is minus infinity.
        return frame / jnp.where(length > 0, length, 1.0), length.reshape(1, 1)
    return jnp.linalg.qr(frame)


def log_diagonal(triangle: Array) -> Array:
    """ln |diagonal| of a triangle (k, k)."""
    return jnp.log(jnp.abs(jnp.diagonal(triangle)))


def unrolled(steps: int) -> int:
    """Steps of a short scan to write out: each turn of a loop costs more than small products do, forth and back."""
    return steps if steps <= 4 else 1


def tangent_growth(
    step: Callable[..., Array], state: Array, frame: Array, *, steps: int, qr_interval: int = 1, inputs: PyTree = None
) -> tuple[Array, Array, Array]:
    """How `steps` steps of a map stretch a frame of tangent vectors (Benettin et al. 1980, Meccanica 15:9).

    Pure JAX: it can be jitted, batched (`jax.vmap`) and differentiated in reverse mode with respect to all that
    `step` has closed over and to the state. Gradients through a chaotic trajectory grow as fast as the trajectory
    diverges, so keep the windows short, or stop the gradient of the state between windows (Engelken 2023).
    The precision is that of the arguments.

    Args:
        step: the map, state (n,) → state (n,); with `inputs`, (state, input) → state.
        state: (n,).
        frame: orthonormal tangent vectors in columns, (n, k).
        steps: number of steps, a multiple of `qr_interval`.
        qr_interval: steps between two orthonormalisations.
        inputs: array, or tree of arrays, (steps, …): one input a step; None for an autonomous map.

    Returns:
        The state after the steps (n,), the frame then (n, k), and ln |diag R| of every interval, (intervals, k).
        The Lyapunov exponents are the sum of the last over the intervals, divided by the time of all steps.

    Raises:
        PremotorError: `steps` is not a positive multiple of `qr_interval`.
    """
    if qr_interval < 1 or steps < 1 or steps % qr_interval:
        raise PremotorError(
            f"steps is {steps} and qr_interval {qr_interval}; steps must be a positive multiple of qr_interval"
        )
    intervals = steps // qr_interval
    if inputs is not None:
        inputs = jax.tree.map(lambda x: x[:steps].reshape(intervals, qr_interval, *x.shape[1:]), inputs)

    def one(carry: tuple[Array, Array], drive: PyTree) -> tuple[tuple[Array, Array], None]:
        state, frame = carry
        return push(step if drive is None else lambda x: step(x, drive), state, frame), None

    def interval(carry: tuple[Array, Array], drives: PyTree) -> tuple[tuple[Array, Array], Array]:
        (state, frame), _ = jax.lax.scan(one, carry, drives, length=qr_interval, unroll=unrolled(qr_interval))
        frame, triangle = orthonormalised(frame)
        return (state, frame), log_diagonal(triangle)

    (state, frame), growth = jax.lax.scan(interval, (state, frame), inputs, length=intervals)
    return state, frame, growth


def random_frame(key: Array, size: int, exponents: int, dtype: DTypeLike | None = None) -> Array:
    """A random orthonormal frame (size, exponents), uniformly distributed."""
    return orthonormalised(jax.random.normal(key, (size, exponents), dtype or jnp.float32))[0]


CHUNK = 256
"""Most QR intervals between two returns to Python."""


def _batched[Result](function: Callable[..., Result], parameters: PyTree, *batched: Array) -> Result:
    """`function(parameters, *batched)` over the leading axis, or without one where it has length 1."""
    if batched[0].shape[0] == 1:  # a batched product of one matrix is slower than the plain one
        single = function(*jax.tree.map(lambda x: x[0] if eqx.is_array(x) else x, (parameters, *batched)))
        return jax.tree.map(lambda x: x[None], single)
    return eqx.filter_vmap(function, in_axes=(eqx.if_array(0), *(0 for _ in batched)))(parameters, *batched)


@eqx.filter_jit
def advance(system: System, parameters: PyTree, states: Array, start: Array, steps: Array) -> Array:
    """States (batch, n) `steps` steps later; `start` is the number of the first step."""

    def member(parameters: PyTree, state: Array) -> Array:
        return jax.lax.fori_loop(0, steps, lambda i, x: system.at(parameters, start + i)(x), state)

    return _batched(member, parameters, states)


@eqx.filter_jit
def grow(
    system: System, parameters: PyTree, states: Array, frames: Array, start: Array, intervals: Array, qr_interval: Array
) -> tuple[Array, Array, Array, Array]:
    """States, frames (batch, n, k), ln |diag R| (batch, CHUNK, k) and Σ 1/Σq⁴ (batch, k) after `intervals` intervals.

    Only the first `intervals` rows of the growth are filled.
    """

    def member(parameters: PyTree, state: Array, frame: Array) -> tuple[Array, Array, Array, Array]:
        joint = JointStep.of(lambda index, x: system.at(parameters, index)(x), start, state)

        def interval(i: Array, carry: tuple[Array, ...]) -> tuple[Array, ...]:
            state, frame, growth, participation = carry
            first = start + i * qr_interval

            def one(j: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
                if joint is None:
                    return push(system.at(parameters, first + j), *carry)
                return joint.push(first + j, *carry)

            state, frame = jax.lax.fori_loop(0, qr_interval, one, (state, frame if joint is None else frame.T))
            frame, triangle = orthonormalised(frame if joint is None else frame.T)
            growth = growth.at[i].set(log_diagonal(triangle))
            return state, frame, growth, participation + 1 / (frame**4).sum(0)

        zero = jnp.zeros((CHUNK, frame.shape[1]), frame.dtype)
        return jax.lax.fori_loop(0, intervals, interval, (state, frame, zero, zero[0]))

    return _batched(member, parameters, states, frames)
