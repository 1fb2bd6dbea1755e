"""The muscle arm: its measures, its moment arms against plane geometry, and its series-elastic motors."""

import mujoco
import numpy as np
import pytest

from premotor.bodies import BatchPhysics, build_arm, build_body, moment_arms, tendon_lengths
from premotor.bodies.arm import ATTACHMENTS, LOWER_INERTIA
from premotor.errors import PremotorError

ARMS = ("arm-muscle", "arm-muscle-rod", "arm-sea", "arm-sea-rod")
ANGLES = {"shoulder": np.linspace(-0.8, 0.8, 33), "elbow": np.linspace(-0.7, 0.7, 29)}
CROSSES = {"m0": "shoulder", "m1": "shoulder", "m2": "elbow", "m3": "elbow"}


def plane_moment_arm(muscle: str, angle: float) -> float:
    """Distance of the joint from the straight line between the attachments, or the sphere's radius if it wraps."""
    near, (x, z) = ATTACHMENTS[muscle]
    # a positive angle carries the distal end towards +x
    far = np.array([x * np.cos(angle) + z * np.sin(angle), z * np.cos(angle) - x * np.sin(angle)])
    along = far - near
    arm = (near[0] * far[1] - near[1] * far[0]) / np.linalg.norm(along)
    if CROSSES[muscle] == "elbow":
        side = np.sign(near[0])
        # nearest point of the segment to the joint: only a line that passes the sphere between its ends wraps
        between = 0 < -np.dot(near, along) / np.dot(along, along) < 1
        if between and side * arm < 0.02:
            return side * 0.02
    return arm


@pytest.mark.parametrize("drive", ["muscle", "sea"])
def test_moment_arms_are_those_of_plane_geometry(drive: str) -> None:
    body = build_arm(drive)
    for joint, angles in ANGLES.items():
        arms = moment_arms(body, joint, angles)
        for column, (muscle, crossed) in enumerate(CROSSES.items()):
            expected = [plane_moment_arm(muscle, angle) if crossed == joint else 0.0 for angle in angles]
            np.testing.assert_allclose(arms[:, column], expected, atol=2e-5, err_msg=f"{muscle} about {joint}")


def test_moment_arms_upright_are_the_published_ones() -> None:
    body = build_arm()
    shoulder, elbow = (moment_arms(body, joint, [0.0])[0] for joint in ("shoulder", "elbow"))
    np.testing.assert_allclose(shoulder, [0.060, -0.060, 0, 0], atol=1e-3)
    np.testing.assert_allclose(elbow, [0, 0, 0.025, -0.025], atol=2.5e-3)
    assert (np.abs(moment_arms(body, "elbow", ANGLES["elbow"])[:, 2:]) > 0.0199).all()  # none slips off its side


@pytest.mark.parametrize("name", ARMS)
def test_an_arm_is_upright_at_rest_and_has_the_published_masses(name: str) -> None:
    body = build_body(name)
    model, data = body.model, mujoco.MjData(body.model)
    mujoco.mj_forward(model, data)
    np.testing.assert_allclose(data.body("lower_arm").xpos, [0, 0, 1.484], atol=1e-12)
    np.testing.assert_allclose(data.body("upper_arm").xipos, [0, 0, 1.254], atol=1e-12)
    np.testing.assert_allclose(data.sensordata[body.sensor("hand_position")], [0, 0, 1.914], atol=1e-12)
    assert body.mass == pytest.approx(2.3542 + 1.5068, abs=1e-4)
    inertia = LOWER_INERTIA["rod" if name.endswith("rod") else "published"]
    assert model.body("lower_arm").inertia[1] == inertia
    upper = model.body("upper_arm").inertia
    assert (2 * upper <= upper.sum()).all()  # a tensor that a body can have
    assert body.task_joints == ("shoulder", "elbow")
    np.testing.assert_array_equal(body.limits(body.task_joints), [[-0.8, 0.8], [-0.7, 0.7]])


