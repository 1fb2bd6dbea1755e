"""The networks without a connectome: their equations, their size, and that they fit between the same maps."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from networks.wiring import small_circuit
from premotor.connectome import load_circuit
from premotor.networks import (
    NETWORKS,
    Controller,
    GRUNetwork,
    GRUSettings,
    MLPNetwork,
    MLPSettings,
    RateNetworkSettings,
    build_controller,
)

OBSERVED = [f"o{i}" for i in range(6)]


def controller(network: object) -> Controller:
    return build_controller(small_circuit(), OBSERVED, ["a", "b"], network=network, key=jax.random.PRNGKey(3))


def learnt(network: object) -> int:
    """How many numbers learn; shapes are all that this takes."""
    made = eqx.filter_eval_shape(controller, network)
    leaves = zip(jax.tree.leaves(made), jax.tree.leaves(made.trained()), strict=True)
    return sum(leaf.size for leaf, moves in leaves if moves is True or np.any(moves)) - made.log_std.size


@pytest.mark.parametrize("settings", [MLPSettings(), GRUSettings()])
def test_as_many_parameters_learn_as_with_the_circuit(settings) -> None:
    wanted, found = learnt(RateNetworkSettings()), learnt(settings)
    hidden = eqx.filter_eval_shape(controller, settings).output_weight.shape[1]
    nearest = abs(found - wanted)
    for other in (hidden - 1, hidden + 1):
        assert nearest <= abs(learnt(type(settings)(hidden=other)) - wanted)
    assert nearest / wanted < 0.25  # sizes are whole numbers, and the circuit is small


def test_a_perceptron_is_its_equation_and_remembers_nothing() -> None:
    network = MLPNetwork(5, MLPSettings(), control_period=0.02, key=jax.random.PRNGKey(0))
    network = eqx.tree_at(lambda n: n.bias, network, jnp.linspace(-1, 1, 10))
    current = jax.random.normal(jax.random.PRNGKey(1), (10, 3))
    for state in (network.initial_state(3), jnp.ones((10, 3))):
        found = network.step(network.product(), state, current)
        first = np.tanh(np.asarray(current)[:5] + np.linspace(-1, 1, 10)[:5, None])
        second = np.tanh(np.asarray(network.weight) @ first + np.linspace(-1, 1, 10)[5:, None])
        np.testing.assert_allclose(found, np.concatenate([first, second]), rtol=1e-4, atol=1e-5)


def test_a_gru_is_its_equations() -> None:
    network = GRUNetwork(4, GRUSettings(), control_period=0.02, key=jax.random.PRNGKey(0))
    network = eqx.tree_at(lambda n: n.bias, network, jnp.linspace(-1, 1, 12))
    weight, bias = np.asarray(network.weight, float), np.linspace(-1, 1, 12)
    random = np.random.default_rng(0)
    state = np.zeros((4, 2))
    for _ in range(4):
        current = random.normal(size=(4, 2))
        found = network.step(network.product(), jnp.asarray(state, jnp.float32), jnp.asarray(current, jnp.float32))
        expected = np.zeros_like(state)
        for e in range(2):
            x, h = current[:, e], state[:, e]
            z = expit(weight[0:4] @ x + weight[12:16] @ h + bias[0:4])
            r = expit(weight[4:8] @ x + weight[16:20] @ h + bias[4:8])
            n = np.tanh(weight[8:12] @ x + bias[8:12] + r * (weight[20:24] @ h))
            expected[:, e] = z * h + (1 - z) * n
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        state = np.asarray(found, float)


@pytest.mark.parametrize("kind", [kind for kind in NETWORKS if kind != "disconnected"])  # which answers to nothing
def test_every_network_fits_between_the_maps(kind: str) -> None:
    """Every kind: an episode starts at rest, actions answer to observations, and all that learns has a slope."""
    made = controller(NETWORKS.settings_class(kind)())
    seen = jax.random.normal(jax.random.PRNGKey(4), (7, 6))

    @jax.jit
    @partial(jax.grad, has_aux=True)
    def slopes_and_actions(values: dict) -> tuple[jax.Array, jax.Array]:
        changed = made.with_parameters(values)
        product, first = changed.product(), changed.initial_state(7)
        actions = jax.lax.scan(lambda state, _: changed.select_action(product, state, seen), first, None, 4)[1]
        return (actions**2).sum(), actions

    names = [name for name, rate in made.relative_learning_rates().items() if rate > 0 and name != "log_std"]
    values = {name: made.parameter(name) for name in names}
    slopes, found = slopes_and_actions(values)
    assert found.shape == (4, 7, 2) and np.isfinite(found).all() and np.asarray(found[-1]).std(0).min() > 1e-4
    assert all(np.abs(slope).max(initial=1.0 if not slope.size else 0.0) > 0 for slope in slopes.values())
    assert all(float(made.step_scale[name]) > 0 for name in names if values[name].size)


@pytest.mark.parametrize("kind", ["direct", "disconnected"])
def test_a_direct_path_has_the_maps_of_the_circuit(kind):
    circuit = load_circuit("celegans")
    made = {}
    for name in ("rate", kind):
        settings = NETWORKS.settings_class(name)()
        made[name] = build_controller(
            circuit, ("a", "b", "c"), ("x", "y"), network=settings, calibrate=False, key=jax.random.PRNGKey(0)
        )
    own, direct = made["rate"], made[kind]
    assert (direct.input_weight.shape, direct.output_weight.shape) == (own.input_weight.shape, own.output_weight.shape)
    many = direct.network.inputs
    assert direct.network.neurons == many + own.output_weight.shape[1] == len(direct.network.groups)
    seen = jax.random.normal(jax.random.PRNGKey(1), (2, 3))
    state, action = direct.select_action(direct.product(), direct.initial_state(2), seen)
    _, double = direct.select_action(direct.product(), state, 2 * seen)
    np.testing.assert_allclose(double, 2 * action, atol=1e-5)  # linear, and without a memory
    assert bool(np.any(np.abs(action) > 1e-3)) == (kind == "direct")
    network, current = direct.network, np.linspace(-1, 1, 2 * direct.network.neurons, dtype=np.float32).reshape(-1, 2)
    again = network.step(network.product(), *(jnp.asarray(current),) * 2)
    np.testing.assert_allclose(network.numpy_step()(current, current), again, atol=1e-5)
    maps = own.input_weight.size + own.output_weight.size + 2
    assert direct.learned - maps == (many * own.output_weight.shape[1] if kind == "direct" else 0)
    whole = build_controller(
        circuit, ("a", "b"), ("x",), network=NETWORKS.settings_class(kind)(), key=jax.random.PRNGKey(0)
    )
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(eqx.filter(whole, eqx.is_inexact_array)))
