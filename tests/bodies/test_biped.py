"""The biped against Winter's figures, mechanics that can be solved by hand, and its own promises."""

import mujoco
import numpy as np
import pytest

from premotor.bodies import BatchPhysics, Body, build_body
from premotor.bodies.biped import SOLE_DEPTH, biped_spec

MASS, HEIGHT, GRAVITY = 70.0, 1.75, 9.81
JOINTS = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle"))

# Winter (2009), table 4.1, typed in here a second time: mass, centre of mass, radius of gyration.
WINTER = {"thigh": (0.100, 0.433, 0.323), "shank": (0.0465, 0.433, 0.302), "foot": (0.0145, 0.500, 0.475)}
LENGTH = {"thigh": 0.245, "shank": 0.246}


@pytest.fixture(scope="module")
def body() -> Body:
    return build_body("biped")


def posed(body: Body, **angles: float) -> mujoco.MjData:
    """The body with some joints set, its kinematics up to date."""
    data = mujoco.MjData(body.model)
    for name, value in angles.items():
        data.qpos[body.qpos_index(name)] = value
    mujoco.mj_forward(body.model, data)
    return data


def test_joints_and_actuators_are_in_the_documented_order(body: Body):
    assert body.joint_names == ("root_x", "root_z", "root_pitch", *JOINTS)
    assert body.actuator_names == JOINTS
    assert body.feet == ("left_foot", "right_foot")


def test_masses_are_winters(body: Body):
    assert body.mass == pytest.approx(MASS, rel=1e-12)
    assert body.model.body("trunk").mass[0] == pytest.approx(0.678 * MASS)
    for side in ("left", "right"):
        for segment, (fraction, _, _) in WINTER.items():
            assert body.model.body(f"{side}_{segment}").mass[0] == pytest.approx(fraction * MASS)


def test_lengths_are_winters(body: Body):
    data = posed(body)
    for side in ("left", "right"):
        hip, knee, ankle = (data.body(f"{side}_{part}").xpos for part in ("thigh", "shank", "foot"))
        assert hip[2] == pytest.approx(0.530 * HEIGHT)
        assert np.linalg.norm(hip - knee) == pytest.approx(0.245 * HEIGHT)
        assert np.linalg.norm(knee - ankle) == pytest.approx(0.246 * HEIGHT)
        assert ankle[2] == pytest.approx(0.039 * HEIGHT)
        foot = body.model.geom(f"{side}_foot")
        radius, half = foot.size[0], foot.size[1]
        assert 2 * (radius + half) == pytest.approx(0.152 * HEIGHT)
        assert data.geom(f"{side}_foot").xpos[2] - radius == pytest.approx(0, abs=1e-12)


def test_centres_of_mass_and_moments_of_inertia_are_winters(body: Body):
    for segment, (fraction, centre, gyration) in WINTER.items():
        part = body.model.body(f"left_{segment}")
        if segment in LENGTH:
            length = LENGTH[segment] * HEIGHT
            np.testing.assert_allclose(part.ipos, [0, 0, -centre * length], atol=1e-12)
        else:
            length = 2 * np.linalg.norm(part.ipos)  # its centre of mass lies halfway
            assert 0.11 < length < 0.15  # ankle to the heads of the metatarsals of a 27 cm foot
        assert part.inertia[1] == pytest.approx(fraction * MASS * (gyration * length) ** 2)
    trunk = body.model.body("trunk")
    length = 0.288 * HEIGHT
    assert trunk.ipos[2] == pytest.approx(0.626 * length)
    assert trunk.inertia[1] == pytest.approx(0.678 * MASS * (0.496 * length) ** 2)


def test_angles_have_the_documented_signs(body: Body):
    rest = posed(body)
    leaning = posed(body, root_pitch=0.2)
    assert leaning.geom("head").xpos[0] > rest.geom("head").xpos[0] + 0.1
    flexed = posed(body, left_hip=0.3)
    assert flexed.body("left_shank").xpos[0] == pytest.approx(0.245 * HEIGHT * np.sin(0.3))
    bent = posed(body, left_knee=0.5)
    assert bent.body("left_foot").xpos[0] == pytest.approx(-0.246 * HEIGHT * np.sin(0.5))
    raised = posed(body, left_ankle=0.3)
    assert raised.site("left_toe").xpos[2] > rest.site("left_toe").xpos[2] + 0.03
    for data in (flexed, bent, raised):
        np.testing.assert_array_equal(data.body("right_foot").xpos, rest.body("right_foot").xpos)


def test_the_foot_is_level_where_the_docstring_says_so(body: Body):
    data = posed(body, root_pitch=0.1, left_hip=0.4, left_knee=0.7, left_ankle=0.4)
    assert data.site("left_heel").xpos[2] == pytest.approx(data.site("left_toe").xpos[2])


