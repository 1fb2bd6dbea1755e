"""The categorical distribution against scipy and against sampling."""

import jax
import numpy as np
from scipy.special import softmax
from scipy.stats import entropy as scipy_entropy

from premotor.learning.exploration import Categorical

PREFERENCE = np.float32([[0.3, -1.0, 2.0, 0.0], [5.0, -5.0, 0.0, 1.0]])
OTHER = np.float32([[0.0, 0.0, 1.0, -2.0], [4.0, 0.0, 0.5, 1.0]])
NONE = np.zeros(4, np.float32)
EXECUTED, LOG_PROBABILITY = jax.jit(Categorical.executed), jax.jit(Categorical.log_probability)


def test_choices_come_as_often_as_the_softmax_says() -> None:
    noise = np.random.default_rng(0).normal(size=(40_000, 2, 4))
    chosen = np.asarray(EXECUTED(PREFERENCE, NONE, noise))
    assert (np.sort(chosen, axis=-1)[..., :-1] == 0).all() and (np.max(chosen, axis=-1) == 1).all()
    expected = softmax(PREFERENCE, axis=-1)
    np.testing.assert_allclose(chosen.mean(0), expected, atol=4 * np.sqrt(0.25 / 40_000))


def test_probabilities_divergence_and_entropy_are_those_of_scipy() -> None:
    old, new = softmax(PREFERENCE, axis=-1), softmax(OTHER, axis=-1)
    for choice in range(4):
        action = np.eye(4, dtype=np.float32)[[choice, choice]]
        np.testing.assert_allclose(LOG_PROBABILITY(action, PREFERENCE, NONE), np.log(old[:, choice]), rtol=1e-5)
    found = jax.jit(Categorical.divergence)(PREFERENCE, NONE, OTHER, NONE)
    np.testing.assert_allclose(found, [scipy_entropy(a, b) for a, b in zip(old, new, strict=True)], rtol=1e-5)
    found = jax.jit(Categorical.entropy)(PREFERENCE, NONE)
    np.testing.assert_allclose(found, scipy_entropy(old, axis=-1).mean(), rtol=1e-5)


def test_extreme_noise_and_preferences_stay_finite() -> None:
    preference = np.float32([[1e3, -1e3, 0.0, 0.0]] * 2)
    noise = np.float32([[-30.0, 30.0, 0.0, 8.0]] * 2)
    chosen = np.asarray(EXECUTED(preference, NONE, noise))
    assert np.isfinite(chosen).all() and (chosen.sum(-1) == 1).all()
    gradient = jax.jit(jax.grad(lambda p, *rest: Categorical.log_probability(rest[0], p, rest[1]).sum()))
    assert np.isfinite(gradient(preference, chosen, NONE)).all()
