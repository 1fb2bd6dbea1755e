"""The worm whose medium is drawn: what each episode draws, what it commands, and that nothing tells the medium."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.bodies import between_media
from premotor.tasks import WormCrawlSettings, WormCrawlTask, WormMediaSettings, WormMediaTask, build_environment


def test_media_and_commands_differ_between_episodes_and_nothing_tells_the_medium() -> None:
    task = WormMediaTask(WormMediaSettings(speed=(0.2, 0.2), by_medium=(0.5, 2.0, 1.0), media=(0.2, 0.9)))
    environment = build_environment(task, 64, threads=1)
    first = environment.reset()
    drawn = environment.recorded()
    medium, command = drawn["medium"], drawn["command"]
    np.testing.assert_allclose([medium.min(), medium.max()], [0.2, 0.9], rtol=1e-6)
    ends = np.isin(medium, [medium.min(), medium.max()]).mean()
    assert 0.1 < ends < 0.6  # a third
    np.testing.assert_allclose(command, 0.2 * np.interp(medium, [0, 0.5, 1], [0.5, 2, 1]), rtol=1e-5)
    assert task.observation_names == WormCrawlTask().observation_names
    np.testing.assert_array_equal(first[:, -2:], np.tile([1.0, 0.0], (64, 1)))
    environment.reset()
    assert not np.array_equal(environment.recorded()["medium"], medium)


def test_members_of_a_generation_share_their_media() -> None:
    environment = build_environment(WormMediaTask(), 8, threads=1)
    environment.share_starts(4)
    environment.reset()
    medium = environment.recorded()["medium"]
    np.testing.assert_array_equal(medium[:4], medium[4:])
    assert len(set(medium[:4])) > 1


@pytest.mark.parametrize("agar", [0.0, 0.5, 1.0])
def test_it_moves_as_in_a_medium_that_is_built_in(agar: float) -> None:
    drawn = build_environment(WormMediaTask(WormMediaSettings(media=(agar, agar))), 2, threads=1, seed=3)
    fixed = build_environment(WormCrawlTask(WormCrawlSettings(medium=agar)), 2, threads=1, seed=3)
    first, same = drawn.reset(), fixed.reset()
    np.testing.assert_array_equal(first, same)
    random = np.random.default_rng(0)
    for _ in range(50):
        action = random.uniform(-1, 1, (2, 95))
        one, other = drawn.step(action), fixed.step(action)
    np.testing.assert_allclose(one.observation, other.observation, atol=1e-5)
    np.testing.assert_allclose(one.terms["speed"], other.terms["speed"], atol=1e-5)
    assert np.abs(one.observation - first).max() > 0.01


def test_a_medium_given_by_hand_is_felt_at_once() -> None:
    environment = build_environment(WormMediaTask(), 2, threads=1)
    environment.reset()
    environment.remember(medium=1.0)
    control, _ = environment.task.drive(jnp.zeros(95), jax.tree.map(lambda x: x[0], environment.memory))
    along, across = between_media(1.0)
    np.testing.assert_allclose(control[95:98], [along, across, across], rtol=1e-5)


def test_activations_and_effort_are_those_of_the_body() -> None:
    task = WormMediaTask(WormMediaSettings(media=(0.0, 0.0), effort=2.0))
    environment = build_environment(task, 2, threads=1)
    environment.reset()
    random = np.random.default_rng(1)
    for _ in range(20):
        environment.step(random.uniform(-1, 1, (2, 95)))
    np.testing.assert_allclose(environment.memory.activation, environment.physics.act, atol=1e-5)
    dorsal = np.where([name[1] == "D" for name in task.action_names], 1.0, -1.0)
    for _ in range(300):  # until the body rests, bent to its back as far as the muscles hold it
        step = environment.step(np.tile(dorsal, (2, 1)))
    bends = environment.physics.qpos[:, 3:]
    np.testing.assert_allclose(step.terms["effort"], -2 * (bends**2).mean(1), rtol=0.01)


def test_what_is_drawn_from_is_in_order() -> None:
    with pytest.raises(ValueError, match="rising order"):
        WormMediaSettings(media=(0.5, 0.1))
    with pytest.raises(ValueError, match="medium"):
        WormMediaSettings(medium=0.5)