def test_legs_touch_the_ground_and_nothing_else(body: Body):
    folded = posed(body, root_z=3.0, left_hip=2.0, left_knee=2.4, right_hip=2.0, right_knee=2.4)
    assert folded.ncon == 0
    lying = posed(body, root_z=0.05, root_pitch=np.pi / 2)
    ground = body.model.geom("ground").id
    assert lying.ncon > 4
    assert (lying.contact.geom == ground).any(axis=1).all()


def test_falling_is_free_fall(body: Body):
    physics = BatchPhysics(body.model, 1, 1)
    start = body.rest_pose
    start[1] = 20.0
    physics.set_state([0], start[None], np.zeros((1, 9)))
    steps = 200
    physics.step(steps)
    time = steps * body.timestep
    # Semi-implicit Euler falls g·dt·t/2 farther than the exact parabola, and no other difference is there.
    exact = 20.0 - 0.5 * GRAVITY * time**2
    assert physics.qpos[0, 1] == pytest.approx(exact - 0.5 * GRAVITY * body.timestep * time, abs=1e-9)
    np.testing.assert_allclose(physics.qpos[0, 2:], 0, atol=1e-9)


def test_kicking_in_the_air_moves_the_centre_of_mass_only_by_gravity(body: Body):
    data = posed(body, root_z=20.0)
    data.qvel[:2] = 1.0, 2.0
    mujoco.mj_forward(body.model, data)
    centre = data.subtree_com[0].copy()
    random = np.random.default_rng(0)
    for step in range(200):
        if step % 20 == 0:
            data.ctrl[:] = random.uniform(*body.joint_range.T)
        mujoco.mj_step(body.model, data)
    mujoco.mj_forward(body.model, data)
    time = data.time
    assert np.abs(data.qvel[3:]).max() > 1  # the legs do kick
    np.testing.assert_allclose(data.subtree_com[0] - centre, [time, 0, 2 * time - 0.5 * GRAVITY * time**2], atol=0.05)


def test_a_stiff_leg_swings_with_the_period_of_winters_pendulum():
    spec = biped_spec(timestep=0.001)
    for actuator in list(spec.actuators):
        spec.delete(actuator)
    for name in ("root_x", "root_z", "root_pitch", "left_knee", "left_ankle"):
        spec.delete(spec.joint(name))
    spec.joint("left_hip").damping = [0, 0, 0]
    spec.joint("left_hip").stiffness = [0, 0, 0]
    spec.joint("left_hip").armature = 0
    spec.geom("ground").pos = [0, 0, -5]
    model = spec.compile()

    thigh, shank = 0.245 * HEIGHT, 0.246 * HEIGHT
    foot = model.body("left_foot").ipos  # the one figure that is not read from the table directly
    mass, arm, inertia = [], [], []
    places = {"thigh": (0, 0.433 * thigh), "shank": (0, thigh + 0.433 * shank)}
    places["foot"] = (foot[0], thigh + shank - foot[2])
    for segment, (fraction, _, gyration) in WINTER.items():
        length = LENGTH.get(segment, 0) * HEIGHT or 2 * np.linalg.norm(foot)
        mass.append(fraction * MASS)
        arm.append(places[segment])
        inertia.append(mass[-1] * ((gyration * length) ** 2 + np.sum(np.square(places[segment]))))
    mass, arm = np.array(mass), np.array(arm)
    moment = np.linalg.norm((mass[:, None] * arm).sum(0))
    period = 2 * np.pi * np.sqrt(sum(inertia) / (GRAVITY * moment))
    hanging = np.arctan2(*(mass[:, None] * arm).sum(0))  # the heavy forefoot tilts the leg backward a little

    data = mujoco.MjData(model)
    hip = model.joint("left_hip").qposadr[0]
    data.qpos[hip] = 0.05 - hanging
    angles = []
    for _ in range(4000):
        mujoco.mj_step(model, data)
        angles.append(data.qpos[hip] + hanging)
    angles = np.array(angles)
    crossings = np.flatnonzero((angles[:-1] > 0) & (angles[1:] <= 0)) * 0.001
    assert len(crossings) >= 2
    assert np.diff(crossings).mean() == pytest.approx(period, rel=2e-3)


def test_in_the_air_nothing_touches_and_at_rest_the_feet_carry_the_weight(body: Body):
    physics = BatchPhysics(body.model, 2, 1)
    start = np.tile(body.rest_pose, (2, 1))
    start[1, 1] += 0.5
    physics.set_state([0, 1], start, np.zeros((2, 9)))
    readings = []
    for _ in range(60):
        physics.step(1)
        readings.append(physics.sensors.copy())
    readings = np.array(readings)
    assert (readings[:, 1] == 0).all()
    standing = readings[30:, 0]
    assert standing[:, body.foot_sensors].sum(axis=1).mean() == pytest.approx(body.weight, rel=0.02)
    for side in ("left", "right"):
        whole, heel, toe = (standing[:, body.sensor(f"{side}_{part}")] for part in ("foot", "heel", "toe"))
        np.testing.assert_allclose(heel + toe, whole, rtol=1e-9)
        assert (heel > 0).all()
    assert body.weight == pytest.approx(MASS * GRAVITY)


