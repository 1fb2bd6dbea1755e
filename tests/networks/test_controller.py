"""Controllers: what enters where, what is read out, and the coordinates in which they learn."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from networks.wiring import small_circuit
from premotor.networks import (
    Controller,
    MapSettings,
    Normalizer,
    RateNetworkSettings,
    build_controller,
    calibrated,
    smooth_noise,
)

NAMES = [f"o{i}" for i in range(6)]


def controller(**changes: object) -> Controller:
    return build_controller(small_circuit(), NAMES, ["a", "b"], key=jax.random.PRNGKey(3), **changes)


def test_observations_reach_only_the_input_neurons_in_the_first_step() -> None:
    made = controller(network=RateNetworkSettings(substeps=1, activation="tanh"))
    state = made.initial_state(2)
    seen = jnp.stack([jnp.zeros(6), jnp.ones(6)])
    after, action = made.act(made.product(), state, seen)
    moved = np.flatnonzero(np.asarray(after[:, 0] != after[:, 1]))
    np.testing.assert_array_equal(moved, made.input_neurons)
    np.testing.assert_array_equal(action[0], action[1])  # nothing has come through yet


def test_only_the_output_neurons_are_read() -> None:
    made = controller()
    rng = np.random.default_rng(0)
    gradient = jax.jacobian(
        lambda state: made.output_weight @ made.whitening @ (state[made.output_neurons] - made.rest_rate)
    )(jnp.asarray(rng.random(14)))
    read = np.flatnonzero(np.abs(gradient).sum(0))
    np.testing.assert_array_equal(read, made.output_neurons)


def test_an_episode_starts_at_the_rest_of_the_circuit() -> None:
    made = controller()
    state = made.initial_state(3)
    later = made.network.step(made.network.product(), state, jnp.zeros_like(state))
    np.testing.assert_allclose(later, state, atol=2e-3)
    assert float(jnp.abs(state).max()) > 0.05


def test_the_read_out_is_white_under_the_observations_it_was_calibrated_on() -> None:
    observations = smooth_noise(jax.random.PRNGKey(1), 6, steps=200)
    made = calibrated(controller(), observations, jax.random.PRNGKey(2))
    state, product, rows = made.initial_state(64), made.product(), []
    for seen in observations:
        state, _ = made.act(product, state, seen)
        rows.append(made.whitening @ (state[made.output_neurons] - made.rest_rate[:, None]))
    white = np.concatenate(rows[10:], axis=1)
    variance = np.linalg.eigvalsh(np.cov(white))
    assert variance.max() < 1.01 and variance.mean() > 0.5  # directions below the ridge stay smaller


def test_one_step_of_each_kind_of_parameter_moves_the_actions_alike() -> None:
    observations = smooth_noise(jax.random.PRNGKey(1), 6)
    made = calibrated(controller(), observations, jax.random.PRNGKey(2))
    probe = jax.random.normal(jax.random.PRNGKey(2), (50, 64, 2))

    def actions(candidate: Controller) -> jax.Array:
        state, product, rows = candidate.initial_state(64), candidate.product(), []
        for seen in observations:
            state, action = candidate.act(product, state, seen)
            rows.append(action)
        return jnp.stack(rows)[10:]

    for name in ("log_magnitude", "bias", "input_weight", "output_weight", "output_bias"):
        value = made.parameter(name)
        gradient = jax.grad(lambda v, n=name: (actions(made.with_parameters({n: v})) * probe).sum())(value)
        size = 1e-3 * made.step_scale[name]
        moved = actions(made.with_parameters({name: value + size * jnp.sign(gradient)}))
        effect = float(jnp.sqrt(((moved - actions(made)) ** 2).mean())) / 1e-3
        assert effect == pytest.approx(1.0, rel=0.1), name


def test_frozen_kinds_are_not_trained() -> None:
    network = RateNetworkSettings(learning_rates={"magnitudes": 0, "biases": 2})
    made = controller(network=network, maps=MapSettings(input_rate=0))
    trained = made.trained()
    assert not trained.network.log_magnitude and not trained.network.log_conductance
    assert trained.network.bias and not trained.network.log_gain and not trained.network.sign
    assert not trained.input_weight and trained.output_weight and trained.log_spread
    assert not trained.whitening and not trained.normalizer.mean
    rates = made.learning_rates()
    assert float(rates.network.bias) == pytest.approx(2 * float(made.step_scale["bias"]))


def test_the_same_key_gives_the_same_controller_bit_for_bit() -> None:
    assert eqx.tree_equal(controller(), controller())
    other = build_controller(small_circuit(), NAMES, ["a", "b"], key=jax.random.PRNGKey(4))
    assert not eqx.tree_equal(controller(), other)


def test_the_normalizer_is_that_of_all_that_was_seen() -> None:
    rng = np.random.default_rng(0)
    batches = [rng.normal(3, 2, (7, 5, 6)), rng.normal(-1, 0.5, (11, 5, 6))]
    normalizer = Normalizer.identity(6)
    for batch in batches:
        normalizer = normalizer.updated(jnp.asarray(batch))
    rows = np.concatenate([batch.reshape(-1, 6) for batch in batches])
    np.testing.assert_allclose(normalizer.mean, rows.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(normalizer.variance, rows.var(0), rtol=1e-3)
    scaled = normalizer(jnp.asarray(rows))
    np.testing.assert_allclose(np.asarray(scaled).std(0), 1, rtol=1e-3)
    assert float(normalizer(jnp.full(6, 1e9)).max()) == normalizer.limit
