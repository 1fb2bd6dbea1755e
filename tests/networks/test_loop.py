"""Closed loops line by line: encodings against their published equations, maps, errors in one sentence."""

import dataclasses
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from networks.wiring import small_circuit
from premotor.errors import PremotorError
from premotor.networks import (
    Controller,
    LoopSettings,
    MapSettings,
    RateNetworkSettings,
    build_controller,
    spindle_primary,
    spindle_secondary,
    tendon_organ,
    unit_force,
    wire,
)

NAMES = ["angle", "length", "speed", "force"]
ACTIONS = ["pull", "lift"]
SENSORY, MOTOR = {"class": "sensory"}, {"class": "motor"}
LINES: dict[str, Any] = {
    "inputs": [
        {"sensor": "angle", "offset": 0.5, "gain": -2.0, "neurons": SENSORY},
        {"encoding": "Ia", "length": "length", "speed": "speed", "rest": 0.2, "gain": 0.01, "neurons": SENSORY},
        {"encoding": "Ib", "force": "force", "greatest": 500.0, "gain": 0.02, "neurons": {"id": [101]}},
    ],
    "outputs": [
        {"actuator": "pull", "decoding": "motor-units", "time_constant": 0.1, "neurons": MOTOR},
        {"actuator": "lift", "gain": 3.0, "offset": -0.25, "neurons": {"id": [111, 112]}},
    ],
}


def changed(side: str, number: int, **keys: Any) -> dict[str, Any]:
    lines = {name: [dict(line) for line in LINES[name]] for name in LINES}
    lines[side][number] |= keys
    return lines


@pytest.fixture(scope="module")
def made() -> Controller:
    """Built once: its calibration takes long to compile."""
    maps = MapSettings(loop=LoopSettings.model_validate(LINES), input_rate=0, output_rate=0)
    network, key = RateNetworkSettings(substeps=1), jax.random.PRNGKey(0)
    return build_controller(small_circuit(), NAMES, ACTIONS, network=network, maps=maps, control_period=0.02, key=key)


PRIMARY, SECONDARY, ORGAN = jax.jit(spindle_primary), jax.jit(spindle_secondary), jax.jit(tendon_organ)


@given(st.floats(-60, 60), st.floats(-900, 900), st.floats(-700, 700))
@settings(max_examples=30)
def test_afferents_fire_as_published(stretch: float, speed: float, force: float) -> None:
    primary = 50 + 2 * stretch + 4.3 * math.copysign(math.pow(abs(speed), 0.6), speed)  # Prochazka 1999
    assert float(PRIMARY(stretch, speed)) == pytest.approx(max(primary, 0), rel=1e-4, abs=1e-3)
    assert float(SECONDARY(stretch)) == pytest.approx(max(80 + 13.5 * stretch, 0), rel=1e-4, abs=1e-3)
    assert float(ORGAN(force, 700.0)) == pytest.approx(200 * abs(force) / 700, rel=1e-4, abs=1e-4)


def test_a_motor_unit_pulls_as_published() -> None:
    # Fuglevand et al. (1993): half of the tetanic force at T / ISI = (ln 2 / 2)^(1/3)
    assert float(jax.jit(unit_force)((math.log(2) / 2) ** (1 / 3))) == pytest.approx(0.5)
    force = np.asarray(jax.jit(unit_force)(np.linspace(-1, 3, 41)))
    np.testing.assert_allclose(force[:11], 0, atol=1e-20)
    assert (np.diff(force) >= 0).all() and force[-1] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("squash", ["none", "tanh"])
