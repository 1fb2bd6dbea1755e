"""A trained controller as teacher of another one, in a task that has no expert of its own."""

import jax
import numpy as np
import pytest

from networks.wiring import small_circuit
from premotor.errors import PremotorError
from premotor.learning.cloning import cloned
from premotor.learning.settings import CloningSettings
from premotor.learning.teacher import EPISODES, Actor, Teacher
from premotor.networks import MLPSettings, build_controller
from premotor.runs import load_experiment
from premotor.tasks import build_task


@pytest.fixture(scope="module")
def task():
    return build_task(load_experiment("pendulum").task)


def controller_of(task, seed, network=None, names=None):
    made = (small_circuit(), list(names or task.observation_names), list(task.action_names))
    options = {} if network is None else {"network": network}
    return build_controller(*made, calibrate=False, key=jax.random.PRNGKey(seed), **options)


@pytest.mark.slow  # test_cloning.py learns in such rounds from a task's own expert, runs/test_teaching.py from a run
def test_a_network_with_other_units_learns_what_the_teacher_does(task):
    """Where the pupil itself goes its actions are nearer to the teacher's after the lesson than before."""
    assert task.expert is None
    teacher = Teacher(controller_of(task, 0, MLPSettings(hidden=8)), task, threads=1)
    pupil = controller_of(task, 1)
    settings = CloningSettings(
        iterations=60, steps=20, batch=16, rounds=1, round_steps=40, round_iterations=60, expert="a run"
    )
    taught = cloned(pupil, task, settings, jax.random.PRNGKey(2), teacher)

    def missed(controller):
        own = []

        def walker(seen, started):
            own.append(act(seen, started))
            return own[-1]

        act = Actor(controller)
        _, wanted, _ = teacher.corrections(walker, 40, 7)
        return float(np.square(np.stack(own) - wanted).mean())

    assert missed(taught) < 0.5 * missed(pupil)


def test_what_it_shows_is_what_it_would_do(task):
    controller = controller_of(task, 0, MLPSettings(hidden=8))
    seen, actions, started = Teacher(controller, task, threads=1).corrections(None, 5, 3)
    assert seen.shape == (5, EPISODES, len(task.observation_names)) and started[0].all()
    expected = controller.select_action(controller.product(), controller.initial_state(EPISODES), seen[2])[1]
    np.testing.assert_allclose(actions[2], np.clip(expected, -1, 1), atol=1e-6)
    again = Teacher(controller, task, threads=1).corrections(None, 5, 3)
    for one, other in zip((seen, actions, started), again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_teacher_that_sees_something_else_is_refused(task):
    stranger = controller_of(task, 0, names=[*task.observation_names[:-1], "smell"])
    with pytest.raises(PremotorError, match=r"has other observations than the task gymnasium; they differ in .*smell"):
        Teacher(stranger, task)
