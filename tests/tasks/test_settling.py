"""The body is held at the start of an episode while the network feels it."""

import numpy as np
import pytest

from premotor.tasks import WalkSettings, WalkTask, build_environment

SETTLE = 3


def environment(settle: int, environments: int = 2):
    period = WalkTask(WalkSettings()).control_period
    task = WalkTask(WalkSettings(settle=settle * period, seconds=10 * period, clock=True))
    made = build_environment(task, environments, threads=1, seed=4)
    return made, made.reset()


@pytest.fixture(scope="module")
def actions():
    return np.random.default_rng(0).uniform(-1, 1, (10, 2, 6)).astype(np.float32)


def test_pose_clock_and_observation_stand_still_and_then_all_goes_as_without(actions):
    held, first = environment(SETTLE)
    free, same = environment(0)
    assert np.array_equal(first, same)
    begin = held.recorded()
    for action in actions[:SETTLE]:
        step = held.step(action)
        assert np.array_equal(step.observation, first)
        assert not step.terminated.any() and not step.truncated.any()
        for name, value in held.recorded().items():
            assert np.array_equal(value, begin[name]), name
    for action in actions[SETTLE:]:
        one, other = held.step(action), free.step(action)
        assert np.array_equal(one.observation, other.observation)
        assert np.array_equal(one.reward, other.reward)


def test_a_held_world_does_not_hold_the_others(actions):
    made, first = environment(SETTLE)
    free, _ = environment(0)
    for action in actions[:SETTLE]:
        made.step(action)
    middle = made.snapshot()
    made._elapsed[0] = 0  # as if its episode had just begun
    step, other = made.step(actions[3]), free.step(actions[3])
    assert np.array_equal(step.observation[0], first[0])
    assert np.array_equal(step.observation[1], other.observation[1])
    made.restore(middle)
    assert np.array_equal(made.step(actions[3]).observation, other.observation)


def test_the_episode_is_as_long_as_without():
    free = WalkTask(WalkSettings(seconds=1.0))
    assert WalkTask(WalkSettings(settle=0.06, seconds=1.0)).time_limit == free.time_limit + round(
        0.06 / free.control_period
    )
