"""Spectra of maps whose exponents are known exactly or published, and what the function promises about its run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import premotor as pm
from premotor.analysis import tangent_growth
from premotor.analysis.lyapunov.loops import grow


def henon(state):
    return jnp.stack([1 - 1.4 * state[0] ** 2 + state[1], 0.3 * state[0]])


def linear(matrix, state):
    return matrix @ state


def test_henon_agrees_with_the_published_values():
    spectrum = pm.lyapunov_spectrum(henon, np.array([0.1, 0.1]), steps=100_000)
    np.testing.assert_allclose(spectrum.exponents, [0.41922, -1.62319], atol=4 * spectrum.standard_errors.max())
    assert spectrum.standard_errors.max() < 2e-3
    np.testing.assert_allclose(spectrum.exponents.sum(), np.log(0.3), atol=1e-12)


def test_a_constant_jacobian_gives_the_logarithms_of_its_eigenvalues():
    matrix = np.array([[2.0, 1.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.0, 0.25]])
    step = jax.tree_util.Partial(linear, matrix)
    spectrum = pm.lyapunov_spectrum(step, np.zeros(3), steps=200, transient=0, frame_transient=200, dt=0.1)
    np.testing.assert_allclose(spectrum.exponents, np.log([2.0, 0.5, 0.25]) / 0.1, atol=1e-10)


def test_no_second_program_for_equal_shapes():
    def run(scale, steps, **options):
        step = jax.tree_util.Partial(linear, scale * np.eye(2))
        return pm.lyapunov_spectrum(step, np.ones(2), steps=steps, **options).exponents

    run(0.5, 100)
    programs = grow._cached._cache_size()
    np.testing.assert_allclose(run(0.7, 350, qr_interval=7, dt=0.5), np.log(0.7) / 0.5, atol=1e-12)
    assert grow._cached._cache_size() == programs


def test_growth_of_a_frame_can_be_jitted_batched_and_differentiated():
    def first(scale):
        step = jax.tree_util.Partial(linear, scale * jnp.diag(jnp.array([2.0, 1.0, 0.5])))
        return tangent_growth(step, jnp.ones(3), jnp.eye(3)[:, :2], steps=6, qr_interval=3)[2].sum(0)

    growth = jax.jit(jax.vmap(first))(jnp.array([1.0, 2.0]))
    np.testing.assert_allclose(growth, 6 * np.log([[2.0, 1.0], [4.0, 2.0]]), atol=1e-5)
    np.testing.assert_allclose(jax.jacrev(first)(2.0), [3.0, 3.0], rtol=1e-5)
    with pytest.raises(pm.PremotorError, match="multiple of qr_interval"):
        tangent_growth(henon, jnp.ones(2), jnp.eye(2), steps=7, qr_interval=3)
