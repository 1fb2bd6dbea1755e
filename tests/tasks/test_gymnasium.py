"""Gymnasium environments as tasks: actions, ends of episodes in every mode, seeds, processes, and going on."""

import gymnasium
import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.tasks import GymnasiumEnvironment, GymnasiumSettings, GymnasiumTask, build_environment
from tasks.gymnasium_toys import WALL, register

MODES = ["NextStep", "SameStep", "Disabled"]


@pytest.fixture(scope="module", autouse=True)
def toys():
    before = dict(gymnasium.registry)
    register()
    yield
    gymnasium.registry.clear()
    gymnasium.registry.update(before)


def task(name: str, **changes: object) -> GymnasiumTask:
    return GymnasiumTask(GymnasiumSettings(id=name if "-v" in name else f"toys/{name}-v0", **changes))


def script(steps: int, environments: int, actions: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.2, 1.2, (steps, environments, actions))


def test_actions_are_scaled_to_the_bounds_and_clipped() -> None:
    environment = build_environment(task("Line"), 5)
    environment.reset()
    step = environment.step(np.array([[-1.0], [0.0], [1.0], [-3.0], [0.5]]))
    np.testing.assert_allclose(step.reward, [-2, 1, 4, -2, 2.5])


def test_the_largest_preference_is_executed() -> None:
    environment = build_environment(task("Sides"), 3)
    environment.reset()
    step = environment.step(np.array([[0.1, 0.0, -4.0], [-3.0, -2.0, -2.5], [0.0, 1.0, 9.0]]))
    np.testing.assert_array_equal(step.reward, [-1, 0, 1])
    assert environment.discrete and environment.task.action_names == ("choice_0", "choice_1", "choice_2")


def test_names_times_and_limits_are_the_environments() -> None:
    biped = task("BipedalWalker-v3")
    assert len(biped.observation_names) == 24 and biped.observation_names[4] == "hip_1"
    assert (biped.control_period, biped.time_limit) == (0.02, 1600)
    line = task("Line")
    assert (line.control_period, line.time_limit) == (0.05, 1000)
    assert task("Line", control_period=0.1, time_limit=7).control_period == 0.1
    assert task("Pendulum-v1").control_period == 0.05


@pytest.mark.parametrize("mode", MODES)
def test_an_own_vector_environment_gives_whole_episodes_in_every_mode(mode: str) -> None:
    """Rows between a start and an end make one episode, checked by the known course of the toy."""
    environment = build_environment(task(mode, restart_steps=25), 4, seed=2)
    seen = environment.reset()
    age, ends = np.zeros(4, int), {"terminated": 0, "truncated": 0, "restart": 0, "skipped": 0}
    for count, action in enumerate(script(120, 4, 1), 1):
        assert (seen[:, 1] == age)[age < 9].all()
        step = environment.step(action)
        skipped = step.skipped
        assert (skipped.any() and mode == "NextStep") or not skipped.any()
        final, restarted = step.final_observation, count % 25 == 0
        for i in range(4):
            if skipped[i]:
                ends["skipped"] += 1
                assert step.reward[i] == 0 and step.observation[i, 1] == 0
                age[i] = 0
                continue
            assert final[i, 1] == age[i] + 1
            assert step.terminated[i] == (abs(final[i, 0]) > WALL)
            timed_out = age[i] + 1 == 9
            assert step.truncated[i] == ((timed_out or restarted) and not step.terminated[i])
            done = step.terminated[i] or step.truncated[i]
            ends["terminated"] += bool(step.terminated[i])
            ends["truncated"] += bool(step.truncated[i] and timed_out)
            ends["restart"] += bool(step.truncated[i] and not timed_out)
            waits = mode == "NextStep" and done and not restarted
            age[i] = 9 if waits else 0 if done else age[i] + 1
            if not waits:
                assert step.observation[i, 1] == age[i]
        seen = step.observation
    assert all(ends[name] > 3 for name in ("terminated", "truncated", "restart"))
    assert (ends["skipped"] > 3) == (mode == "NextStep")


def test_copies_are_single_environments_with_the_seeds_of_their_episodes() -> None:
    """The same episodes, one by one, from `gymnasium.make` and the very seeds."""
    copies = task("Line")
    environment = GymnasiumEnvironment(copies, 3, seed=4)
    first = environment.reset()
    actions = script(40, 3, 1)
    steps = [environment.step(action) for action in actions]
    single = gymnasium.make("toys/Line-v0")
    for i in range(3):
        episode = 1
        seed = int(np.random.SeedSequence([4, i, episode]).generate_state(1)[0])
        np.testing.assert_array_equal(single.reset(seed=seed)[0], first[i])
        for action, step in zip(actions, steps, strict=True):
            raw = np.float32(1 + 3 * np.clip(action[i], -1, 1))
            seen, reward, terminated, truncated, _ = single.step(raw)
            np.testing.assert_array_equal(step.final_observation[i], seen)
            assert step.reward[i] == np.float32(reward)
            assert (step.terminated[i], step.truncated[i]) == (terminated, truncated and not terminated)
            if terminated or truncated:
                episode += 1
                seed = int(np.random.SeedSequence([4, i, episode]).generate_state(1)[0])
                seen = single.reset(seed=seed)[0]
            np.testing.assert_array_equal(step.observation[i], seen)
        assert episode > 3


