"""PPO against a plain re-statement of it, on a tiny case, and on a task whose score is known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from learning.toys import Centre, Choice
from networks.wiring import small_circuit
from premotor.learning import PPOSettings, ppo
from premotor.learning.ppo import PPOState, _roll_out
from premotor.learning.ppo_update import Batch, Descent, Learnt, _paced, replay, update, update_on
from premotor.networks import Controller, build_controller
from premotor.on_device import on_device

TINY = PPOSettings(
    environments=4,
    rollout=5,
    epochs=1,
    minibatches=1,
    critic_layers=(8,),
    schedule="constant",
    learning_rate=3e-3,
)
LONG = TINY.model_copy(update={"rollout": 80})


def made(settings: PPOSettings, seed: int = 0, kind: type[Centre] = Centre) -> tuple[PPOState, Centre]:
    toy = kind(settings.environments, seed)
    controller = build_controller(
        *(small_circuit(), toy.observation_names, toy.action_names),
        **{"calibrate": False, "key": jax.random.PRNGKey(seed)},  # PPO calibrates it in its task
    )
    return ppo.initialise(controller, toy, settings, jax.random.PRNGKey(seed + 1)), toy


def test_the_replay_repeats_the_roll_out() -> None:
    state, toy = made(LONG)
    for _ in range(2):
        state, batch, _ = _roll_out(state, toy, LONG)
        assert batch.started.sum() > 8  # several episodes start within the roll-out
        means = jax.jit(replay)(state.controller, batch.first_state, batch.observation, batch.started)
        np.testing.assert_allclose(means, batch.mean, rtol=1e-5, atol=1e-6)  # two programs may round otherwise


def test_the_executed_actions_are_what_is_stored_and_judged() -> None:
    state, toy = made(LONG)
    loose = eqx.tree_at(lambda s: s.controller.log_std, state, on_device(np.full(2, 0.5, np.float32)))
    _, batch, _ = _roll_out(loose, toy, LONG)
    action, mean = np.asarray(batch.action, float), np.asarray(batch.mean, float)
    spread = np.exp(0.5)
    assert (np.abs(action) == 1).mean() > 0.2 and np.abs(action).max() == 1
    inside = norm.logpdf(action, mean, spread)
    expected = np.where(action == 1, norm.logsf(1, mean, spread), inside)
    expected = np.where(action == -1, norm.logcdf(-1, mean, spread), expected).sum(-1)
    np.testing.assert_allclose(batch.log_probability, expected, rtol=1e-4, atol=1e-4)


def same(one: object, other: object) -> bool:
    """To the bit; compared by NumPy, which compiles nothing."""
    return all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


def reference_update(state: PPOState, batch: Batch, settings: PPOSettings) -> tuple[Controller, list]:
    """One full-batch step of PPO written anew: Python loops over time, its own GAE, losses and Adam."""
    controller, critic = state.controller, state.critic
    batch = jax.tree.map(np.asarray, batch)
    normal, judge = eqx.filter_jit(controller.normalizer), eqx.filter_jit(critic)
    seen, afterwards = (np.asarray(normal(o)) for o in (batch.observation, batch.final_observation))
    last = normal(np.broadcast_to(batch.last_observation, batch.observation.shape))[-1:]
    value, at_end, shifted = (np.asarray(judge(o)) for o in (seen, afterwards, np.concatenate([seen[1:], last])))
    steps = len(value)
    advantage = np.zeros_like(value)
    for e in range(value.shape[1]):
        running = 0.0
        for t in reversed(range(steps)):
            ended = bool(batch.terminated[t, e] or batch.truncated[t, e])
            following = (at_end if ended else shifted)[t, e] * (not batch.terminated[t, e])
            delta = (1 - settings.discount) * float(batch.reward[t, e]) + settings.discount * following - value[t, e]
            running = delta + settings.discount * settings.gae_lambda * running * (not ended)
            advantage[t, e] = running
    target = advantage + value
    scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)

    names = [name for name, rate in controller.relative_learning_rates().items() if rate > 0]

    def loss(values: dict, critic_arrays: object) -> jax.Array:
        candidate = controller.with_parameters(values)
        neurons, product = batch.first_state, candidate.product()
        total = 0.0
        for t in range(steps):
            begin = batch.started[t]
            neurons = jnp.where(begin, candidate.initial_state(neurons.shape[1]), neurons)
            neurons, mean = candidate.select_action(product, neurons, batch.observation[t])
            spread = jnp.exp(candidate.log_std)
            inside = jax.scipy.stats.norm.logpdf(batch.action[t], mean, spread)
            top = jax.scipy.stats.norm.logcdf(mean, 1.0, spread)
            bottom = jax.scipy.stats.norm.logcdf(-1.0, mean, spread)
            log_p = jnp.where(batch.action[t] >= 1, top, jnp.where(batch.action[t] <= -1, bottom, inside)).sum(-1)
            ratio = jnp.exp(log_p - batch.log_probability[t])
            clipped = jnp.clip(ratio, 1 - settings.clip, 1 + settings.clip)
            total -= jnp.minimum(ratio * scaled[t], clipped * scaled[t]).mean() / steps
            total += 0.5 * ((critic_arrays(seen[t]) - target[t]) ** 2).mean() / steps
        return total

    values = {name: controller.parameter(name) for name in names}
    gradient, critic_gradient = jax.jit(jax.grad(loss, argnums=(0, 1)))(values, critic)
    leaves = jax.tree.leaves((gradient, critic_gradient))
    size = np.sqrt(sum(float((leaf**2).sum()) for leaf in leaves))
    shrink = min(1.0, settings.max_grad_norm / size)

    def stepped(value: jax.Array, slope: jax.Array, rate: float) -> np.ndarray:
        slope = np.asarray(slope) * shrink  # Adam's first step: both of its averages are the gradient itself
        return np.asarray(value) - rate * slope / (np.abs(slope) + 1e-5)

    rates = controller.relative_learning_rates()
    new = {
        name: stepped(
            values[name],
            gradient[name],
            settings.learning_rate * rates[name] * float(controller.step_scale[name]),
        )
        for name in names
    }
    new_critic = [
        stepped(a, b, settings.critic_learning_rate)
        for a, b in zip(jax.tree.leaves(critic), jax.tree.leaves(critic_gradient), strict=True)
    ]
    return new, new_critic


def test_an_update_is_that_of_a_plain_restatement() -> None:
    state, toy = made(TINY)
    for _ in range(2):  # the second roll-out starts in the middle of episodes
        state, batch, _ = _roll_out(state, toy, TINY)
    expected, expected_critic = reference_update(state, batch, TINY)
    learnt = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    after, _ = update(learnt, batch, jax.random.PRNGKey(0), TINY)
    for name, value in expected.items():
        before = np.asarray(state.controller.parameter(name))
        moved = np.asarray(after.controller.parameter(name)) - before
        # Adam divides by the gradient's size: entries next to zero carry rounding errors of order 1
        close = np.isclose(moved, value - before, rtol=0.02, atol=2e-3 * np.abs(moved).max(initial=1e-12))
        assert close.mean() > 0.97, name
    for found, value in zip(jax.tree.leaves(after.critic), expected_critic, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-3, atol=2e-5)


@pytest.mark.slow  # every operation is compiled by itself
def test_jit_and_no_jit_agree() -> None:
    state, toy = made(TINY)
    state, batch, _ = _roll_out(state, toy, TINY)
    learnt = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    fast, fast_figures = update(learnt, batch, jax.random.PRNGKey(0), TINY)
    with jax.disable_jit():
        slow, slow_figures = update(learnt, batch, jax.random.PRNGKey(0), TINY)
    for name in fast_figures:
        np.testing.assert_allclose(fast_figures[name], slow_figures[name], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(fast.controller.output_weight, slow.controller.output_weight, atol=1e-4)


def test_frozen_parameters_and_constants_do_not_move() -> None:
    state, toy = made(TINY)
    before = state.controller
    for _ in range(3):
        state, _ = ppo.iterate(state, toy, TINY)
    after = state.controller
    for name in ("log_time_constant", "log_gain"):  # rates of 0 by default
        np.testing.assert_array_equal(before.parameter(name), after.parameter(name))
    for name in ("sign", "pre", "post"):
        np.testing.assert_array_equal(getattr(before.network, name), getattr(after.network, name))
    assert not np.array_equal(before.network.log_magnitude, after.network.log_magnitude)
    assert not np.array_equal(before.output_weight, after.output_weight)
    np.testing.assert_array_equal(before.whitening, after.whitening)


@pytest.mark.parametrize(("kl", "expected"), [(0.05, 1 / 1.5), (0.001, 1.5), (0.01, 1.0)])
def test_the_step_follows_the_divergence(kl: float, expected: float) -> None:
    rate = _paced(np.float32(1e-3), np.float32(kl), Descent.of(PPOSettings(target_kl=0.01)))
    assert float(rate) == pytest.approx(1e-3 * expected)


def test_the_same_seed_gives_the_same_numbers_bit_for_bit() -> None:
    runs = []
    for _ in range(2):
        state, toy = made(TINY, seed=5)
        for _ in range(3):
            state, metrics = ppo.iterate(state, toy, TINY)
        runs.append((state, metrics))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


def test_settings_that_no_update_reads_share_its_program() -> None:
    state, toy = made(TINY)
    _, batch, _ = _roll_out(state, toy, TINY)
    learnt, key = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate), jax.random.PRNGKey(0)
    other = TINY.model_copy(update={"steps": 7, "average": 3.0, "learning_rate": 1.0, "reward_clip": 2.0})
    expected, _ = update(learnt, batch, key, TINY)
    programs = update_on._cached._cache_size()
    found, _ = update(learnt, batch, key, other)
    assert update_on._cached._cache_size() == programs
    assert same(found, expected)
    assert Descent.of(other) == Descent.of(TINY) != Descent.of(TINY.model_copy(update={"clip": 0.1}))


def test_a_loss_that_is_not_finite_is_loud() -> None:
    state, toy = made(TINY)
    broken = eqx.tree_at(lambda s: s.controller.output_weight, state, on_device(np.full((2, 4), np.nan, np.float32)))
    with pytest.raises((FloatingPointError, ValueError)):
        ppo.iterate(broken, toy, TINY)


def test_a_circuit_learns_to_centre_a_point() -> None:
    settings = PPOSettings(environments=64, rollout=16, minibatches=4, critic_layers=(32,), discount=0.95)
    state, toy = made(settings)
    rewards = []
    for _ in range(60):
        state, metrics = ppo.iterate(state, toy, settings)
        rewards.append(metrics["reward"])
    assert np.mean(rewards[:3]) < -0.5
    assert np.mean(rewards[-5:]) > -0.17  # going straight home earns about −0.08


@pytest.mark.slow  # as the one before it; what is drawn and judged of choices, all learners' tests see
def test_a_circuit_learns_to_choose() -> None:
    settings = PPOSettings(environments=64, rollout=16, minibatches=4, critic_layers=(32,), discount=0.95)
    state, toy = made(settings, kind=Choice)
    rewards = []
    for _ in range(80):  # half of it on some processors, whose rounding differs
        state, metrics = ppo.iterate(state, toy, settings)
        rewards.append(metrics["reward"])
    assert np.mean(rewards[:3]) < -0.5
    assert np.mean(rewards[-5:]) > -0.25  # four directions only: the best earns about −0.15


def test_steps_that_were_skipped_teach_nothing() -> None:
    """Whatever stands in the rows of skipped steps, the update is the same, and without them another."""
    state, toy = made(TINY)
    state, batch, _ = _roll_out(state, toy, TINY)
    ended, started, action, reward = map(np.array, (batch.truncated, batch.started, batch.action, batch.reward))
    learnt_from = np.ones_like(ended)
    ended[1, 2] = started[3, 2] = True  # an episode ends, and the next step only starts another
    learnt_from[2, 2] = False
    batch = batch._replace(truncated=ended, started=started, learnt_from=learnt_from)
    learnt = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    expected, _ = update(learnt, batch, jax.random.PRNGKey(0), TINY)
    action[2, 2], reward[2, 2] = -action[2, 2], 7.0
    other = batch._replace(action=action, reward=reward)
    found, _ = update(learnt, other, jax.random.PRNGKey(0), TINY)
    assert same(expected, found)
    counted, _ = update(learnt, other._replace(learnt_from=None), jax.random.PRNGKey(0), TINY)
    assert not same(expected, counted)


def test_the_limit_of_rewards_goes_to_its_end_in_equal_ratios() -> None:
    settings = TINY.model_copy(update={"steps": 400, "reward_clip": 2.0, "reward_clip_end": 32.0})
    found = [settings.reward_clip_at(step) for step in (0, 100, 200, 300, 400, 500)]
    assert found == pytest.approx([2, 4, 8, 16, 32, 32])
    assert TINY.reward_clip_at(7) is None
    with pytest.raises(ValueError, match="reward_clip_end is 3.0, but reward_clip is null"):
        PPOSettings(reward_clip_end=3)

    low = TINY.model_copy(update={"steps": 20, "reward_clip": 1e-4, "reward_clip_end": 1e6})
    state, toy = made(low)
    _, first, _ = _roll_out(state, toy, low)
    assert np.abs(first.reward).max() == np.float32(1e-4)
    later = eqx.tree_at(lambda s: s.steps, state, jnp.asarray(20))
    assert np.abs(_roll_out(later, toy, low)[1].reward).max() > 1e-4


def test_the_spread_of_actions_follows_its_schedule_and_is_not_learnt() -> None:
    settings = TINY.model_copy(update={"steps": 80, "action_std": (0.8, 0.05)})
    state, toy = made(settings)
    found = []
    for _ in range(5):
        state, metrics = ppo.iterate(state, toy, settings)
        found.append(metrics["action_spread"])
    np.testing.assert_allclose(found, [0.8, 0.4, 0.2, 0.1, 0.05], rtol=1e-5)
    with pytest.raises(ValueError, match="both of it must be greater than 0"):
        PPOSettings(action_std=(0.5, 0))


def test_environments_that_minibatches_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="minibatches is 3, but it must divide environments, which is 8"):
        PPOSettings(environments=8, minibatches=3)


def test_tests_take_a_running_mean_that_leaves_learning_alone() -> None:
    averaging = TINY.model_copy(update={"average": 2.0})
    state, toy = made(averaging)
    plain, other = made(TINY)
    assert same(plain.tested, plain.controller)
    trained = state.controller.trained()
    expected: list | None = None
    for window in (1.0, 1.0, 1.0, 4 / 3, 5 / 3, 2.0, 2.0):
        state, _ = ppo.iterate(state, toy, averaging)
        plain, _ = ppo.iterate(plain, other, TINY)
        now = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(eqx.filter(state.controller, trained))]
        before = now if expected is None else expected
        expected = [old + (new - old) / window for old, new in zip(before, now, strict=True)]
    assert same(state.controller, plain.controller)
    found = jax.tree.leaves(eqx.filter(state.tested, trained))
    for mean, leaf in zip(expected or [], found, strict=True):
        np.testing.assert_allclose(leaf, mean, rtol=1e-4, atol=1e-6)
    untrained = jax.tree.map(lambda flag: not flag, trained)
    assert same(eqx.filter(state.tested, untrained), eqx.filter(state.controller, untrained))
    assert not same(state.tested, state.controller)


def test_the_discount_goes_to_its_end_in_equal_ratios() -> None:
    settings = TINY.model_copy(update={"steps": 400, "discount": 0.9, "discount_end": 0.9999})
    found = [1 - (settings.discount_at(step) or 0) for step in (0, 100, 200, 400, 500)]
    np.testing.assert_allclose(found, [0.1, 0.1 / 1000**0.25, 0.1 / 1000**0.5, 1e-4, 1e-4], rtol=1e-6)
    with pytest.raises(ValueError, match="discount is 1 and cannot move"):
        PPOSettings(discount=1, discount_end=0.99)

    state, toy = made(TINY)
    _, batch, _ = _roll_out(state, toy, TINY)
    learnt = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    key = jax.random.PRNGKey(0)
    fixed, _ = update(learnt, batch, key, TINY)
    moved, _ = update(learnt, batch._replace(discount=jnp.asarray(TINY.discount)), key, TINY)
    for one, other in zip(jax.tree.leaves(moved), jax.tree.leaves(fixed), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    elsewhere, _ = update(learnt, batch._replace(discount=jnp.asarray(0.9)), key, TINY)
    assert not same(elsewhere.critic, moved.critic)
