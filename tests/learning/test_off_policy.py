"""DDPG, TD3 and SAC: memory, noise, targets by hand, states along sequences, resumption, and a task they solve."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.integrate import quad

from learning.toys import Centre
from networks.wiring import small_circuit
from premotor.errors import PremotorError
from premotor.learning import LEARNERS, DDPGSettings, SACSettings, TD3Settings, off_policy
from premotor.learning.off_policy import NoiseSettings, Replay
from premotor.learning.off_policy.agent import _critics, _program
from premotor.learning.off_policy.policy import along, explore, squashed_sample
from premotor.learning.off_policy.update import sequences, trained_vector
from premotor.learning.trees import fill, flatten
from premotor.networks import Controller, LoopSettings, MapSettings, MLPSettings, build_controller
from premotor.runs.arrays import load_arrays, save_arrays

SQUASHED = MapSettings(squash="tanh")
LINES = {
    "inputs": [{"sensor": name, "neurons": {"type": f"T{i}|T{i + 2}"}} for i, name in enumerate("xy")],
    "outputs": [
        {"actuator": "push_x", "decoding": "motor-units", "neurons": {"type": "T10|T11"}},
        {"actuator": "push_y", "gain": 2.0, "offset": -1.0, "neurons": {"type": "T12|T13"}},
    ],
}
LOOP = MapSettings(squash="tanh", loop=LoopSettings.model_validate(LINES))
LAYERS = MLPSettings(hidden=(16, 16), activation="relu", calibrate=False)
SMALL = {"environments": 2, "rollout": 10, "warm_up": 100, "batch_size": 16, "critic_layers": (16,), "buffer_size": 400}


BUILT: dict[tuple, Controller] = {}


def built(seed: int, network, maps) -> Controller:
    """A controller of `Centre`, never changed; calibrating one takes long, and nothing here depends on it."""
    key = (seed, id(network), id(maps))
    if key not in BUILT:
        BUILT[key] = build_controller(
            *(small_circuit(), Centre.observation_names, Centre.action_names),
            **{"network": network, "maps": maps, "calibrate": False, "key": jax.random.PRNGKey(seed)},
        )
    return BUILT[key]


def made(settings, seed: int = 0, network=LAYERS, maps=SQUASHED):
    toy = Centre(settings.environments, seed)
    return off_policy.initialise(built(seed, network, maps), toy, settings, jax.random.PRNGKey(seed + 1)), toy


def test_the_memory_is_a_ring_that_grows_and_reads_no_sequence_across_its_seam() -> None:
    memory = 10_000  # in two environments: 5,000 rows, more than are allocated at first
    replay = Replay.empty(2, 3, 1, memory)
    assert len(replay.rows) < 5_000
    random = np.random.default_rng(0)
    for step in range(7_500):
        replay = replay.grown(1, memory)
        replay.add(np.full((2, 3), step) + np.array([[0.0], [0.5]]), np.full((2, 1), -step))
        if step in (50, 4_999, 6_200, 7_499):
            rows, states = replay.sample(random, (7, 300), 4)
            assert rows.shape == (7, 300, 4, 3) and states.shape == (7, 300, 1)
            first = rows[..., 0, 0]
            np.testing.assert_array_equal(rows[..., 0], first[..., None] + np.arange(4))
            np.testing.assert_array_equal(states[..., 0], -np.floor(first))
            assert first.min() >= max(0, step - 4_999) and rows.max() <= step + 0.5
            assert {0.0, 0.5} == set(np.unique(first % 1))
    assert len(replay.rows) == 5_000 and replay.filled == 5_000


def test_drawing_from_the_memory_is_uniform() -> None:
    replay = Replay.empty(1, 1, 0, 50)
    for step in range(80):
        replay.add(np.full((1, 1), float(step)), None)
    rows, _ = replay.sample(np.random.default_rng(1), (50_000,), 1)
    found = np.bincount(rows.ravel().astype(int), minlength=80)
    assert (found[:30] == 0).all()
    assert abs(found[30:] - 1_000).max() < 5 * np.sqrt(1_000)


def test_exploration_noise_has_its_published_statistics() -> None:
    ou = DDPGSettings(noise=NoiseSettings(kind="ornstein-uhlenbeck", std=0.1))
    answer, memory = jnp.zeros((500, 2)), jnp.zeros((500, 2))
    seen = []
    step = jax.jit(lambda memory, key: explore(answer, jnp.zeros(2), memory, key, ou))
    for key in np.asarray(jax.random.split(jax.random.PRNGKey(0), 200)):
        action, memory = step(memory, key)
        np.testing.assert_allclose(action, np.clip(memory, -1, 1), rtol=1e-6)
        seen.append(np.asarray(memory))
    late = np.stack(seen[60:])
    # of x ← (1 − θ) x + σ n: variance σ² / (1 − (1 − θ)²), correlation 1 − θ from step to step
    assert late.std() == pytest.approx(0.1 / np.sqrt(1 - 0.85**2), rel=0.02)
    assert np.corrcoef(late[:-1].ravel(), late[1:].ravel())[0, 1] == pytest.approx(0.85, abs=0.01)
    gaussian = DDPGSettings(noise=NoiseSettings(std=0.1))
    action, _ = explore(
        jnp.full((20_000, 1), 0.3), jnp.zeros(1), jnp.zeros((20_000, 1)), jax.random.PRNGKey(1), gaussian
    )
    assert action.mean() == pytest.approx(np.tanh(0.3), abs=3e-3) and action.std() == pytest.approx(0.1, rel=0.03)


def test_the_density_of_a_squashed_sample_integrates_to_one() -> None:
    mean, log_std = 0.7, -0.4

    def density(action: float) -> float:
        noise = (np.arctanh(action) - mean) / np.exp(log_std)
        given = [jnp.asarray([value]) for value in (mean, log_std, noise)]
        sampled, log_p = squashed_sample(*given)
        assert float(sampled[0]) == pytest.approx(action, abs=1e-5)
        return float(jnp.exp(log_p))

    assert quad(density, -0.9999, 0.9999, epsabs=1e-3, limit=60)[0] == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("kind", [TD3Settings, SACSettings])
def test_one_update_moves_the_critics_as_written_out_by_hand(kind) -> None:
    """The first Adam step of the critics is −rate · sign(gradient) of the squared error against the target."""
    settings = kind(**SMALL, schedule="constant")
    if kind is TD3Settings:
        settings = settings.model_copy(update={"target_noise": 0.0})
    state, _ = made(settings)
    rows, states = state.replay.sample(np.random.default_rng(3), (1, 16), 1)
    rows[:8, :, :, 7] = 0
    rows[0, :4, 0, 7] = 1.0  # four terminated: worth nothing afterwards
    rows[0, 4:8, 0, 8] = 1.0  # four out of time: bootstrapped
    controller = state.controller
    batch = sequences(jnp.asarray(rows[0]), jnp.asarray(states[0]), controller, settings)
    np.testing.assert_array_equal(batch.continues[0, :4], 0)
    np.testing.assert_array_equal(batch.continues[0, 4:], 1)
    assert (batch.counts == 1).all()
    critics = _critics(controller, settings, jax.random.PRNGKey(0))
    _, unravel = ravel_pytree(critics)
    critics = unravel(state.learnt.critics)
    raw = rows[0, :, 0]
    seen, acted, reward, after = raw[:, :2], raw[:, 2:4], raw[:, 4], raw[:, 5:7]
    normal = controller.normalizer

    def aim(critics):
        _, answer = controller.answer(controller.product(), controller.initial_state(16), jnp.asarray(after))
        key_learn, _ = jax.random.split(jax.random.PRNGKey(9))
        key_target, _ = jax.random.split(jax.random.split(key_learn, 1)[0])
        bonus = 0.0
        following = jnp.tanh(answer)
        if kind is SACSettings:
            noise = jax.random.normal(key_target, (1, 16, 2))[0]
            following, log_p = squashed_sample(answer, controller.log_std, noise)
            bonus = -settings.temperature * log_p
        values = jnp.stack([c(jnp.concatenate([following, normal(jnp.asarray(after))], 1)) for c in critics])
        return reward + 0.99 * (raw[:, 7] == 0) * (values.min(0) + bonus)

    def loss(critics, target):
        together = jnp.concatenate([jnp.asarray(acted), normal(jnp.asarray(seen))], 1)
        return sum(0.5 * ((c(together) - target) ** 2).mean() for c in critics)

    gradient, _ = ravel_pytree(jax.jit(lambda critics: jax.grad(loss)(critics, aim(critics)))(critics))
    learnt, *_ = _program(settings)(
        controller,
        state.learnt,
        rows,
        states,
        state.state,
        state.observation,
        state.started,
        state.noise,
        jax.random.PRNGKey(9),
        np.float32(1.0),
    )
    moved = learnt.critics - state.learnt.critics
    clear = np.abs(gradient) > 1e-5
    assert clear.mean() > 0.3
    np.testing.assert_allclose(moved[clear], -1e-3 * np.sign(gradient[clear]), rtol=2e-2)
    if kind is TD3Settings:
        np.testing.assert_array_equal(learnt.actor, state.learnt.actor)  # its turn is every second update


def test_a_stored_state_lets_the_circuit_answer_as_it_did() -> None:
    settings = DDPGSettings(
        **{**SMALL, "buffer_size": 2_000, "warm_up": 60}, sequence=3, burn_in=2, noise=NoiseSettings(std=0.0)
    )
    settings = settings.model_copy(update={"learning_rate": 1e-12, "critic_learning_rate": 1e-12})
    state, toy = made(settings, network=None, maps=LOOP)  # of which the activations of motor units are a part
    assert state.replay.states.shape[-1] == 15
    begun = int(state.replay.added)
    for _ in range(4):
        state, _ = off_policy.iterate(state, toy, settings)
    length = settings.batch_steps
    starts = 0
    read = jax.jit(lambda rows, states: sequences(rows, states, state.controller, settings))
    answer = jax.jit(
        lambda b, state_, burn, controller=state.controller: along(
            controller, state_, b.observation, b.last, b.started, burn, True
        ),
        static_argnums=2,
    )
    for first in range(begun, int(state.replay.added) - length):
        rows, states = state.replay.rows[first : first + length], state.replay.states[first]
        batch = read(rows.transpose(1, 0, 2), states)
        answers = answer(batch, batch.state, 2)
        np.testing.assert_allclose(np.tanh(answers.now), batch.action, atol=2e-6)
        # what follows is what was done next, where the episode went on
        known = np.asarray(batch.counts)[:-1] > 0
        following, action = np.asarray(answers.following)[:-1], np.asarray(batch.action)[1:]
        np.testing.assert_allclose(np.tanh(following)[known], action[known], atol=2e-6)
        starts += int(np.asarray(batch.started)[1:].sum())
    blind = answer(batch, np.zeros_like(batch.state), 2)
    assert not np.allclose(blind.now, answers.now, atol=1e-5)  # the state before matters
    assert starts > 3  # some sequences hold the start of an episode


@pytest.mark.parametrize(
    ("kind", "how", "options"),
    [
        pytest.param(SACSettings, {}, {}, marks=pytest.mark.slow),  # all learners' tests go on from arrays
        (DDPGSettings, {}, {"noise": NoiseSettings(kind="ornstein-uhlenbeck")}),
        pytest.param(
            DDPGSettings,
            {"network": None, "maps": LOOP},
            {"sequence": 2, "burn_in": 1, "noise": NoiseSettings(kind="ornstein-uhlenbeck")},
            marks=pytest.mark.slow,  # the states of sequences: the test before this one
        ),
    ],
)
def test_going_on_from_a_file_gives_the_same_numbers_memory_included(kind, how, options, tmp_path: Path) -> None:
    settings = kind(**{**SMALL, "buffer_size": 9_000, "warm_up": 8_180}, **options)
    through, toy = made(settings, **how)
    through, _ = off_policy.iterate(through, toy, settings)
    save_arrays(tmp_path / "state.safetensors", flatten(through))
    world = toy.snapshot()
    random = toy._random.bit_generator.state
    through, first = off_policy.iterate(through, toy, settings)
    through, second = off_policy.iterate(through, toy, settings)

    template, other = made(settings.model_copy(update={"warm_up": 10}), seed=0, **how)
    assert len(template.replay.rows) < len(through.replay.rows)  # the memory has grown since
    again = fill(template, load_arrays(tmp_path / "state.safetensors"), tmp_path)
    other.restore(world)
    other._random.bit_generator.state = random
    again, third = off_policy.iterate(again, other, settings)
    again, fourth = off_policy.iterate(again, other, settings)
    assert (first, second) == (third, fourth)
    for one, two in zip(jax.tree.leaves(through), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "kind", [DDPGSettings, *(pytest.param(kind, marks=pytest.mark.slow) for kind in (TD3Settings, SACSettings))]
)
def test_the_point_is_brought_to_the_centre(kind) -> None:
    options = {} if kind is SACSettings else {"noise": NoiseSettings(std=0.2)}
    settings = kind(
        steps=2_800, environments=4, rollout=100, warm_up=400, batch_size=64, critic_layers=(32, 32), **options
    )
    state, toy = made(settings)
    while int(state.steps) < settings.steps:
        state, metrics = off_policy.iterate(state, toy, settings)
    place = jnp.asarray(np.random.default_rng(5).uniform(-1, 1, (200, 2)), jnp.float32)
    controller, cost = state.controller, 0.0
    for _ in range(25):
        _, action = controller.select_action(controller.product(), controller.initial_state(200), place)
        place = place + 0.2 * action
        cost += float((place**2).sum(1).mean()) / 25
    assert cost < 0.13  # going straight home costs about 0.08, doing nothing 0.67
    assert metrics["episodes"] > 0 and -10 < metrics["return"] < 0


def test_a_controller_that_does_not_squash_is_refused() -> None:
    toy = Centre(2)
    controller = build_controller(
        small_circuit(), toy.observation_names, toy.action_names, network=LAYERS, key=jax.random.PRNGKey(0)
    )
    with pytest.raises(PremotorError, match=r"maps.squash is 'none', but learning.kind ddpg needs"):
        LEARNERS["ddpg"](controller, toy, DDPGSettings(**SMALL))
    squashed = dataclasses.replace(controller, squash="tanh")
    with pytest.raises(PremotorError, match="this controller has no state"):
        LEARNERS["ddpg"](squashed, toy, DDPGSettings(**SMALL, sequence=2))


def test_settings_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        DDPGSettings(updates=0.3, environments=4)
    with pytest.raises(ValueError, match="one sequence in every environment takes 12"):
        DDPGSettings(buffer_size=10, sequence=2, environments=4)


def test_the_vector_of_what_is_trained_leads_back_to_the_controller() -> None:
    controller = built(0, None, LOOP)
    vector, restore, rates = trained_vector(controller)
    assert vector.shape == rates.shape and (rates >= 0).all()
    moved = restore(vector + 1.0)
    trained = controller.trained()
    for old, new, learns in zip(*(jax.tree.leaves(t) for t in (controller, moved, trained)), strict=True):
        np.testing.assert_array_equal(new, np.asarray(old) + np.float32(1.0) if learns else old)