def test_the_joints_move_with_the_energy_of_a_double_pendulum() -> None:
    """Kinetic energy at given speeds against the formula of a planar double pendulum, written out here."""
    body = build_body("arm-muscle-rod")
    data = mujoco.MjData(body.model)
    data.qpos[:], data.qvel[:] = [0.3, -0.5], [1.1, -0.7]
    mujoco.mj_forward(body.model, data)
    mass = np.zeros((2, 2))
    mujoco.mj_fullM(body.model, data, mass)
    m1, m2, i1, i2, length, c = 2.3542, 1.5068, 2.3542 * 0.43**2 / 12, 0.03, 0.43, 0.2
    coupling = m2 * length * c * np.cos(-0.5)
    first = i1 + i2 + m1 * c**2 + m2 * (length**2 + c**2) + 2 * coupling
    cross = i2 + m2 * c**2 + coupling
    np.testing.assert_allclose(mass, [[first, cross], [cross, i2 + m2 * c**2]], rtol=1e-12)


def test_a_muscle_pulls_with_no_more_than_it_can_and_after_its_time_constant() -> None:
    body = build_body("arm-muscle")
    physics = BatchPhysics(body.model, 1, 1)
    physics.set_control(np.array([[1.0, 0, 0, 0]]))
    activation = []
    for _ in range(10):
        physics.step()
        activation.append(physics.act[0, 0])
    # Millard et al. 2013: τ = τ_act (0.5 + 1.5 a) while activation rises
    expected, a = [], 0.0
    for _ in range(10):
        a += 0.002 * (1 - a) / (0.01 * (0.5 + 1.5 * a))
        expected.append(a)
    np.testing.assert_allclose(activation, expected, atol=1e-9)
    physics.step(50)
    force = physics.sensors[0, body.sensor("m0_force")][0]
    assert -546 * 1.5 < force < -100
    assert physics.qpos[0, 0] > 0.1  # m0 pulls forward


def test_a_motor_winds_at_the_speed_of_its_back_emf_and_its_spring_only_pulls() -> None:
    body = build_body("arm-sea")
    physics = BatchPhysics(body.model, 2, 1)
    wound = body.qpos_index("m0_wound")[0]
    hold = np.zeros((2, 4))
    hold[:, 0] = [24.0, -24.0]
    physics.set_control(hold)
    physics.step(50)
    speed = 24.0 * 4.5e-3 / (14.2e-3 * 53)  # no-load speed of the motor: V / (k_e N), times the spindle's radius
    physics.step(50)
    assert physics.qvel[1, wound] == pytest.approx(-speed, rel=1e-3)  # pays out: the spring is slack
    force = 324.7 * physics.qpos[0, wound]
    stall = 0.59 * 53 * 14.2e-3 * 24 / (0.797 * 4.5e-3)
    # the load takes its part of the speed: about force / stall
    assert physics.qvel[0, wound] == pytest.approx(speed * (1 - force / stall), rel=5e-3)
    still = physics.qpos[1, :2]
    np.testing.assert_allclose(still, 0.0, atol=1e-6)  # a slack tendon does not push


def test_a_spring_pulls_with_its_stiffness() -> None:
    body = build_arm("sea", stiffness=500.0)
    model, data = body.model, mujoco.MjData(body.model)
    data.qpos[body.qpos_index("m0_wound")] = 0.1
    mujoco.mj_forward(model, data)
    moment = data.qfrc_passive[body.qvel_index("shoulder")][0]
    assert moment == pytest.approx(500.0 * 0.1 * plane_moment_arm("m0", 0.0), rel=1e-6)
    data.qpos[body.qpos_index("m0_wound")] = -0.1
    mujoco.mj_forward(model, data)
    assert data.qfrc_passive[body.qvel_index("shoulder")][0] == pytest.approx(0.0, abs=1e-12)


def test_a_body_without_tendons_has_no_moment_arms() -> None:
    with pytest.raises(PremotorError, match="'biped' has no tendons"):
        tendon_lengths(build_body("biped"), "left_knee", [0.0])
