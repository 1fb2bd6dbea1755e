"""The fly: measures, postures, standing, and the step of its physics."""

import copy

import mujoco
import numpy as np
import pytest

from premotor.bodies import BatchPhysics, Body, PhysicsError, build_body, build_fly, render_frames
from premotor.bodies.fly import ROOT, fly_spec
from premotor.bodies.fly_parts import DRIVEN, JOINTS, LEGS, PAIRS, RANGES
from premotor.errors import PremotorError

SIZES = (42, 18, 12)


@pytest.fixture(scope="module")
def flies() -> dict[int, Body]:
    return {joints: build_fly(joints) for joints in SIZES}


def standing_control(body: Body, adhesion: float = 1.0) -> np.ndarray:
    control = np.full(body.model.nu, adhesion)
    control[body.actuated_ctrl] = body.rest_pose[body.actuated_qpos]
    return control


def turn(axis: str, angle: float) -> np.ndarray:
    """Rotation matrix, right-handed, written out."""
    c, s = np.cos(angle), np.sin(angle)
    rows = {
        "yaw": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "pitch": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "roll": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return np.array(rows[axis])


def claw(leg: str, angles: dict[str, float]) -> np.ndarray:
    """Claw from the thorax's origin by a chain of rotations of our own: NeuroMechFly's axes and order."""
    pair, side = PAIRS[leg[1]], 1.0 if leg[0] == "l" else -1.0
    position, frame = np.array(pair.hip) * [1, side, 1], np.eye(3)
    for joints, length in zip((JOINTS[:3], JOINTS[3:5], JOINTS[5:6], JOINTS[6:]), pair.lengths, strict=True):
        for joint in joints:
            axis = joint.split("_")[1]
            frame = frame @ turn(axis, angles[joint] * (side if axis != "pitch" else 1.0))
        position = position + frame @ [0, 0, -length]
    return position


@pytest.mark.parametrize("joints", SIZES)
def test_every_variant_puts_its_feet_where_the_chain_of_rotations_does(flies: dict[int, Body], joints: int):
    body, rng = flies[joints], np.random.default_rng(joints)
    data = mujoco.MjData(body.model)
    for _ in range(3):
        data.qpos[:] = 0
        wanted = {}
        for leg in LEGS:
            angles = dict(zip(JOINTS, np.deg2rad(PAIRS[leg[1]].rest), strict=True))
            for joint in DRIVEN[joints][leg[1]]:
                angles[joint] += rng.uniform(-0.4, 0.4)
                data.qpos[body.qpos_index(f"{leg}_{joint}")] = angles[joint]
            wanted[leg] = claw(leg, angles)
        mujoco.mj_kinematics(body.model, data)
        for leg in LEGS:
            np.testing.assert_allclose(data.geom(f"{leg}_foot").xpos, wanted[leg], atol=1e-9)


def test_the_fly_has_the_published_measures(flies: dict[int, Body]):
    for joints, body in flies.items():
        assert len(body.driven_joints) == joints
        assert body.model.nv == joints + 6
        assert body.mass == pytest.approx(1.02e-6, rel=0.03)  # NeuroMechFly 1.024 mg; a female weighs about 1 mg
        assert body.weight == pytest.approx(10, rel=0.03)  # µN
        np.testing.assert_array_equal(body.model.actuator_gainprm[body.actuated_ctrl, 0], 50)
        np.testing.assert_array_equal(body.force_range[body.actuated_ctrl], [[-30, 30]] * joints)
    body = flies[42]
    for name, limits in zip(body.driven_joints, body.joint_range, strict=True):
        np.testing.assert_allclose(np.rad2deg(limits), RANGES[name.split("_", 1)[1]])
    # Lengths of the legs from the thorax–coxa joint to the claw: 2.2 to 2.6 mm, the hind leg the longest.
    reach = [sum(PAIRS[pair].lengths) for pair in "fmh"]
    assert 2.2 < reach[0] < reach[1] < reach[2] < 2.6


def test_left_and_right_are_mirror_images(flies: dict[int, Body]):
    body = flies[42]
    data = mujoco.MjData(body.model)
    data.qpos[:] = body.rest_pose
    mujoco.mj_kinematics(body.model, data)
    for pair in "fmh":
        left, right = data.geom(f"l{pair}_foot").xpos, data.geom(f"r{pair}_foot").xpos
        np.testing.assert_allclose(left * [1, -1, 1], right, atol=1e-9)


@pytest.mark.parametrize("joints", SIZES)
def test_it_stands_still_on_six_feet_at_neuromechflys_height(flies: dict[int, Body], joints: int):
    body = flies[joints]
    physics = BatchPhysics(body.model, 1, threads=1)
    physics.set_state(np.array([0]), body.rest_pose[None], np.zeros((1, body.model.nv)))
    physics.set_control(standing_control(body)[None])
    physics.step(1500)
    settled = physics.qpos.copy()
    physics.step(500)
    moved = np.abs(physics.qpos - settled)[0, body.qpos_index(ROOT)]
    assert moved.max() < 0.002  # mm and rad in 0.1 s
    assert 0.98 < physics.qpos[0, 2] < 1.14  # NeuroMechFly: 1.05 to 1.10 mm
    forces = physics.sensors[0, body.foot_sensors]
    assert (forces > 0.1).all()
    # The ground carries the weight and what the feet's pads pull, 1 µN each.
    assert forces.sum() == pytest.approx(body.weight + 6, rel=0.01)
    assert physics.sensors[0, body.sensor("abdomen_ground")] == 0


def test_adhesion_holds_a_fly_that_hangs_from_its_feet(flies: dict[int, Body]):
    """Six pads of 1 µN hold a fly that is pulled off the ground with 0.5 µN; without them it drifts away."""
    body, heights = flies[18], []
    for adhesion in (0.0, 1.0):
        stand = BatchPhysics(body.model, 1, threads=1)
        stand.set_state(np.array([0]), body.rest_pose[None], np.zeros((1, 24)))
        stand.set_control(standing_control(body, adhesion)[None])
        stand.step(500)
        model = copy.copy(body.model)
        model.opt.gravity[2] = 9810 / 20
        hang = BatchPhysics(model, 1, threads=1)
        hang.set_state(np.array([0]), stand.qpos.copy(), np.zeros((1, 24)))
        hang.set_control(standing_control(body, adhesion)[None])
        hang.step(1000)
        heights.append(float(hang.qpos[0, 2]))
    assert heights[0] > 5 and heights[1] < 1.3  # mm


def tripod(body: Body, timestep: float, seconds: float) -> np.ndarray:
    """An open-loop tripod of sinusoids at 10 Hz; root and joints every 2 ms, (samples, nq)."""
    physics = BatchPhysics(body.model, 1, threads=1)
    physics.set_state(np.array([0]), body.rest_pose[None], np.zeros((1, body.model.nv)))
    control, rows, period = standing_control(body), [], round(0.002 / timestep)
    rest = body.rest_pose[body.actuated_qpos]
    for sample in range(round(seconds / 0.002)):
        phase = 2 * np.pi * 10 * sample * 0.002
        for i, joint in enumerate(body.driven_joints):
            leg, kind = joint.split("_", 1)
            at = phase + (np.pi if leg in ("lf", "rm", "lh") else 0)
            swing = {"ThC_pitch": -0.3 if leg[1] == "f" else 0, "ThC_roll": 0.3 if leg[1] != "f" else 0}
            change = 0.25 * np.cos(at) if kind == "CTr_pitch" else swing.get(kind, 0) * np.sin(at)
            control[body.actuated_ctrl[i]] = rest[i] + change
        physics.set_control(control[None])
        physics.step(period)
        rows.append(physics.qpos[0].copy())
    return np.array(rows)


def test_a_step_of_200_microseconds_moves_as_one_of_100_does(flies: dict[int, Body]):
    coarse, fine = tripod(flies[18], 2e-4, 0.3), tripod(build_fly(18, 1e-4), 1e-4, 0.3)
    travelled = np.linalg.norm(fine[-1, :2] - fine[0, :2])
    assert travelled > 0.5  # mm: it does walk, and does not stand
    difference = np.abs(coarse - fine)
    assert difference[:, :2].max() < 0.1 * travelled
    assert difference[:, 2].max() < 0.03  # mm
    assert np.sqrt((difference[:, 6:] ** 2).mean()) < 0.01  # rad


def test_bang_bang_control_stays_finite(flies: dict[int, Body]):
    body, rng = flies[42], np.random.default_rng(0)
    physics = BatchPhysics(body.model, 4, threads=1)
    physics.set_state(np.ones(4, bool), np.tile(body.rest_pose, (4, 1)), np.zeros((4, body.model.nv)))
    low, high = body.model.actuator_ctrlrange.T
    for _ in range(40):
        physics.set_control(np.where(rng.random((4, body.model.nu)) < 0.5, low, high))
        physics.step(25)
        if (np.abs(physics.qpos[:, 4]) > 1.2).any():  # on its nose, where roll and yaw are one
            physics.set_state(np.ones(4, bool), np.tile(body.rest_pose, (4, 1)), np.zeros((4, body.model.nv)))
    assert np.abs(physics.qvel).max() < 1e4


def test_a_full_contact_buffer_and_a_world_that_is_not_finite_are_reported(flies: dict[int, Body]):
    qpos = np.tile(flies[18].rest_pose, (2, 1))
    for memory, said in ((24_000, "too many constraints"), (40_000, "out of memory")):
        spec = fly_spec(18)
        spec.memory = memory
        with pytest.raises(PhysicsError, match=said):
            starved = BatchPhysics(spec.compile(), 2, threads=1)
            qpos[0, 2] = 0.3  # mm: lying in the ground, with as many contacts as there can be
            starved.set_state(np.ones(2, bool), qpos, np.zeros((2, 24)))
    physics = BatchPhysics(flies[18].model, 2, threads=1)
    qpos[1, 7] = np.nan
    with pytest.raises(PhysicsError, match="world 1"):
        physics.set_state(np.ones(2, bool), qpos, np.zeros((2, 24)))


def test_it_is_drawn_in_millimetres(flies: dict[int, Body]):
    frame = next(render_frames(flies[18], flies[18].rest_pose[None], size=(160, 96), backend="software"))
    red = (frame[..., 0] > 110) & (frame[..., 1] < 60) & (frame[..., 2] < 60)
    brown = (frame[..., 0] > 1.3 * frame[..., 2]) & ~red
    assert red.sum() > 20  # an eye, right of the body's middle
    assert np.argwhere(red)[:, 1].mean() > np.argwhere(brown)[:, 1].mean()
    assert 0.05 < brown.mean() < 0.6


def test_names_and_wrong_numbers_of_joints():
    assert build_body("fly-12").name == "fly-12"
    with pytest.raises(PremotorError, match="7 driven joints; allowed are 12, 18, 42"):
        build_fly(7)
