"""The clipped normal distribution against scipy and against sampling."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, strategies as st
from scipy.stats import norm

from premotor.learning.exploration import Normal

LOG_PROBABILITY, DIVERGENCE = jax.jit(Normal.log_probability), jax.jit(Normal.divergence)


@given(mean=st.floats(-2, 2), spread=st.floats(0.05, 2), action=st.floats(-1, 1))
def test_the_log_probability_is_a_density_inside_and_a_mass_at_the_ends(
    mean: float, spread: float, action: float
) -> None:
    if action >= 1:
        expected = norm.logsf(1, mean, spread)
    elif action <= -1:
        expected = norm.logcdf(-1, mean, spread)
    else:
        expected = norm.logpdf(action, mean, spread)
    found = LOG_PROBABILITY(*(np.float32([value]) for value in (action, mean, np.log(spread))))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_density_and_masses_add_up_to_one() -> None:
    found = np.exp(LOG_PROBABILITY(np.linspace(-1, 1, 4001)[:, None], np.float32([0.7]), np.log(np.float32([0.6]))))
    assert abs(found[1:-1].sum() * (2 / 4000) + found[0] + found[-1] - 1) < 1e-3


def test_gradients_stay_finite_far_outside_the_range() -> None:
    def total(mean: jax.Array) -> jax.Array:
        actions = jnp.array([[-1.0], [0.0], [1.0]])
        return Normal.log_probability(actions, mean, jnp.array([-3.0])).sum()

    gradient = jax.jit(jax.grad(total))
    for mean in (-30.0, -1.0, 0.0, 1.0, 30.0):
        assert np.isfinite(gradient(np.float32([mean]))).all()


def test_samples_are_executed_actions() -> None:
    noise = np.random.default_rng(0).normal(size=(20_000, 1))
    draws = np.asarray(jax.jit(Normal.executed)(np.full((20_000, 1), 0.8), np.log([0.5]), noise))
    assert draws.min() >= -1 and draws.max() == 1
    np.testing.assert_allclose((draws == 1).mean(), norm.sf(1, 0.8, 0.5), atol=0.01)


@given(shift=st.floats(-2, 2), old=st.floats(0.1, 2), new=st.floats(0.1, 2))
def test_the_divergence_is_that_of_two_normals(shift: float, old: float, new: float) -> None:
    x = np.linspace(-30, 30, 60_001)
    p, log_q = norm.pdf(x, 0, old), norm.logpdf(x, shift, new)
    expected = np.trapezoid(p * (norm.logpdf(x, 0, old) - log_q), x)
    found = DIVERGENCE(*(np.float32([value]) for value in (0, np.log(old), shift, np.log(new))))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_the_entropy_is_that_of_a_normal() -> None:
    spreads = np.array([0.3, 1.2])
    found = jax.jit(Normal.entropy)(np.zeros(2), np.log(spreads))
    np.testing.assert_allclose(found, norm.entropy(0, spreads).sum(), rtol=1e-5)
