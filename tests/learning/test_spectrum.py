"""Descent on the spectrum: exponents, gradients, free parameters and losses against independent answers."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from premotor import PremotorError, load_circuit
from premotor.learning.spectrum import (
    LossSettings,
    PhaseTask,
    PhaseTaskSettings,
    Plan,
    SpectrumSettings,
    TrainableSettings,
    evolution_gradient,
    free,
    gradient_of,
    initialise,
    iterate,
    network_exponents,
    objective,
    spectrum_loss,
)
from premotor.networks import RandomRateNetwork, RandomRateSettings, RateNetwork
from premotor.networks.random_rate import random_matrix
from tiny import tiny_circuit


@pytest.fixture(autouse=True)
def doubles():
    with jax.enable_x64(True):
        yield


def settings_of(mode="full", **changes):
    values = {
        "exponents": 2, "length": 6.0, "transient": 5.0, "frame_transient": 2.0, "t_ons": 0.5,
        "gradient": {"mode": mode, "window": 2.0, "population": 2},
    }  # fmt: skip
    return SpectrumSettings.model_validate({**values, **changes})


@pytest.fixture(scope="module")
def chaotic():
    with jax.enable_x64(True):
        return RandomRateNetwork.random(RandomRateSettings(neurons=10, coupling=2.5), seed=2)


def test_where_the_state_decays_exponents_are_those_of_the_weights():
    model = RandomRateSettings(neurons=12, coupling=0.5)
    network = RandomRateNetwork.random(model, seed=0)
    settings = settings_of(exponents=12, length=2000.0, transient=200.0, frame_transient=200.0)
    found = jax.jit(network_exponents, static_argnums=(2, 3))(
        eqx.combine(*eqx.partition(network, eqx.is_array)), jax.random.key(0), 12, Plan.of(settings, 0.1)
    )
    eigenvalues = np.linalg.eigvals(0.5 * random_matrix(12, 0))
    exact = np.sort(np.log(np.abs(0.9 + 0.1 * eigenvalues)) / 0.1)[::-1]
    assert np.allclose(found, exact, atol=3e-3)


@pytest.mark.parametrize(
    ("settings", "loss"),
    [
        (LossSettings(kind="mse", target=0.1), (0.04 + 0.01 + 0.25) / 3),
        (LossSettings(kind="l2", target=0.1), np.sqrt(0.3)),
        (LossSettings(kind="mse", target=(0.3, 0.0, -0.4)), 0.0),
        (LossSettings(kind="entropy"), -0.3),
    ],
)
def test_losses(settings, loss):
    exponents = jnp.array([0.3, 0.0, -0.4])
    assert float(spectrum_loss(exponents, settings)) == pytest.approx(loss, abs=1e-12)
    assert np.isfinite(jax.grad(lambda x: spectrum_loss(x, settings))(exponents)).all()


@pytest.fixture(scope="module")
def gradients():
    """The gradient of the loss in each mode, and central differences of the loss, value by value."""
    trainable = {"weights": {"count": 3}, "gains": {"count": 2}, "shifts": {"count": 2}}
    model = RandomRateSettings(neurons=10, coupling=2.5, activation="stretched_tanh", shift=0.1)
    key, found = jax.random.key(4), {}
    with jax.enable_x64(True):
        network = RandomRateNetwork.random(model, seed=2)
        for mode in ("full", "windows", "tangent"):
            settings = settings_of(mode, transient=0.0, frame_transient=0.0, trainable=trainable)
            part, plan = free(network, settings.trainable), Plan.of(settings, 0.1)
            values = (part.offsets(), None)
            found[mode] = gradient_in(values, part, key, key, settings, plan)[1][0]
        flat, rebuild = ravel_pytree(values)
        loss = jax.jit(lambda v: objective(rebuild(v), part, key, settings, plan)[0])
        steps = 1e-5 * jnp.eye(len(flat))
        slopes = rebuild(jnp.stack([(loss(flat + h) - loss(flat - h)) / 2e-5 for h in steps]))[0]
    return found, slopes


gradient_in = eqx.filter_jit(gradient_of)


def test_the_full_gradient_is_that_of_finite_differences(gradients):
    found, slopes = gradients
    for kind, gradient in found["full"].items():
        assert np.allclose(gradient, slopes[kind], rtol=1e-6, atol=1e-9)
    assert {kind: len(gradient) for kind, gradient in found["full"].items()} == {"weights": 3, "gains": 2, "shifts": 2}


@pytest.mark.parametrize("mode", ["windows", "tangent"])
def test_cutting_the_history_changes_the_gradient_and_does_not_blow_it_up(gradients, mode):
    found, _ = gradients
    whole, cut = (np.concatenate(list(found[name].values())) for name in ("full", mode))
    assert not np.allclose(whole, cut, rtol=1e-3)
    assert np.linalg.norm(cut) < 2 * np.linalg.norm(whole)


def test_evolution_finds_the_gradient_of_a_quadratic():
    centre = jnp.array([0.3, -0.2])

    def loss(values):
        return ((values["a"] - centre) ** 2).sum()

    gradient = evolution_gradient(loss, {"a": jnp.zeros(2)}, jax.random.key(0), 20_000, 0.1)
    assert np.allclose(gradient["a"], -2 * centre, atol=0.03)


def test_free_parameters_are_added_to_the_right_elements(chaotic):
    trainable = TrainableSettings.model_validate({"weights": {"count": 5}})
    part = free(chaotic, trainable, seed=1)
    assert part.parameters == 5
    moved = part.network({"weights": jnp.arange(1.0, 6.0)})
    change = np.asarray(moved.log_magnitude - chaotic.log_magnitude)
    assert sorted(change[np.abs(change) > 1e-9].round(9)) == [1, 2, 3, 4, 5]
    assert np.array_equal(np.sign(moved.weight), np.sign(chaotic.weight))
    other = np.flatnonzero(np.asarray(free(chaotic, trainable, seed=2).slots["weights"]) >= 0)
    assert not np.array_equal(other, np.flatnonzero(np.abs(change) > 1e-9))


def test_a_budget_is_shared_by_all_kinds():
    chaotic = RandomRateNetwork.random(RandomRateSettings(neurons=10, activation="stretched_tanh"), seed=0)
    trainable = TrainableSettings.model_validate({"gains": True, "shifts": True, "budget": 30})
    limited = free(chaotic, trainable, seed=3)
    assert limited.parameters == 30 and {name for name, _ in limited.sizes} <= {"weights", "gains", "shifts"}
    moved = limited.network({kind: values + 1 for kind, values in limited.offsets().items()})
    changed = sum(int((getattr(moved, f) != getattr(chaotic, f)).sum()) for f in ("log_magnitude", "log_gain", "shift"))
    assert changed == 30
    with pytest.raises(PremotorError, match="budget is 31, but there are 20 values"):
        free(chaotic, TrainableSettings.model_validate({"weights": False, "gains": True, "shifts": True, "budget": 31}))


def test_groups_share_a_value():
    model = RandomRateSettings(neurons=4, activation="stretched_tanh")
    network = RandomRateNetwork.random(model, seed=0)
    trainable = TrainableSettings.model_validate({"weights": {"by": "kind"}, "gains": {"by": "kind"}, "shifts": True})
    part = free(network, trainable, {"kind": np.array([0, 1, 0, 1])})
    assert dict(part.sizes) == {"weights": 4, "gains": 2, "shifts": 4}
    values = {"weights": jnp.arange(4.0), "gains": jnp.array([1.0, 2.0]), "shifts": jnp.zeros(4)}
    moved = part.network(values)
    assert np.allclose(moved.log_gain, [1, 2, 1, 2])
    change = moved.log_magnitude - network.log_magnitude
    kinds = np.array([0, 1, 0, 1])
    assert np.allclose(change, 2 * kinds[np.asarray(network.pre)] + kinds[np.asarray(network.post)])


@pytest.mark.parametrize(
    ("trainable", "message"),
    [
        ({"weights": False}, "nothing is trained"),
        ({"gains": True}, "tanh has no gains"),
        ({"weights": {"count": 91}}, "count is 91.*90 values"),
        ({"weights": {"by": "type"}}, "'type'"),
        ({"time_constants": True}, "has no time_constants"),
    ],
)
def test_what_cannot_be_trained_is_said(chaotic, trainable, message):
    with pytest.raises(PremotorError, match=message):
        free(chaotic, TrainableSettings.model_validate(trainable))


def test_the_walking_network_is_trained_by_the_same_means(tmp_path):
    network = RateNetwork(load_circuit(tiny_circuit(tmp_path / "circuit")))
    trainable = TrainableSettings.model_validate({"weights": True, "shifts": True, "conductances": True})
    part = free(network, trainable)
    assert dict(part.sizes) == {
        "weights": len(network.log_magnitude),
        "shifts": network.neurons,
        "conductances": len(network.log_conductance),
    }
    moved = part.network({kind: jnp.ones(size, jnp.float32) for kind, size in part.sizes})
    assert np.allclose(moved.bias - network.bias, 1)


def test_a_target_has_as_many_values_as_exponents():
    with pytest.raises(ValueError, match="2 values, but exponents is 3"):
        SpectrumSettings(exponents=3, loss=LossSettings(target=(0.0, 0.1)))


def test_a_task_is_learned_beside_the_spectrum():
    network = RandomRateNetwork.random(RandomRateSettings(neurons=20, coupling=1.2), seed=0)
    settings = settings_of("windows", exponents=1, epochs=120, length=2.0, learning_rate=0.03, transient=1.0)
    task = PhaseTask(PhaseTaskSettings(length=20.0, settle=5.0, batch=4), 0.1)
    part, plan = free(network, settings.trainable), Plan.of(settings, 0.1)
    state = initialise(part, settings, jax.random.key(0), task)
    losses = []
    for _ in range(settings.epochs):
        state, happened = iterate(state, part, settings, plan, task)
        losses.append(float(happened["task"]))
    assert losses[0] == pytest.approx(0.5, abs=0.02)  # the output map begins at 0
    assert np.mean(losses[-10:]) < 0.2
