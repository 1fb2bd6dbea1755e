"""EnvPool's copies of Gymnasium's environments: the same physics and rewards, ends of episodes, going on, refusals."""

import importlib.util

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.tasks import (
    BipedalSettings,
    BipedalTask,
    EnvPoolEnvironment,
    GymnasiumEnvironment,
    GymnasiumSettings,
    GymnasiumTask,
    build_environment,
)
from premotor.tasks.gymnasium_worker import make_environment

needs_envpool = pytest.mark.skipif(importlib.util.find_spec("envpool") is None, reason="EnvPool is not installed")


def task(name: str, **changes) -> GymnasiumTask:
    return GymnasiumTask(GymnasiumSettings(id=name, vectorization="envpool", **changes))


@needs_envpool
def test_steps_of_cartpole_are_gymnasiums() -> None:
    """A state of CartPole is what is observed of it, so that every transition can be asked of Gymnasium."""
    environment = EnvPoolEnvironment(task("CartPole-v1", time_limit=40), 8, seed=1)
    single = make_environment("CartPole-v1", {})
    single.reset(seed=0)
    seen, random = environment.reset(), np.random.default_rng(0)
    assert len(np.unique(seen[:, 0])) == 8
    age, ends = np.zeros(8, int), [0, 0]
    for _ in range(120):
        action = random.normal([0.0, 0.4], 1.0, (8, 2))
        action[0] = np.where(seen[0] @ [0.1, 0.3, 1, 1] > 0, [0, 1], [1, 0])  # this one stays up
        step = environment.step(action)
        age += 1
        for i in range(8):
            single.unwrapped.state = tuple(seen[i].astype(float))
            single.unwrapped.steps_beyond_terminated = None
            after, reward, terminated, *_ = single.step(int(np.argmax(action[i])))
            np.testing.assert_allclose(step.final_observation[i], after, atol=1e-5)
            assert (step.reward[i], step.terminated[i]) == (reward, terminated)
            assert step.truncated[i] == (age[i] == 40 and not terminated)
            ends[0] += bool(terminated)
            ends[1] += bool(step.truncated[i])
            if terminated or step.truncated[i]:
                age[i] = 0
                assert np.abs(step.observation[i]).max() <= 0.05  # where episodes of CartPole begin
            else:
                np.testing.assert_array_equal(step.observation[i], step.final_observation[i])
        seen = step.observation
    assert min(ends) > 2


@needs_envpool
def test_the_walker_moves_as_gymnasiums_does() -> None:
    """Driven alike, the two walkers stay together until the push and the ground that are drawn for each tell."""
    ours = GymnasiumEnvironment(
        GymnasiumTask(GymnasiumSettings(id="BipedalWalker-v3", vectorization="copies")), 16, seed=0
    )
    theirs = EnvPoolEnvironment(task("BipedalWalker-v3"), 16, seed=0)
    starts = [ours.reset(), theirs.reset()]
    scale = np.ptp(starts[0], axis=0) + 1e-3
    assert (np.abs(starts[0].mean(0) - starts[1].mean(0)) < scale).all()
    random = np.random.default_rng(2)
    for action in np.repeat(random.uniform(-1, 1, (4, 4)), 4, axis=0):
        steps = [worlds.step(np.tile(action, (16, 1))) for worlds in (ours, theirs)]
        means = [step.final_observation.mean(0) for step in steps]
        np.testing.assert_allclose(means[0], means[1], atol=0.02)
        np.testing.assert_allclose(steps[0].reward.mean(), steps[1].reward.mean(), atol=0.02)


@needs_envpool
@pytest.mark.parametrize("name", ["BipedalWalker-v3", "CartPole-v1"])
def test_a_snapshot_goes_on_bit_for_bit_with_other_threads(name: str) -> None:
    made = task(name, restart_steps=30, time_limit=25)
    first, second = (EnvPoolEnvironment(made, 5, threads=threads, seed=3) for threads in (1, 2))
    first.reset()
    random = np.random.default_rng(1)
    actions = random.normal(size=(80, 5, len(made.action_names)))
    for count, action in enumerate(actions[:45]):
        step = first.step(action)
        if count == 29:  # all start anew
            assert (step.terminated | step.truncated).all()
        if count % 7 == 6:
            first.restart(np.arange(5) == count % 5)
    first.restart(np.arange(5) == 2)
    second.restore(first.snapshot())
    for action in actions[45:]:
        for one, other in zip(first.step(action)[:5], second.step(action)[:5], strict=True):
            np.testing.assert_array_equal(one, other)


@needs_envpool
def test_all_start_anew_from_time_to_time() -> None:
    environment = EnvPoolEnvironment(task("BipedalWalker-v3", restart_steps=10), 3)
    environment.reset()
    cut = [environment.step(np.zeros((3, 4))).truncated.all() for _ in range(25)]
    assert [count for count, all_cut in enumerate(cut, 1) if all_cut] == [10, 20]


@needs_envpool
def test_the_walking_task_keeps_its_aids_and_is_tested_in_gymnasium() -> None:
    walking = BipedalTask(
        BipedalSettings(vectorization="envpool", least_speed=2.0, slow_steps=10, slow_cost=3, reference="bipedal")
    )
    first, second = (build_environment(walking, 2, seed=5) for _ in range(2))
    first.reset()
    ends = [first.step(np.zeros((2, 4))) for _ in range(15)]
    assert [i for i, step in enumerate(ends) if step.terminated.any()] == [9]
    second.restore(first.snapshot())
    one, other = (worlds.step(np.full((2, 4), 0.3)) for worlds in (first, second))
    np.testing.assert_array_equal(one.observation, other.observation)
    np.testing.assert_array_equal(one.reward, other.reward)
    assert walking.tested().settings.vectorization == "copies"


@needs_envpool
@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("LunarLander-v3", {"options": {"colour": 3}}, "cannot make it"),
        ("premotor.tasks.gymnasium:premotor/Walk-v0", {}, "EnvPool cannot make it"),
    ],
)
def test_what_envpool_cannot_make_is_one_sentence(name: str, changes: dict, message: str) -> None:
    with pytest.raises(PremotorError, match=message) as caught:
        EnvPoolEnvironment(task(name, **changes), 2)
    assert "\n" not in str(caught.value)


@needs_envpool
def test_a_snapshot_of_another_size_is_refused() -> None:
    environment = EnvPoolEnvironment(task("CartPole-v1"), 2)
    environment.reset()
    with pytest.raises(PremotorError, match="snapshot: actions should have shape"):
        EnvPoolEnvironment(task("CartPole-v1"), 3).restore(environment.snapshot())


def test_without_envpool_the_user_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "envpool" else find(name))
    with pytest.raises(PremotorError, match=r"EnvPool is not installed; pip install 'premotor\[envpool\]' brings it"):
        build_environment(BipedalTask(BipedalSettings(vectorization="envpool")), 2)


def test_starts_along_a_reference_need_gymnasiums_copies() -> None:
    with pytest.raises(PremotorError, match="start_steps replays a walk from its seed"):
        BipedalTask(BipedalSettings(vectorization="envpool", reference="bipedal", start_steps=5))
