"""The fly's tasks: every term of observation, reward and reset has its effect; pushes and worlds that differ."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from premotor.bodies import BatchPhysics, build_fly
from premotor.bodies.fly_parts import LEGS
from premotor.errors import PremotorError
from premotor.tasks import (
    FlyStandSettings,
    FlyStandTask,
    FlyTask,
    FlyVariation,
    FlyWalkSettings,
    FlyWalkTask,
    PhysicsEnvironment,
    View,
)
from premotor.tasks.fly import TERMS
from premotor.tasks.reference_files import load_reference, save_reference

SHAKEN = {"friction": (0.5, 1.5), "mass": (0.8, 1.2), "strength": (0.8, 1.2), "slope": 0.2, "push": 5.0}
PUSHED = FlyVariation(**SHAKEN, push_interval=0.1)


@pytest.fixture(scope="module")
def walk() -> FlyTask:
    return FlyWalkTask(FlyWalkSettings(speed=(8, 12), turn=1.0, heading=0.3))


@pytest.fixture(scope="module")
def stand() -> FlyTask:
    return FlyStandTask(FlyStandSettings())


@pytest.fixture(scope="module")
def judge(walk: FlyTask):
    """The walk's `advance`, compiled once."""
    return jax.jit(walk.advance)


@pytest.fixture(scope="module")
def start(walk: FlyTask):
    zero = jnp.zeros(())
    return walk.start_at(zero, jnp.asarray(10.0), zero, zero, jax.random.PRNGKey(0))


def seen(task: FlyTask, qpos, qvel=None, contact: float = 1.0, abdomen: float = 0.0) -> View:
    sensors = jnp.zeros(task.body.model.nsensordata).at[task.body.foot_sensors].set(contact)
    sensors = sensors.at[task.body.sensor("abdomen_ground").start].set(abdomen)
    return View(jnp.asarray(qpos), jnp.zeros(task.body.model.nv) if qvel is None else jnp.asarray(qvel), sensors)


def moved(task: FlyTask, start, **changes: float) -> View:
    """The start with some coordinates (root_…, or v_root_… for speeds) changed, standing on all feet."""
    qpos, qvel = np.array(start.qpos), np.array(start.qvel)
    for name, value in changes.items():
        if name.startswith("v_"):
            qvel[task.body.qvel_index(name[2:])] = value
        else:
            qpos[task.body.qpos_index(name)] = value
    return seen(task, qpos, qvel)


def test_observations_are_those_of_the_specification(walk: FlyTask, start):
    """73 of the original and the two commands; each says what its name says, in the thorax's own frame."""
    assert len(walk.observation_names) == 75
    yaw, pitch, roll = 0.7, 0.1, -0.2
    view = moved(walk, start, root_z=1.2, root_yaw=yaw, root_pitch=pitch, root_roll=roll, v_root_x=8.0, v_root_y=3.0,
                 v_root_z=-2.0, v_root_yaw=1.5, v_root_pitch=-0.5, v_root_roll=0.8)  # fmt: skip
    values = dict(zip(walk.observation_names, np.asarray(walk.observe(view, start.memory)), strict=True))

    # An oracle of our own: rotation matrices, and the rates by finite differences of them.
    def turned(t: float) -> np.ndarray:
        y, p, r = yaw + 1.5 * t, pitch - 0.5 * t, roll + 0.8 * t
        rz = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]])
        ry = np.array([[np.cos(p), 0, np.sin(p)], [0, 1, 0], [-np.sin(p), 0, np.cos(p)]])
        rx = np.array([[1, 0, 0], [0, np.cos(r), -np.sin(r)], [0, np.sin(r), np.cos(r)]])
        return rz @ ry @ rx

    frame = turned(0.0)
    spin = frame.T @ (turned(1e-6) - turned(-1e-6)) / 2e-6
    linear = frame.T @ [8.0, 3.0, -2.0]
    expected = {
        "height": 1.2, "yaw": yaw, "pitch": pitch, "roll": roll, "up_projection": frame[2, 2],
        "forward_speed": linear[0] / 10, "left_speed": linear[1] / 10, "up_speed": linear[2] / 10,
        "roll_rate": spin[2, 1] / 10, "pitch_rate": spin[0, 2] / 10, "yaw_rate": spin[1, 0] / 10,
        "angle_to_target": -yaw, "heading_projection": np.cos(yaw), "speed_command": 1.0, "turn_command": 0.0,
        "lf_contact": 1.0,
    }  # fmt: skip
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, abs=2e-4), name
    low, high = walk.body.joint_range.T
    joints = np.array([values[f"{joint}_angle"] for joint in walk.action_names])
    np.testing.assert_allclose((joints + 1) / 2 * (high - low) + low, start.qpos[6:], atol=1e-4)
    assert [values[f"{joint}_action"] for joint in walk.action_names] == pytest.approx(np.asarray(start.memory.action))


