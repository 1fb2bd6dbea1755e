"""Supervised learning on sequences, through time: cloning recorded actions, or any other target."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from premotor.learning.ppo_update import replay
from premotor.networks import Controller


def fit_sequences(
    controller: Controller,
    observations: Float[Array, "steps sequences observations"],
    targets: Float[Array, "steps sequences actions"],
    key: PRNGKeyArray,
    *,
    iterations: int = 500,
    batch: int = 32,
    learning_rate: float = 3e-3,
    learning_rate_end: float | None = None,
    settling: int = 0,
    started: Bool[Array, "steps sequences"] | None = None,
) -> tuple[Controller, Float[Array, " iterations"]]:
    """Teach a controller to give `targets` along `observations`, by gradients through the whole sequence.

    Every sequence starts at rest. Signs and support are held as ever: what changes, and how fast relative to the
    rest, is the controller's own choice (`Controller.trained`, `Controller.learning_rates`).

    Args:
        controller: where to start.
        observations: raw; normalisation belongs to the controller.
        targets: the actions that are wanted.
        key: which sequences each iteration sees.
        iterations: steps of descent (Adam).
        batch: sequences of each.
        learning_rate: of the kinds of parameter with relative rate 1.
        learning_rate_end: where it goes until the last iteration, in equal ratios; None: it stays.
        settling: steps at the start of each sequence that do not count.
        started: where an episode begins within a sequence and the controller is at rest again; None: nowhere.

    Returns:
        the taught controller, and the mean squared error at each iteration.
    """
    trained = controller.trained()
    parameters, fixed = eqx.partition(controller, trained)
    step_sizes = eqx.filter(controller.learning_rates(), trained)
    last = learning_rate if learning_rate_end is None else learning_rate_end
    rates = jnp.asarray(np.geomspace(learning_rate, last, iterations), jnp.float32)
    begins = jnp.zeros(observations.shape[:2], bool) if started is None else started
    adam = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(eps=1e-5))
    size = min(batch, observations.shape[1])

    @eqx.filter_jit
    def run(parameters: Any, fixed: Any, observations: Array, targets: Array, begins: Array) -> tuple[Any, Array]:
        def loss(parameters: Any, index: Array) -> Array:
            made = eqx.combine(parameters, fixed)
            given = replay(made, made.initial_state(size), observations[:, index], begins[:, index])
            return ((given - targets[:, index]) ** 2)[settling:].mean()

        def descend(carry: tuple[Any, Any], row: tuple[Array, Array]) -> tuple[tuple[Any, Any], Array]:
            (parameters, memory), (key, pace) = carry, row
            index = jax.random.choice(key, observations.shape[1], (size,), replace=False)
            error, gradient = eqx.filter_value_and_grad(loss)(parameters, index)
            change, memory = adam.update(gradient, memory)
            parameters = jax.tree.map(lambda p, c, r: p - r * pace * c, parameters, change, step_sizes)
            return (parameters, memory), error

        rows = (jax.random.split(key, iterations), rates)
        carry, errors = jax.lax.scan(descend, (parameters, adam.init(parameters)), rows)
        return carry[0], errors

    parameters, errors = run(parameters, fixed, observations, targets, begins)
    return eqx.combine(parameters, fixed), errors


def phase_sequences(
    key: PRNGKeyArray, *, steps: int, sequences: int, control_period: float, frequencies: tuple[float, float]
) -> tuple[Float[Array, "steps sequences 1"], Float[Array, "steps sequences 2"]]:
    """Sines of random frequency (Hz) and phase, and the phase of each as its sine and cosine.

    The cosine is not in the present value: a network has to hold on to what came before to tell rise from fall.
    """
    key_frequency, key_phase = jax.random.split(key)
    frequency = jax.random.uniform(key_frequency, (sequences,), minval=frequencies[0], maxval=frequencies[1])
    start = jax.random.uniform(key_phase, (sequences,), maxval=2 * jnp.pi)
    phase = start + 2 * jnp.pi * frequency * control_period * jnp.arange(steps)[:, None]
    return jnp.sin(phase)[..., None], jnp.stack([jnp.sin(phase), jnp.cos(phase)], axis=-1)
