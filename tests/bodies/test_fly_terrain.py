"""Rough ground under the fly: its feet stand where the heights say, wherever each world has the ground."""

import mujoco
import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from premotor.bodies import Body, Physics, WarpPhysics, build_fly, build_physics
from premotor.bodies.fly_terrain import HALF, PLACES, ground_heights, placement
from premotor.errors import PremotorError

ROUGHNESS = 0.2
SPOTS = np.array([[0.0, 0.0], [10.0, 5.0], [60.0, -40.0], [-90.0, 80.0], [110.0, 30.0], [-20.0, 120.0]])
"""Where flies are let down, mm."""
COUNT = len(SPOTS)


@pytest.fixture(scope="module")
def rough() -> Body:
    return build_fly(18, roughness=ROUGHNESS)


@pytest.fixture(scope="module")
def ground() -> np.ndarray:
    random = np.random.default_rng(1)
    return placement(random.integers(0, len(PLACES), COUNT), random.uniform(0, 2 * np.pi, COUNT))


def let_down(body: Body, physics: Physics, ground: np.ndarray) -> None:
    """Flies at rest fall onto the ground and stand."""
    physics.vary(ground=ground)
    qpos = np.tile(body.rest_pose, (COUNT, 1))
    qpos[:, :2] = SPOTS
    qpos[:, 2] += 0.3
    physics.set_state(np.arange(COUNT), qpos, np.zeros((COUNT, body.model.nv)))
    control = np.zeros((COUNT, body.model.nu))
    control[:, body.actuated_ctrl] = body.rest_pose[body.actuated_qpos]
    physics.set_control(control)
    physics.step(1000)


def clearances(body: Body, physics: Physics, ground: np.ndarray) -> np.ndarray:
    """How far the feet are above the ground below them, (worlds, feet), mm; heights by interpolation."""
    axis = np.linspace(-HALF, HALF, len(ground_heights()))
    height = RegularGridInterpolator((axis, axis), ROUGHNESS * ground_heights())
    model, data, found = body.model, mujoco.MjData(body.model), []
    feet = [model.geom(name).id for name in body.feet]
    for qpos, (x, y, turn) in zip(physics.qpos, ground, strict=True):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        place = (data.geom_xpos[feet, 0] - x + 1j * (data.geom_xpos[feet, 1] - y)) * np.exp(-1j * turn)
        below = height(np.stack([place.imag, place.real], axis=1))
        found.append(data.geom_xpos[feet, 2] - model.geom_size[feet, 0] - below)
    return np.array(found)


def test_feet_stand_on_the_heights_of_their_place(rough: Body, ground: np.ndarray):
    physics = build_physics(rough.model, COUNT, threads=1)
    let_down(rough, physics, ground)
    gaps = clearances(rough, physics, ground)
    assert np.abs(gaps[0]).max() < 0.01  # a flat place to start from: sunk in by µm
    assert np.median(np.abs(gaps)) < 0.01 and (np.abs(gaps) < 0.05).mean() > 0.85  # mm; a leg may be lifted
    assert (physics.sensors[:, rough.foot_sensors] > 0).mean() > 0.8
    assert np.ptp(physics.qpos[:, 4]) > 0.03  # rad: they stand askew, each in its way
    other = build_physics(rough.model, COUNT, threads=1)
    let_down(rough, other, np.zeros((COUNT, 3)))
    assert np.median(np.abs(clearances(rough, other, ground))) > 0.03  # it is the placement that counts


def test_warp_has_the_same_ground(rough: Body, ground: np.ndarray):
    pytest.importorskip("mujoco_warp", reason="needs the extra 'warp', whose kernels take minutes to compile")
    physics = WarpPhysics(rough.model, COUNT, device="cpu")
    let_down(rough, physics, ground)
    gaps = clearances(rough, physics, ground)
    assert np.abs(gaps[0]).max() < 0.02
    assert np.median(np.abs(gaps)) < 0.01 and (np.abs(gaps) < 0.05).mean() > 0.85


def test_heights_are_as_rough_as_asked_and_flat_where_flies_start():
    heights = ground_heights()
    np.testing.assert_array_equal(heights, ground_heights())
    assert heights.min() == -1 and heights.max() == 1 and abs(heights.mean()) < 0.01
    axis = np.linspace(-HALF, HALF, len(heights))
    for x, y in PLACES:
        near = np.hypot(axis[None] - x, axis[:, None] - y) < 2.4
        assert near.sum() > 50 and not heights[near].any()


@pytest.mark.parametrize("place", [0, 4, 7])
def test_a_world_starts_on_its_flat_place(place: int):
    x, y, turn = placement(np.array([place]), np.array([1.0]))[0]
    px, py = PLACES[place]
    assert complex(x, y) + complex(px, py) * np.exp(1j * turn) == pytest.approx(0, abs=1e-12)


def test_a_plane_has_no_place():
    with pytest.raises(PremotorError, match="stands on a plane, not on rough ground"):
        build_physics(build_fly(12).model, 2, threads=1).vary(ground=np.zeros((2, 3)))
