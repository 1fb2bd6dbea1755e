"""Runs in an environment with lyapax: Lyapunov exponents of a random rate network by its `lyapunov_spectrum`.

float32, one thread; compiled once. Reads one JSON request a line from standard input and writes one JSON answer a line,
as `lyapunov_torch.py` does. It has no epoch of training: lyapax leaves that to its user.
"""

import json
import resource
import sys
import time
import warnings
from typing import Any

import jax
import jax.numpy as jnp
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


def main() -> None:
    """Answer requests until the input ends."""
    warnings.filterwarnings("ignore", message="lyapax: jax_enable_x64")
    case = None
    for line in sys.stdin:
        request = json.loads(line)
        if "weights" in request:
            case = Case(**request)
            case.run()
        assert case is not None
        start = time.process_time()
        exponents = case.run()
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": seconds, "exponents": exponents, "peak_kib": peak}), flush=True)


if __name__ == "__main__":
    main()
