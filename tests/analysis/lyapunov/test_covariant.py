"""Covariant vectors are covariant, and grow with the exponents."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

import premotor as pm
from lyapunov_systems import cat, henon, linear, random_weights, rate_step
from premotor.analysis import covariant_vectors


def pushed(step, state, vectors, steps):
    """Vectors pushed along by full Jacobians."""
    with jax.enable_x64(True):
        state = jnp.asarray(state, jnp.float64)
        jacobian, step = jax.jit(jax.jacfwd(step)), jax.jit(step)
        for _ in range(steps):
            vectors = np.asarray(jacobian(state)) @ vectors
            state = step(state)
    return np.asarray(state), vectors


@pytest.mark.parametrize(
    ("step", "start", "exponents", "interval"),
    [
        (henon, np.array([0.1, 0.1]), None, 3),
        (Partial(rate_step, random_weights(10, 3.0, 0)), np.random.default_rng(0).normal(size=10), 4, 10),
    ],
)
def test_pushed_forward_they_stay_parallel(step, start, exponents, interval):
    covariant = covariant_vectors(step, start, exponents=exponents, steps=3000, qr_interval=interval)
    np.testing.assert_allclose(np.linalg.norm(covariant.vectors, axis=1), 1, atol=1e-12)
    for sample in (0, 50, 200):
        after, moved = pushed(step, covariant.states[sample], covariant.vectors[sample], interval)
        np.testing.assert_allclose(after, covariant.states[sample + 1], atol=1e-9)
        lengths = np.linalg.norm(moved, axis=0)
        cosines = np.abs((moved / lengths * covariant.vectors[sample + 1]).sum(0))
        np.testing.assert_allclose(cosines, 1, atol=1e-9)
        np.testing.assert_allclose(np.log(lengths), covariant.growth[sample], atol=1e-7)
    spectrum = pm.lyapunov_spectrum(step, start, exponents=exponents, steps=3000, qr_interval=interval)
    # The same steps: the growth of the frame and of the vectors differ by what lies at the two ends.
    np.testing.assert_allclose(covariant.exponents, spectrum.exponents, atol=5 / 3000)


def test_of_a_constant_map_they_are_the_eigenvectors():
    matrix = np.array([[0.9, 0.3, 0.0], [0.0, 0.5, 0.2], [0.1, 0.0, 0.2]])
    values, vectors = np.linalg.eig(matrix)
    order = np.argsort(-np.abs(values))
    covariant = covariant_vectors(
        Partial(linear, matrix), np.ones(3), steps=60, frame_transient=200, backward_transient=200, qr_interval=2
    )
    cosines = np.abs((covariant.vectors[10] * np.real(vectors[:, order])).sum(0))
    np.testing.assert_allclose(cosines, 1, atol=1e-9)
    np.testing.assert_allclose(covariant.exponents, np.log(np.abs(values[order])), atol=1e-9)


def test_of_the_cat_map_they_are_orthogonal():
    covariant = covariant_vectors(cat, np.array([0.2, 0.3]), steps=100)
    np.testing.assert_allclose(covariant.angle(slice(0, 1), slice(1, 2)), np.pi / 2, atol=1e-6)
    np.testing.assert_allclose(covariant.participation, _cat_participation(), rtol=1e-6)


def _cat_participation():
    """Both eigenvectors of [[2, 1], [1, 1]] have components in the golden ratio φ: (φ² + 1)² / (φ⁴ + 1)."""
    golden = (1 + np.sqrt(5)) / 2
    return (golden**2 + 1) ** 2 / (golden**4 + 1)


def test_mistakes_are_told():
    with pytest.raises(pm.PremotorError, match="not invertible"):
        covariant_vectors(Partial(linear, np.diag([1.0, 0.0])), np.ones(2), steps=20)
    with pytest.raises(pm.PremotorError, match=r"state has shape \(3, 2\)"):
        covariant_vectors(henon, np.ones((3, 2)), steps=20)
    with pytest.raises(pm.PremotorError, match="at least 1"):
        covariant_vectors(henon, np.ones(2), steps=0)
