"""Programs of tasks are compiled once in a process for equal tasks, and never taken by another one."""

from functools import partial

import jax
import numpy as np
import pytest

from premotor.tasks import Task, WalkTask, build_environment, build_task
from premotor.tasks.programs import _HELD, MOST, programs_of
from premotor.tasks.settings import TASKS


def walk(**settings) -> Task:
    return build_task(TASKS.settings_class("walk")(**settings))


def test_equal_tasks_share_their_programs_and_others_do_not(monkeypatch):
    first = programs_of(walk(), 8, 8)
    assert programs_of(walk(), 8, 8) is first
    assert programs_of(walk(), 16, 8) is not first, "starts of more worlds are others"
    assert programs_of(walk(speed=(1.0, 1.1)), 8, 8) is not first
    changed = walk()
    changed.time_limit += 1
    assert programs_of(changed, 8, 8) is not first
    with monkeypatch.context() as patched:
        patched.setattr(WalkTask, "observe", lambda self, view, memory: view.qpos)
        assert programs_of(walk(), 8, 8) is not first
    assert programs_of(walk(), 8, 8) is first


def test_a_task_that_cannot_be_compared_has_programs_of_its_own():
    for held in (lambda: None, {"a": [object]}, np.array([None]), partial(print), jax.jit(lambda x: x), print):
        task = walk()
        task.own = held  # type: ignore[attr-defined]
        assert programs_of(task, 8, 8) is not programs_of(task, 8, 8)


@pytest.mark.parametrize(
    "held",
    [
        (1, 1.0),
        (1, True),
        ((1,), [1]),
        ([[1], []], [[], [1]]),
        ({"a": 1}, {"b": 1}),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.zeros((1, 2)), np.zeros((2, 1))),
    ],
)
def test_tasks_that_hold_other_values_have_other_programs(held):
    found = []
    for value in held:
        task = walk()
        task.own = value  # type: ignore[attr-defined]
        found.append(programs_of(task, 8, 8))
    assert found[0] is not found[1]


def test_not_all_programs_are_held():
    for environments in range(1, MOST + 3):
        programs_of(walk(), environments, environments)
    assert len(_HELD) == MOST


def test_what_becomes_of_a_task_does_not_reach_the_programs_of_others():
    task = walk()
    environment = build_environment(task, 4, threads=1, seed=3)
    task.reference = None
    other = build_environment(walk(), 4, threads=1, seed=3)
    assert other.programs is environment.programs  # type: ignore[attr-defined]
    np.testing.assert_array_equal(environment.reset(), other.reset())
    action = np.zeros((4, len(task.action_names)), np.float32)
    one, two = environment.step(action), other.step(action)
    np.testing.assert_array_equal(one.observation, two.observation)
    np.testing.assert_array_equal(one.reward, two.reward)


@pytest.mark.parametrize("kind", ["walk", "arm-balance", "worm-crawl"])
def test_the_copies_of_equal_tasks_go_the_same_way(kind):
    """An environment that finds its programs compiled gives the bits of one that had to compile them."""
    rows = []
    for fresh in (True, False):
        if fresh:
            _HELD.clear()
        environment = build_environment(build_task(TASKS.settings_class(kind)()), 3, threads=1, seed=1)
        seen = [environment.reset()]
        draws = np.random.default_rng(0)
        for _ in range(5):
            step = environment.step(draws.uniform(-1, 1, (3, len(environment.task.action_names))).astype(np.float32))
            seen += [step.observation, step.reward]
        rows.append(seen)
    for one, two in zip(*rows, strict=True):
        np.testing.assert_array_equal(one, two)
