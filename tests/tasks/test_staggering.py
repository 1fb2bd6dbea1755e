"""First episodes of different lengths."""

import jax
import numpy as np
import pytest

from learning.toys import Centre
from premotor.errors import PremotorError
from premotor.learning import PPOSettings, ppo
from premotor.networks import build_controller
from premotor.networks.baselines import MLPSettings
from premotor.tasks import PhysicsEnvironment, build_environment
from premotor.tasks.staggering import stagger
from tasks.hopper import Hopper


def begun(stagger: bool, environments: int = 8) -> tuple[ppo.PPOState, PhysicsEnvironment, PPOSettings]:
    settings = PPOSettings(environments=environments, rollout=5, minibatches=2, critic_layers=(8,), stagger=stagger)
    task = Hopper()
    world = build_environment(task, environments, threads=1, seed=3)
    names = task.observation_names, task.action_names
    controller = build_controller(
        None, *names, network=MLPSettings(hidden=4), calibrate=False, key=jax.random.PRNGKey(0)
    )
    return ppo.initialise(controller, world, settings, jax.random.PRNGKey(1)), world, settings


def test_copies_end_by_their_time_limit_one_after_the_other():
    task = Hopper()
    world = PhysicsEnvironment(task, environments=4, seed=0)
    world.reset()
    stagger(world, jax.random.PRNGKey(0))
    ages = np.sort(world._elapsed)
    assert ages.tolist() == [0, task.time_limit // 4, task.time_limit // 2, 3 * task.time_limit // 4]
    ended = [world.step(np.zeros((4, len(task.action_names)))).truncated for _ in range(task.time_limit)]
    at = [int(step) for step in np.argmax(np.array(ended), 0)]
    assert len(set(at)) == 4


def test_the_state_is_the_same_but_for_ages():
    plain, one, _ = begun(False)
    cut, other, _ = begun(True)
    assert (one._elapsed == 0).all() and len(set(other._elapsed.tolist())) > 4
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(cut), strict=True):
        assert np.array_equal(a, b)


def test_another_environment_refuses_in_a_sentence():
    with pytest.raises(PremotorError, match="learning.stagger is true, but a Centre cannot"):
        stagger(Centre(4, 0), jax.random.PRNGKey(0))