def test_the_clock_is_seen_only_where_it_is_asked_for(walk: FlyTask):
    assert "phase_sine" not in walk.observation_names
    assert FlyWalkTask(FlyWalkSettings(clock=True)).observation_names[-2:] == ("phase_sine", "phase_cosine")


def test_actions_span_the_gait_within_the_limits_and_feet_stick(walk: FlyTask):
    low, high = (np.asarray(walk.control(jnp.full(18, value)))[walk.body.actuated_ctrl] for value in (-1.0, 1.0))
    limits = walk.body.joint_range
    assert (low >= limits[:, 0] - 1e-6).all() and (high <= limits[:, 1] + 1e-6).all()
    poses = np.asarray(walk.gait.angles).reshape(-1, 18)
    assert (poses >= low - 1e-6).all() and (poses <= high + 1e-6).all()
    asked = np.asarray(walk.control(walk.action_for(jnp.asarray(poses[7]))))[walk.body.actuated_ctrl]
    np.testing.assert_allclose(asked, poses[7], atol=1e-5)
    assert (np.asarray(walk.control(jnp.zeros(18)))[-6:] == 1).all()


def test_actions_are_smoothed_with_their_time_constant(walk: FlyTask, start):
    """An exponential low-pass: after one time constant 1 − 1/e of the way, whatever the control period."""
    drive = jax.jit(walk.drive)
    memory, last = start.memory._replace(target=-jnp.ones(18)), None
    for _ in range(2):
        control, _ = drive(jnp.ones(18), memory)
        last = np.asarray(control)[walk.body.actuated_ctrl]
        low, high = np.asarray(walk._low), np.asarray(walk._high)
        memory = memory._replace(target=jnp.asarray(2 * (last - low) / (high - low) - 1))
    way = (last - low) / (high - low)
    np.testing.assert_allclose(way, 1 - np.exp(-2 * walk.control_period / 0.008), atol=1e-4)


EFFECTS = {
    "upright": {"root_roll": 0.5},
    "progress": {"v_root_x": 0.0},
    "heading": {"root_yaw": 0.4},
    "imitation": {"lf_CTr_pitch": -1.0},
    "drift": {"root_y": 0.1},
    "energy": {"v_lf_CTr_pitch": 400.0},
    "limits": {"lf_FTi_pitch": np.deg2rad(-9.9)},
}


@pytest.mark.parametrize("term", EFFECTS)
def test_a_worse_state_lowers_its_term(walk: FlyTask, judge, start, term: str):
    change = EFFECTS[term]
    good, bad = moved(walk, start), moved(walk, start, **change)
    # Speed is averaged: a fly that stands slows it down step by step. A servo at its target does no work.
    memory = start.memory._replace(velocity=jnp.zeros(2)) if term == "progress" else start.memory
    action = -start.memory.action if term == "energy" else start.memory.action
    best = judge(good, start.memory, action).terms[term]
    assert judge(bad, memory, action).terms[term] < best - 1e-3


@pytest.mark.parametrize("speed", ["v_root_z", "v_root_pitch", "v_root_roll"])
def test_a_body_that_wobbles_costs_as_much_as_it_is_weighed(walk: FlyTask, start, speed: str):
    reward = walk.settings.reward.model_copy(update={"wobble": 0.5})
    judge = FlyWalkTask(walk.settings.model_copy(update={"reward": reward})).advance
    still = {"v_root_z": 0.0, "v_root_pitch": 0.0, "v_root_roll": 0.0}
    calm = judge(moved(walk, start, **still), start.memory, start.memory.action)
    busy = judge(moved(walk, start, **{**still, speed: 20.0}), start.memory, start.memory.action)
    assert calm.terms["wobble"] == 0 and float(busy.terms["wobble"]) == pytest.approx(-0.5 * 2.0**2)


