"""Environments of physics: boundaries between episodes, seeds, snapshots, and the walk task's terms."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.tasks import TASKS, PhysicsEnvironment, View, WalkSettings, WalkTask
from premotor.tasks.base import Task
from premotor.tasks.walk import WalkMemory


def walk(**changes: object) -> WalkTask:
    return WalkTask(WalkSettings(**changes))


def actions(task: Task, steps: int, environments: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (steps, environments, len(task.action_names)))


def test_an_episode_ends_by_a_fall_or_by_time_and_starts_anew() -> None:
    task = walk(seconds=0.8)
    environment = PhysicsEnvironment(task, 16, threads=1)
    environment.reset()
    age = np.zeros(16, int)
    ends = set()
    for action in actions(task, 80, 16):
        step = environment.step(action)
        age += 1
        assert not (step.terminated & step.truncated).any()
        np.testing.assert_array_equal(step.truncated, (age == task.time_limit) & ~step.terminated)
        done = step.terminated | step.truncated
        same = (step.observation == step.final_observation).all(1)
        np.testing.assert_array_equal(same, ~done)
        ends |= {name for name in ("terminated", "truncated") if getattr(step, name).any()}
        age[done] = 0
    assert ends == {"terminated", "truncated"}


def test_a_snapshot_goes_on_bit_for_bit_in_another_environment() -> None:
    task = walk(seconds=0.5)
    first = PhysicsEnvironment(task, 6, threads=1, seed=3)
    first.reset()
    script = actions(task, 60, 6)
    for action in script[:30]:
        first.step(action)
    saved = first.snapshot()
    second = PhysicsEnvironment(task, 6, threads=2, seed=3)
    second.restore(saved)
    for action in script[30:]:
        a, b = first.step(action), second.step(action)
        np.testing.assert_array_equal(a.observation, b.observation)
        np.testing.assert_array_equal(a.reward, b.reward)


def test_a_snapshot_of_another_size_is_refused() -> None:
    task = walk()
    saved = PhysicsEnvironment(task, 2, threads=1).snapshot()
    with pytest.raises(PremotorError, match="these worlds need"):
        PhysicsEnvironment(task, 3, threads=1).restore(saved)
    saved.pop("elapsed")
    with pytest.raises(PremotorError, match="elapsed is missing"):
        PhysicsEnvironment(task, 2, threads=1).restore(saved)


def test_episodes_start_on_the_reference_at_the_commanded_speed() -> None:
    task = walk()
    gait = task.reference
    for phase in (0.0, 1.0, 4.5):
        start = task.start_at(jnp.asarray(phase), jnp.asarray(1.5))
        expected = gait.qpos(np.array(phase))
        expected[0] = 0.0
        np.testing.assert_allclose(start.qpos, expected, atol=2e-3)
        np.testing.assert_allclose(start.qvel, gait.qvel(np.array(phase)) * 1.5 / gait.speed, atol=0.15)


def view_at(task: WalkTask, phase: float, command: float = 1.35, **changes: float) -> tuple[View, WalkMemory]:
    start = task.start_at(jnp.asarray(phase), jnp.asarray(command))
    qpos, qvel = start.qpos, start.qvel
    for joint, value in changes.items():
        qpos = qpos.at[task.body.qpos_index(joint)].add(value)
    readings = jnp.zeros(task.body.model.nsensordata)
    touching = task.reference.contact(np.array(phase))
    return View(qpos, qvel, readings.at[task.body.foot_sensors].set(700.0 * touching)), start.memory


def test_on_soft_soles_the_reference_presses_them_in() -> None:
    hard, soft = walk(), walk(body="biped-shod")
    for phase in (0.0, 2.5):
        one, other = (task.start_at(jnp.asarray(phase), jnp.asarray(1.2)).qpos for task in (hard, soft))
        lower = np.zeros(len(one))
        lower[1] = soft.body.sole_depth
        np.testing.assert_allclose(one - other, lower, atol=1e-7)
    assert soft.body.sole_depth > 0.003


def test_every_reward_term_says_what_it_should() -> None:
    task = walk(reward={"contact": 0.3})
    zero = jnp.zeros(6)
    view, _ = view_at(task, 1.0)
    before = task.start_at(jnp.asarray(1.0) - task._pace(1.35) * task.control_period, jnp.asarray(1.35)).memory
    on = task.advance(view, before, zero).terms
    weights = task.settings.reward
    assert float(on["imitation"]) > 0.97 * weights.imitation
    assert float(on["goal"]) > 0.95 * weights.goal
    assert float(on["fall"]) == 0 and float(on["effort"]) == 0
    bent, _ = view_at(task, 1.0, left_knee=0.5)
    assert float(task.advance(bent, before, zero).terms["imitation"]) < 0.9 * float(on["imitation"])
    floating = task.advance(View(view.qpos, view.qvel, 0 * view.sensors), before, zero).terms
    lost = float(floating["imitation"]) / float(on["imitation"])
    assert 0.69 < lost < 0.88  # one foot or both should be on the ground
    standing = View(view.qpos, 0 * view.qvel, view.sensors)
    slow = before._replace(speed=jnp.asarray(0.0))
    still = task.advance(standing, slow, zero).terms
    assert float(still["imitation"]) == 0  # a pose held still is no gait
    assert float(still["goal"]) < 0.01
    assert float(task.advance(view, before, zero + 0.5).terms["effort"]) < 0
    low, _ = view_at(task, 1.0, root_z=-0.4)
    outcome = task.advance(low, before, zero)
    assert bool(outcome.terminated) and float(outcome.terms["fall"]) == -weights.fall
    upright = walk(reward={"trunk": 0.6})
    leaning, _ = view_at(task, 1.0, root_pitch=0.5)
    likeness = float(upright.advance(leaning, before, zero).terms["imitation"]) / float(on["imitation"])
    assert likeness == pytest.approx(0.4, abs=0.02)  # 0.5 rad is far: all of the trunk's share is lost
    assert float(upright.advance(view, before, zero).terms["imitation"]) > 0.95 * float(on["imitation"])
    tilted, _ = view_at(task, 1.0, root_pitch=-0.9)
    assert bool(task.advance(tilted, before, zero).terminated)


def test_the_phase_follows_the_body_within_limits() -> None:
    task = walk()
    nominal = float(task._pace(jnp.asarray(1.35)) * task.control_period)
    for lead, expected in ((0.5, 0.5), (1.0, 1.0), (1.5, 1.5), (6.0, 1.5)):
        view, memory = view_at(task, 1.0 + lead * nominal)
        after = task.advance(view, memory._replace(phase=jnp.asarray(1.0)), jnp.zeros(6)).memory.phase
        assert float(after) - 1.0 == pytest.approx(expected * nominal, rel=0.15)


def test_without_slack_the_phase_keeps_time_whatever_the_body_does() -> None:
    task = walk(phase_slack=0.0)
    nominal = float(task._pace(jnp.asarray(1.35)) * task.control_period)
    for lead in (0.0, 3.0):
        view, memory = view_at(task, 1.0 + lead)
        after = task.advance(view, memory._replace(phase=jnp.asarray(1.0)), jnp.zeros(6)).memory.phase
        assert float(after) - 1.0 == pytest.approx(nominal, rel=1e-4)


def test_a_pose_far_from_the_reference_ends_an_episode_in_learning_at_no_cost_and_never_in_a_test() -> None:
    task = walk(pose_limit=0.3)
    before = task.start_at(jnp.asarray(1.0) - task._pace(1.35) * task.control_period, jnp.asarray(1.35)).memory
    near, _ = view_at(task, 1.0, left_knee=0.5)  # root mean square of six joints: 0.2 rad
    far, _ = view_at(task, 1.0, left_knee=0.9)  # 0.37 rad
    assert not bool(task.advance(near, before, jnp.zeros(6)).terminated)
    ended = task.advance(far, before, jnp.zeros(6))
    assert bool(ended.terminated) and float(ended.terms["fall"]) == 0
    assert not bool(task.tested().advance(far, before, jnp.zeros(6)).terminated)


def test_the_demonstration_leads_from_the_reference_to_where_it_goes_on() -> None:
    task = walk(clock=True, speed=(1.0, 1.5))
    seen, action = task.demonstration()
    assert seen.shape == (100, 64, len(task.observation_names)) and action.shape == (100, 64, 6)
    phase = np.arctan2(seen[..., -2], seen[..., -1])
    command = seen[..., task.observation_names.index("command")]
    assert command.min() == 1.0 and command.max() == 1.5
    wanted = np.asarray(jax.vmap(jax.vmap(task.control))(action))
    there = task.reference.qpos(phase)[..., 3:]
    ahead = task.reference.qpos(phase + np.asarray(task._pace(command)) * 0.033)[..., 3:]
    assert np.sqrt(((wanted - ahead) ** 2).mean()) < 0.03 < np.sqrt(((wanted - there) ** 2).mean())
    angles = seen[..., [task.observation_names.index(f"{joint}_angle") for joint in task.action_names]]
    assert np.sqrt(((angles - there) ** 2).mean()) == pytest.approx(0.1, rel=0.1)  # rad, of the errors shown


def test_the_range_of_actions_spans_the_gait_within_the_joints() -> None:
    task = walk()
    low, high = (np.asarray(task.control(jnp.full(6, side))) for side in (-1.0, 1.0))
    angles = task.reference.joint_angles
    assert (low <= angles.min(0)).all() and (high >= angles.max(0)).all()
    limits = task.body.joint_range
    assert (low >= limits[:, 0] - 1e-6).all() and (high <= limits[:, 1] + 1e-6).all()


def test_the_clock_is_an_option() -> None:
    names = walk(clock=True).observation_names
    assert names[-2:] == ("phase_sine", "phase_cosine")
    assert set(names) - set(walk().observation_names) == {"phase_sine", "phase_cosine"}


def test_figures_of_known_walks() -> None:
    task = walk(seconds=2.0)
    steps, speeds, command = 100, np.array([1.2, 1.4, 1.4]), np.array([1.2, 1.4, 1.4])
    time = task.control_period * np.arange(1, steps + 1)
    qpos = np.zeros((steps, 3, 9))
    qpos[:, :, 0] = time[:, None] * speeds
    alive = np.ones((steps, 3))
    alive[50:, 2] = 0
    figures = task.metrics({"qpos": qpos, "alive": alive, "command": command})
    assert figures["survived"] == pytest.approx(2 / 3)
    assert figures["speed"] == pytest.approx(speeds.mean(), rel=1e-6)
    assert figures["speed_error"] == pytest.approx(0, abs=1e-6)
    assert figures["any_gait_score"] == pytest.approx((1 + 1 + 0.5) / 3, rel=1e-6)
    np.testing.assert_allclose(task._merit({"qpos": qpos, "alive": alive, "command": command}), [1, 1, 0.5])


def test_speeds_have_to_be_in_order() -> None:
    with pytest.raises(ValueError, match="rising order"):
        walk(speed=(1.5, 1.2))


def test_jit_and_no_jit_agree() -> None:
    task = walk()
    view, memory = view_at(task, 2.0)
    action = jnp.linspace(-0.5, 0.5, 6)
    fast = jax.jit(task.advance)(view, memory, action)
    with jax.disable_jit():
        slow = task.advance(view, memory, action)
    for a, b in zip(jax.tree.leaves(fast), jax.tree.leaves(slow), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


WITH_BODIES = ["walk", "arm-balance", "arm-reach", "worm-crawl"]


@pytest.mark.parametrize("kind", WITH_BODIES)
@pytest.mark.parametrize("links", [1, 3])
def test_a_body_without_actuators_is_refused(tmp_path: Path, kind: str, links: int) -> None:
    inner = ""
    for number in range(links):
        joint = f"<joint name='j{number}' axis='0 1 0' range='-1 1' limited='true'/>"
        inner = f"<body name='b{number}' pos='0 0 .1'>{joint}<geom type='sphere' size='.02'/>{inner}</body>"
    (tmp_path / "limb.xml").write_text(f"<mujoco><worldbody>{inner}</worldbody></mujoco>")
    names = ", ".join(f"j{number}" for number in range(links))
    (tmp_path / "limb.yaml").write_text(f"model: limb.xml\nname: limb\njoints: [{names}]\n")
    task = TASKS[kind]
    with pytest.raises(PremotorError, match=f"the body of {kind} has no actuator, so that nothing in it can act"):
        task(task.settings_type(body=str(tmp_path / "limb.yaml")))
