"""The made tripod: feet that stand where they stand, and the kinematics of walking flies."""

import numpy as np
import pytest

from premotor.analysis import hexapod_gait
from premotor.bodies import BatchPhysics, build_fly
from premotor.bodies.fly_parts import LEGS
from premotor.errors import PremotorError
from premotor.runs import make_reference
from premotor.tasks import load_reference, make_fly_gait
from premotor.tasks.fly_gait import SPEEDS


@pytest.mark.parametrize(("joints", "error"), [(42, 0.08), (18, 0.25), (12, 0.7)])
def test_feet_follow_their_paths_as_far_as_the_joints_let_them(joints: int, error: float):
    """With 7 joints a leg, within 0.08 mm; front legs of 3 pitch joints move in a plane; 2 joints do less."""
    gait, fit = make_fly_gait(25.0, joints)
    assert fit.stance_error < error and fit.swing_error < error
    assert gait.joint_names == build_fly(joints).driven_joints and gait.feet == LEGS
    assert np.abs(gait.joint_angles[0] - gait.joint_angles[-1]).max() < 0.08  # rad in a hundredth of a stride
    half = np.roll(gait.contacts, 50, axis=0)
    np.testing.assert_array_equal(gait.contacts[:, :3], half[:, 3:])


def test_stride_swing_and_duty_factor_are_those_of_flies():
    """Strides of 8 to 15 Hz that rise with speed, swings that stay near 36 ms, stances that shorten."""
    rows = []
    for speed in (5.0, 10.0, 15.0, 20.0, 25.0):
        gait, fit = make_fly_gait(speed, phases=200)
        strides = np.tile(gait.contacts, (6, 1))
        walk = hexapod_gait(strides, gait.stride_period / 200, chatter=0.002)
        assert walk.duty_factors == pytest.approx([fit.duty_factor] * 6, abs=0.01)
        assert walk.ipsilateral_phase == pytest.approx(0.5, abs=0.01)
        rows.append((walk.stride_frequency, walk.swing, walk.stance, walk.tripod_index, gait.stride_length))
    rates, swings, stances, tripods, strides = np.array(rows).T
    assert rates[0] >= 8 and rates[-1] <= 15 and (np.diff(rates) > 0).all()
    np.testing.assert_allclose(swings, 0.036, atol=0.002)
    assert (np.diff(stances) < 0).all() and (np.diff(strides) > 0).all()
    assert (np.diff(tripods) > 0).all() and (tripods[2:] >= 0.7).all()
    assert strides[0] > 0.5 and strides[-1] < 2.2  # mm; a fly is 2.5 mm long


def test_played_open_loop_it_walks_straight_on_the_body():
    """Joints lag and give way under the load, so that it is slower than it is drawn, but it walks and stays level."""
    gait, _ = make_fly_gait(20.0)
    body = build_fly(18)
    physics = BatchPhysics(body.model, 1, threads=1)
    physics.set_state(np.array([0]), body.rest_pose[None], np.zeros((1, 24)))
    control = np.ones(24)
    for step in range(200):
        control[body.actuated_ctrl] = gait.qpos(2 * np.pi * 0.005 * step / gait.stride_period)[3:]
        physics.set_control(control[None])
        physics.step(25)
    x, y, z, yaw, pitch, roll = physics.qpos[0, :6]
    assert 7 < x < 20 and abs(y) < 1  # mm in 1 s
    assert 0.9 < z < 1.2 and max(abs(yaw), abs(pitch), abs(roll)) < 0.2


def test_the_command_writes_it_and_the_file_reads_as_the_gait(tmp_path):
    made, fit = make_reference(tmp_path / "tripod.csv", 12.0, gait="fly-tripod", joints=12)
    assert "mm/s" in repr(made) and "µm" in str(fit)
    read = load_reference(tmp_path / "tripod.csv")
    np.testing.assert_allclose(read.joint_angles, made.joint_angles, atol=1e-5)
    assert read.speed == pytest.approx(12.0) and read.stride_period == pytest.approx(made.stride_period, rel=1e-5)
    np.testing.assert_array_equal(read.contacts, made.contacts)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"speed": SPEEDS[1] + 1, "gait": "fly-tripod"}, "allowed are 4 to 30 mm/s"),
        ({"gait": "fly-tripod", "joints": 7}, "7 driven joints"),
        ({"gait": "canter"}, "allowed are biped-walk, fly-tripod"),
        ({"gait": "biped-walk", "joints": 18}, "joints belongs to fly-tripod"),
    ],
)
def test_wrong_requests_are_answered(tmp_path, arguments: dict, said: str):
    with pytest.raises(PremotorError, match=said):
        make_reference(tmp_path / "gait.csv", **arguments)
