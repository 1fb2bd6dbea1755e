"""The process of ours that `lyapunov_speed.py` times: the same protocol as the peers' (`peers/answers.py`)."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.tree_util import Partial

from peers.answers import answer
from premotor.analysis import lyapunov_spectrum, random_frame, tangent_growth

DT = 0.1


def step(weights: jax.Array, state: jax.Array) -> jax.Array:
    """The random rate network."""
    return (1 - DT) * state + DT * weights @ jnp.tanh(state)


class Spectrum:
    """The leading exponents by `lyapunov_spectrum`."""

    def __init__(self, neurons: int, exponents: int, steps: int, qr_interval: int | None, precision: Any, weights: Any):
        self.step = Partial(step, np.asarray(weights))
        self.state = np.sin(np.arange(neurons))
        self.options: dict[str, Any] = {"exponents": exponents, "steps": steps, "qr_interval": qr_interval, "dt": DT}
        self.options |= {"precision": precision, "transient": 0, "frame_transient": 0}

    def run(self) -> list[float]:
        """The exponents."""
        return lyapunov_spectrum(self.step, self.state, **self.options).exponents.tolist()


class Epoch:
    """Value and gradient of the exponents' mean square through `tangent_growth`, and a step of Adam."""

    def __init__(self, neurons: int, exponents: int, steps: int, qr_interval: int, weights: Any):
        self.weights = jnp.asarray(weights, jnp.float32)
        self.state = jnp.sin(jnp.arange(neurons, dtype=jnp.float32))
        self.frame = random_frame(jax.random.key(0), neurons, exponents)
        optimizer = optax.adam(1e-3)
        self.memory = optimizer.init(self.weights)

        def loss(weights: jax.Array, state: jax.Array, frame: jax.Array) -> tuple[jax.Array, jax.Array]:
            options = {"steps": steps, "qr_interval": qr_interval}
            values = tangent_growth(Partial(step, weights), state, frame, **options)[2].sum(0) / (steps * DT)
            return (values**2).mean(), values

        @jax.jit
        def epoch(weights: jax.Array, memory: Any, state: jax.Array, frame: jax.Array) -> tuple[Any, ...]:
            (_, values), slope = jax.value_and_grad(loss, has_aux=True)(weights, state, frame)
            change, memory = optimizer.update(slope, memory)
            return weights + change, memory, values

        self.epoch = epoch

    def run(self) -> list[float]:
        """The exponents before the step."""
        self.weights, self.memory, values = self.epoch(self.weights, self.memory, self.state, self.frame)
        return np.asarray(values).tolist()


def prepared(kind: str, **request: Any) -> Spectrum | Epoch:
    """What a request asks for."""
    return Epoch(**request) if kind == "epoch" else Spectrum(**request)


if __name__ == "__main__":
    answer(prepared)
