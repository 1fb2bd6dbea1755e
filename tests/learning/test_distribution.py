"""The clipped normal distribution against scipy and against sampling."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, strategies as st
from scipy.stats import norm

from premotor.learning.exploration import Normal


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
    found = Normal.log_probability(jnp.array([action]), jnp.array([mean]), jnp.log(jnp.array([spread])))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_density_and_masses_add_up_to_one() -> None:
    mean, log_std = jnp.array([0.7]), jnp.log(jnp.array([0.6]))
    grid = jnp.linspace(-1, 1, 4001)[1:-1, None]
    inside = jnp.exp(Normal.log_probability(grid, mean, log_std)).sum() * (2 / 4000)
    ends = sum(float(jnp.exp(Normal.log_probability(jnp.array([end]), mean, log_std))) for end in (-1.0, 1.0))
    assert abs(float(inside) + ends - 1) < 1e-3


def test_gradients_stay_finite_far_outside_the_range() -> None:
    def total(mean: jax.Array) -> jax.Array:
        actions = jnp.array([[-1.0], [0.0], [1.0]])
        return Normal.log_probability(actions, mean, jnp.array([-3.0])).sum()

    for mean in (-30.0, -1.0, 0.0, 1.0, 30.0):
        assert np.isfinite(jax.grad(total)(jnp.array([mean]))).all()


def test_samples_are_executed_actions() -> None:
    draws = np.asarray(
        Normal.executed(
            jnp.full((20_000, 1), 0.8), jnp.log(jnp.array([0.5])), jax.random.normal(jax.random.PRNGKey(0), (20_000, 1))
        )
    )
    assert draws.min() >= -1 and draws.max() == 1
    np.testing.assert_allclose((draws == 1).mean(), norm.sf(1, 0.8, 0.5), atol=0.01)


@given(shift=st.floats(-2, 2), old=st.floats(0.1, 2), new=st.floats(0.1, 2))
def test_the_divergence_is_that_of_two_normals(shift: float, old: float, new: float) -> None:
    x = np.linspace(-30, 30, 60_001)
    p, log_q = norm.pdf(x, 0, old), norm.logpdf(x, shift, new)
    expected = np.trapezoid(p * (norm.logpdf(x, 0, old) - log_q), x)
    one = jnp.ones(1)
    found = Normal.divergence(0 * one, jnp.log(old * one), shift * one, jnp.log(new * one))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_the_entropy_is_that_of_a_normal() -> None:
    spreads = np.array([0.3, 1.2])
    np.testing.assert_allclose(
        Normal.entropy(jnp.zeros(2), jnp.log(jnp.asarray(spreads))), norm.entropy(0, spreads).sum(), rtol=1e-5
    )