def test_a_loop_does_line_by_line_what_its_settings_say(made: Controller, squash: str) -> None:
    made = dataclasses.replace(made, squash=squash)
    circuit, network = small_circuit(), made.network
    classes = circuit.neurons["class"].to_numpy()
    seen = np.array([[0.1, 0.21, 0.05, -400.0], [0.9, 0.15, -0.2, 0.0]])
    state = np.array(made.initial_state(2))
    assert state.shape == (15, 2)  # 14 neurons and one pool of motor units
    current = np.zeros((14, 2))
    for column, (angle, length, speed, force) in enumerate(seen):
        stretch, moving = 1000 * (length - 0.2), 1000 * speed
        rate = max(50 + 2 * stretch + 4.3 * math.copysign(abs(moving) ** 0.6, moving), 0)
        current[classes == "sensory", column] = -2 * (angle - 0.5) + 0.01 * rate
        current[list(circuit.ids).index(101), column] += 0.02 * 200 * abs(force) / 500
    product = made.product()
    expected = np.asarray(network.step(product, jnp.asarray(state[:14]), jnp.asarray(current, jnp.float32)))
    act = eqx.filter_jit(made.select_action)
    after, action = act(product, jnp.asarray(state), jnp.asarray(seen, jnp.float32))
    np.testing.assert_allclose(after[:14], expected, rtol=1e-4, atol=1e-5)
    driven = (1 - np.exp(-2 * (40 * 0.04 * expected[classes == "motor"]) ** 3)).mean(0)
    activation = state[14] + (1 - math.exp(-0.02 / 0.1)) * (driven - state[14])
    np.testing.assert_allclose(after[14], activation, rtol=1e-4)
    np.testing.assert_allclose(action[:, 0], 2 * activation - 1, rtol=1e-3, atol=1e-3)
    lift = -0.25 + 3 * expected[[list(circuit.ids).index(111), list(circuit.ids).index(112)]].mean(0)
    np.testing.assert_allclose(action[:, 1], np.tanh(lift) if squash == "tanh" else lift, rtol=1e-4)
    still = jnp.asarray([[0.5, 0.2 - 0.025, 0.0, 0.0]] * 2)  # lines without any current
    np.testing.assert_allclose(act(product, jnp.asarray(state), still)[0], state, atol=2e-3)


def test_where_no_line_goes_nothing_gets_through_whatever_is_learnt(made: Controller) -> None:
    full = made.with_parameters({"input_weight": made.input_weight + 7.0, "output_weight": made.output_weight + 7.0})
    gains = np.asarray(full.input_map)
    rows = list(np.asarray(small_circuit().ids)[np.asarray(made.input_neurons)])
    assert (gains[:, :2] != 0).all() and np.flatnonzero(gains[:, 2]).tolist() == [rows.index(101)]
    drives = np.asarray(full.output_map)
    motor = np.asarray(small_circuit().ids)[np.asarray(made.output_neurons)]
    assert (drives[0] != 0).all() and motor[np.flatnonzero(drives[1])].tolist() == [111, 112]
    trained = made.trained()
    assert not trained.input_weight and not trained.output_weight and trained.network.log_magnitude


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (changed("inputs", 0, sensor="knee"), "inputs.0: there is no observation 'knee'; there are .*task.sensors"),
        (changed("inputs", 1, speed="spin"), "inputs.1: there is no observation 'spin'"),
        (changed("outputs", 1, actuator="lower"), "outputs.1: there is no actuator 'lower'; there are pull, lift"),
        (changed("outputs", 1, actuator="pull", decoding="motor-units", offset=None, time_constant=0.1), "drives lift"),
        (changed("inputs", 0, neurons={"colour": "red"}), "inputs.0.neurons: .* no column 'colour'"),
        (changed("outputs", 0, neurons={"type": "Nobody"}), "outputs.0.neurons: .*Nobody"),
        (changed("inputs", 2, neurons=MOTOR), "inputs.2 and maps.loop.outputs.0 both choose the neuron"),
        ({**LINES, "outputs": [*LINES["outputs"], LINES["outputs"][1]]}, "outputs.2 chooses .* already drive lift"),
    ],
)
def test_a_line_that_does_not_fit_is_named(lines: dict[str, Any], said: str) -> None:
    with pytest.raises(PremotorError, match=said):
        wire(LoopSettings.model_validate(lines), small_circuit(), NAMES, ACTIONS)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (changed("inputs", 1, rest=None), "the encoding Ia needs rest"),
        (changed("inputs", 0, greatest=3.0), "linear has no greatest; it has neurons, gain, sensor, offset"),
        (changed("inputs", 0, gain=math.nan), "finite number"),
        (changed("outputs", 0, gain=-1.0), "motor units only pull"),
        (changed("outputs", 1, peak_rate=3.0), "the decoding linear has no peak_rate"),
        (changed("outputs", 0, actuator="lift"), "actuator lift is driven by motor-units and by linear"),
        (changed("outputs", 1, neurons={}), "at least 1 item"),
        ({**LINES, "inputs": []}, "at least 1 item"),
    ],
)
def test_a_line_that_cannot_be_is_refused(lines: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LoopSettings.model_validate(lines)


def test_a_loop_stands_alone() -> None:
    loop = LoopSettings.model_validate(LINES)
    with pytest.raises(ValidationError, match="output_scale has no part beside loop"):
        MapSettings(loop=loop, output_scale=0.5)
    with pytest.raises(ValidationError, match="time_constant; its lines share one"):
        twice = [LINES["outputs"][0], {**LINES["outputs"][0], "time_constant": 0.2}]
        LoopSettings.model_validate({**LINES, "outputs": twice})