@pytest.mark.parametrize(
    ("lifted", "neighbours", "diagonals"),
    [
        ("", 0, 0),
        ("lf", 0, 1),
        ("lf rm lh", 0, 0),
        ("rf lm rh", 0, 0),
        ("lf lm", 1, 3),
        ("lm rm", 1, 4),
        ("lf lm lh", 2, 4),
        ("lf lm lh rf rm rh", 7, 0),
    ],
)
def test_legs_off_the_ground_cost_each_pair_of_neighbours_and_each_that_leaves_its_tripod(
    walk: FlyTask, start, lifted: str, neighbours: int, diagonals: int
):
    reward = walk.settings.reward.model_copy(update={"neighbours": 0.5, "diagonals": 0.25})
    view = moved(walk, start)
    sensors = np.array(view.sensors)
    sensors[walk.body.foot_sensors] = [0.0 if leg in lifted.split() else 1.0 for leg in LEGS]
    task = FlyWalkTask(walk.settings.model_copy(update={"reward": reward}))
    terms = task.advance(view._replace(sensors=jnp.asarray(sensors)), start.memory, start.memory.action).terms
    assert float(terms["neighbours"]) == -0.5 * neighbours
    assert float(terms["diagonals"]) == -0.25 * diagonals


def test_walking_sideways_to_itself_costs_where_walking_off_the_path_does_not(walk: FlyTask, start):
    reward = walk.settings.reward.model_copy(update={"crab": 0.5})
    judge = jax.jit(FlyWalkTask(walk.settings.model_copy(update={"reward": reward})).advance)
    period, memory = walk.control_period, start.memory._replace(velocity=jnp.asarray([10.0, 0.0]))
    qpos = {"root_x": 10 * period, "root_y": 0.0}  # 10 mm/s along x, as before
    ahead = judge(moved(walk, start, **qpos, root_yaw=0.0), memory, start.memory.action).terms
    aside = judge(moved(walk, start, **qpos, root_yaw=0.2), memory, start.memory.action).terms
    assert float(ahead["crab"]) == pytest.approx(0, abs=1e-6)
    assert float(aside["crab"]) == pytest.approx(-0.5 * (10 * np.sin(0.2) / 5) ** 2, rel=1e-3)
    assert float(aside["drift"]) == pytest.approx(0, abs=1e-6)


def test_a_touch_down_costs_what_is_missing_of_a_whole_swing(walk: FlyTask, start):
    reward = walk.settings.reward.model_copy(update={"short_swing": 0.5})
    task = FlyWalkTask(walk.settings.model_copy(update={"reward": reward}))
    view, memory = moved(walk, start), start.memory._replace(aloft=jnp.zeros(6))
    assert start.memory.aloft is None  # where nothing asks for it
    steps, costs = [0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1], []
    advance = jax.jit(task.advance)
    for lifted in steps:
        sensors = np.array(view.sensors)
        sensors[walk.body.foot_sensors] = [float(not lifted), 1, 1, 1, 1, 1]
        outcome = advance(view._replace(sensors=jnp.asarray(sensors)), memory, start.memory.action)
        memory = outcome.memory
        costs.append(float(outcome.terms["short_swing"]))
    # after two control steps, 10 of 35 ms, and after eight
    assert costs == pytest.approx([0, 0, 0, 0, -0.5 * (1 - 10 / 35), *[0] * 10], abs=1e-6)


def test_a_change_of_action_and_a_fall_cost(walk: FlyTask, judge, start):
    calm = judge(moved(walk, start), start.memory, start.memory.action)
    busy = judge(moved(walk, start), start.memory, -start.memory.action + 0.5)
    assert busy.terms["action"] < calm.terms["action"] == 0
    fallen = judge(moved(walk, start, root_z=0.4), start.memory, start.memory.action)
    assert fallen.terminated and fallen.terms["fall"] == -2 and calm.terms["fall"] == 0
    assert set(calm.terms) == set(TERMS)


def test_standing_pays_feet_on_the_ground_and_the_rest_posture(stand: FlyTask):
    begin = stand.start_at(*(jnp.zeros(()),) * 4, jax.random.PRNGKey(0))
    judge = jax.jit(stand.advance)
    good = judge(seen(stand, begin.qpos), begin.memory, begin.memory.action).terms
    lifted = judge(seen(stand, begin.qpos, contact=0.0), begin.memory, begin.memory.action).terms
    bent = judge(moved(stand, begin, rm_CTr_pitch=-1.5), begin.memory, begin.memory.action).terms
    assert good["alive"] > 0 and good["upright"] > 0
    assert lifted["feet"] < good["feet"] == pytest.approx(0.3)
    assert bent["still"] < good["still"] == pytest.approx(0.3)
    assert good["progress"] == good["imitation"] == 0


