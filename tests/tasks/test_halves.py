"""Two halves of an environment, each in a thread of its own, against the whole."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from premotor.bodies import PhysicsError
from premotor.tasks import PhysicsEnvironment, Step, WalkSettings, WalkTask
from premotor.tasks.halves import BLOCK, Abandoned, Half, Halves, halves_of

WORLDS = 2 * BLOCK
STEPS = 24


@pytest.fixture(scope="module")
def task() -> WalkTask:
    period = WalkTask(WalkSettings()).control_period
    return WalkTask(WalkSettings(settle=2 * period, seconds=9 * period, pose_limit=0.4))


@pytest.fixture(scope="module")
def actions() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (STEPS, WORLDS, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def expected(task: WalkTask, actions: np.ndarray) -> tuple[list[Step], dict[str, np.ndarray]]:
    whole = PhysicsEnvironment(task, WORLDS, threads=2, seed=4)
    whole.reset()
    return [whole.step(action) for action in actions], whole.snapshot()


def walk(half: Half, actions: np.ndarray) -> Iterator[Step]:
    for action in actions:
        yield half.step(action[half.worlds])


@pytest.mark.parametrize("threads", [1, 3])
def test_halves_make_the_steps_of_the_whole(task, actions, expected, threads: int) -> None:
    steps, snapshot = expected
    whole = PhysicsEnvironment(task, WORLDS, threads=threads, seed=4)
    whole.reset()
    halves = halves_of(whole)
    assert halves is not None and halves_of(whole) is halves and halves.side_by_side == (threads > 1)
    for part in (slice(0, 9), slice(9, 10), slice(10, None)):  # they go on where they stood
        with halves.going_on() as sides, ThreadPoolExecutor(2) as pool:
            if halves.side_by_side:
                found = list(pool.map(lambda side, given: list(walk(side, given)), sides, [actions[part]] * 2))
            else:
                turns = zip(*(walk(side, actions[part]) for side in sides), strict=True)
                found = list(zip(*turns, strict=True))
        for wanted, one, other in zip(steps[part], *found, strict=True):
            for name in ("observation", "reward", "terminated", "truncated", "final_observation"):
                joined = np.concatenate([getattr(one, name), getattr(other, name)])
                np.testing.assert_array_equal(joined, getattr(wanted, name), name)
    assert int(snapshot["resets"]) > 5
    for name, value in whole.snapshot().items():
        np.testing.assert_array_equal(value, snapshot[name], name)


def test_starts_of_another_seed_and_shared_starts_reach_the_halves(task, actions) -> None:
    def ended(halved: bool) -> np.ndarray:
        environment = PhysicsEnvironment(task, WORLDS, threads=1, seed=4)
        halves = halves_of(environment)
        assert halves is not None
        environment.reseed(7)
        environment.share_starts(3)
        environment.reset()
        if not halved:
            return np.stack([environment.step(action).observation for action in actions[:8]])
        with halves.going_on() as sides:
            turns = zip(*(walk(side, actions[:8]) for side in sides), strict=True)
            return np.stack([np.concatenate([step.observation for step in turn]) for turn in turns])

    np.testing.assert_array_equal(ended(True), ended(False))


def test_an_error_in_one_half_ends_the_other_and_leaves_the_whole_as_it_was(task, actions) -> None:
    whole = PhysicsEnvironment(task, WORLDS, threads=2)
    whole.reset()
    before = whole.snapshot()
    broken = actions.copy()
    broken[3, BLOCK + 5, 2] = np.nan

    def go(side: Half) -> None:
        try:
            for _ in walk(side, broken):
                pass
        except PhysicsError:
            side.abandon()
            raise

    halves = Halves(whole, 2)
    with pytest.raises(PhysicsError, match=f"in world {BLOCK + 5} at"), halves.going_on() as sides:
        with ThreadPoolExecutor(2) as pool:
            first, second = (pool.submit(go, side) for side in sides)
        with pytest.raises(Abandoned):
            first.result()
        second.result()
    for name, value in whole.snapshot().items():
        np.testing.assert_array_equal(value, before[name], name)


def test_few_or_odd_worlds_have_no_halves(task) -> None:
    for worlds in (BLOCK, 2 * BLOCK + 2, 3 * BLOCK):
        assert halves_of(PhysicsEnvironment(task, worlds, threads=2)) is None
