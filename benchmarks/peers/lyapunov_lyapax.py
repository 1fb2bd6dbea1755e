"""Runs in an environment with lyapax: Lyapunov exponents of a random rate network by its `lyapunov_spectrum`.

float32, one thread; compiled once. It has no epoch of training: lyapax leaves that to its user.
"""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
from answers import answer
from lyapax import lyapunov_spectrum

DT = 0.1


class Case:
    """One size, compiled at its first run."""

    def __init__(self, neurons: int, exponents: int, steps: int, qr_interval: int, kind: str, weights: Any) -> None:
        if kind != "spectrum":
            raise SystemExit("lyapax has no epoch of training")
        matrix = jnp.asarray(weights, jnp.float32)
        state = jnp.sin(jnp.arange(neurons, dtype=jnp.float32))

        def step(state: jax.Array, matrix: jax.Array) -> jax.Array:
            return (1 - DT) * state + DT * matrix @ jnp.tanh(state)

        def spectrum(matrix: jax.Array, state: jax.Array) -> jax.Array:
            result = lyapunov_spectrum(
                lambda x: step(x, matrix), state, DT, steps, k=exponents, renorm_every=qr_interval
            )
            return result.exponents

        program = jax.jit(spectrum)
        self.run = lambda: program(matrix, state).tolist()


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="lyapax: jax_enable_x64")
    answer(Case)
