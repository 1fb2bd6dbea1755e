"""Batched physics against a plain loop over `mujoco.mj_step`, and its snapshots, resets and refusals."""

import mujoco
import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.bodies import BatchPhysics, PhysicsError, build_body
from premotor.errors import PremotorError

BODY = build_body("biped")
WORLDS = 12

# An actuator with a state of its own (a muscle-like filter), which the biped has not.
FILTERED = mujoco.MjModel.from_xml_string(
    """
<mujoco>
  <option><flag autoreset="disable"/></option>
  <worldbody><body><joint name="hinge" damping="0.1"/><geom size=".1" pos="0 0 -.3"/></body></worldbody>
  <actuator><general joint="hinge" dyntype="filter" dynprm="0.1" gainprm="2"/></actuator>
  <sensor><jointpos joint="hinge"/><actuatorfrc actuator=""/></sensor>
</mujoco>
""".replace('<actuatorfrc actuator=""/>', "")
)


def states(worlds: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Crouched and leaning bodies on and above the ground, moving."""
    random = np.random.default_rng(seed)
    qpos = np.tile(BODY.rest_pose, (worlds, 1)) + random.normal(0, 0.1, (worlds, 9))
    return qpos, random.normal(0, 0.5, (worlds, 9))


def controls(steps: int, worlds: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.8, (steps, worlds, 6))


def started(worlds: int = WORLDS, threads: int = 1) -> BatchPhysics:
    physics = BatchPhysics(BODY.model, worlds, threads)
    physics.set_state(np.arange(worlds), *states(worlds))
    return physics


def run(physics: BatchPhysics, orders: np.ndarray, substeps: int = 3) -> None:
    for order in orders:
        physics.set_control(order)
        physics.step(substeps)


@pytest.mark.parametrize("threads", [1, 2])
def test_worlds_that_are_not_stepped_stay_as_they_are_and_the_others_go_as_ever(threads: int):
    some, every = started(threads=threads), started(threads=threads)
    moved = np.arange(WORLDS) % 3 > 0
    before = some.snapshot()
    for order in controls(5, WORLDS):
        order[~moved] = 0.0
        for physics, ids in ((some, moved), (every, None)):
            physics.set_control(order)
            physics.step(3, ids)
    one, other = some.snapshot(), every.snapshot()
    for name in one:
        assert np.array_equal(one[name][moved], other[name][moved]), name
        assert np.array_equal(one[name][~moved], before[name][~moved]), name
    some.step(3, np.zeros(WORLDS, bool))
    assert all(np.array_equal(value, one[name]) for name, value in some.snapshot().items())


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_worlds_go_as_a_plain_loop_goes_bit_for_bit(threads: int):
    orders = controls(60, WORLDS)
    physics = started(threads=threads)
    run(physics, orders)
    qpos, qvel = states(WORLDS)
    for world in range(WORLDS):
        data = mujoco.MjData(BODY.model)
        data.qpos[:], data.qvel[:] = qpos[world], qvel[world]
        for order in orders:
            data.ctrl[:] = order[world]
            for _ in range(3):
                mujoco.mj_step(BODY.model, data)
        np.testing.assert_array_equal(physics.qpos[world], data.qpos)
        np.testing.assert_array_equal(physics.qvel[world], data.qvel)
        np.testing.assert_array_equal(physics.sensors[world], data.sensordata)
        assert physics.time[world] == data.time


@pytest.mark.parametrize("threads", [1, 2])
def test_a_restored_snapshot_goes_on_bit_for_bit(threads: int):
    orders = controls(100, WORLDS)
    physics = started()
    run(physics, orders[:50])
    kept = physics.snapshot()
    run(physics, orders[50:])

    other = BatchPhysics(BODY.model, WORLDS, threads)
    other.restore(kept)
    np.testing.assert_array_equal(other.sensors, kept["sensors"])
    run(other, orders[50:])
    assert sorted(kept) == ["sensors", "state"]
    for name, value in physics.snapshot().items():
        np.testing.assert_array_equal(other.snapshot()[name], value)


def test_a_snapshot_is_a_copy():
    physics = started()
    kept = physics.snapshot()
    before = {name: value.copy() for name, value in kept.items()}
    run(physics, controls(5, WORLDS))
    for name, value in kept.items():
        np.testing.assert_array_equal(value, before[name])
        assert not np.array_equal(value, physics.snapshot()[name])


def test_activations_are_part_of_the_state():
    physics = BatchPhysics(FILTERED, 2, 1)
    physics.set_control(np.array([[1.0], [0.5]]))
    physics.step(100)
    assert physics.act[0, 0] == pytest.approx(1 - np.exp(-100 * FILTERED.opt.timestep / 0.1), rel=0.02)
    kept = physics.snapshot()
    physics.step(10)
    other = BatchPhysics(FILTERED, 2, 1)
    other.restore(kept)
    other.step(10)
    np.testing.assert_array_equal(other.act, physics.act)
    other.set_state([1], np.zeros((1, 1)), np.zeros((1, 1)), np.array([[0.25]]))
    assert other.act[1, 0] == 0.25
    assert other.act[0, 0] == physics.act[0, 0]
    other.set_state([1], np.zeros((1, 1)), np.zeros((1, 1)))
    assert other.act[1, 0] == 0


@given(st.lists(st.booleans(), min_size=WORLDS, max_size=WORLDS), st.integers(0, 100))
def test_setting_some_worlds_makes_them_fresh_and_leaves_the_others(mask: list[bool], seed: int):
    """Whatever the subset, its worlds go on as new ones do and the rest as if nothing had happened."""
    chosen = np.array(mask)
    physics = started()
    run(physics, controls(4, WORLDS))
    before = {name: getattr(physics, name).copy() for name in ("qpos", "qvel", "sensors", "time", "control")}
    untouched = started()
    run(untouched, controls(4, WORLDS))
    qpos, qvel = states(WORLDS, seed)
    physics.set_state(chosen, qpos[chosen], qvel[chosen])
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(physics, name)[~chosen], value[~chosen])
    assert (physics.time[chosen] == 0).all()
    assert (physics.control[chosen] == 0).all()
    fresh = BatchPhysics(BODY.model, WORLDS, 1)
    fresh.set_state(np.arange(WORLDS), qpos, qvel)
    np.testing.assert_array_equal(physics.sensors[chosen], fresh.sensors[chosen])
    order = controls(3, WORLDS, seed=2)
    for one in (physics, fresh, untouched):
        run(one, order)
    np.testing.assert_array_equal(physics.qpos[chosen], fresh.qpos[chosen])
    np.testing.assert_array_equal(physics.qpos[~chosen], untouched.qpos[~chosen])


def test_sensors_are_fresh_after_setting_a_state():
    physics = started(2)
    pressed = np.tile(BODY.rest_pose, (1, 1))
    pressed[0, 1] -= 0.002
    physics.set_state([1], pressed, np.zeros((1, 9)))
    data = mujoco.MjData(BODY.model)
    data.qpos[:] = pressed[0]
    mujoco.mj_forward(BODY.model, data)
    assert data.sensordata.max() > 10
    np.testing.assert_array_equal(physics.sensors[1], data.sensordata)


def test_views_are_live():
    physics = started()
    qpos, sensors = physics.qpos, physics.sensors
    before = qpos.copy()
    physics.step()
    assert physics.qpos is qpos
    assert physics.sensors is sensors
    assert not np.array_equal(before, qpos)
    assert qpos.dtype == sensors.dtype == np.float64


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("qpos", np.nan, "position"),
        ("qvel", np.inf, "velocity"),
        ("qvel", 1e12, "velocity"),
    ],
)
def test_an_unstable_world_is_named_and_not_reset(field: str, value: float, said: str):
    physics = started()
    physics.step(20)
    getattr(physics, field)[7, 3] = value
    with pytest.raises(PhysicsError, match=rf"world 7 is unstable after 0\.10\d s \(.*{said}.*\); 1 of 12 worlds"):
        physics.step()
    assert not np.array_equal(physics.qpos[7], BODY.rest_pose)
    with pytest.raises(PhysicsError, match="world 7"):
        physics.step()


def test_after_an_unstable_world_is_set_anew_the_physics_goes_on():
    physics = started()
    physics.qvel[7] = np.nan
    with pytest.raises(PhysicsError):
        physics.step()
    qpos, qvel = states(WORLDS)
    physics.set_state([7], qpos[7:8], qvel[7:8])
    physics.step(10)
    assert np.isfinite(physics.qpos).all()


def test_a_snapshot_mends_an_unstable_world():
    physics = started()
    kept = physics.snapshot()
    physics.qvel[7] = np.nan
    with pytest.raises(PhysicsError):
        physics.step()
    physics.restore(kept)
    physics.step(10)
    other = started()
    other.step(10)
    np.testing.assert_array_equal(physics.qpos, other.qpos)


def test_a_state_that_is_not_finite_is_refused():
    physics = started()
    qpos, qvel = states(2)
    qpos[1, 4] = np.nan
    with pytest.raises(PhysicsError, match="world 5 is unstable after 0"):
        physics.set_state([3, 5], qpos, qvel)


def test_a_control_that_is_not_finite_is_refused():
    physics = started()
    order = np.zeros((WORLDS, 6))
    order[4, 1] = np.nan
    with pytest.raises(PhysicsError, match=r"control of actuator 'left_knee' in world 4 at 0\.000 s is nan"):
        physics.set_control(order)


@pytest.mark.parametrize(("shape"), [(WORLDS, 5), (WORLDS - 1, 6), (6,), ()])
def test_controls_of_another_shape_are_refused(shape: tuple[int, ...]):
    with pytest.raises(PhysicsError, match=r"controls have shape .*; expected \(12, 6\)"):
        started().set_control(np.zeros(shape))


def test_states_of_another_shape_are_refused():
    physics = started()
    qpos, qvel = states(2)
    with pytest.raises(PhysicsError, match=r"qpos has shape \(1, 9\); expected \(2, 9\)"):
        physics.set_state([0, 1], qpos[:1], qvel)
    with pytest.raises(PhysicsError, match=r"qvel has shape \(2, 8\); expected \(2, 9\)"):
        physics.set_state([0, 1], qpos, qvel[:, :8])
    with pytest.raises(PhysicsError, match=r"mask of worlds has shape \(3,\); expected \(12,\)"):
        physics.set_state(np.ones(3, bool), qpos, qvel)


def test_setting_no_world_changes_nothing():
    physics = started()
    before = physics.snapshot()
    physics.set_state(np.zeros(WORLDS, bool), np.zeros((0, 9)), np.zeros((0, 9)))
    for name, value in physics.snapshot().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_model_that_resets_itself_is_refused():
    spec = mujoco.MjSpec.from_string("<mujoco><worldbody/></mujoco>")
    with pytest.raises(PremotorError, match='autoreset="disable"'):
        BatchPhysics(spec.compile(), 1)


@pytest.mark.parametrize(("environments", "threads", "said"), [(0, 1, "environments is 0"), (1, -1, "threads is -1")])
def test_impossible_sizes_are_refused(environments: int, threads: int, said: str):
    with pytest.raises(PremotorError, match=said):
        BatchPhysics(BODY.model, environments, threads)


def test_threads_default_to_the_cores():
    assert BatchPhysics(BODY.model, 4).threads >= 1
    assert BatchPhysics(BODY.model, 4, 2).threads == 2


@pytest.mark.parametrize("name", ["state", "sensors"])
def test_a_snapshot_that_does_not_fit_is_refused(name: str):
    physics = started()
    kept = physics.snapshot()
    with pytest.raises(PremotorError, match=f"has no '{name}'"):
        physics.restore({key: value for key, value in kept.items() if key != name})
    with pytest.raises(PremotorError, match=f"snapshot's '{name}' is float64"):
        physics.restore(kept | {name: kept[name][:-1]})
    with pytest.raises(PremotorError, match=f"snapshot's '{name}' is float32"):
        physics.restore(kept | {name: kept[name].astype(np.float32)})
