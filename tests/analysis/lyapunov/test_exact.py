"""Spectra of systems whose exponents are known exactly or published."""

import numpy as np
import pytest
from jax.tree_util import Partial

import premotor as pm
from lyapunov_systems import (
    cat,
    henon,
    linear,
    lorenz,
    random_weights,
    rate_derivative,
    rate_step,
    slow_growth,
    standard,
)
from premotor.analysis import runge_kutta


def test_henon_agrees_with_the_published_values():
    spectrum = pm.lyapunov_spectrum(henon, np.array([0.1, 0.1]), steps=100_000)
    np.testing.assert_allclose(spectrum.exponents, [0.41922, -1.62319], atol=4 * spectrum.standard_errors.max())
    assert spectrum.standard_errors.max() < 2e-3
    np.testing.assert_allclose(spectrum.exponents.sum(), np.log(0.3), atol=1e-12)
    np.testing.assert_allclose(spectrum.kaplan_yorke_dimension, 1.258, atol=2e-3)  # 1 + 0.41922 / 1.62319


def test_the_cat_map_is_exact():
    spectrum = pm.lyapunov_spectrum(cat, np.array([0.1, 0.7]), steps=300)
    golden = np.log((3 + np.sqrt(5)) / 2)
    np.testing.assert_allclose(spectrum.exponents, [golden, -golden], atol=1e-12)


def test_lorenz_agrees_with_the_published_values():
    options = {"steps": 20_000, "dt": 0.01, "transient": 2000, "frame_transient": 2000}
    spectrum = pm.lyapunov_spectrum(runge_kutta(lorenz), np.array([1.0, 1.0, 20.0]), **options)
    np.testing.assert_allclose(spectrum.exponents, [0.9056, 0, -14.5723], atol=4 * spectrum.standard_errors.max())
    assert spectrum.standard_errors.max() < 0.04
    np.testing.assert_allclose(spectrum.exponents.sum(), -(10 + 1 + 8 / 3), atol=2e-4)  # the divergence
    np.testing.assert_allclose(spectrum.kaplan_yorke_dimension, 2.062, atol=0.004)


def test_the_standard_map():
    starts = np.column_stack([np.linspace(0.01, 0.08, 8), np.linspace(0.02, 0.05, 8)])  # near the hyperbolic point
    spectrum = pm.lyapunov_spectrum(standard, starts, exponents=2, steps=200_000)  # long, since orbits stick to islands
    np.testing.assert_allclose(spectrum.exponents.mean(0), [0.105, -0.105], atol=0.02)
    np.testing.assert_allclose(spectrum.exponents.sum(-1), 0, atol=1e-10)


@pytest.mark.parametrize("scale", [1.0, 0.8])
def test_an_orthogonal_map(scale):
    matrix = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    spectrum = pm.lyapunov_spectrum(Partial(linear, scale * matrix), np.ones(6), exponents=4, steps=500)
    np.testing.assert_allclose(spectrum.exponents, np.log(scale), atol=1e-12)


def test_constant_jacobians_give_the_logarithms_of_their_eigenvalues():
    matrix = np.random.default_rng(1).normal(size=(5, 5)) / 2
    matrix = 0.9 * np.eye(5) + 0.1 * (matrix + matrix.T)
    spectrum = pm.lyapunov_spectrum(Partial(linear, matrix), np.ones(5), steps=400, frame_transient=20_000, dt=0.1)
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(matrix))) / 0.1)[::-1]
    np.testing.assert_allclose(spectrum.exponents, expected, atol=1e-9)


def test_the_two_neurons_that_the_original_checked():
    """At rest, its Jacobian has the eigenvalues 0.9 ± 0.1 i √0.45; the original expected −1.0056."""
    weights = np.array([[0.0, 0.9], [-0.5, 0.0]])
    spectrum = pm.lyapunov_spectrum(Partial(rate_step, weights), np.ones(2), steps=20_000, dt=0.1)
    np.testing.assert_allclose(spectrum.exponents, [-1.02590] * 2, atol=3e-4)  # the ends weigh some 0.3 / time
    assert spectrum.exponents.sum() == pytest.approx(10 * np.log(0.8145), abs=1e-9)


@pytest.mark.parametrize("qr_interval", [1, 3, None])
def test_growth_is_that_of_full_jacobians(qr_interval):
    weights = random_weights(10, 3.0, 0)
    start = np.random.default_rng(1).normal(size=10)
    before = pm.lyapunov_spectrum(Partial(rate_step, weights), start, steps=60, transient=0, frame_transient=0, dt=0.1)
    options = {"transient": 0, "frame_transient": 0, "dt": 0.1, "qr_interval": qr_interval}
    spectrum = pm.lyapunov_spectrum(Partial(rate_step, weights), before.state, steps=600, **options)
    first = pm.lyapunov_spectrum(Partial(rate_step, weights), before.state, steps=1, **options)
    # From the second step on, the frames agree up to signs, whatever the first one was.
    growth, volume = slow_growth(lambda x: rate_step(weights, x), first.state, first.frame, 599)
    whole = first.growth[0] + growth.sum(0)
    np.testing.assert_allclose(spectrum.exponents, whole / 60, atol=1e-7)
    total = (volume + first.growth.sum()) / 60
    assert spectrum.exponents.sum() == pytest.approx(total, abs=1e-10)  # Σλ = ⟨ln |det J|⟩ / dt


def test_the_spectrum_of_a_network_without_self_connections_is_symmetric():
    """In continuous time λ_i + λ_(N+1−i) ≈ −2 and Σλ = −N (Engelken, Wolf & Abbott 2023)."""
    step = runge_kutta(Partial(rate_derivative, random_weights(40, 3.0, 2)), 0.1)
    start = np.random.default_rng(0).normal(size=40)
    spectrum = pm.lyapunov_spectrum(step, start, steps=6000, dt=0.1)
    assert spectrum.exponents.sum() == pytest.approx(-40, abs=1e-3)
    np.testing.assert_allclose(spectrum.exponents + spectrum.exponents[::-1], -2, atol=0.25)


@pytest.mark.slow
def test_random_networks_of_512_neurons():
    """g = 3, dt = 0.1: λ1 = 0.2031 ± 0.0014 over four networks, Kaplan–Yorke dimension / N from .058 to .067."""
    weights = np.stack([random_weights(512, 3.0, seed) for seed in range(4)])
    starts = np.random.default_rng(0).normal(size=(4, 512))
    first = pm.lyapunov_spectrum(rate_step, starts, exponents=1, steps=30_000, dt=0.1, parameters=weights)
    assert first.exponents.mean() == pytest.approx(0.2031, abs=3 * 0.0014)
    leading = pm.lyapunov_spectrum(rate_step, starts, exponents=48, steps=4000, dt=0.1, parameters=weights)
    dimension = leading.kaplan_yorke_dimension / 512
    assert (dimension > 0.052).all() and (dimension < 0.073).all()
    assert 0.058 < dimension.mean() < 0.067
