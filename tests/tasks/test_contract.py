"""Every registered task and body keeps the contract; and what is no task is refused in one sentence."""

from typing import Literal

import numpy as np
import pytest

from premotor.bodies import BODIES, BatchPhysics, build_body
from premotor.errors import PremotorError
from premotor.tasks import TASKS, PhysicsTask, PhysicsTaskSettings, Task, build_task
from tasks.contract import check_contract


# fly-stand has the body and the actions of fly-walk: `make test-slow`
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind == "fly-stand" else []) for kind in TASKS]
)
def test_every_task_keeps_the_contract(kind: str) -> None:
    check_contract(kind)


@pytest.mark.parametrize("name", list(BODIES))
def test_every_body_stands_steps_and_goes_on_bit_for_bit(name: str) -> None:
    if name.startswith("neuromechfly"):
        pytest.importorskip("flygym")
    body = build_body(name)
    assert body.mass > 0 and body.actuator_names and np.isfinite(body.rest_pose).all()
    one, other = BatchPhysics(body.model, 2, 1), BatchPhysics(body.model, 2, 2)
    for worlds in (one, other):
        worlds.set_state(np.arange(2), np.tile(body.rest_pose, (2, 1)), np.zeros((2, body.model.nv)))
        worlds.set_control(np.zeros((2, body.model.nu)))
        worlds.step(5)
    np.testing.assert_array_equal(one.qpos, other.qpos)
    saved = one.snapshot()
    one.step(5)
    other.restore(saved)
    other.step(5)
    np.testing.assert_array_equal(one.qpos, other.qpos)
    assert np.isfinite(one.qpos).all()
    assert not any(np.shares_memory(one.qpos, value) for value in saved.values())


class HalfSettings(PhysicsTaskSettings):
    kind: Literal["half"] = "half"


class Half(PhysicsTask):
    """A task that its author has not finished."""

    settings_type = HalfSettings

    def start(self, key): ...
    def observe(self, view, memory): ...


class Nameless(Half):
    def control(self, action): ...
    def advance(self, view, memory, action): ...
    def metrics(self, records): ...


class Unset(Nameless):
    def __init__(self, settings):
        super().__init__(settings, build_body("biped"))


@pytest.mark.parametrize(
    ("name", "entry", "said"),
    [
        ("half", Half, "the task 'half': Half lacks advance, control and metrics"),
        ("half", HalfSettings, "the task 'half' should be a class derived from premotor.tasks.Task"),
        (
            "whole",
            Nameless,
            "the task 'whole': HalfSettings, the settings of Nameless, should derive from",
        ),
    ],
)
def test_a_class_that_lacks_a_member_is_refused_with_its_name(name: str, entry: type, said: str) -> None:
    with pytest.raises(PremotorError, match=said):
        TASKS.register(name)(entry)
    assert name not in TASKS


def test_a_task_without_settings_is_refused() -> None:
    class Bare(Nameless):
        settings_type = None

    with pytest.raises(PremotorError, match="the task 'bare': Bare lacks settings_type"):
        TASKS.register("bare")(Bare)


def test_a_task_that_sets_no_observation_names_is_refused_when_it_is_built() -> None:
    TASKS.register("half")(Unset)
    try:
        with pytest.raises(PremotorError, match="the task 'half': Unset sets no observation_names"):
            build_task(HalfSettings())
    finally:
        del TASKS._entries["half"]


def test_what_only_some_tasks_have_is_none_elsewhere() -> None:
    task = build_task(TASKS.settings_class("arm-balance")())
    assert task.reference is None and task.expert is None and task.expected_gait is None and task.debounce is None
    assert task.demonstration() is None and task.tested() is task and task.drawable() is task
    assert isinstance(task, Task) and task.speed_unit == "m/s"