def test_standing_does_not_sink_or_slide(body: Body):
    physics = BatchPhysics(body.model, 1, 1)
    physics.set_state([0], body.rest_pose[None], np.zeros((1, 9)))
    physics.step(60)
    data = posed(body, **dict(zip(body.joint_names, physics.qpos[0], strict=True)))
    assert data.ncon == 4  # heel and toe of two feet
    assert data.contact.dist.min() > -0.002
    assert abs(data.body("left_foot").xpos[0]) < 0.002


def test_servos_reach_their_targets(body: Body):
    spec = biped_spec()
    spec.option.gravity = [0, 0, 0]
    physics = BatchPhysics(spec.compile(), 1, 1)
    start = body.rest_pose[None].copy()
    start[0, 1] = 5.0
    physics.set_state([0], start, np.zeros((1, 9)))
    target = np.array([0.5, 0.8, -0.3, -0.3, 0.4, 0.2])
    physics.set_control(target[None])
    course = []
    for _ in range(240):
        physics.step(1)
        course.append(physics.qpos[0, body.actuated_qpos].copy())
    np.testing.assert_allclose(course[-1], target, atol=np.deg2rad(1.5))
    overshoot = (np.array(course) / target).max(axis=0)
    assert (overshoot < 1.4).all()


def test_torques_stay_within_a_persons(body: Body):
    np.testing.assert_array_equal(body.force_range[:3, 1], [180, 150, 120])
    np.testing.assert_array_equal(body.force_range[:, 0], -body.force_range[:, 1])
    data = posed(body, root_z=5.0)
    data.ctrl[:] = body.joint_range[:, 1]
    mujoco.mj_step(body.model, data)
    assert (np.abs(data.actuator_force) <= body.force_range[:, 1]).all()
    assert data.actuator_force[0] == 180


@pytest.mark.parametrize("seed", [0, 1])
def test_wild_control_neither_breaks_limits_nor_the_physics(body: Body, seed: int):
    """Bang-bang between all joint limits for 4 s: standing, jumping, falling, lying."""
    environments = 32
    physics = BatchPhysics(body.model, environments, 1)
    physics.set_state(np.arange(environments), np.tile(body.rest_pose, (environments, 1)), np.zeros((environments, 9)))
    random = np.random.default_rng(seed)
    low, high = body.joint_range.T
    fastest, excess = 0.0, 0.0
    for _ in range(200):
        physics.set_control(np.where(random.random((environments, 6)) < 0.5, low, high))
        for _ in range(4):
            physics.step(1)
            angles = physics.qpos[:, body.actuated_qpos]
            excess = max(excess, (low - angles).max(), (angles - high).max())
            fastest = max(fastest, np.abs(physics.qvel).max())
    assert excess < np.deg2rad(15)
    assert fastest < 150  # rad/s


def test_the_mjcf_text_is_the_same_body(body: Body):
    again = mujoco.MjModel.from_xml_string(body.xml)
    assert again.opt.disableflags == body.model.opt.disableflags
    one, two = mujoco.MjData(body.model), mujoco.MjData(again)
    for _ in range(40):
        mujoco.mj_step(body.model, one)
        mujoco.mj_step(again, two)
    np.testing.assert_allclose(one.qpos, two.qpos, atol=1e-4)  # MJCF keeps six digits


def test_each_call_builds_its_own_model():
    one, two = build_body("biped"), build_body("biped")
    one.model.body_mass[:] = 0
    assert two.mass == pytest.approx(MASS)


def sunk(body: Body, seconds: float = 0.2) -> float:
    """How far the standing body has sunk in, m."""
    data = posed(body)
    for _ in range(round(seconds / body.model.opt.timestep)):
        mujoco.mj_step(body.model, data)
    return float(body.rest_pose[1] - data.qpos[1])


def test_soles_give_way_under_the_standing_body_and_nothing_else_is_softer(body: Body):
    shod = build_body("biped-shod")
    assert sunk(body) < 0.0006 and sunk(shod) == pytest.approx(SOLE_DEPTH, abs=0.0006)
    assert (body.sole_depth, shod.sole_depth) == (0, SOLE_DEPTH)
    feet = {"left_foot", "right_foot"}
    soft = {shod.model.geom(i).name for i in range(shod.model.ngeom) if shod.model.geom_solref[i, 0] != 0.01}
    assert soft == feet
    np.testing.assert_array_equal(shod.model.body_mass, body.model.body_mass)
