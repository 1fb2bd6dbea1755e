"""Our tasks as Gymnasium environments: they pass its checker, and the vector form gives the same episodes."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import premotor.tasks.gymnasium as offer
from premotor.errors import PremotorError
from premotor.tasks import TASKS, PhysicsTask


def test_every_task_with_a_body_has_an_id() -> None:
    ids = offer.environment_ids()
    assert ids["premotor/Walk-v0"] == "walk"
    assert set(ids.values()) == {kind for kind, entry in TASKS.items() if issubclass(entry, PhysicsTask)}
    assert set(ids) <= set(gymnasium.registry)


# The spaces are unbounded on purpose: SI units have no natural ends. That is all that the checker remarks.
@pytest.mark.filterwarnings("ignore:.*Box observation space.*infinity:UserWarning")
@pytest.mark.filterwarnings("ignore:.*use a float dtype:UserWarning")
def test_the_walk_passes_gymnasiums_checker() -> None:
    check_env(gymnasium.make("premotor.tasks.gymnasium:premotor/Walk-v0", disable_env_checker=True).unwrapped)


def test_the_vector_form_is_in_the_same_step_mode() -> None:
    many = gymnasium.make_vec("premotor/Walk-v0", 3, seconds=0.4)
    seen, _ = many.reset(seed=5)
    again = gymnasium.make_vec("premotor/Walk-v0", 3, seconds=0.4)
    np.testing.assert_array_equal(seen, again.reset(seed=5)[0])
    assert many.observation_space.contains(seen)
    for _ in range(20):
        seen, reward, terminated, truncated, info = many.step(np.zeros((3, 6), np.float32))
        assert reward == pytest.approx(sum(info["terms"].values()), abs=1e-5)
    assert truncated.all() and not terminated.any()
    assert all(not np.array_equal(final, now) for final, now in zip(info["final_obs"], seen, strict=True))
    assert many.observation_space.contains(seen)


def test_what_premotor_does_not_step_is_not_offered() -> None:
    with pytest.raises(PremotorError, match="the task gymnasium has no body that premotor steps"):
        offer.TaskEnvironment("gymnasium", id="Pendulum-v1")
