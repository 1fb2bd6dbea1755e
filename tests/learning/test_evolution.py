"""Evolution strategies on a function whose optimum is known; their draws; ranks."""

import numpy as np
import pytest
from pydantic import ValidationError

from premotor.errors import PremotorError
from premotor.learning.evolution.strategies import (
    StrategySettings,
    begin,
    centred_ranks,
    evolution_of,
    follow,
    members_of,
    noise_of,
)

GOAL = np.array([3.0, 0.5, 8.0, 1.0, 2.0])


def climb(settings, iterations):
    strategy = begin(np.full(5, 2.0))
    for _ in range(iterations):
        noise = noise_of(strategy, settings, seed=3)
        members = members_of(strategy, settings, noise)
        strategy = follow(strategy, settings, noise, -np.log(members / GOAL).__pow__(2).sum(1))
    return strategy.weights


@pytest.mark.parametrize(
    "settings",
    [
        StrategySettings(kind="multiplicative", population=10, sigma=0.05, rate=1.0),
        StrategySettings(kind="mirrored", population=20, sigma=0.1, learning_rate=0.05, learning_rate_decay=100),
    ],
    ids=lambda settings: settings.kind,
)
def test_weights_climb_to_the_optimum(settings):
    reached = climb(settings, 400)
    np.testing.assert_allclose(reached, GOAL, rtol=0.1)
    assert climb(settings, 5).tolist() == climb(settings, 5).tolist()


def test_the_multiplicative_step_is_the_specified_one():
    settings = StrategySettings(kind="multiplicative", population=4, sigma=2.0, rate=0.5)
    strategy = begin(np.array([1.0, 10.0]))
    noise = noise_of(strategy, settings, 0)
    assert noise.min() == -0.8  # clipped
    np.testing.assert_allclose(members_of(strategy, settings, noise), [1.0, 10.0] * (1 + noise))
    fitness = np.array([1.0, 2.0, 3.0, 6.0])
    advantage = (fitness - 3) / np.sqrt(3.5)
    expected = np.array([1.0, 10.0]) * (1 + 0.5 * (advantage[:, None] * noise).mean(0))
    np.testing.assert_allclose(follow(strategy, settings, noise, fitness).weights, expected)


def test_mirrored_members_come_in_pairs():
    settings = StrategySettings(kind="mirrored", population=6)
    members = members_of(begin(np.full(3, 2.0)), settings, noise_of(begin(np.full(3, 2.0)), settings, 0))
    np.testing.assert_allclose(members[:3] * members[3:], 4.0)
    with pytest.raises(ValidationError, match="come in pairs"):
        StrategySettings(kind="mirrored", population=5)


def test_equally_fit_members_change_nothing():
    for kind in ("multiplicative", "mirrored"):
        settings = StrategySettings(kind=kind)
        strategy = begin(np.ones(4))
        noise = noise_of(strategy, settings, 0)
        np.testing.assert_allclose(follow(strategy, settings, noise, np.full(10, 7.0)).weights, 1.0)


def test_ranks_do_not_depend_on_scale_and_are_shared():
    assert centred_ranks(np.array([1.0, 100.0, 2.0])).tolist() == [-0.5, 0.5, 0.0]
    assert centred_ranks(np.array([5.0, 5.0, 9.0])).tolist() == [-0.25, -0.25, 0.5]


def cost(members):
    return (np.log(members / GOAL) ** 2).sum(-1)


def evolve(evolution, iterations):
    for _ in range(iterations):
        evolution.follow(-cost(evolution.propose()))
    return evolution.weights


def test_a_running_average_is_rid_of_the_noise_of_the_steps():
    plain = StrategySettings(kind="mirrored", population=4, sigma=0.1, rate=0.1)
    ends = []
    for settings in (plain, plain.model_copy(update={"average": 50.0})):
        evolution, start = evolution_of(settings, np.full(5, 2.0), 3), cost(np.full(5, 2.0))
        evolve(evolution, 150)
        ends.append(np.mean([cost(evolve(evolution, 1)) for _ in range(100)]))
    assert ends[1] < ends[0] / 2 < start / 20


@pytest.mark.parametrize("kind", ["multiplicative", "mirrored"])
def test_what_members_learned_can_stand_for_them(kind):
    """Lamarck: were all members to end at the goal, and only the fit ones count, the centre would move towards it."""
    settings = StrategySettings(kind=kind, population=6, rate=0.1)
    evolution = evolution_of(settings, np.full(5, 2.0), 0)
    members = evolution.propose()
    learned = members.copy()
    learned[0] = GOAL
    evolution.follow(np.array([1.0, 0, 0, 0, 0, 0]), learned)
    assert (np.sign(evolution.weights - 2.0) == np.sign(GOAL - 2.0))[np.abs(GOAL - 2.0) > 0.1].all()


@pytest.mark.parametrize("algorithm", ["Sep_CMA_ES", pytest.param("DifferentialEvolution", marks=pytest.mark.slow)])
def test_algorithms_of_evosax_climb_and_go_on_from_a_snapshot(algorithm):
    pytest.importorskip("evosax")
    settings = StrategySettings(kind="evosax", algorithm=algorithm, population=16, sigma=0.3, rate=0.05)
    evolution = evolution_of(settings, np.full(5, 2.0), 1)
    early = evolution.snapshot()
    evolve(evolution, 20)
    arrays, after = evolution.snapshot(), evolve(evolution, 5)
    again = evolution_of(settings, np.full(5, 2.0), 1)
    again.restore(arrays)
    assert again.iteration == 20 and evolve(again, 5).tolist() == after.tolist()
    assert cost(evolve(again, 100)) < 0.05 * cost(np.full(5, 2.0))
    again.restore(early)
    assert evolve(again, 25).tolist() == after.tolist()


def test_unknown_algorithms_are_refused():
    pytest.importorskip("evosax")
    settings = StrategySettings(kind="evosax", algorithm="CMA")
    with pytest.raises(PremotorError, match="algorithm is 'CMA'; evosax has ARS, ASEBO, CMA_ES"):
        evolution_of(settings, np.ones(3), 0)


def test_mutations_shrink_as_asked():
    settings = StrategySettings(kind="mirrored", population=400, sigma=0.4, sigma_decay=100)
    early = begin(np.full(50, 2.0))
    for iteration, sigma in ((0, 0.4), (100, 0.2), (300, 0.1)):
        noise = noise_of(early._replace(iteration=iteration), settings, 0)
        assert abs(noise.std() - sigma) < 0.02 * sigma