@pytest.mark.parametrize(
    "change", [{"root_z": 0.5}, {"root_z": 2.0}, {"root_roll": 1.2}, {"root_pitch": -1.2}, {"abdomen": 0.1}]
)
def test_each_reset_of_the_specification_ends_an_episode(walk: FlyTask, start, change: dict[str, float]):
    qpos = np.array(start.qpos)
    for name in set(change) - {"abdomen"}:
        qpos[walk.body.qpos_index(name)] = change[name]
    assert not walk.fallen(seen(walk, start.qpos))
    assert walk.fallen(seen(walk, qpos, abdomen=change.get("abdomen", 0.0)))


def test_the_heading_turns_as_commanded(walk: FlyTask, judge, start):
    memory = start.memory._replace(turn=jnp.asarray(2.0))
    after = judge(moved(walk, start), memory, memory.action).memory
    assert after.heading == pytest.approx(2.0 * walk.control_period)
    drawn = jax.jit(jax.vmap(walk.start))(jax.random.split(jax.random.PRNGKey(1), 64)).memory
    assert 8 <= drawn.command.min() < drawn.command.max() <= 12
    assert -1 <= drawn.turn.min() < -0.5 < 0.5 < drawn.turn.max() <= 1
    assert 0.3 < (drawn.turn == 0).mean() < 0.7
    assert -0.3 <= drawn.heading.min() < drawn.heading.max() <= 0.3


def test_the_phase_keeps_up_with_the_body_and_goes_at_the_commands_pace(walk: FlyTask, judge, start):
    memory, phases = start.memory, [0.0]
    for _ in range(20):  # the body shows the reference's own poses at the reference's own pace
        rate = 2 * np.pi * float(walk.gait.rate(memory.command)) * walk.control_period
        wanted = phases[-1] + rate
        qpos = np.array(start.qpos)
        qpos[6:] = walk.gait.pose(memory.command, jnp.asarray(wanted))
        memory = judge(seen(walk, qpos), memory, memory.action).memory
        phases.append(wanted)
    assert np.exp(1j * float(memory.phase)) == pytest.approx(np.exp(1j * phases[-1]), abs=0.1)


def test_worlds_differ_as_asked_and_the_same_every_time(stand: FlyTask):
    task = FlyStandTask(FlyStandSettings(variation=FlyVariation(**SHAKEN, roughness=0.1)))
    drawn = task.variation(jax.random.PRNGKey(3), 256)
    again = task.variation(jax.random.PRNGKey(3), 256)
    for name, low, high in (("friction", 0.5, 1.5), ("mass", 0.8, 1.2), ("strength", 0.8, 1.2)):
        assert low <= drawn[name].min() < low + 0.05 and high - 0.05 < drawn[name].max() <= high
        np.testing.assert_array_equal(drawn[name], again[name])
    assert 0.18 < np.linalg.norm(drawn["slope"], axis=1).max() <= 0.2
    assert len(np.unique(drawn["ground"], axis=0)) == 256 and np.ptp(drawn["ground"][:, 2]) > 6
    assert stand.variation(jax.random.PRNGKey(3), 4) == {}


def test_friction_mass_strength_and_slope_change_the_motion():
    """Each alone against a world without it: heavier and weaker flies stand lower; on a smooth slope they slide."""
    body = build_fly(18)

    def settled(**factors) -> np.ndarray:
        physics = BatchPhysics(body.model, 2, threads=1)
        physics.vary(**factors)
        physics.set_state(np.ones(2, bool), np.tile(body.rest_pose, (2, 1)), np.zeros((2, 24)))
        control = np.zeros((2, 24))
        control[:, body.actuated_ctrl] = body.rest_pose[body.actuated_qpos]
        physics.set_control(control)
        physics.step(1000)
        return physics.qpos[:, :3].copy()

    heavy = settled(mass=np.array([1.0, 1.5]))
    assert heavy[1, 2] < heavy[0, 2] - 0.02
    weak = settled(strength=np.array([1.0, 0.6]))
    assert weak[1, 2] < weak[0, 2] - 0.02
    slope = np.array([[0.3, 0.0], [0.3, 0.0]])
    smooth = settled(slope=slope, friction=np.array([1.0, 0.1]))
    assert smooth[1, 0] < smooth[0, 0] - 1.0  # mm, downhill is −x; tan 0.3 = 0.31 lies between the frictions
    for wrong in ({"friction": np.array([1.0, 0.0])}, {"mass": np.ones(3)}, {"colour": np.ones(2)}):
        with pytest.raises(PremotorError, match="var"):
            BatchPhysics(body.model, 2, threads=1).vary(**wrong)


