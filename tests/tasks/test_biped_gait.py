"""The made gait, judged by MuJoCo's own kinematics and collisions and by published figures."""

from functools import cache
from pathlib import Path

import mujoco
import numpy as np
import pytest

from premotor.bodies import build_body
from premotor.errors import PremotorError
from premotor.tasks.biped_gait import GaitFit, make_biped_gait, save_biped_gait
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import load_reference

BODY = build_body("biped")
SPEEDS = (0.8, 1.35, 1.8)
gait_at = cache(make_biped_gait)


@pytest.fixture(params=SPEEDS)
def made(request: pytest.FixtureRequest) -> tuple[ReferenceGait, GaitFit]:
    return gait_at(request.param)


def feet(gait: ReferenceGait, phases: np.ndarray) -> np.ndarray:
    """Lowest points of heel and toe in the world, (phases, feet, heel and toe, xz), by MuJoCo."""
    data = mujoco.MjData(BODY.model)
    radius = BODY.model.geom("left_foot").size[0]
    points = np.zeros((len(phases), 2, 2, 2))
    for row, qpos in enumerate(gait.qpos(phases)):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(BODY.model, data)
        for foot, side in enumerate(("left", "right")):
            for end, name in enumerate(("heel", "toe")):
                place = data.site(f"{side}_{name}").xpos
                points[row, foot, end] = place[0], place[2] - radius
    return points


def test_speed_stride_and_cadence_are_a_persons():
    gait, _ = gait_at(1.35)
    assert gait.speed == 1.35
    assert 60 * 2 / gait.stride_period == pytest.approx(112, abs=1)  # steps a minute (Winter 2009)
    assert gait.stride_length == pytest.approx(1.45, abs=0.05)
    hip, knee, ankle = np.rad2deg(gait.joint_angles[:, :3].T)
    assert 20 < hip[0] < 32
    assert -24 < hip[50] < -9
    assert 0 < knee[0] < 10
    assert 15 < knee[10:20].max() < 25
    assert 58 < knee.max() < 75
    assert 68 < 100 * np.argmax(knee) / len(knee) < 76
    assert -25 < ankle.min() < -12
    assert 60 < 100 * np.argmin(ankle) / len(ankle) < 68
    assert 8 < ankle.max() < 22


def test_the_body_moves_forward_at_the_asked_speed(made: tuple[ReferenceGait, GaitFit]):
    gait, _ = made
    start, end = gait.qpos(0.0), gait.qpos(20 * np.pi)
    assert (end[0] - start[0]) / (10 * gait.stride_period) == pytest.approx(gait.speed)
    forward = gait.qvel(gait.phase)[:, 0]
    assert forward.mean() == pytest.approx(gait.speed)
    assert (np.abs(forward / gait.speed - 1) < 0.2).all()


def test_feet_stay_out_of_the_ground_and_loaded_ones_on_it(made: tuple[ReferenceGait, GaitFit]):
    gait, fit = made
    phases = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    height = feet(gait, phases)[..., 1]
    lowest = height.min(axis=2)
    loaded = gait.contact(phases)
    assert height.min() > -0.005
    assert lowest[loaded].max() < 0.01
    assert -height.min() == pytest.approx(fit.penetration, abs=1e-3)


def test_the_swinging_foot_clears_the_ground(made: tuple[ReferenceGait, GaitFit]):
    gait, fit = made
    phases = 2 * np.pi * np.linspace(0.72, 0.88, 20)
    assert feet(gait, phases)[:, 0, :, 1].min() > 0.015
    assert fit.clearance > 0.015


def test_loaded_feet_do_not_slide(made: tuple[ReferenceGait, GaitFit]):
    gait, fit = made
    flat = 2 * np.pi * np.linspace(0.10, 0.39, 50)  # heel and toe down
    place = feet(gait, flat)[:, 0, :, 0]
    assert np.ptp(place, axis=0).max() < 0.01
    assert fit.slip < 0.005


def test_heels_strike_ahead_of_the_body_and_toes_leave_behind_it(made: tuple[ReferenceGait, GaitFit]):
    gait, _ = made
    strike, leave = feet(gait, np.array([0.0, 2 * np.pi * 0.6]))[:, 0]
    assert strike[0, 0] - gait.qpos(0.0)[0] > 0.15
    assert strike[1, 1] > 0.03  # toes up
    assert leave[1, 0] - gait.qpos(2 * np.pi * 0.6)[0] < -0.15


def test_the_right_leg_does_the_same_half_a_stride_later(made: tuple[ReferenceGait, GaitFit]):
    gait, _ = made
    later = np.roll(np.arange(len(gait.phase)), len(gait.phase) // 2)
    np.testing.assert_allclose(gait.joint_angles[later, :3], gait.joint_angles[:, 3:], atol=1e-12)
    np.testing.assert_allclose(gait.hip_height[later], gait.hip_height, atol=1e-9)
    np.testing.assert_array_equal(gait.contacts[later, 0], gait.contacts[:, 1])


def test_angles_are_within_the_bodys_reach(made: tuple[ReferenceGait, GaitFit]):
    gait, _ = made
    assert gait.joint_names == BODY.actuator_names
    low, high = BODY.joint_range.T
    angles = gait.qpos(np.linspace(0, 2 * np.pi, 500))[:, 3:]
    assert (angles > low).all()
    assert (angles < high).all()
    assert np.abs(gait.qvel(gait.phase)[:, 3:]).max() < 12  # rad/s


def test_faster_is_longer_strides_and_more_of_them():
    slow, middle, fast = (gait_at(speed)[0] for speed in SPEEDS)
    assert slow.stride_length < middle.stride_length < fast.stride_length
    assert slow.stride_period > middle.stride_period > fast.stride_period


def test_the_grid_changes_little():
    fine, _ = make_biped_gait(1.35, phases=200)
    coarse, _ = gait_at(1.35)
    np.testing.assert_allclose(fine.joint_angles[::2], coarse.joint_angles, atol=np.deg2rad(2))


def test_the_packages_gait_is_what_the_maker_makes(tmp_path: Path):
    shipped = load_reference("biped-walk")
    gait, fit = save_biped_gait(tmp_path / "again.csv")
    again = load_reference(tmp_path / "again.csv")
    assert str(fit) in (tmp_path / "again.csv").read_text()
    for one in (gait, again):
        np.testing.assert_allclose(shipped.joint_angles, one.joint_angles, atol=1e-3)
        np.testing.assert_allclose(shipped.hip_height, one.hip_height, atol=1e-3)


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.5, 2.5, float("nan"), float("inf")])
def test_speeds_that_are_no_walk_are_refused(speed: float):
    with pytest.raises(PremotorError, match="speed is .* m/s; allowed are 0.6 to 2.0 m/s"):
        make_biped_gait(speed)


@pytest.mark.parametrize("phases", [0, 38, 101])
def test_grids_that_can_not_hold_two_legs_are_refused(phases: int):
    with pytest.raises(PremotorError, match="allowed are even numbers from 40"):
        make_biped_gait(phases=phases)
