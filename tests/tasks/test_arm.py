"""The arm's tasks: reward by hand, and the returns of simple policies against those measured elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.tasks import BalanceSettings, BalanceTask, PhysicsEnvironment, ReachSettings, ReachTask, View

EPISODES = 40


def returns(body: str, policy) -> np.ndarray:
    """Return of each of some episodes of 200 steps under activations = policy(q, q̇, random)."""
    task = BalanceTask(BalanceSettings(body=body))
    environment = PhysicsEnvironment(task, EPISODES, threads=1, seed=11)
    environment.reset()
    random, total = np.random.default_rng(0), np.zeros(EPISODES)
    for step in range(200):
        q, v = environment.physics.qpos.copy(), environment.physics.qvel.copy()
        taken = environment.step(2 * policy(q, v, random) - 1)
        assert taken.truncated.all() == (step == 199) and not taken.terminated.any()
        total += taken.reward
    return total


def reciprocal(kp1: float, kd1: float, kp2: float, kd2: float):
    def policy(q: np.ndarray, v: np.ndarray, random: np.random.Generator) -> np.ndarray:
        shoulder, elbow = -(kp1 * q[:, 0] + kd1 * v[:, 0]), -(kp2 * q[:, 1] + kd2 * v[:, 1])
        return np.clip(np.stack([shoulder, -shoulder, elbow, -elbow], 1), 0, 1)

    return policy


# Mean return and standard deviation that an independent model of the same arm gave (shared specification).
@pytest.mark.parametrize(
    ("body", "policy", "mean", "deviation"),
    [
        ("arm-muscle", lambda q, v, r: np.zeros((len(q), 4)), -209, 11),
        ("arm-muscle", reciprocal(1.43, 0.67, 3.65, 0.757), -9.4, 6.0),
        ("arm-muscle-rod", lambda q, v, r: np.zeros((len(q), 4)), -225, 10),
        ("arm-muscle-rod", reciprocal(1.65, 0.56, 0.98, 0.15), -7.4, 4.3),
    ],
)
def test_simple_policies_earn_what_was_measured_elsewhere(body, policy, mean, deviation) -> None:
    earned = returns(body, policy)
    # the same within the models' freedom: a third of an episode's deviation, and twice the error of this mean
    assert abs(earned.mean() - mean) < deviation / 3 + 2 * earned.std() / np.sqrt(EPISODES)


def test_no_constant_and_no_random_activation_holds_the_arm() -> None:
    for policy, published in (
        (lambda q, v, r: np.full((len(q), 4), 1.0), -208),
        (lambda q, v, r: r.uniform(size=(len(q), 4)), -218),
    ):
        assert abs(returns("arm-muscle", policy).mean() - published) < 20


def test_the_reward_and_the_action_are_those_of_the_specification() -> None:
    task = BalanceTask()
    q, v = np.array([0.3, -0.2]), np.array([1.0, -2.0])
    view = View(jnp.asarray(q), jnp.asarray(v), jnp.zeros(task.body.model.nsensordata))
    action = np.array([-3.0, -1.0, 0.0, 5.0])  # activations 0, 0, 0.5 and 1: what is outside is clipped
    outcome = task.advance(view, (), jnp.asarray(action))
    expected = -(0.3**2 + 0.1 * 1.0 + 0.2**2 + 0.1 * 4.0 + 0.001 * (0.25 + 1.0))
    assert float(sum(outcome.terms.values())) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(task.control(jnp.asarray(action)), [0, 0, 0.5, 1])
    seen = task.observe(view, ())
    np.testing.assert_allclose(seen, [np.cos(0.3), np.sin(0.3), 1.0, np.cos(-0.2), np.sin(-0.2), -2.0], rtol=1e-6)
    assert task.control_period == pytest.approx(0.02) and task.time_limit == 200 and task.substeps == 10


def test_effort_of_motors_counts_in_units_of_the_largest_voltage() -> None:
    task = BalanceTask(BalanceSettings(body="arm-sea", sensors=("m0_length",)))
    model = task.body.model
    view = View(jnp.zeros(model.nq), jnp.zeros(model.nv), jnp.arange(model.nsensordata, dtype=float))
    terms = task.advance(view, (), jnp.asarray([1.0, -1.0, 0.0, 0.5])).terms
    assert float(terms["effort"]) == pytest.approx(-0.001 * 2.25)
    np.testing.assert_allclose(task.control(jnp.asarray([1.0, -1.0, 0.0, 0.5])), [24, -24, 0, 12])
    assert task.observation_names[-1] == "m0_length"
    assert task.observe(view, ())[-1] == task.body.sensor("m0_length").start


def test_episodes_begin_in_a_part_of_each_joint_s_range() -> None:
    keys = jax.random.split(jax.random.PRNGKey(0), 500)
    for part in (1.0, 0.05):
        task = BalanceTask(BalanceSettings(body="arm-sea", start_range=part))
        joints = task.body.qpos_index(task.body.task_joints)
        found = np.asarray(jax.vmap(lambda key, task=task: task.start(key).qpos)(keys))[:, joints]
        low, high = part * task.body.limits(task.body.task_joints).T
        assert (found >= low).all() and (found <= high).all()
        np.testing.assert_allclose(np.ptp(found, 0), high - low, rtol=0.05)


def test_an_arm_that_leans_too_far_has_fallen_and_pays_once() -> None:
    task = BalanceTask(BalanceSettings(fall_angle=0.3, fall_cost=7.0))
    for angle, fallen in ((0.29, False), (-0.31, True)):
        view = View(jnp.asarray([0.0, angle]), jnp.zeros(2), jnp.zeros(task.body.model.nsensordata))
        outcome = task.advance(view, (), jnp.full(4, -1.0))
        assert bool(outcome.terminated) is fallen and float(outcome.terms["fall"]) == -7.0 * fallen
    still = {"qpos": np.zeros((201, 4, 2)), "reward": np.zeros((201, 4))}  # a world is put back upright after a fall
    figures = task.metrics(still | {"terminated": np.array([True, False, False, False])})
    assert figures["success"] == 0.75


def test_success_is_where_the_episode_ends() -> None:
    task = BalanceTask()
    qpos = np.zeros((201, 3, 2))
    qpos[-1] = [[0.05, -0.09], [0.05, -0.11], [0.0, 0.3]]
    reward = np.full((201, 3), -0.5)
    figures = task.metrics({"qpos": qpos, "reward": reward})
    assert figures["success"] == pytest.approx(1 / 3)
    assert figures["score"] == pytest.approx(1 / 3 - 1)
    assert figures["earned"] == pytest.approx(-100)  # 200 steps, though an evaluation has one row more
    assert figures["final_error"] == pytest.approx((0.09 + 0.11 + 0.3) / 3)


def test_targets_can_be_reached_and_the_way_to_them_is_seen() -> None:
    task = ReachTask(ReachSettings())
    assert task.observation_names[-2:] == ("to_target_x", "to_target_z")
    environment = PhysicsEnvironment(task, 8, threads=1, seed=0)
    seen = environment.reset()
    target = np.asarray(environment.memory.target)
    hand = task.hand(environment.physics.qpos)
    np.testing.assert_allclose(seen[:, -2:], (target - hand)[:, [0, 2]], atol=1e-6)
    shoulder = np.array([0, 0, 1.054])
    assert (np.linalg.norm(target - shoulder, axis=1) <= 0.86 + 1e-6).all()
    assert len(np.unique(target, axis=0)) == 8
    records = {"qpos": np.tile(environment.physics.qpos, (201, 1, 1)), "target": np.tile(hand, (201, 1, 1))}
    assert task.metrics(records | {"reward": np.zeros((201, 8))})["success"] == 1.0


def test_a_joint_without_limits_is_refused() -> None:
    with pytest.raises(PremotorError, match="needs joints with limits; 'root_x' of 'biped' has none"):
        BalanceTask(BalanceSettings(body="biped"))
