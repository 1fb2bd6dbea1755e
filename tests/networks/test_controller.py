"""Controllers: what enters where, what is read out, and the coordinates in which they learn."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from connectome.circuits import circuit_of
from networks.wiring import small_circuit
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.learning.trees import fill, flatten
from premotor.networks import (
    Controller,
    MapSettings,
    MLPSettings,
    Normalizer,
    RateNetworkSettings,
    build_controller,
    calibrated,
    smooth_noise,
)

NAMES = [f"o{i}" for i in range(6)]


def controller(**changes: object) -> Controller:
    return build_controller(small_circuit(), NAMES, ["a", "b"], key=jax.random.PRNGKey(3), **changes)


@eqx.filter_jit
def act(made: Controller, product: object, state: jax.Array, seen: jax.Array) -> tuple[jax.Array, jax.Array]:
    return made.select_action(product, state, seen)


def test_observations_reach_only_the_input_neurons_in_the_first_step() -> None:
    made = controller(network=RateNetworkSettings(substeps=1, activation="tanh"), calibrate=False)
    state = made.initial_state(2)
    seen = jnp.stack([jnp.zeros(6), jnp.ones(6)])
    after, action = made.select_action(made.product(), state, seen)
    moved = np.flatnonzero(np.asarray(after[:, 0] != after[:, 1]))
    np.testing.assert_array_equal(moved, made.input_neurons)
    np.testing.assert_array_equal(action[0], action[1])  # nothing has come through yet


def test_only_the_output_neurons_are_read() -> None:
    made = controller()
    rng = np.random.default_rng(0)
    gradient = jax.jit(
        jax.jacobian(lambda state: made.output_weight @ made.whitening @ (state[made.output_neurons] - made.rest_rate))
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
    observations = smooth_noise(jax.random.PRNGKey(1), 6)
    made = calibrated(controller(), observations, jax.random.PRNGKey(2))
    state, product, rows = made.initial_state(64), made.product(), []
    for seen in np.asarray(observations):
        state, _ = act(made, product, state, seen)
        rows.append(made.whitening @ (state[made.output_neurons] - made.rest_rate[:, None]))
    white = np.concatenate(rows[10:], axis=1)
    variance = np.linalg.eigvalsh(np.cov(white))
    assert variance.max() < 1.01 and variance.mean() > 0.5  # directions below the ridge stay smaller


def test_one_step_of_each_kind_of_parameter_moves_the_actions_alike() -> None:
    observations = smooth_noise(jax.random.PRNGKey(1), 6)
    made = calibrated(controller(), observations, jax.random.PRNGKey(2))
    probe = jax.random.normal(jax.random.PRNGKey(2), (50, 64, 2))

    @jax.jit
    def actions(values: dict[str, jax.Array]) -> jax.Array:
        candidate = made.with_parameters(values)
        product = candidate.product()
        first = candidate.initial_state(64)
        return jax.lax.scan(lambda s, seen: candidate.select_action(product, s, seen), first, observations)[1][10:]

    names = ("log_magnitude", "bias", "input_weight", "output_weight", "output_bias")
    values = {name: made.parameter(name) for name in names}
    gradient = jax.jit(jax.grad(lambda v: (actions(v) * probe).sum()))(values)
    for name, value in values.items():
        size = 1e-3 * made.step_scale[name]
        moved = actions(values | {name: value + size * jnp.sign(gradient[name])})
        effect = float(jnp.sqrt(((moved - actions(values)) ** 2).mean())) / 1e-3
        assert effect == pytest.approx(1.0, rel=0.1), name


def test_frozen_kinds_are_not_trained() -> None:
    network = RateNetworkSettings(learning_rates={"magnitudes": 0, "biases": 2})
    made = controller(network=network, maps=MapSettings(input_rate=0), calibrate=False)
    trained = made.trained()
    assert not trained.network.log_magnitude and not trained.network.log_conductance
    assert trained.network.bias and not trained.network.log_gain and not trained.network.sign
    assert not trained.input_weight and trained.output_weight and trained.log_std
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


LEG_NAMES = ["speed_command", "lf_a_angle", "rf_a_angle", "lf_contact", "height"]


def leg_circuit(**columns: list) -> Circuit:
    """Two legs: inputs, interneurons, and two motor neurons of one joint that pull against each other."""
    counts = np.zeros((12, 12), int)
    for first in (0, 6):
        counts[first : first + 2, first + 2 : first + 4] = 5
        counts[first + 2 : first + 4, first + 4 : first + 6] = [[4, 1], [1, 4]]
    classes = ["interneuron"] * 4 + ["motor"] * 2
    made = circuit_of(counts, 2 * classes, 12 * [1])
    table = {
        "leg": 6 * ["lf"] + 6 * ["rf"],
        "role": 2 * (["input"] * 2 + [""] * 2 + ["output"] * 2),
        "joint": [leg + "_a" * (i > 3) for leg in ("lf", "rf") for i in range(6)],
        "direction": 2 * [0, 0, 0, 0, 1, -1],
    }
    return Circuit(made.neurons.assign(**(table | columns)), made.synapses, None, made.provenance)


def local_controller(circuit: Circuit, actions: tuple[str, ...] = ("lf_a", "rf_a")) -> Controller:
    settings = RateNetworkSettings(spectral_radius=None)
    key = jax.random.PRNGKey(3)
    return build_controller(circuit, LEG_NAMES, actions, network=settings, maps=MapSettings(local=True), key=key)


def test_local_maps_keep_to_their_leg_and_joint_and_direction() -> None:
    made = local_controller(leg_circuit())
    moved = np.asarray(made.input_map != 0)
    own = {"lf": [1, 1, 0, 1, 1], "rf": [1, 0, 1, 0, 1]}
    np.testing.assert_array_equal(moved, [own["lf"]] * 2 + [own["rf"]] * 2)
    for change in (0.0, -3.0, 3.0):  # whatever learning does to the weights
        changed = made.with_parameters({"output_weight": made.output_weight + change})
        np.testing.assert_array_equal(np.sign(changed.output_map), [[1, -1, 0, 0], [0, 0, 1, -1]])
    seen = jnp.asarray(np.random.default_rng(0).normal(size=(30, 2, 5)), jnp.float32)
    other = seen.at[:, 1, 2].set(-seen[:, 1, 2])  # a joint of the right leg
    actions = [_walk(made, rows)[:, 1] for rows in (seen, other)]
    np.testing.assert_array_equal(actions[0][:, 0], actions[1][:, 0])
    assert (actions[0][5:, 1] != actions[1][5:, 1]).any()


def _walk(made: Controller, rows: jnp.ndarray) -> np.ndarray:
    state, product, actions = made.initial_state(2), made.product(), []
    for row in np.asarray(rows):
        state, action = act(made, product, state, row)
        actions.append(np.asarray(action))
    return np.stack(actions)


def test_local_maps_need_joints_that_motor_neurons_move() -> None:
    with pytest.raises(PremotorError, match="column leg"):
        controller(maps=MapSettings(local=True))
    with pytest.raises(PremotorError, match=r"105 moves the joint 'lf_b'.*lf_a, rf_a"):
        local_controller(leg_circuit(joint=[*("lf",) * 4, "lf_a", "lf_b", *("rf",) * 4, "rf_a", "rf_a"]))
    with pytest.raises(PremotorError, match="no output neuron moves lf_c"):
        local_controller(leg_circuit(), ("lf_a", "rf_a", "lf_c"))
    with pytest.raises(PremotorError, match=r"maps\.local chooses neurons"):
        controller(network=MLPSettings(), maps=MapSettings(local=True))


def test_arrays_of_former_names_are_read():
    made = controller()
    former = {name.replace("log_std", "log_spread"): array for name, array in flatten(made).items()}
    assert "log_spread" in former and "step_scale/log_spread" in former
    for name, array in flatten(fill(made, former, "file")).items():
        np.testing.assert_array_equal(array, flatten(made)[name])


def test_calibration_measures_afresh() -> None:
    made, observations = controller(), smooth_noise(jax.random.PRNGKey(1), 6)
    bare = controller(calibrate=False)
    assert not np.array_equal(made.whitening, bare.whitening)
    for name, array in flatten(calibrated(bare, observations, jax.random.PRNGKey(2))).items():
        again = flatten(calibrated(made, observations, jax.random.PRNGKey(2)))[name]
        np.testing.assert_array_equal(again, array, err_msg=name)
