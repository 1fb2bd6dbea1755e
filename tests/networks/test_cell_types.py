"""A network with parameters by cell type, and maps that are the circuit's own neuromuscular synapses."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor import load_circuit
from premotor.bodies import muscle_names
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.learning.evolution.controllers import coordinates, units
from premotor.networks import (
    CellTypeNetwork,
    CellTypeSettings,
    MapSettings,
    MuscleMapSettings,
    build_controller,
    places,
    wire_muscles,
)

BENDS = tuple(f"bend_{i}" for i in range(1, 24))
OBSERVED = (*BENDS, "forward")
SENSES = (
    {"neurons": {"type": "DB|VB"}, "stretch": (-0.2, 0.0), "gain": 10.0},
    {"neurons": {"type": "AVB"}, "sensor": "forward"},
)


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return load_circuit("celegans")


def controller(circuit: Circuit, **network: object):
    maps = MapSettings(muscles=MuscleMapSettings(senses=SENSES))
    settings = CellTypeSettings(**network)
    return build_controller(
        circuit, OBSERVED, muscle_names(), network=settings, maps=maps, control_period=0.01, key=jax.random.PRNGKey(0)
    )


def test_a_motor_neurons_place_is_that_of_its_muscles(circuit: Circuit) -> None:
    found, names = places(circuit), circuit.neurons["name"].to_numpy()
    along = dict(zip(names, found.along, strict=True))
    assert 0.0 < along["RMDVL"] < along["DB1"] < along["DB4"] < along["DB7"] < 1.0
    types = circuit.neurons["type"].to_numpy()
    assert found.dorsal[np.isin(types, ("DA", "DB", "DD", "AS"))].all()
    assert not found.dorsal[np.isin(types, ("VA", "VB", "VD", "VC"))].any()
    assert np.isnan(along["ASEL"])


def test_muscles_receive_their_synapses_signed_and_shared_out(circuit: Circuit) -> None:
    wires = wire_muscles(MuscleMapSettings(senses=SENSES), circuit, OBSERVED, muscle_names())
    names = circuit.neurons["name"].to_numpy()
    muscle, neuron = muscle_names().index("MDL12"), list(names).index("DB3")
    counts = circuit.neuromuscular.toarray()[:, list(circuit.muscles.index).index("MDL12")]
    column = list(wires.outputs).index(neuron)
    assert wires.output_weight[muscle, column] == pytest.approx(counts[neuron] / counts.sum())
    inhibits = np.isin(circuit.neurons["type"].to_numpy()[wires.outputs], ("DD", "VD"))
    assert (wires.output_weight[:, inhibits] <= 0).all()
    assert np.abs(wires.output_weight).sum(1).max() <= 1 + 1e-12


def test_stretch_is_felt_in_front_on_the_own_side(circuit: Circuit) -> None:
    wires = wire_muscles(MuscleMapSettings(senses=SENSES), circuit, OBSERVED, muscle_names())
    names, place = circuit.neurons["name"].to_numpy(), places(circuit)
    for name, sign in (("DB4", 1), ("VB6", -1)):
        neuron = list(names).index(name)
        row = wires.input_weight[list(wires.inputs).index(neuron)]
        joints = (1 + np.flatnonzero(row[:23])) / 24
        assert row[:23].sum() == pytest.approx(10.0 * sign) and (sign * row >= 0).all()
        assert (joints <= place.along[neuron]).all() and (joints >= place.along[neuron] - 0.2).all()
        assert len(joints) >= 4


def test_a_gate_multiplies_stretch_and_nothing_else(circuit: Circuit) -> None:
    def drive(senses: tuple[dict[str, object], ...], forward: float) -> np.ndarray:
        maps = MapSettings(muscles=MuscleMapSettings(senses=senses))
        made = build_controller(
            circuit, OBSERVED, muscle_names(), network=CellTypeSettings(), maps=maps, key=jax.random.PRNGKey(0)
        )
        seen = np.concatenate([np.random.default_rng(0).normal(size=(3, 23)), np.full((3, 1), forward)], 1)
        return np.asarray(made.encode_observation(jnp.asarray(seen, jnp.float32)))

    gated = ({**SENSES[0], "gate": "forward"}, {"neurons": {"type": "SMD"}, "stretch": (-0.1, 0.1)}, SENSES[1])
    always = (SENSES[0], *gated[1:])
    np.testing.assert_allclose(drive(gated, 1.0), drive(always, 1.0), atol=1e-6)
    wires = wire_muscles(MuscleMapSettings(senses=gated), circuit, OBSERVED, muscle_names())
    shut, types = drive(gated, 0.0), circuit.neurons["type"].to_numpy()[wires.inputs]
    assert not shut[np.isin(types, ("DB", "VB"))].any() and (shut[types == "SMD"] != 0).all()
    assert set(wires.gates) == {-1, 23}


def test_neurons_open_a_gate_as_far_as_they_are_active(circuit: Circuit) -> None:
    gated = ({**SENSES[0], "gate_neurons": {"type": "AVB"}, "gate_full": 0.5}, SENSES[1])
    maps = MapSettings(muscles=MuscleMapSettings(senses=gated))
    made = build_controller(
        circuit, OBSERVED, muscle_names(), network=CellTypeSettings(), maps=maps, key=jax.random.PRNGKey(0)
    )
    plain = build_controller(
        circuit,
        OBSERVED,
        muscle_names(),
        network=CellTypeSettings(),
        maps=MapSettings(muscles=MuscleMapSettings(senses=SENSES)),
        key=jax.random.PRNGKey(0),
    )
    seen = jnp.asarray(np.random.default_rng(0).normal(size=(4, 24)), jnp.float32)
    types = circuit.neurons["type"].to_numpy()
    # mean outputs of AVB below 0, half open, wholly open, beyond; every other neuron is as active as can be
    level = np.array([-1.0, 0.25, 0.5, 3.0])
    rates = np.where((types == "AVB")[:, None], level, 1.0)
    felt = np.isin(types[np.asarray(made.input_neurons)], ("DB", "VB"))
    gate = np.where(felt[:, None], [0.0, 0.5, 1.0, 1.0], 1.0)
    found = np.asarray(made.encode_observation(seen, jnp.asarray(rates, jnp.float32)))
    np.testing.assert_allclose(found, gate * np.asarray(plain.encode_observation(seen)), atol=1e-5)
    assert not np.asarray(made.encode_observation(seen))[felt].any()  # of no activity


def test_strengths_at_the_start(circuit: Circuit) -> None:
    made = CellTypeNetwork(circuit, CellTypeSettings(chemical=3, type_gains={"AVB": 5}, gain=2))
    gains = dict(zip(made.types, np.exp(np.asarray(made.log_gain)), strict=True))
    assert gains["AVB"] == pytest.approx(10) and gains["VB"] == pytest.approx(2)
    np.testing.assert_allclose(np.exp(made.log_strength), [3, 1, 1, 4], rtol=1e-6)
    with pytest.raises(PremotorError, match="type_gains: 'AVX' is none of network.types"):
        CellTypeNetwork(circuit, CellTypeSettings(type_gains={"AVX": 5}))


def test_biases_at_the_start_and_neurons_with_parameters_of_their_own(circuit: Circuit) -> None:
    names = [name for name, kind in zip(circuit.neurons["name"], circuit.neurons["type"], strict=True) if kind == "VB"]
    settings = CellTypeSettings(types=("VB", "AVB", names[0]), type_biases={names[0]: -0.3, "AVB": 0.1}, bias=0.2)
    made = CellTypeNetwork(circuit, settings)
    assert made.types == ("VB", "AVB", names[0], "others")
    own = dict(zip(circuit.neurons["name"], np.asarray(made.bias)[np.asarray(made.type_of)], strict=True))
    assert own[names[0]] == pytest.approx(-0.1)
    assert [own[name] for name in names[1:]] == pytest.approx([0.2] * (len(names) - 1))
    assert own["AVBL"] == pytest.approx(0.3)
    with pytest.raises(PremotorError, match="type_biases: 'SMB' is none of network.types"):
        CellTypeNetwork(circuit, CellTypeSettings(types=("VB",), type_biases={"SMB": 1}))


def test_time_constants_at_the_start(circuit: Circuit) -> None:
    made = CellTypeNetwork(circuit, CellTypeSettings(time_constant=0.02, type_time_constants={"AVB": 0.1}))
    times = dict(zip(made.types, np.asarray(made.time_constants), strict=True))
    assert times["AVB"] == pytest.approx(0.1) and times["VB"] == times["others"] == pytest.approx(0.02)
    with pytest.raises(PremotorError, match="type_time_constants: 'AVX' is none of network.types"):
        CellTypeNetwork(circuit, CellTypeSettings(type_time_constants={"AVX": 0.1}))


@pytest.mark.parametrize(
    ("senses", "said"),
    [
        (({**SENSES[0], "gate": "backward"},), "there is no observation 'backward' as a gate"),
        (({**SENSES[0], "gate": "forward"}, SENSES[0]), "senses.1: some of these neurons feel stretch by another gate"),
    ],
)
def test_a_gate_that_does_not_fit_is_refused(
    circuit: Circuit, senses: tuple[dict[str, object], ...], said: str
) -> None:
    with pytest.raises(PremotorError, match=said):
        wire_muscles(MuscleMapSettings(senses=senses), circuit, OBSERVED, muscle_names())


def test_only_stretch_has_a_gate() -> None:
    with pytest.raises(ValueError, match="only stretch has a gate"):
        MuscleMapSettings(senses=({**SENSES[1], "gate": "forward"},))


def test_a_step_is_the_equation(circuit: Circuit) -> None:
    made = CellTypeNetwork(circuit, control_period=0.01)
    random = np.random.default_rng(0)
    made = eqx.tree_at(lambda n: n.log_gain, made, jnp.asarray(random.normal(0, 0.3, 26), jnp.float32))
    made = eqx.tree_at(lambda n: n.log_strength, made, jnp.asarray([0.3, -0.2, 0.1, 0.5], jnp.float32))
    made = eqx.tree_at(lambda n: n.log_time_constant, made, jnp.asarray(random.normal(-3, 2, 26), jnp.float32))
    rates, current = (random.normal(0, 0.3, (302, 2)).astype(np.float32) for _ in range(2))
    found = made.step(made.product(), jnp.asarray(rates), jnp.asarray(current))
    kind = np.asarray(made.type_of)
    muscles = np.exp(0.5)
    edges = made.edges()
    state = rates.astype(float)
    for _ in range(made.substeps):
        received = np.zeros_like(state)
        np.add.at(received, edges.post, np.exp(0.3) / muscles * edges.weight[:, None] * state[edges.pre])
        a, b = edges.junction_a, edges.junction_b
        flow = np.exp(-0.2) / muscles * edges.conductance[:, None] * (state[b] - state[a])
        np.add.at(received, a, flow)
        np.add.at(received, b, -flow)
        goal = np.tanh(received + np.exp(0.1) * np.asarray(made.sense)[kind][:, None] * current)
        goal *= muscles * np.exp(np.asarray(made.log_gain))[kind][:, None]
        tau = np.clip(np.exp(np.asarray(made.log_time_constant)), 0.01, 0.3)[kind][:, None]
        state += (1 - np.exp(-0.005 / tau)) * (goal - state)
    np.testing.assert_allclose(found, state, atol=2e-5)


def test_magnitudes_that_learn_give_the_same_step(circuit: Circuit) -> None:
    fixed = CellTypeNetwork(circuit)
    free = CellTypeNetwork(circuit, CellTypeSettings(learning_rates={"magnitudes": 1.0}))
    state = jnp.asarray(np.random.default_rng(1).normal(0, 0.3, (302, 1)), jnp.float32)
    np.testing.assert_allclose(*(n.step(n.product(), state, 0 * state) for n in (fixed, free)), atol=1e-6)
    doubled = eqx.tree_at(lambda n: n.log_magnitude, free, free.log_magnitude + np.log(2))
    change = doubled.step(doubled.product(), state, 0 * state) - free.step(free.product(), state, 0 * state)
    assert np.abs(change).max() > 0.01


def test_silenced_synapses_carry_nothing(circuit: Circuit) -> None:
    made = CellTypeNetwork(circuit)
    edges = made.edges()
    silent = made.silenced(jnp.ones(len(edges.pre), bool), jnp.ones(len(edges.junction_a), bool))
    assert not np.asarray(silent.wiring).any() and np.asarray(made.wiring).any()


def test_no_map_learns_and_raw_observations_reach_the_neurons(circuit: Circuit) -> None:
    made = controller(circuit)
    learn = {name for name, rate in made.relative_learning_rates().items() if rate > 0}
    assert learn == {"log_time_constant", "log_gain", "bias", "sense", "log_strength", "log_std"}
    vector, _ = coordinates(made)
    assert len(vector) == 4 * 26 + 4
    assert set(np.unique(np.asarray(units(made, jax.random.PRNGKey(0))))) == {0.5, 1.0}
    observation = jnp.asarray(np.random.default_rng(0).normal(3, 5, (2, 24)), jnp.float32)
    np.testing.assert_allclose(made.encode_observation(observation), made.input_weight @ observation.T, rtol=1e-5)


def test_a_circuit_without_muscles_is_refused(circuit: Circuit) -> None:
    alone = circuit.select(**{"class": "sensory"})
    with pytest.raises(PremotorError, match="has no muscle M"):
        controller(alone)


@pytest.mark.parametrize(
    ("sense", "said"),
    [
        ({"neurons": {"type": "DB"}}, "either stretch or sensor"),
        ({"neurons": {"type": "DB"}, "stretch": (0.1, 0.0)}, "rising order"),
    ],
)
def test_a_sense_that_says_too_little_is_refused(sense: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MuscleMapSettings(senses=(sense,))


@pytest.mark.parametrize(
    ("sense", "said"),
    [
        ({"neurons": {"type": "ASE"}, "stretch": (-0.1, 0.0)}, "none of these neurons reaches a muscle"),
        ({"neurons": {"type": "AVB"}, "sensor": "backward"}, "there is no observation 'backward'"),
    ],
)
def test_a_sense_that_does_not_fit_is_refused(circuit: Circuit, sense: dict, said: str) -> None:
    with pytest.raises(PremotorError, match=said):
        wire_muscles(MuscleMapSettings(senses=(sense,)), circuit, OBSERVED, muscle_names())
