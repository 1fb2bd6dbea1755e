"""Exponents of a network over a window, differentiable in several ways."""

from typing import NamedTuple, Self

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.analysis.lyapunov.tangent import log_diagonal, orthonormalised, push, random_frame, unrolled
from premotor.errors import PremotorError
from premotor.learning.spectrum.settings import SpectrumSettings
from premotor.networks.base import SpectralNetwork


class Plan(NamedTuple):
    """Times of `SpectrumSettings` in steps of a network."""

    dt: float
    """Time of a step, τ."""
    transient: int
    frame_transient: int
    intervals: int
    """QR intervals that are averaged over."""
    qr_interval: int
    """Steps in each."""
    window: int
    """Intervals between two cuts of the history; 0 for none."""
    tangent_only: bool

    @classmethod
    def of(cls, settings: SpectrumSettings, dt: float) -> Self:
        """Round times to whole steps and intervals, at least one each.

        Raises:
            PremotorError: the length is shorter than one orthonormalisation interval.
        """
        every = max(1, round(settings.t_ons / dt))
        intervals = round(settings.length / (every * dt))
        if intervals < 1:
            raise PremotorError(f"length is {settings.length:g}, shorter than t_ons, which is {settings.t_ons:g}")
        mode = settings.gradient.mode
        return cls(
            dt=dt,
            transient=round(settings.transient / dt),
            frame_transient=max(1, round(settings.frame_transient / (every * dt))) if settings.frame_transient else 0,
            intervals=intervals,
            qr_interval=every,
            window=max(1, round(settings.gradient.window / (every * dt))) if mode == "windows" else 0,
            tangent_only=mode == "tangent",
        )


def network_exponents(
    network: SpectralNetwork,
    key: PRNGKeyArray,
    exponents: int,
    plan: Plan,
    start: Float[Array, " neurons"] | None = None,
) -> Float[Array, " k"]:
    """Leading exponents of a network, 1/τ, from a random state and a random frame.

    Gradients with respect to the network's arrays flow as `plan` says: not through the transients, cut every
    `window` intervals, and with `tangent_only` through the Jacobians at the states of the trajectory alone.

    Args:
        network: with `product`, `step(product, state, current)` and `random_state`.
        key: of the initial state and the frame.
        exponents: k.
        plan: numbers of steps.
        start: initial state (neurons,) in place of a random one.
    """
    product = network.product()
    silent = jnp.zeros((network.neurons, 1), network.sign.dtype)

    def step(state: Array) -> Array:
        return network.step(product, state[:, None], silent)[:, 0]

    first, second = jax.random.split(key)
    state = network.random_state(first) if start is None else start
    frame = random_frame(second, network.neurons, exponents, state.dtype)
    stopped = jax.lax.stop_gradient(product)

    def settle(_: Array, state: Array) -> Array:
        return network.step(stopped, state[:, None], silent)[:, 0]

    state = jax.lax.stop_gradient(jax.lax.fori_loop(0, plan.transient, settle, jax.lax.stop_gradient(state)))

    def one(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        state, frame = carry
        after, frame = push(step, state, frame)
        return (jax.lax.stop_gradient(after) if plan.tangent_only else after, frame), None

    def interval(carry: tuple[Array, Array], cut: Array) -> tuple[tuple[Array, Array], Array]:
        if plan.window:
            carry = jax.tree.map(lambda x: jnp.where(cut, jax.lax.stop_gradient(x), x), carry)
        (state, frame), _ = jax.lax.scan(one, carry, None, length=plan.qr_interval, unroll=unrolled(plan.qr_interval))
        frame, triangle = orthonormalised(frame)
        return (state, frame), log_diagonal(triangle)

    no_cut = jnp.zeros(plan.frame_transient, bool)
    carry, _ = jax.lax.scan(interval, (state, frame), no_cut)
    carry = jax.lax.stop_gradient(carry)
    cuts = jnp.arange(plan.intervals) % max(plan.window, 1) == 0
    # What an interval needs for its gradient is computed anew: memory for the intervals, not for every step.
    _, growth = jax.lax.scan(jax.checkpoint(interval), carry, cuts)
    return growth.sum(0) / (plan.intervals * plan.qr_interval * plan.dt)
