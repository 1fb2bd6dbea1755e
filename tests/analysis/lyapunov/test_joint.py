"""State and tangents in one product give what JAX's own linearisation gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

import premotor as pm
from lyapunov_systems import random_weights, rate_step
from premotor.analysis.lyapunov import joint
from premotor.analysis.lyapunov.tangent import push

N = 12
WEIGHTS = random_weights(N, 3.0, 1)


def left(weights, state):
    return 0.9 * state + jnp.tanh(state) @ weights


def columns(weights, state):
    return 0.5 * state + (weights @ jnp.tanh(state[:, None]))[:, 0]


def branches(weights, state):
    sum_ = jax.nn.relu(weights @ jax.nn.softplus(state) * state[0])
    return jnp.where(state > 0, state, 0.3 * state) + sum_ + (weights @ state) @ (weights @ state)


def inside(weights, state):
    return jax.jit(lambda x: 0.9 * x + weights @ jnp.tanh(weights @ x))(state)


def half_still(weights, state):
    return weights @ jnp.ones(N) + jax.lax.cond(state[0] > 0, lambda x: weights @ x, lambda x: 2 * x, state)


@pytest.fixture
def large_is_small(monkeypatch):
    monkeypatch.setattr(joint, "LARGE", 1)


@pytest.mark.parametrize(
    ("step", "exponents"),
    [
        (rate_step, 1),
        (rate_step, 3),
        (rate_step, 20),
        (left, 1),
        (columns, 1),
        (branches, 3),
        (inside, 3),
        (half_still, 1),
    ],
)
def test_the_same_as_linearised(large_is_small, step, exponents):
    random = np.random.default_rng(0)
    with jax.enable_x64(True):
        weights, state = jnp.asarray(WEIGHTS), jnp.asarray(random.normal(size=N))
        frame = jnp.asarray(random.normal(size=(N, exponents)))
        index = jnp.asarray(0)
        made = joint.JointStep.of(lambda index, x: step(weights, x), index, state)
        assert made is not None
        after, rows = jax.jit(made.push)(index, state, frame.T)
        expected, turned = jax.jit(lambda state, frame: push(lambda x: step(weights, x), state, frame))(state, frame)
    np.testing.assert_allclose(after, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rows.T, turned, rtol=1e-12, atol=1e-12)


def test_small_matrices_and_maps_without_any_are_left_alone():
    state = jnp.ones(N)
    for step in (Partial(rate_step, WEIGHTS), jnp.tanh):
        assert joint.JointStep.of(lambda index, x, step=step: step(x), jnp.asarray(0), state) is None


@pytest.mark.parametrize("exponents", [1, 2])
def test_a_driven_network_whose_weights_are_read_once(monkeypatch, exponents):
    """A spectrum with inputs and parameters, beside the one by linearisation: another size, so another program."""
    weights = np.stack([random_weights(13, gain, 3) for gain in (0.5, 0.8)])
    starts = np.random.default_rng(2).normal(size=(2, 13))
    drive = np.random.default_rng(3).normal(size=(440, 13))

    def run(step):
        options = {"exponents": exponents, "steps": 400, "transient": 20, "frame_transient": 20, "dt": 0.1}
        return pm.lyapunov_spectrum(step, starts, parameters=weights, inputs=drive, **options)

    expected = run(lambda w, x, u: rate_step(w, x) + 0.1 * u)
    monkeypatch.setattr(joint, "LARGE", 1)
    found = run(lambda w, x, u: rate_step(w, x) + 0.1 * u)
    np.testing.assert_allclose(found.exponents, expected.exponents, rtol=1e-9)
    assert (found.growth != expected.growth).any()  # sums in another order: it did take the other way
