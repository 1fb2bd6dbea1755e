"""What every registered learner keeps to: it is exact, goes on exactly, says what it does not serve, and learns."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import pytest

from learning.toys import Centre, Choice
from networks.wiring import small_circuit
from premotor.errors import PremotorError
from premotor.learning import LEARNERS, ControllerLearner, Learner
from premotor.learning.base import ENVIRONMENT, STATE
from premotor.networks import MapSettings, build_controller
from premotor.settings import Settings

SMALL: dict[str, Any] = {
    "environments": 4,
    "rollout": 5,
    "warm_up": 20,
    "batch_size": 4,
    "buffer_size": 400,
    "critic_layers": (8,),
    "minibatches": 2,
    "epochs": 2,
    "steps": 100,
    "strategy": {"population": 32, "sigma": 0.1, "learning_rate": 0.1},
    "episodes": 4,
    "longest": 25,
    "round": 3,
    "walk": 20,
    "piece": 10,
}
"""Small settings, of whatever a learner has of them; evolution learns by these, too."""


CONTROLLERS = [kind for kind in LEARNERS if kind != "plasticity"]
"""Learners of controllers; that of spiking networks is tested with these (`runs/test_spiking_experiments.py`)."""


class Teacher:
    """Of `Centre`: it pushes straight home, whoever is asked."""

    def corrections(self, walker: Any, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        toy, rows, started = Centre(8, seed), [], np.ones(8, bool)
        seen = toy.reset()
        for _ in range(steps):
            wanted = np.clip(-seen * 2, -0.9, 0.9)
            rows.append((seen.astype(np.float32), wanted, started))
            done = wanted if walker is None else walker(seen.astype(np.float32), started)
            step = toy.step(done)
            seen, started = step.observation, step.truncated
        return tuple(np.stack(part) for part in zip(*rows, strict=True))  # type: ignore[return-value]


class Task:
    """What a learner may ask of the task of a toy."""

    name = "centre"
    expert: Teacher | None = None

    def demonstration(self) -> None:
        return None


class Taught(Task):
    expert = Teacher()


def settings_of(kind: str, **more: Any) -> Settings:
    chosen = LEARNERS.settings_class(kind)
    wanted = SMALL | more
    return chosen(**{name: value for name, value in wanted.items() if name in chosen.model_fields})


def made(kind: str, toy: type[Centre] = Centre, task: type[Task] = Taught, seed: int = 0, **more: Any) -> Learner:
    """A learner of a circuit; what is not calibrated in its task is not calibrated, which takes long to compile."""
    settings: Any = settings_of(kind, **more)
    world = toy(getattr(settings, "environments", 1), seed)
    world.task = task()  # type: ignore[attr-defined]
    controller = build_controller(
        small_circuit(),
        world.observation_names,
        world.action_names,
        maps=MapSettings(squash="none" if toy is Choice or kind == "ppo" else "tanh"),  # as `test_ppo.py` has it
        calibrate=False,
        key=jax.random.PRNGKey(seed),
    )
    return LEARNERS[kind](controller, world, settings, seed=seed)


def same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_a_learner_is_exact(kind: str) -> None:
    """Two runs with one seed are equal bit for bit, and so is one that goes on from a snapshot in another process."""
    through, again = made(kind), made(kind)
    before = 1 if kind == "cloning" else 2  # which compiles for the sizes of all that it has been shown
    rows = [through.iterate() for _ in range(before)]
    assert [again.iterate() for _ in range(before)] == rows
    kept = {name: value.copy() for name, value in through.snapshot().items()}  # a replay memory is written in place
    same(kept, again.snapshot())
    assert all(name.startswith((STATE, ENVIRONMENT)) for name in kept)
    last = through.iterate()
    fresh = made(kind)
    fresh.restore(kept)
    assert (fresh.iteration, fresh.steps) == (before, again.steps)
    assert fresh.iterate() == last
    same(fresh.snapshot(), through.snapshot())


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_a_learner_goes_on_from_other_parameters(kind: str) -> None:
    parent, child = made(kind), made(kind)
    parent.iterate()
    child.adopt(parent.candidate)
    leaves = zip(jax.tree.leaves(child.candidate), jax.tree.leaves(parent.candidate), strict=True)
    for now, wanted in leaves:
        np.testing.assert_allclose(now, wanted, rtol=1e-6)
    child.iterate()
    assert child.iteration == 1


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_a_snapshot_of_something_else_is_refused_in_one_sentence(kind: str) -> None:
    learner = made(kind)
    kept = learner.snapshot()
    lost = next(name for name in kept if name.startswith(f"{STATE}controller/"))
    with pytest.raises(PremotorError, match=f"run/arrays lacks {lost}"):
        made(kind).restore({name: value for name, value in kept.items() if name != lost}, "run/arrays")


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_what_is_no_controller_is_refused_in_one_sentence(kind: str) -> None:
    settings: Any = settings_of(kind)
    with pytest.raises(PremotorError, match=r"^learning\.kind is \w+, which teaches .*controllers.* not a \w+$"):
        LEARNERS[kind]("no controller", Centre(settings.environments), settings)


def test_plasticity_says_that_it_is_for_spiking_networks() -> None:
    with pytest.raises(PremotorError, match="teaches spiking networks, not a Controller: see the presets"):
        made("plasticity")


def test_learners_say_which_tasks_they_do_not_serve() -> None:
    with pytest.raises(PremotorError, match="the task's actions are choices; ppo can choose"):
        made("sac", Choice)
    with pytest.raises(PremotorError, match="the task centre has no expert and no reference with actions"):
        made("cloning", task=Task)
    with pytest.raises(PremotorError, match="a controller needs mirrored or evosax"):
        made("evolution", strategy={"kind": "multiplicative"})
    kept = made("evolution")
    with pytest.raises(PremotorError, match="a controller needs an environment to be tried in"):
        LEARNERS["evolution"](kept.candidate, None, kept.settings)


def test_a_class_that_lacks_a_member_is_refused_in_one_sentence() -> None:
    class Half(ControllerLearner[Any]):
        """Without `advance`, and without settings."""

        @staticmethod
        def initialise(*arguments: Any) -> Any: ...

    with pytest.raises(PremotorError, match="the class Half has no method advance, which every Learner needs"):
        LEARNERS.register("half")(Half)
    Half.advance = staticmethod(Half.initialise)  # type: ignore[method-assign,assignment]
    Half.__abstractmethods__ = frozenset()
    with pytest.raises(PremotorError, match="the class Half has no attribute settings_type"):
        LEARNERS.register("half")(Half)


def test_evolution_brings_the_point_home() -> None:
    learner = made("evolution")
    rewards = [learner.iterate()["reward"] for _ in range(40)]
    assert np.mean(rewards[-5:]) > np.mean(rewards[:5]) + 1.5


@pytest.mark.slow  # as the one before it, by which evolution learns, too
def test_evolution_learns_to_choose() -> None:
    learner = made("evolution", Choice, strategy={"population": 16, "sigma": 0.3, "learning_rate": 0.15}, longest=25)
    rewards = [learner.iterate()["reward"] for _ in range(30)]
    assert np.mean(rewards[-5:]) > np.mean(rewards[:5]) + 0.1


FORMER = [
    ("ppo", {"decay": 0.9, "reward_limit": 3.0, "reward_limit_end": 9.0, "target_divergence": 0.02, "entropy": 0.1}),
    ("ppo", {"spread": (0.3, 0.2), "value_weight": 0.5, "gradient_limit": 2.0}),
    ("ddpg", {"memory": 90, "batch": 3, "target_rate": 0.1, "gradient_limit": 2.0}),
    ("td3", {"smoothing": 0.1, "smoothing_limit": 0.3, "delay": 3, "memory": 90}),
    ("sac", {"entropy": -2.0, "target_rate": 0.1}),
]


@pytest.mark.parametrize(("kind", "old"), FORMER)
def test_former_names_of_settings_are_read_and_the_present_ones_named(
    kind: str, old: dict[str, Any], capsys: Any
) -> None:
    from premotor import settings as base

    base._NOTED.clear()
    chosen = LEARNERS.settings_class(kind)
    read, words = chosen(**old), capsys.readouterr().err
    for name, value in old.items():
        assert getattr(read, chosen.RENAMED[name]) == value
        assert f"the setting {name} is now called {chosen.RENAMED[name]}" in words
    assert chosen(**{chosen.RENAMED[name]: value for name, value in old.items()}) == read


@pytest.mark.slow  # test_cloning.py has such a teacher, too
def test_cloning_does_as_its_teacher_does() -> None:
    learner = made("cloning", round=100, walk=40)
    losses = [learner.iterate()["loss"] for _ in range(3)]
    assert losses[-1] < 0.05