def test_pushes_do_not_last_and_time_over_is_no_fall():
    """20 ms of every 100 ms or so, on the thorax alone and no harder than asked; a standing fly stands them."""
    task = FlyStandTask(FlyStandSettings(variation=PUSHED, seconds=0.3))
    environment = PhysicsEnvironment(task, 8, threads=1)
    environment.reset()
    rest, forces = np.asarray(environment.memory.action), []
    for number in range(60):
        step = environment.step(rest)
        forces.append(np.asarray(environment.memory.push))
        assert step.truncated.all() == (number == 59) and not step.terminated.any()
    size = np.linalg.norm(np.array(forces), axis=2)
    assert 0 < size.max() <= 5.0
    assert 0.05 < (size > 0).mean() < 0.4
    assert np.abs(np.asarray(environment.physics._force)[:, 2:]).max() == 0


def test_a_reference_from_a_file_serves_and_one_of_another_body_is_refused(tmp_path, walk: FlyTask):
    save_reference(walk.reference, tmp_path / "own.csv")
    own = FlyWalkTask(FlyWalkSettings(reference=str(tmp_path / "own.csv")))
    same = int(np.argmin(np.abs(np.asarray(walk.gait.speeds) - walk.reference.speed)))
    np.testing.assert_allclose(own.gait.angles[0], walk.gait.angles[same], atol=1e-5)
    save_reference(load_reference("biped-walk"), tmp_path / "biped.csv")
    with pytest.raises(PremotorError, match="has no 'lf_ThC_pitch'"):
        FlyWalkTask(FlyWalkSettings(reference=str(tmp_path / "biped.csv")))


def test_a_standing_start_is_at_rest_and_keeps_the_command(walk: FlyTask, stand: FlyTask):
    standing = FlyWalkTask(walk.settings.model_copy(update={"start": "standing"}))
    key = jax.random.PRNGKey(3)
    begun, moving = standing.start(key), walk.start(key)
    assert not np.any(begun.qvel) and np.any(moving.qvel)
    np.testing.assert_allclose(begun.qpos, stand.start(key).qpos, atol=1e-6)
    assert 8 <= float(begun.memory.command) <= 12 and begun.memory.command == moving.memory.command
    assert begun.memory.heading == moving.memory.heading and begun.memory.turn == moving.memory.turn


def test_settings_out_of_range_are_refused():
    for wrong in ({"speed": (2, 10)}, {"speed": (12, 10)}, {"joints": 7}):
        with pytest.raises(ValidationError):
            FlyWalkSettings(**wrong)
    with pytest.raises(ValidationError, match="rising"):
        FlyVariation(mass=(1.2, 0.8))


def test_figures_count_speed_along_the_commanded_heading(walk: FlyTask):
    steps, angle = 201, 0.5
    qpos = np.zeros((steps, 2, 24))
    way = 9.0 * walk.control_period * np.arange(steps)
    qpos[:, 0, 0], qpos[:, 0, 1], qpos[:, 0, 3] = way * np.cos(angle), way * np.sin(angle), angle
    qpos[:, 1, 1] = way  # sideways: no progress
    records = {
        "qpos": qpos,
        "alive": np.ones((steps, 2)),
        "command": np.array([10.0, 10.0]),
        "heading": np.tile([angle, 0.0], (steps, 1)),
    }
    found = walk.metrics(records)
    assert found["speed"] == pytest.approx(4.5) and found["speed_error"] == pytest.approx((0.1 + 1.0) / 2)
    assert found["drift"] == pytest.approx(9.0 * 200 * walk.control_period / 2, rel=1e-3)
    assert found["yaw"] == pytest.approx(0, abs=1e-6)
    assert found["score"] == pytest.approx(0.8 / 2) and found["survived"] == 1