@pytest.mark.parametrize(
    ("name", "changes"),
    [("BipedalWalker-v3", {}), ("BipedalWalker-v3", {"processes": 2}), ("Sides", {}), *((mode, {}) for mode in MODES)],
)
def test_a_snapshot_goes_on_bit_for_bit_in_another_environment(name: str, changes: dict) -> None:
    first = build_environment(task(name, restart_steps=50, **changes), 3, seed=3)
    first.reset()
    actions = script(130, 3, len(first.task.action_names))
    for action in actions[:70]:
        first.step(action)
    saved = {key: value.copy() for key, value in first.snapshot().items()}
    second = build_environment(task(name, restart_steps=50), 3, seed=3)
    second.restore(saved)
    for action in actions[70:]:
        for one, other in zip(first.step(action)[:5], second.step(action)[:5], strict=True):
            np.testing.assert_array_equal(one, other)


def test_box2d_episodes_do_not_remember_those_before() -> None:
    """A used world would change the order of contacts, and with it the numbers (seen at this seed)."""
    walker = task("BipedalWalker-v3")
    used, fresh = GymnasiumEnvironment(walker, 1), GymnasiumEnvironment(walker, 1)
    actions = script(60, 1, 4, seed=5)
    for _ in range(3):
        used.reset()
        for action in actions:
            used.step(action)
    ahead = used.snapshot()
    fresh.restore(ahead)
    for action in script(150, 1, 4, seed=6):
        np.testing.assert_array_equal(used.step(action).observation, fresh.step(action).observation)


def test_an_environment_that_is_no_function_of_seed_and_actions_is_told() -> None:
    environment = build_environment(task("Forgetful"), 2)
    environment.reset()
    with pytest.raises(PremotorError, match="gave other observations for the same seed and actions"):
        environment.restore(environment.snapshot())


def test_a_snapshot_of_another_size_is_refused() -> None:
    environment = build_environment(task("Line"), 2)
    environment.reset()
    with pytest.raises(PremotorError, match="episode should have shape"):
        build_environment(task("Line"), 3).restore(environment.snapshot())
    with pytest.raises(PremotorError, match="actions should have shape"):
        build_environment(task("NextStep"), 3).restore(build_environment(task("NextStep"), 2).snapshot())


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("Nowhere-v0", {}, "task.id is 'Nowhere-v0', but Gymnasium cannot make it"),
        ("no_such_module:Line-v0", {}, "cannot make it"),
        ("Line", {"options": {"colour": 3}}, "cannot make it"),
        ("Named", {}, "a Box is needed"),
        ("Line", {"processes": 2}, "a process cannot make .*an id with its module"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(name: str, changes: dict, message: str) -> None:
    with pytest.raises(PremotorError, match=message) as caught:
        build_environment(task(name, **changes), 2)
    assert "\n" not in str(caught.value)


def test_a_copy_can_be_drawn(monkeypatch) -> None:
    environment = GymnasiumEnvironment(task("Line"), 1, render=True)
    environment.reset()
    environment.step(np.zeros((1, 1)))
    assert (environment.picture() == 1).all()

    def blind(self):
        raise RuntimeError("no display")

    monkeypatch.setattr(type(environment._pool._worlds.envs[0].unwrapped), "render", blind)
    with pytest.raises(PremotorError, match="Line.* can not be drawn here: no display"):
        environment.picture()


def test_environments_in_mujoco_warn_once_and_are_drawn_without_a_display(capfd, monkeypatch) -> None:
    pytest.importorskip("imageio", reason="Gymnasium's environments in MuJoCo need imageio, of the extra gymnasium")
    monkeypatch.setattr("premotor.tasks.gymnasium_environment.choose_backend", lambda: "software")
    cheetah = task("HalfCheetah-v5")
    environment = build_environment(cheetah, 8)
    environment.reset()
    said = capfd.readouterr()
    assert (said.out + said.err).count("settotalmass") <= 1
    assert environment.step(np.zeros((8, 6))).observation.shape == (8, 17)
    records = {"action": np.zeros((3, 1, 6), np.float32)}
    first, last = cheetah.drawable().frames(records, [0, 2])
    assert first.shape == (360, 640, 3) and (first != last).any()
