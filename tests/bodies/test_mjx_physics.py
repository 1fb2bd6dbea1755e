"""MJX's worlds against those of the C engine; what is refused is tested where MJX is missing, too."""

import sys

import jax
import numpy as np
import pytest

from premotor.bodies import BackEnd, BatchPhysics, MJXEngine, MJXPhysics, PhysicsError, build_body, build_physics
from premotor.errors import PremotorError
from tasks.hopper import hopper

WORLDS = 3
BODY = hopper()


@pytest.fixture(scope="module")
def mjx() -> None:
    pytest.importorskip("mujoco.mjx", reason="needs the extra 'mjx'")


def states(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.uniform(-0.05, 0.05, (WORLDS, 2)), random.normal(size=(WORLDS, 2))


def test_worlds_go_as_those_of_the_c_engine(mjx):
    """In float64, 240 steps with contacts, a servo at the limit of its force, pushes, and worlds set or not stepped."""
    random = np.random.default_rng(1)
    with jax.enable_x64(True):
        pair = BatchPhysics(BODY.model, WORLDS, 1), MJXPhysics(BODY.model, MJXEngine(BODY.model, WORLDS))
        for physics in pair:
            physics.set_state(np.arange(WORLDS), *states())
        np.testing.assert_allclose(pair[1].sensors, pair[0].sensors, rtol=1e-12, atol=1e-9)
        touched, limited = [], []
        for number in range(60):
            control, force = random.uniform(-0.15, 0.15, (WORLDS, 1)), random.normal(0, 3, (WORLDS, 2))
            moved = None if number % 7 else np.array([True, False, True])
            for physics in pair:
                physics.set_control(control)
                physics.set_force(force)
                physics.step(4, moved)
                if number == 30:
                    physics.set_state(np.array([1]), *(value[:1] for value in states(8)))
            touched.append(pair[0].sensors > 0)
            limited.append(np.abs(800 * (control[:, 0] - pair[0].qpos[:, 1]) - 20 * pair[0].qvel[:, 1]) > 90)
            for name in ("qpos", "qvel", "time"):
                np.testing.assert_allclose(getattr(pair[1], name), getattr(pair[0], name), atol=1e-10, err_msg=name)
            np.testing.assert_allclose(pair[1].sensors, pair[0].sensors, atol=1e-6)
        assert 0.2 < np.mean(touched) < 0.9 and 0.05 < np.mean(limited) < 0.95

        kept = pair[1].snapshot()
        pair[1].step(3)
        after = pair[1].qpos
        pair[1].restore(kept)
        pair[1].step(3)
        np.testing.assert_array_equal(pair[1].qpos, after)
        with pytest.raises(PremotorError, match="has no 'qpos'; was it made on another device"):
            pair[1].restore(pair[0].snapshot())
        fast = kept["qvel"][2:].copy()
        fast[0, 0] = 1e11  # m/s
        with pytest.raises(PhysicsError, match=r"world 2 is unstable after 0\.000 s .*huge.; 1 of 3 worlds"):
            pair[1].set_state([2], kept["qpos"][2:], fast)


@pytest.mark.slow
def test_warp_inside_of_a_program_goes_as_the_c_engine(mjx):
    """120 steps in float32 by the kernels of MuJoCo Warp, here on the CPU, called from a jitted function."""
    pytest.importorskip("warp", reason="needs the extra 'gpu', whose kernels take a minute to compile")
    exact, engine = BatchPhysics(BODY.model, WORLDS, 1), MJXEngine(BODY.model, WORLDS, "warp")
    exact.set_state(np.arange(WORLDS), *states())
    world = jax.jit(engine.begin)(*states())
    np.testing.assert_allclose(world.sensors, exact.sensors, rtol=1e-4, atol=1e-2)
    advance, random = jax.jit(lambda world, control: engine.advance(world, control, None, 4)), np.random.default_rng(0)
    for _ in range(30):
        control = random.uniform(-0.15, 0.15, (WORLDS, 1))
        exact.set_control(control)
        exact.step(4)
        world = advance(world, control)
    np.testing.assert_allclose(world.qpos, exact.qpos, atol=1e-5)
    np.testing.assert_allclose(world.qvel, exact.qvel, atol=1e-4)
    np.testing.assert_allclose(world.sensors, exact.sensors, atol=1e-2)
    assert not np.asarray(world.fault).any()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fly-18", r"implementation jax. cannot take this body: .*mjTRN_BODY.*physics.implementation warp may"),
        ("arm-muscle", "differentiates no muscle in the integrator implicitfast"),
    ],
)
def test_a_body_that_mjx_does_not_know_is_refused(mjx, name: str, said: str):
    with pytest.raises(PremotorError, match=said):
        MJXEngine(build_body(name).model, 2, "jax")


def test_worlds_are_alike(mjx, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(MJXPhysics, "__init__", lambda self: None)
    MJXPhysics().vary()  # type: ignore[call-arg]
    with pytest.raises(PremotorError, match="physics.device is 'mjx', where all worlds are alike: task.variation"):
        MJXPhysics().vary(mass=np.ones(2))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"environments": 0}, "environments is 0; at least 1"),
        ({"devices": 1_000}, "physics.devices is 1000, but JAX has"),
    ],
)
def test_impossible_numbers_are_refused(mjx, options: dict[str, int], said: str):
    with pytest.raises(PremotorError, match=said):
        MJXEngine(BODY.model, **{"environments": 2, **options})  # type: ignore[arg-type]


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mujoco.mjx", None)
    with pytest.raises(PremotorError, match=r"cannot be imported .*pip install 'premotor\[mjx\]'"):
        build_physics(BODY.model, 2, back_end=BackEnd(device="mjx"))


def test_what_belongs_to_another_device_is_said():
    assert BackEnd(device="gpu").idle().keys() == {"implementation", "devices"}
    assert BackEnd(device="mjx").idle() == {}
