"""MuJoCo Warp's worlds against those of the C engine; what is refused is tested where Warp is missing, too."""

import sys

import mujoco
import numpy as np
import pytest

from premotor.bodies import BackEnd, BatchPhysics, Physics, PhysicsError, WarpPhysics, build_body, build_physics
from premotor.bodies.warp_physics import most_contacts
from premotor.errors import PremotorError

WORLDS = 4
BODY = build_body("biped")


@pytest.fixture(scope="module")
def warp() -> None:
    pytest.importorskip("mujoco_warp", reason="needs the extra 'warp', whose kernels take minutes to compile")


def states(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Crouched and leaning bodies on and above the ground, moving."""
    random = np.random.default_rng(seed)
    qpos = np.tile(BODY.rest_pose, (WORLDS, 1)) + random.normal(0, 0.05, (WORLDS, 9))
    return qpos, random.normal(0, 0.3, (WORLDS, 9))


def started(kind: type, **options) -> Physics:
    physics = kind(BODY.model, WORLDS, **options)
    physics.set_state(np.arange(WORLDS), *states())
    return physics


def run(physics: Physics, steps: int = 10, seed: int = 1) -> None:
    for order in np.random.default_rng(seed).uniform(-0.5, 0.8, (steps, WORLDS, 6)):
        physics.set_control(order)
        physics.step(3)


def test_worlds_go_as_those_of_the_c_engine(warp):
    """Each world with friction, mass, strength and ground of its own, pushed, and one set anew on the way."""
    random = np.random.default_rng(5)
    factors = {name: random.uniform(0.7, 1.3, WORLDS) for name in ("friction", "mass", "strength")}
    factors["slope"] = random.uniform(-0.1, 0.1, (WORLDS, 2))
    force = random.normal(0, 5, (WORLDS, 9))
    pair = started(BatchPhysics, threads=1), started(WarpPhysics, device="cpu")
    for physics in pair:
        physics.vary(**factors)
        physics.set_state(np.arange(WORLDS), *states())
    exact, quick = pair
    np.testing.assert_allclose(quick.sensors, exact.sensors, rtol=1e-4, atol=1e-2)
    for physics in pair:
        physics.set_force(force)
        run(physics)
        physics.set_state(np.array([False, False, True, False]), *(value[:1] for value in states(8)))
    np.testing.assert_allclose(quick.sensors, exact.sensors, rtol=1e-3, atol=0.2)
    for physics in pair:
        run(physics, seed=2)
    np.testing.assert_allclose(quick.qpos, exact.qpos, atol=1e-4)
    np.testing.assert_allclose(quick.qvel, exact.qvel, atol=1e-2)
    np.testing.assert_allclose(quick.time, exact.time, rtol=1e-5)


def test_worlds_that_are_not_stepped_stay_as_they_are(warp):
    physics, every = (started(WarpPhysics, device="cpu") for _ in range(2))
    moved = np.array([True, False, True, False])
    before = physics.snapshot()
    physics.step(3, moved)
    every.step(3)
    for name, value in physics.snapshot().items():
        assert np.array_equal(value[~moved], before[name][~moved]), name
        assert np.array_equal(value[moved], every.snapshot()[name][moved]), name


def test_a_restored_snapshot_goes_on_bit_for_bit(warp):
    physics = started(WarpPhysics, device="cpu")
    run(physics)
    kept = physics.snapshot()
    run(physics, seed=2)
    other = WarpPhysics(BODY.model, WORLDS, device="cpu")
    other.restore(kept)
    np.testing.assert_array_equal(other.sensors, kept["sensors"])
    run(other, seed=2)
    for name, value in physics.snapshot().items():
        np.testing.assert_array_equal(other.snapshot()[name], value)
    with pytest.raises(PremotorError, match="has no 'qpos'; was it made on another device"):
        other.restore(started(BatchPhysics, threads=1).snapshot())
    with pytest.raises(PremotorError, match=r"snapshot's 'qvel' is float64\(4, 9\); these worlds need float32\(4, 9\)"):
        other.restore(kept | {"qvel": kept["qvel"].astype(float)})


def test_an_unstable_world_is_named_and_leaves_the_others_alone(warp):
    calm = started(WarpPhysics, device="cpu")
    physics = started(WarpPhysics, device="cpu")
    qpos, qvel = states()
    fast = qvel[2:3].copy()
    fast[0, 4] = 1e9  # rad/s, which the C engine takes, too
    physics.set_state([2], qpos[2:3], fast)
    with pytest.raises(PhysicsError, match=r"world 2 is unstable after 0\.1\d+ s \(.*\); 1 of 4 worlds"):
        physics.step(20)
    calm.step(20)
    others = [0, 1, 3]
    np.testing.assert_array_equal(physics.qpos[others], calm.qpos[others])
    with pytest.raises(PhysicsError, match="world 2"):
        physics.step()
    physics.set_state([2], qpos[2:3], qvel[2:3])
    physics.step()
    assert np.isfinite(physics.qpos).all()
    qpos[1, 0] = np.nan
    with pytest.raises(PhysicsError, match="world 1 is unstable after 0.000 s .not finite."):
        physics.set_state([1], qpos[1:2], qvel[1:2])


@pytest.mark.parametrize(("setting", "room"), [("contacts", 1), ("constraints", 3)])
def test_an_overflow_names_its_worlds_and_the_setting(warp, setting: str, room: int):
    physics = WarpPhysics(BODY.model, WORLDS, device="cpu", **{setting: room})
    standing = np.tile(BODY.rest_pose, (WORLDS, 1))
    standing[:, 1] -= 0.002
    with pytest.raises(
        PhysicsError, match=rf"of 4 worlds: forces were lost; raise physics.{setting} above {room} a world"
    ):
        physics.set_state(np.arange(WORLDS), standing, np.zeros((WORLDS, 9)))
        physics.step()


def test_the_room_for_contacts_is_enough_for_a_fallen_fly(warp):
    fly = build_body("fly-18")
    physics = WarpPhysics(fly.model, 1, device="cpu")
    low = fly.rest_pose[None].copy()
    low[0, 2] = 0.05  # mm: feet and trunk are in the ground
    data = mujoco.MjData(fly.model)
    data.qpos[:] = low[0]
    mujoco.mj_forward(fly.model, data)
    assert 8 <= data.ncon <= physics.contacts
    assert data.nefc <= physics.constraints
    physics.set_state([0], low, np.zeros((1, fly.model.nv)))


def test_pairs_of_shapes_make_as_many_contacts_as_the_c_engine_finds():
    model = mujoco.MjModel.from_xml_string(
        '<mujoco><worldbody><geom type="plane" size="9 9 1"/><body><freejoint/><geom size=".1"/></body>'
        '<body><freejoint/><geom type="capsule" size=".1 .5"/></body></worldbody></mujoco>'
    )
    assert most_contacts(model, np.array([[0, 1], [0, 2], [1, 2]])) == 1 + 2 + 1


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "warp", None)
    with pytest.raises(PremotorError, match=r"cannot be imported .*pip install 'premotor\[warp\]'"):
        build_physics(BODY.model, 2, back_end=BackEnd(device="gpu"))


def test_without_a_gpu_that_is_said(warp):
    import warp as runtime

    if runtime.is_cuda_available():
        pytest.skip("there is a GPU")
    with pytest.raises(PremotorError, match="device is 'gpu', but CUDA finds no NVIDIA GPU here"):
        build_physics(BODY.model, 2, back_end=BackEnd(device="gpu"))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"environments": 0}, "environments is 0"), ({"contacts": 0}, "contacts is 0"), ({"constraints": -1}, "is -1")],
)
def test_impossible_sizes_are_refused(options: dict[str, int], said: str):
    with pytest.raises(PremotorError, match=said):
        WarpPhysics(BODY.model, **{"environments": 2, **options})  # type: ignore[arg-type]


def test_the_cpu_is_the_c_engine():
    assert isinstance(build_physics(BODY.model, 2, threads=1), BatchPhysics)
