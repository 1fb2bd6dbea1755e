"""The worm that is touched: when and where, what is wanted then, and what counts as an answer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.tasks import WormTouchSettings, WormTouchTask, build_environment
from premotor.tasks.environment import View


@pytest.fixture(scope="module")
def task() -> WormTouchTask:
    return WormTouchTask()


def test_every_kind_of_touch_occurs_in_time(task: WormTouchTask) -> None:
    environment = build_environment(task, 64, threads=1)
    observation = environment.reset()
    assert not observation[:, -2:].any()
    memory = environment.memory
    kinds = {(bool(f), bool(c > 0)) for f, c in zip(np.asarray(memory.front), np.asarray(memory.command), strict=True)}
    assert len(kinds) == 4
    onset = np.asarray(memory.onset)
    assert (onset >= 3).all() and (onset <= 4).all() and np.ptp(onset) > 0.5


@pytest.mark.parametrize(("time", "felt"), [(2.9, False), (3.1, True), (5.9, True), (6.1, False)])
@pytest.mark.parametrize("front", [True, False])
def test_a_touch_is_felt_while_it_lasts(task: WormTouchTask, time: float, felt: bool, front: bool) -> None:
    start = task.start(jax.random.PRNGKey(0))
    memory = start.memory._replace(onset=jnp.asarray(3.0), time=jnp.asarray(time), front=jnp.asarray(float(front)))
    seen = np.asarray(task.observe(View(start.qpos, start.qvel, jnp.zeros(0)), memory))
    assert task.observation_names[-2:] == ("touch_front", "touch_tail")
    np.testing.assert_array_equal(seen[-2:], [float(felt and front), float(felt and not front)])


def test_away_from_the_touch_earns_most(task: WormTouchTask) -> None:
    def earned(speed: float, command: float, time: float, front: bool) -> float:
        start = task.start(jax.random.PRNGKey(0))
        qpos = jnp.zeros(task.body.model.nq)
        middle, heading = task._middle(qpos)
        memory = start.memory._replace(
            middle=middle, speed=jnp.asarray(speed), command=jnp.asarray(command), onset=jnp.asarray(3.0)
        )
        memory = memory._replace(time=jnp.asarray(time), front=jnp.asarray(float(front)))
        after = qpos.at[:2].add(speed * task.control_period * heading)
        outcome = task.advance(View(after, jnp.zeros(task.body.model.nv), jnp.zeros(0)), memory, jnp.zeros(95))
        assert float(outcome.memory.command) == pytest.approx(command)  # what it does by itself stays
        assert float(outcome.memory.time) == pytest.approx(time + task.control_period)
        return float(outcome.terms["speed"])

    assert earned(0.2, 0.2, 1.0, front=True) == pytest.approx(0.2, abs=1e-3)  # before the touch: as it goes by itself
    assert earned(-0.2, 0.2, 4.0, front=True) == pytest.approx(0.2, abs=1e-3)
    assert earned(0.2, 0.2, 4.0, front=True) == pytest.approx(-0.2, abs=1e-3)
    assert earned(0.2, -0.2, 4.0, front=False) == pytest.approx(0.2, abs=1e-3)
    assert earned(0.2, 0.2, 4.0, front=False) == pytest.approx(0.2, abs=1e-3)


def test_answers_are_counted(task: WormTouchTask) -> None:
    """One episode of each kind, answered; then the turns unanswered; then nothing that moves."""
    steps, command = 701, np.array([0.2, 0.2, -0.2, -0.2])
    front = np.tile([1.0, 0.0, 1.0, 0.0], (steps, 1))
    records = {"command": command, "front": front, "onset": np.full((steps, 4), 3.5), "qpos": np.zeros((steps, 4, 26))}
    time = np.arange(steps)[:, None] * task.control_period
    away = np.array([-0.2, 0.2, -0.2, 0.2])
    speed = np.where(time < 4.5, command, away)
    found = task.metrics(records | {"mean_speed": speed})
    wanted = {"reverses": 1.0, "advances": 1.0, "goes_on": 1.0, "score": 1.0, "before": 1.0}
    assert {name: found[name] for name in wanted} == wanted
    found = task.metrics(records | {"mean_speed": np.tile(command, (steps, 1))})
    wanted = {"reverses": 0.0, "advances": 0.0, "goes_on": 1.0, "score": 0.5, "before": 1.0}
    assert {name: found[name] for name in wanted} == wanted
    found = task.metrics(records | {"mean_speed": np.tile(away, (steps, 1))})  # there from the beginning: no answer
    assert found["reverses"] == found["advances"] == 0.0 and found["score"] == 0.5
    assert task.metrics(records | {"mean_speed": 0 * speed})["score"] == 0.0


def test_a_touch_beyond_the_end_is_refused() -> None:
    with pytest.raises(ValueError, match="seconds is 6, but a touch may last until 7 s"):
        WormTouchSettings(seconds=6)
    with pytest.raises(ValueError, match=r"onset is \[4.0, 3.0\]"):
        WormTouchSettings(onset=(4, 3))
