"""Locomotion with bodies of a user's own: what is found in a file, what is observed, rewarded, and ends an episode."""

from pathlib import Path

import gymnasium
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from premotor.bodies import locomotor
from premotor.errors import PremotorError
from premotor.runs import load_experiment
from premotor.tasks import LocomotionEnd, LocomotionReward, LocomotionSettings, LocomotionTask, View, build_environment

HEAD = '<mujoco><option timestep="0.01"/><worldbody><geom type="plane" size="9 9 1"/>'
QUADRUPED = """<body name="trunk" pos="0 0 0.35" quat="0.7071068 0 0 0.7071068"><freejoint/>
<geom type="box" size="0.2 0.1 0.05"/>
<body name="front" pos="0.2 0 0"><joint name="front" axis="0 1 0" range="-40 40"/>
<geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.02"/></body>
<body pos="-0.2 0.1 0"><joint name="left" axis="0 1 0" range="10 40"/>
<geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.02"/></body>
<body name="right" pos="-0.2 -0.1 0"><joint name="right" axis="0 1 0"/>
<geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.02"/><site name="tip" pos="0 0 -0.3"/></body></body></worldbody>
<actuator><motor joint="front" ctrlrange="-2 3"/><position joint="left" kp="20"/><motor joint="right"/></actuator>
<sensor><accelerometer site="tip"/></sensor></mujoco>"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("bodies") / "mine.xml"
    path.write_text(HEAD + QUADRUPED)
    return str(path)


@pytest.fixture(scope="module")
def task(file) -> LocomotionTask:
    every = dict.fromkeys(LocomotionReward.model_fields, 1.0)
    return LocomotionTask(
        LocomotionSettings(
            body=file, way="y", reward=every, end={"contact": ("trunk",)}, pose_noise=0.0, speed_noise=0.0
        )
    )


def view(task: LocomotionTask, qpos: np.ndarray, qvel: np.ndarray | None = None) -> View:
    data = mujoco.MjData(task.body.model)
    data.qpos[:] = qpos
    data.qvel[:] = 0 if qvel is None else qvel
    mujoco.mj_forward(task.body.model, data)
    return View(*(jnp.asarray(part, jnp.float32) for part in (data.qpos, data.qvel, data.sensordata)))


def test_what_is_found_in_a_file(file) -> None:
    made = locomotor(file)
    assert made.root == "trunk" and made.body.name == "mine"
    assert made.root_joints == ("root_x", "root_y", "root_z", "root_yaw", "root_pitch", "root_roll")
    assert made.feet == ("front", "body_3", "right") and made.touching[0] == "trunk"
    assert made.body.actuator_names == ("front", "left", "right")
    rest = made.body.rest_pose
    np.testing.assert_allclose(rest[:6], [0, 0, 0.35, np.pi / 2, 0, 0], atol=1e-6)
    np.testing.assert_allclose(rest[6:], [0, np.radians(10), 0], atol=1e-6)  # within its limits


def test_the_free_joint_as_slides_and_hinges_moves_alike(file) -> None:
    ours, theirs = locomotor(file).body.model, mujoco.MjModel.from_xml_path(file)
    one, other = mujoco.MjData(ours), mujoco.MjData(theirs)
    one.qpos[:] = locomotor(file).body.rest_pose
    other.qpos[:] = [0, 0, 0.35, np.sqrt(0.5), 0, 0, np.sqrt(0.5), 0, np.radians(10), 0]
    for _ in range(30):
        for data, model in ((one, ours), (other, theirs)):
            data.ctrl[:] = [2.0, 0.4, -1.0]
            mujoco.mj_step(model, data)
    np.testing.assert_allclose(one.body("trunk").xpos, other.body("trunk").xpos, atol=2e-3)
    np.testing.assert_allclose(one.body("right").xquat, other.body("right").xquat, atol=1e-2)


def test_what_is_observed_turns_with_the_heading(task) -> None:
    assert {"height", "left_speed", "heading_sine", "front_contact", "sensor_0_0"} <= set(task.observation_names)
    rest = task.body.rest_pose

    def seen(turn: float) -> dict[str, float]:
        qpos, qvel = rest.copy(), np.zeros(task.body.model.nv)
        qpos[3] += turn
        qvel[:2] = -np.sin(turn), np.cos(turn)  # straight ahead, where the trunk points
        memory = task.start(jnp.zeros(2, jnp.uint32)).memory
        return dict(zip(task.observation_names, np.asarray(task.observe(view(task, qpos, qvel), memory)), strict=True))

    straight, turned = seen(0.0), seen(0.7)
    assert straight["forward_speed"] == pytest.approx(1.0, abs=1e-5) and straight["heading_cosine"] == pytest.approx(
        1.0
    )
    assert turned["forward_speed"] == pytest.approx(1.0, abs=1e-5)
    assert turned["heading_sine"] == pytest.approx(np.sin(0.7), abs=1e-5)
    assert turned["height"] == straight["height"] == pytest.approx(0.35)


def test_every_term_has_its_effect_and_its_sign(task) -> None:
    memory = task.start(jnp.zeros(2, jnp.uint32)).memory
    qpos, qvel = task.body.rest_pose.copy(), np.zeros(task.body.model.nv)
    qpos[2], qpos[3], qpos[5] = 0.03, qpos[3] + 0.5, 1.3  # low, turned away, and on its side
    qpos[6] = np.radians(39)
    qvel[1] = 0.5
    action = jnp.full(3, 0.5)
    outcome = task.advance(view(task, qpos, qvel), memory, action)
    terms = {name: float(term) for name, term in outcome.terms.items()}
    assert terms["forward"] == pytest.approx(0.5, abs=1e-5) and terms["alive"] == 0 and bool(outcome.terminated)
    assert terms["energy"] == pytest.approx(-0.25) and terms["action_rate"] == pytest.approx(-0.25)
    assert terms["upright"] == pytest.approx(np.cos(1.3) - 1, abs=1e-4)
    assert terms["height"] == pytest.approx(-((0.03 / 0.35 - 1) ** 2), abs=1e-4)
    assert terms["heading"] == pytest.approx(np.cos(0.5) - 1, abs=1e-4) and terms["fall"] == -1
    assert terms["contacts"] == -1 and terms["joint_limits"] < 0


@pytest.mark.parametrize(
    ("end", "change", "over"),
    [
        ({}, {}, False),
        ({"height": 0.9, "tilt": None}, {2: 0.3}, True),
        ({"height": None, "tilt": 0.5}, {2: 3.0, 4: 0.6}, True),
        ({"height": None, "tilt": 0.7}, {2: 3.0, 4: 0.6}, False),
        ({"height": None, "tilt": None, "contact": ("trunk",)}, {2: 0.04}, True),
        ({"height": None, "tilt": None, "contact": ("trunk",)}, {}, False),
    ],
)
def test_height_tilt_and_contact_end_an_episode(file, end, change, over) -> None:
    task = LocomotionTask(LocomotionSettings(body=file, end=LocomotionEnd(**end)))
    qpos = task.body.rest_pose.copy()
    for index, value in change.items():
        qpos[index] = value
    assert bool(task.fallen(view(task, qpos))) is over


def test_actions_span_ranges_and_servos_reach_around_rest(task) -> None:
    ends = np.array([task.control(jnp.full(3, value)) for value in (-1.0, 0.0, 1.0)])
    np.testing.assert_allclose(ends[:, 0], [-2, 0.5, 3])
    np.testing.assert_allclose(ends[:, 1], np.radians(10) + np.array([-0.6, 0, 0.6]), atol=1e-6)
    np.testing.assert_allclose(ends[:, 2], [-1, 0, 1])


def test_figures_of_a_command(file) -> None:
    task = LocomotionTask(LocomotionSettings(body=file, speed=(0.5, 0.5)))
    steps = 11
    way = np.linspace(0, 0.1, steps)[:, None] * [1.0, 0.5]
    records = {"way": way, "alive": np.ones((steps, 2)), "command": np.full(2, 0.5)}
    figures = task.metrics(records)
    assert figures["speed_error"] == pytest.approx(0.25) and figures["score"] == pytest.approx(0.5)
    assert "command" in task.observation_names
    environment = build_environment(task, 2, threads=1)
    environment.reset()
    assert set(environment.recorded()) >= {"way", "command"}


def test_named_observations_alone(file) -> None:
    task = LocomotionTask(LocomotionSettings(body=file, observations=("*_angle", "height")))
    assert task.observation_names == ("height", "front_angle", "left_angle", "right_angle")


@pytest.mark.parametrize(
    ("xml", "settings", "said"),
    [
        (QUADRUPED, {"observations": ("whiskers*",)}, "names 'whiskers.'; mine offers height"),
        (QUADRUPED, {"end": {"contact": ("tail",)}}, "names 'tail'; what can touch the ground: trunk"),
        (QUADRUPED.replace("<freejoint/>", ""), {}, "fixed to the ground"),
        (QUADRUPED.split("<actuator>")[0] + "</mujoco>", {}, "no actuator"),
        ("<body>", {}, "no MJCF model that MuJoCo reads"),
    ],
)
def test_what_does_not_fit_is_one_sentence(tmp_path, xml, settings, said) -> None:
    (tmp_path / "mine.xml").write_text(HEAD + xml)
    with pytest.raises(PremotorError, match=said):
        LocomotionTask(LocomotionSettings(body=str(tmp_path / "mine.xml"), **settings))


def test_a_file_that_is_not_there_is_told_before_anything_is_loaded() -> None:
    settings = load_experiment("locomotion", ["--task.body", "missing.xml"])
    with pytest.raises(PremotorError, match="missing.xml, but there is no such file"):
        settings.task.verify()


GYMNASIUM = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets"


# in the plane with feet, in space, and without feet; two more in the plane in `make test-slow`
@pytest.mark.parametrize(
    ("name", "feet", "sees"),
    [
        pytest.param("hopper", ("foot",), 13, marks=pytest.mark.slow),
        ("walker2d_v5", ("foot", "foot_left"), 20),
        ("ant", ("body_4", "body_7", "body_10", "body_13"), 32),
        pytest.param("half_cheetah", ("bfoot", "ffoot"), 20, marks=pytest.mark.slow),
        ("swimmer", (), 9),
    ],
)
def test_bodies_of_gymnasium_are_read_and_move(name, feet, sees) -> None:
    task = LocomotionTask(LocomotionSettings(body=str(GYMNASIUM / f"{name}.xml")))
    assert task.locomotor.feet == feet and len(task.observation_names) == sees
    environment = build_environment(task, 2, threads=1)
    first = environment.reset()
    step = environment.step(np.ones((2, len(task.action_names))))
    assert np.isfinite(step.observation).all() and (step.observation != first).any()
