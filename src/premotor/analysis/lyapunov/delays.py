"""Delay equations as maps of their history."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from premotor.errors import PremotorError


class DelayMap(eqx.Module):
    """One step of Heun's scheme (order 2) for dx/dt = rhs(x(t), x(t − delay)), as a map of the history.

    A state is the history at steps of `dt`, the oldest first, as one vector ((delay/dt + 1) · n,); see `history`. An
    equation with a delay has infinitely many exponents: the leading ones converge with the step.
    """

    rhs: Callable[[Array, Array], Array]
    steps: int = eqx.field(static=True)
    """Of the delay."""
    dt: float = eqx.field(static=True)

    def __call__(self, history: Array) -> Array:
        """The history a step later."""
        past = history.reshape(self.steps + 1, -1)
        now, first = past[-1], self.rhs(past[-1], past[0])
        second = self.rhs(now + self.dt * first, past[1])
        return jnp.concatenate([past[1:].ravel(), now + self.dt / 2 * (first + second)])

    def history(self, values: np.ndarray) -> np.ndarray:
        """The state of a constant past x (n,), or of a past that was sampled every `dt`, (delay/dt + 1, n)."""
        values = np.asarray(values, float)
        return np.broadcast_to(values, (self.steps + 1, values.shape[-1])).ravel()


def delay_map(rhs: Callable[[Array, Array], Array], delay: float, dt: float) -> DelayMap:
    """A delay equation as a map for `lyapunov_spectrum`, which is to be given the same `dt`.

    Args:
        rhs: dx/dt of x(t) and x(t − delay), (n,) each, in JAX.
        delay: in the equation's unit of time; a whole number of steps.
        dt: time of one step.

    Raises:
        PremotorError: the delay is no whole number of steps, at least one.
    """
    steps = round(delay / dt) if dt > 0 else 0
    if steps < 1 or abs(steps * dt - delay) > 1e-9 * delay:
        raise PremotorError(f"delay is {delay} and dt {dt}; the delay has to be a whole number of steps, at least one")
    return DelayMap(rhs, steps, float(dt))
