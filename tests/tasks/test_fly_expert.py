"""The walk by the clock: targets that carry the weight, and a teacher that keeps speed and heading."""

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from premotor.analysis import hexapod_gait
from premotor.bodies import build_fly
from premotor.bodies.fly_parts import LEGS
from premotor.tasks import (
    FlyExpert,
    FlyStandSettings,
    FlyStandTask,
    FlyWalkSettings,
    FlyWalkTask,
    make_fly_gait,
    servo_targets,
)
from premotor.tasks.fly import target_angle


def test_targets_undo_springs_damping_and_load():
    """Held in the pose of a phase by the targets of a gait without motion, on its feet, the fly stays in it."""
    body = build_fly(18)
    gait, _ = make_fly_gait(10.0)
    still = type(gait)(**{**vars(gait), "contacts": np.ones_like(gait.contacts), "stride_period": 1e3})
    standing = np.tile(gait.joint_angles[20], (100, 1))
    still = type(gait)(**{**{k: v for k, v in vars(still).items() if not k.startswith("_")}, "joint_angles": standing})
    targets = servo_targets(body, still)
    assert np.ptp(targets, axis=0).max() < 1e-9
    data = mujoco.MjData(body.model)
    data.qpos[:] = body.rest_pose
    data.qpos[[2, 4]] = gait.hip_height[20], gait.pitch[20]
    data.qpos[body.actuated_qpos] = standing[0]
    mujoco.mj_forward(body.model, data)
    # Torques about the joints: servo + spring against the ground's push, which the Jacobians of the feet give.
    stiffness = body.model.actuator_gainprm[body.actuated_ctrl, 0]
    spring = body.model.jnt_stiffness[body.model.dof_jntid[body.actuated_qvel]]
    given = stiffness * (targets[0] - standing[0]) + spring * (body.model.qpos_spring[body.actuated_qpos] - standing[0])
    slope, push = np.zeros((3, body.model.nv)), np.zeros(body.model.nv)
    for leg in LEGS:
        mujoco.mj_jacGeom(body.model, data, slope, None, body.model.geom(f"{leg}_foot").id)
        push += slope[2] * body.weight / 6
    np.testing.assert_allclose(given, -push[body.actuated_qvel], atol=1e-9)


@pytest.fixture(scope="module")
def shown():
    """A second of eight walks by the clock at 6 to 24 mm/s, one in two turning, with noise on the actions."""
    task = FlyWalkTask(FlyWalkSettings(speed=(6, 24), turn=1.0, seconds=10))
    expert = FlyExpert(task)
    return task, expert, expert.demonstrate(200, 8, noise=0.1, seed=2, threads=1)


def test_the_teacher_walks_as_commanded_with_a_flys_gait(shown):
    task, _, walk = shown
    column = {name: i for i, name in enumerate(task.observation_names)}
    assert walk.observation.shape == (200, 8, 75) and walk.action.shape == (200, 8, 18)
    steady = walk.observation[80:]
    command = steady[0, :, column["speed_command"]] * 10
    way = np.linalg.norm(np.diff(walk.place[80::10], axis=0), axis=2).sum(0)
    np.testing.assert_allclose(way / (110 * task.control_period), command, rtol=0.08)
    aim, straight = np.abs(steady[..., column["angle_to_target"]]), steady[0, :, column["turn_command"]] == 0
    assert aim[:, straight].mean() < 0.1 and aim.mean() < 0.25  # rad
    contact = steady[..., [column[f"{leg}_contact"] for leg in LEGS]]
    gaits = [hexapod_gait(contact[:, i], task.control_period) for i in range(8)]
    rates = [gait.stride_frequency for gait in gaits]
    np.testing.assert_allclose(rates, 6.5 + 0.3 * command, rtol=0.15)
    for gait in gaits:
        assert gait.ipsilateral_phase == pytest.approx(0.5, abs=0.1)
        assert np.ptp(gait.duty_factors) < 0.2


def test_what_is_shown_is_the_wanted_action_and_noise_is_not(shown):
    """Observations show the disturbed way, with the last action as it was done; beside them is the teacher's own."""
    task, _, walk = shown
    done = walk.observation[1:, :, [task.observation_names.index(f"{name}_action") for name in task.action_names]]
    assert 0.05 < (done - walk.action[:-1]).std() < 0.15


def test_it_says_what_it_would_do_where_another_walks(shown):
    """Looking on at its own actions, with the phase read off the pose, it shows nearly what it did by its clock."""
    task, expert, walk = shown
    asked = []

    def walker(observation, started):
        asked.append((observation, started))
        return walk.action[len(asked) - 1]

    seen = expert.demonstrate(60, 8, noise=0.1, seed=2, threads=1, walker=walker)
    np.testing.assert_array_equal(seen.observation, walk.observation[:60])  # the same way: same starts, actions, noise
    np.testing.assert_array_equal(np.stack([observation for observation, _ in asked]), seen.observation)
    assert seen.started[0].all() and not seen.started[1:].any()
    usual = walk.action.var((0, 1)).mean()
    assert 0 < ((seen.action - walk.action[:60]) ** 2).mean() < 0.1 * usual


def test_a_plan_is_the_action_where_nothing_disturbed(shown):
    _, expert, walk = shown
    assert 0 < ((walk.planned - walk.action) ** 2).mean() < 0.05 * walk.action.var((0, 1)).mean()
    clean = expert.demonstrate(60, 8, seed=1, threads=1)  # differs by its steering alone
    assert ((clean.planned - clean.action) ** 2)[5:].mean() < 0.25 * ((walk.planned - walk.action) ** 2).mean()


def test_who_stands_is_not_corrected():
    assert FlyStandTask(FlyStandSettings(joints=12)).expert is None


def test_the_target_lies_ahead_on_the_path():
    task = FlyWalkTask(FlyWalkSettings())
    memory = task.start_at(*map(jnp.asarray, (1.0, 10.0, 0.0, 0.0)), jnp.zeros(2, jnp.uint32)).memory
    assert float(target_angle(memory._replace(offset=jnp.asarray(5.0)), jnp.asarray(0.0))) == pytest.approx(-np.pi / 4)
