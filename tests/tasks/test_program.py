"""Control steps as part of a JAX program, against the ordinary path: the C engine, and a task called from the host."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.bodies import BackEnd, World
from premotor.tasks import PhysicsTask, WalkTask, WormCrawlTask, build_environment
from tasks.hopper import Hopper

pytest.importorskip("mujoco.mjx", reason="needs the extra 'mjx'")

COPIES = 4


def pair(task: PhysicsTask) -> tuple[Any, Any]:
    exact, quick = (
        build_environment(task, COPIES, threads=1, seed=3, back_end=BackEnd(device=device)) for device in ("cpu", "mjx")
    )
    np.testing.assert_allclose(quick.reset(), exact.reset(), rtol=1e-5, atol=1e-4)
    return exact, quick


def of_the_c_engine(exact: Any, copies: Any) -> Any:
    """Copies in the state of the ordinary path, warm start of the constraint solver included."""
    physics = exact.physics
    parts = physics.qpos, physics.qvel, physics.act, physics.time, physics._warmstart, physics.sensors
    world = World(*(jnp.array(part, jnp.float32) for part in parts), jnp.zeros(COPIES, jnp.int32))
    elapsed, resets = jnp.array(exact._elapsed), jnp.asarray(exact._resets)
    return copies._replace(world=world, memory=exact.memory, elapsed=elapsed, resets=resets)


def apart(one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    """How far observations and rewards of two steps are apart, (environments,) each; episodes end alike."""
    np.testing.assert_array_equal(other.terminated, one.terminated)
    np.testing.assert_array_equal(other.truncated, one.truncated)
    for name, value in one.terms.items():
        np.testing.assert_allclose(other.terms[name], value, atol=1e-3, err_msg=name)
    return np.abs(other.final_observation - one.final_observation).max(-1), np.abs(other.reward - one.reward)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "each", "free"), [(WalkTask, 5e-4, 1e-3), (WormCrawlTask, 1e-5, 1e-5)], ids=["biped", "worm"]
)
def test_200_control_steps_are_those_of_the_ordinary_path(kind: type[PhysicsTask], each: float, free: float):
    """With the same random actions: each step from the C engine's state, and all of them without bringing together.

    What is left is the rounding of float32, of which contacts make more: a foot that lands at another moment within a
    time step. So the bounds are of 95% of the steps; a worm has no contacts.
    """
    task = kind()
    exact, quick = pair(task)
    step, copies = jax.jit(quick.control_step), quick.copies
    random = np.random.default_rng(0)
    rows = []
    for _ in range(200):
        action = (0.3 * random.uniform(-1, 1, (COPIES, len(task.action_names)))).astype(np.float32)
        together = of_the_c_engine(exact, copies)
        one = exact.step(action)
        copies, running = step(copies, action)
        rows.append([*apart(one, step(together, action)[1]), *apart(one, running)])
        np.testing.assert_allclose(running.observation, one.observation, atol=0.1)  # of new episodes, too
    assert int(copies.resets) == exact._resets
    assert exact._resets > (20 if kind is WalkTask else 0)
    seen, earned, ran, paid = np.moveaxis(np.array(rows), 0, 1)
    assert np.quantile(seen, 0.95) < each and np.quantile(earned, 0.95) < 1e-5
    assert np.quantile(ran, 0.95) < free and np.quantile(paid, 0.95) < 1e-5
    for name, values in (("each step", seen), ("free", ran), ("reward", earned), ("reward, free", paid)):
        print(f"{name}: {np.median(values):.1e} (95%: {np.quantile(values, 0.95):.1e}, largest {values.max():.1e})")


@pytest.mark.slow
def test_held_bodies_ends_and_starts_are_those_of_the_ordinary_path():
    """The pure step, and the step from the host, with bodies that are held for the first two control steps."""
    exact, quick = pair(Hopper(settle=0.04))
    step, copies, random = jax.jit(quick.control_step), quick.copies, np.random.default_rng(0)
    for number in range(40):
        action = random.uniform(-1, 1, (COPIES, 1)).astype(np.float32)
        one, other = exact.step(action), quick.step(action)
        copies, running = step(copies, action)
        assert max(apart(one, other)[0].max(), apart(one, running)[0].max()) < 1e-4
        np.testing.assert_allclose(running.observation, other.observation, atol=1e-6)
        np.testing.assert_array_equal(copies.elapsed, exact._elapsed)
        if number == 20:  # from here on where the program has gone
            quick.adopt(copies)
    assert int(copies.resets) == quick._resets == exact._resets > 5
