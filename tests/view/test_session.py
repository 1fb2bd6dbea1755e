"""A controller that is disturbed while it runs, without a browser."""

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.tasks import build_task
from premotor.tasks.gymnasium_settings import GymnasiumSettings
from premotor.view import LiveSession
from wrapped_task import ElsewhereTask, WrappedTask


@pytest.fixture
def session(shown) -> LiveSession:
    return LiveSession(shown, seed=1)


def run(session, steps):
    for _ in range(steps):
        session.step()
    return session.rates


def test_the_same_seed_gives_the_same_session(shown, session):
    assert np.array_equal(run(session, 5), run(LiveSession(shown, seed=1), 5))


def test_silencing_driving_and_releasing(session):
    before = run(session, 3)
    busy = int(np.argmax(before))
    session.disturb(np.array([busy]), silence=True)
    assert run(session, 1)[busy] == 0
    session.disturb(np.array([busy]), silence=False, drive=5.0)
    assert run(session, 3)[busy] > before[busy]
    session.release()
    assert not session.silenced.any() and not session.drive.any()


def test_a_command_given_by_hand_replaces_the_draw_in_every_episode(session):
    session.command = 0.9
    run(session, 1)
    assert session.commanded == pytest.approx(0.9)
    session.restart()
    run(session, 2)
    assert session.commanded == pytest.approx(0.9)


def test_a_push_changes_the_speed_of_the_root(session):
    run(session, 1)
    at = session.task.body.qvel_index(("root_x",))[0]
    before = float(session.environment.physics.qvel[0, at])
    session.push(0.25)
    assert session.environment.physics.qvel[0, at] == pytest.approx(before + 0.25)


def test_falls_are_counted_and_another_episode_begins(session):
    for _ in range(200):
        session.step()
        if session.falls:
            break
    assert session.falls == 1 and session.elapsed == 0
    assert len(session.past) == 0


def test_measures_say_speed_and_falls(session):
    run(session, 3)
    assert session.measures().endswith("m/s, 0 falls")


def test_a_task_without_a_body_is_refused(shown):
    pytest.importorskip("gymnasium")
    with pytest.raises(PremotorError, match="has none, use --video"):
        LiveSession(shown._replace(task=build_task(GymnasiumSettings(id="Pendulum-v1"))))


def test_a_task_of_ones_own_is_shown_where_its_body_is_stepped_here(shown, session):
    own = LiveSession(shown._replace(task=WrappedTask(shown.task)), seed=1)
    assert np.array_equal(run(own, 5), run(session, 5))
    assert own.speed == session.speed and own.commanded == session.commanded
    with pytest.raises(PremotorError, match="the task walk leaves that to its OwnWorlds, use --video"):
        LiveSession(shown._replace(task=ElsewhereTask(shown.task)))
