"""The categorical distribution against scipy and against sampling."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import softmax
from scipy.stats import entropy as scipy_entropy

from premotor.learning.exploration import Categorical

PREFERENCE = jnp.array([[0.3, -1.0, 2.0, 0.0], [5.0, -5.0, 0.0, 1.0]])
OTHER = jnp.array([[0.0, 0.0, 1.0, -2.0], [4.0, 0.0, 0.5, 1.0]])
NONE = jnp.zeros(4)


def test_choices_come_as_often_as_the_softmax_says() -> None:
    noise = jax.random.normal(jax.random.PRNGKey(0), (40_000, 2, 4))
    chosen = Categorical.executed(PREFERENCE, NONE, noise)
    assert (np.sort(chosen, axis=-1)[..., :-1] == 0).all() and (np.max(chosen, axis=-1) == 1).all()
    expected = softmax(PREFERENCE, axis=-1)
    np.testing.assert_allclose(chosen.mean(0), expected, atol=4 * np.sqrt(0.25 / 40_000))


def test_probabilities_divergence_and_entropy_are_those_of_scipy() -> None:
    old, new = softmax(PREFERENCE, axis=-1), softmax(OTHER, axis=-1)
    for choice in range(4):
        action = jax.nn.one_hot(jnp.array([choice, choice]), 4)
        np.testing.assert_allclose(
            Categorical.log_probability(action, PREFERENCE, NONE), np.log(old[:, choice]), rtol=1e-5
        )
    found = Categorical.divergence(PREFERENCE, NONE, OTHER, NONE)
    np.testing.assert_allclose(found, [scipy_entropy(a, b) for a, b in zip(old, new, strict=True)], rtol=1e-5)
    np.testing.assert_allclose(Categorical.entropy(PREFERENCE, NONE), scipy_entropy(old, axis=-1).mean(), rtol=1e-5)


def test_extreme_noise_and_preferences_stay_finite() -> None:
    noise = jnp.array([-30.0, 30.0, 0.0, 8.0])
    chosen = Categorical.executed(jnp.array([1e3, -1e3, 0.0, 0.0]), NONE, noise)
    assert np.isfinite(chosen).all() and chosen.sum() == 1
    assert np.isfinite(
        jax.grad(lambda p: Categorical.log_probability(chosen, p, NONE))(jnp.array([1e3, -1e3, 0.0, 0.0]))
    ).all()
