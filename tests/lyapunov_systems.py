"""Maps and flows with known exponents, and a slow independent way to their spectra."""

import jax
import jax.numpy as jnp
import numpy as np


def henon(state):
    return jnp.stack([1 - 1.4 * state[0] ** 2 + state[1], 0.3 * state[0]])


def cat(state):
    return jnp.mod(jnp.array([[2.0, 1.0], [1.0, 1.0]]) @ state, 1.0)


def standard(state, strength=1.0):
    momentum = state[1] + strength * jnp.sin(state[0])
    return jnp.mod(jnp.stack([state[0] + momentum, momentum]), 2 * jnp.pi)


def linear(matrix, state):
    return matrix @ state


def lorenz(state):
    x, y, z = state
    return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def rate_step(weights, state):
    """The random network's step, dt = 0.1 (Euler)."""
    return 0.9 * state + 0.1 * weights @ jnp.tanh(state)


def rate_derivative(weights, state):
    """The same network in continuous time."""
    return weights @ jnp.tanh(state) - state


def random_weights(neurons, gain, seed):
    """N(0, g²/N) without self-connections."""
    weights = np.random.default_rng(seed).normal(size=(neurons, neurons)) * gain / np.sqrt(neurons)
    np.fill_diagonal(weights, 0.0)
    return weights


def slow_growth(step, state, frame, steps):
    """ln |diag R| of every step with full Jacobians in NumPy, and Σ ln |det J|."""
    with jax.enable_x64(True):
        jacobian = jax.jit(jax.jacfwd(step))
        step = jax.jit(step)
        state, growth, volume = jnp.asarray(state, jnp.float64), [], 0.0
        for _ in range(steps):
            matrix = np.asarray(jacobian(state))
            volume += np.linalg.slogdet(matrix)[1]
            frame, triangle = np.linalg.qr(matrix @ frame)
            growth.append(np.log(np.abs(np.diag(triangle))))
            state = step(state)
    return np.array(growth), volume
