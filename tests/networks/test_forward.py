"""The forward pass in NumPy is the one in JAX, for every network of the registry and all kinds of maps."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from networks.test_loop import ACTIONS, LINES, NAMES
from networks.wiring import small_circuit
from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.networks import (
    NETWORKS,
    Controller,
    LoopSettings,
    MapSettings,
    MuscleMapSettings,
    Network,
    PerturbedNetwork,
    RateNetwork,
    SurrogateGradientNetwork,
    build_controller,
    forward_pass,
)

STEPS, COPIES = 150, 3


def made(kind: str, circuit: Any = None, names: list[str] = NAMES, actions: Any = ACTIONS, **maps: Any) -> Controller:
    """A controller with weights, biases and statistics of observations as after learning."""
    size = {"hidden": 7} if NETWORKS.settings_class(kind).model_fields.get("hidden") else {}
    settings = NETWORKS.settings_class(kind)(**size)
    key = jax.random.PRNGKey(0)
    controller = build_controller(
        circuit or small_circuit(),
        names,
        actions,
        network=settings,
        maps=MapSettings.model_validate(maps),
        control_period=0.02,
        calibrate=False,
        key=key,
    )
    learned = [name for name, rate in controller.relative_learning_rates().items() if rate > 0]
    values = {}
    rng = np.random.default_rng(0)
    for name in learned:
        value = np.asarray(controller.parameter(name))
        values[name] = jnp.asarray(value + 0.3 * rng.normal(size=value.shape), jnp.float32)
    statistics = jnp.full(len(names), 2.0), jnp.full(len(names), 9.0)
    controller = eqx.tree_at(lambda c: (c.normalizer.mean, c.normalizer.variance), controller, statistics)
    return controller.with_parameters(values)


def spiking(controller: Controller) -> bool:
    """Of these only few steps can be compared: rounding shifts some spike sooner or later, and then all after it."""
    network = controller.network.inner if isinstance(controller.network, PerturbedNetwork) else controller.network
    return isinstance(network, SurrogateGradientNetwork)


def difference(controller: Controller) -> float:
    """The greatest one of actions and states over an episode."""
    forward, product = forward_pass(controller), controller.product()
    rng = np.random.default_rng(1)
    size = 20 if spiking(controller) else STEPS, COPIES, len(controller.observation_names)
    observations = (2 + 3 * rng.normal(size=size)).astype(np.float32)
    state = controller.initial_state(COPIES)
    states, actions = jax.lax.scan(
        lambda state, seen: (lambda new, action: (new, (new, action)))(*controller.select_action(product, state, seen)),
        state,
        observations,
    )[1]
    found, worst = np.asarray(state), 0.0
    for step, seen in enumerate(observations):
        found, action = forward(found, seen)
        assert found.dtype == action.dtype == np.float32
        worst = max(worst, np.abs(found - states[step]).max(), np.abs(action - actions[step]).max())
    moved = np.abs(np.diff(np.asarray(actions), axis=0)).max()
    assert moved > 1e-3 or "Disconnected" in repr(controller.network)  # something happened
    return worst / 100 if spiking(controller) else worst  # potentials of up to 65 mV, where a spike would be 1


ANSWERING = [kind for kind in NETWORKS if kind != "disconnected"]


@pytest.mark.parametrize(("kind", "squash"), [*((kind, "none") for kind in ANSWERING), ("rate", "tanh")])
def test_every_network(kind: str, squash: str) -> None:
    assert difference(made(kind, squash=squash)) < 1e-5


@pytest.mark.parametrize("squash", ["none", "tanh"])
def test_maps_line_by_line(squash: str) -> None:
    assert difference(made("rate", loop=LoopSettings.model_validate(LINES), squash=squash)) < 1e-5


@pytest.mark.parametrize("gate", [{"gate": "forward"}, {"gate_neurons": {"type": "AVB"}, "gate_full": 0.1}])
def test_the_circuits_own_muscles_with_gated_stretch(gate: dict[str, object]) -> None:
    worm = load_circuit("celegans").select(type="DB|VB|DD|VD|AVB|SMD")
    senses = ({"neurons": {"type": "DB|VB"}, "gain": 3.0, "stretch": (-0.3, 0.0), **gate},)
    senses += ({"neurons": {"type": "AVB"}, "gain": 1.0, "sensor": "forward"},)
    names, muscles = [*(f"bend_{i + 1}" for i in range(23)), "forward"], list(worm.muscles.index)
    maps = {"muscles": MuscleMapSettings.model_validate({"senses": senses})}
    assert difference(made("cell-types", worm, names, muscles, **maps)) < 1e-5


def test_layers_without_a_calibration() -> None:
    settings = NETWORKS.settings_class("mlp")(hidden=(5, 4, 3), calibrate=False, activation="relu")
    key = jax.random.PRNGKey(0)
    built = build_controller(small_circuit(), NAMES, ACTIONS, network=settings, calibrate=False, key=key)
    assert difference(built) < 1e-5


@pytest.mark.parametrize("kind", ANSWERING)
def test_neurons_that_are_silent_or_driven(kind: str) -> None:
    controller = made(kind)
    size = controller.network.neurons
    silent, drive = np.arange(size) % 4 == 1, np.linspace(-0.5, 0.5, size)
    network = PerturbedNetwork.of(controller.network, drive, silent)
    assert difference(eqx.tree_at(lambda c: c.network, controller, network)) < 1e-5


def test_a_network_without_one_says_so() -> None:
    class Bare(RateNetwork):
        numpy_step = Network.numpy_step

    bare = eqx.tree_at(lambda c: c.network, made("rate"), Bare(small_circuit()))
    with pytest.raises(PremotorError, match="class Bare runs in JAX alone, since it defines no numpy_step"):
        forward_pass(bare)
