"""Cloning in rounds: the controller walks, its teacher corrects it, and pieces keep what belongs together."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from networks.wiring import small_circuit
from premotor.errors import PremotorError
from premotor.learning.cloning import _cut, cloned, deafferented
from premotor.learning.ppo_update import replay
from premotor.learning.settings import CloningSettings
from premotor.learning.teacher import Actor
from premotor.networks import build_controller
from premotor.tasks import build_task
from premotor.tasks.settings import WalkSettings


@pytest.fixture(scope="module")
def controller():
    return build_controller(small_circuit(), ["place", "way"], ["pull"], calibrate=False, key=jax.random.PRNGKey(0))


MUTE = SimpleNamespace(name="mute", expert=None, demonstration=lambda: None)


class Slide:
    """A sled, place ← 0.98 · place + 0.2 · action, shown near 0 alone; the teacher pulls it to 0 from anywhere."""

    name = "slide"

    @property
    def expert(self):
        return self

    def __init__(self):
        self.asked: list[tuple[bool, int, int]] = []
        self.missed: list[float] = []

    def corrections(self, walker, steps, seed):
        self.asked.append((walker is None, steps, seed))
        generator = np.random.default_rng(seed)
        place = generator.normal(size=8) * (0.3 if walker is None else 1.0)
        rows, started = [], np.ones(8, bool)
        for _ in range(steps):
            seen = np.stack([place, np.sign(place)], 1).astype(np.float32)
            wanted = -0.8 * np.tanh(place)[:, None]
            rows.append((seen, wanted, started))
            done = wanted if walker is None else walker(seen, started)
            place = 0.98 * place + 0.2 * done[:, 0] + 0.05 * generator.normal(size=8)
            started = np.zeros(8, bool)
        if walker is not None:
            self.missed.append(float(np.square(place).mean()))
        return tuple(np.stack(values) for values in zip(*rows, strict=True))


def test_in_rounds_the_controller_walks_and_learns_what_the_teacher_would_have_done(controller):
    task = Slide()
    settings = CloningSettings(iterations=5, steps=20, batch=16, rounds=1, round_steps=40, round_iterations=150)
    said: list[str] = []
    taught = cloned(controller, task, settings, jax.random.PRNGKey(1), say=said.append)
    assert [line.split(": ")[0] for line in said] == ["lesson 1 of 2"] * 2 + ["lesson 2 of 2"] * 2
    assert [line.split(": ")[1] for line in said[::2]] == [  # 600 steps of 8 walks, then 40 more of them
        "5 steps of descent on 4,800 control steps that were shown",
        "150 steps of descent on 5,120 control steps that were shown",
    ]
    assert float(said[3].split()[-1]) < float(said[1].split()[-1])
    assert task.asked == [(True, 600, 0), (False, 40, 1)]
    task.corrections(Actor(taught), 40, 1)
    assert task.missed[-1] < 0.5 * task.missed[0]  # from the same starts as in the first round
    assert (np.sign(taught.network.weight) == np.sign(controller.network.weight)).all()


def test_a_walker_keeps_its_state_and_starts_at_rest(controller):
    seen = np.random.default_rng(0).normal(size=(12, 3, 2)).astype(np.float32)
    started = np.zeros((12, 3), bool)
    started[0], started[7, 1] = True, True
    walker = Actor(controller)
    found = np.stack([walker(*row) for row in zip(seen, started, strict=True)])
    expected = replay(controller, controller.initial_state(3) + 5, jnp.asarray(seen), jnp.asarray(started))
    np.testing.assert_allclose(found, np.clip(expected, -1, 1), atol=1e-5)


def test_pieces_of_several_walks_keep_their_order():
    record = np.arange(13 * 3).reshape(13, 3, 1)
    cut, flags = _cut((record, record[..., 0] == 5), 4)
    assert cut.shape == (4, 9, 1) and flags.shape == (4, 9)
    for piece in cut[..., 0].T:
        assert (np.diff(piece) == 3).all()
    assert sorted(cut[0, :, 0]) == [0, 1, 2, 12, 13, 14, 24, 25, 26]
    np.testing.assert_array_equal(flags, cut[..., 0] == 5)


def test_a_share_of_the_pieces_feels_only_the_mean_after_a_while():
    seen = np.random.default_rng(0).normal(size=(6, 5, 3)).astype(np.float32)
    mean, senses = np.array([1.0, 2.0, 3.0]), np.array([True, False, True])
    for share, pieces in ((0.4, [2, 4]), (0.5, [1, 3]), (1.0, [0, 1, 2, 3, 4])):
        expected = seen.copy()
        for piece in pieces:
            expected[4:, piece, 0], expected[4:, piece, 2] = 1, 3
        np.testing.assert_array_equal(deafferented(seen, senses, mean, share, 4), expected)


class Beat:
    """Shown is a swing of 12 steps, which is also all that is felt, beside a command."""

    name, expert = "beat", None
    observation_names, senses = ("place", "command"), ("place",)

    def demonstration(self):
        phase = 2 * np.pi / 12 * np.arange(200)[:, None] + np.arange(8)
        seen = np.stack([np.sin(phase), np.ones_like(phase)], -1)
        return seen.astype(np.float32), 0.5 * np.cos(phase)[..., None].astype(np.float32)


def test_cut_from_its_senses_a_network_goes_on_only_if_it_was_taught_to():
    named = build_controller(small_circuit(), ["place", "command"], ["pull"], key=jax.random.PRNGKey(0))
    left = {}
    for share in (0.0, 0.5):
        settings = CloningSettings(iterations=500, steps=60, learning_rate=0.01, senses_cut=share, cut_after=12)
        taught = cloned(named, Beat(), settings, jax.random.PRNGKey(1))
        seen = Beat().demonstration()[0][:, :3]
        seen[12:, :, 0] = np.asarray(taught.normalizer.mean)[0]
        given = replay(taught, taught.initial_state(3), jnp.asarray(seen), jnp.zeros(seen.shape[:2], bool))
        left[share] = float(given[-24:].std(0).mean())  # 0.35 is shown
    assert left[0.0] < 0.03 and left[0.5] > 0.3


def test_senses_are_what_is_not_told():
    task = build_task(WalkSettings(clock=True))
    told = set(task.observation_names) - set(task.senses)
    assert told == {"command", "phase_sine", "phase_cosine"}


def test_nothing_can_be_cut_after_the_end():
    with pytest.raises(ValidationError, match="cut_after is 20, but it must be below steps, which is 10"):
        CloningSettings(steps=10, senses_cut=0.5)


@pytest.mark.parametrize(
    ("task", "changes", "said"),
    [
        (MUTE, {}, "the task mute has no reference"),
        (MUTE, {"rounds": 1}, "the task mute corrects no controller"),
        (Slide(), {"rounds": 1, "round_steps": 10}, "round_steps is 10; it must be at least cloning.steps, 20"),
    ],
)
def test_what_cannot_be_cloned_is_refused(controller, task, changes, said):
    with pytest.raises(PremotorError, match=said):
        cloned(controller, task, CloningSettings(iterations=1, steps=20, **changes), jax.random.PRNGKey(0))
