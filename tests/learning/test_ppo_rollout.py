"""Acting in two halves of the environments against acting in all of them at once."""

import jax
import numpy as np
import pytest

from networks.wiring import small_circuit
from premotor.bodies import PhysicsError
from premotor.learning import ppo_rollout
from premotor.learning.ppo_rollout import Place, Row, acted
from premotor.networks import Controller, build_controller
from premotor.tasks import PhysicsEnvironment, WalkSettings, WalkTask

WORLDS, STEPS = 128, 4


@pytest.fixture(scope="module")
def task() -> WalkTask:
    return WalkTask(WalkSettings(seconds=0.1))


@pytest.fixture(scope="module")
def controller(task: WalkTask) -> Controller:
    names = task.observation_names, task.action_names
    return build_controller(small_circuit(), *names, calibrate=False, key=jax.random.PRNGKey(0))


def walked(controller: Controller, environment: PhysicsEnvironment) -> tuple[list[Row], Place]:
    place = Place(controller.initial_state(WORLDS), environment.reset(), np.ones(WORLDS, bool))
    rows: list[Row] = []
    key = jax.random.PRNGKey(1)
    for _ in range(2):  # the second time in two threads
        more, place, key = acted(controller, key, STEPS, place, environment)
        rows += more
    return rows, place


def test_threads_and_halves_change_no_number(task, controller, monkeypatch) -> None:
    rows, place = walked(controller, PhysicsEnvironment(task, WORLDS, threads=2))
    alone, same = walked(controller, PhysicsEnvironment(task, WORLDS, threads=1))
    monkeypatch.setattr(ppo_rollout, "halves_of", lambda _: None)
    whole, near = walked(controller, PhysicsEnvironment(task, WORLDS, threads=2))
    assert sum(row.step.truncated.sum() for row in rows) >= WORLDS  # episodes end on the way
    for one, other in zip(jax.tree.leaves((rows, place)), jax.tree.leaves((alone, same)), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(jax.tree.leaves((rows, place)), jax.tree.leaves((whole, near)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_an_error_in_a_half_is_told_and_nothing_waits(task, controller) -> None:
    environment = PhysicsEnvironment(task, WORLDS, threads=2)
    rows, place = walked(controller, environment)
    assert rows
    broken = np.array(place.observation)
    broken[-1, :] = np.nan
    with pytest.raises(PhysicsError, match=f"in world {WORLDS - 1} "):
        acted(controller, jax.random.PRNGKey(2), STEPS, place._replace(observation=broken), environment)
