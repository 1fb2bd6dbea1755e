"""Statistics against published and worked values, and against scipy."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from premotor.analysis import bootstrap_mean, hedges_g, holm, mann_whitney, wilson_interval
from premotor.errors import PremotorError

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)
steps = st.lists(st.integers(-5, 5), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_as_published(successes, trials, low, high):
    """Newcombe (1998), Statistics in Medicine 17:857, table I, method 3."""
    found = wilson_interval(successes, trials)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert found.value == successes / trials


@given(trials=st.integers(1, 300), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_wilson_bounds_are_where_the_score_test_just_does_not_reject(trials, data, confidence):
    successes = data.draw(st.integers(0, trials))
    found = wilson_interval(successes, trials, confidence)
    z = scipy.stats.norm.ppf(0.5 + confidence / 2)
    for bound, outermost in ((found.low, successes == 0), (found.high, successes == trials)):
        distance = abs(successes / trials - bound) / np.sqrt(bound * (1 - bound) / trials) if 0 < bound < 1 else z
        assert outermost or distance == pytest.approx(z, rel=1e-6)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_fractions_are_refused(successes, trials):
    with pytest.raises(PremotorError, match="trials"):
        wilson_interval(successes, trials)


def test_hedges_g_as_published():
    """Borenstein et al. (2009), Introduction to Meta-Analysis, chapter 4: d = 0.5970, g = 0.5924."""
    unit = np.concatenate([np.full(25, -1.0), np.full(25, 1.0)])
    unit /= unit.std(ddof=1)
    assert hedges_g(103 + 5.5 * unit, 100 + 4.5 * unit) == pytest.approx(0.5924, abs=5e-5)


def test_hedges_g_of_small_samples_by_hand():
    # Means 2 and 4, both variances 1, m = 4: J = Γ(2) / (√2 Γ(3/2)) = 1/(√2 · √π/2) = 0.7979.
    assert hedges_g([1, 2, 3], [3, 4, 5]) == pytest.approx(-2 * 2 / np.sqrt(2 * np.pi))
    assert np.isnan(hedges_g([1], [2, 3]))
    assert np.isnan(hedges_g([1, 1], [2, 2]))


def test_mann_whitney_of_the_tortoises_and_the_hares():
    """The worked example: finishing order T H H H H H T T T T T H; U is 11 for tortoises, 25 for hares."""
    order = "THHHHHTTTTTH"
    tortoises = [-i for i, animal in enumerate(order) if animal == "T"]
    hares = [-i for i, animal in enumerate(order) if animal == "H"]
    found = mann_whitney(tortoises, hares)
    assert found.u == 11
    assert found.rank_biserial == pytest.approx(11 / 36 - 25 / 36)
    assert mann_whitney(hares, tortoises).u == 25


def test_the_exact_p_value_of_separated_samples():
    found = mann_whitney([4, 5, 6], [1, 2, 3])
    assert found.p == pytest.approx(2 / 20)  # two of the 6!/(3! 3!) orders are as extreme
    assert found.rank_biserial == 1


@given(first=steps, second=steps)
def test_rank_biserial_is_cliffs_delta(first, second):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = mann_whitney(first, second)
    pairs = list(itertools.product(first, second))
    delta = sum((a > b) - (a < b) for a, b in pairs) / len(pairs)
    assert found.rank_biserial == pytest.approx(delta)
    assert found.u == sum((a > b) + 0.5 * (a == b) for a, b in pairs)
    assert 0 <= found.p <= 1


def test_holm_as_in_the_tables():
    """R: p.adjust(c(.01, .02, .03, .04, .05), "holm"); and the worked example .01, .04, .03, .005."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).shape == (0,)
    with pytest.raises(PremotorError, match="p values"):
        holm([0.1, 1.2])
    with pytest.raises(PremotorError, match="p values"):
        holm([0.1, float("nan")])


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_exactly_what_the_step_down_procedure_rejects(p):
    adjusted = holm(p)
    order = np.argsort(p, kind="stable")
    rejected = set()
    for rank, index in enumerate(order):
        if p[index] * (len(p) - rank) > 0.05:
            break
        rejected.add(int(index))
    assert {i for i, value in enumerate(adjusted) if value <= 0.05} == rejected
    assert (adjusted >= p).all()


def test_bootstrap_is_scipys():
    sample = np.random.default_rng(0).gamma(2, size=30)
    found = bootstrap_mean(sample, resamples=4000)
    oracle = scipy.stats.bootstrap((sample,), np.mean, n_resamples=4000, rng=np.random.default_rng(0))
    assert found.low == pytest.approx(oracle.confidence_interval.low)
    assert found.high == pytest.approx(oracle.confidence_interval.high)
    assert found.value == pytest.approx(sample.mean())
    assert found.count == 30


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    random = np.random.default_rng(1)
    hits = 0
    for seed in range(300):
        found = bootstrap_mean(random.normal(5, 2, 40), resamples=400, seed=seed)
        hits += found.low <= 5 <= found.high
    assert 0.91 <= hits / 300 <= 0.98


@given(sample=values)
def test_the_interval_holds_the_mean_and_stays_within_the_data(sample):
    found = bootstrap_mean(sample, resamples=200)
    slack = 1e-6 * (1 + max(map(abs, sample)))
    assert min(sample) - slack <= found.low <= found.high <= max(sample) + slack
    assert bootstrap_mean(sample, resamples=200) == found


def test_degenerate_samples():
    assert np.isnan(bootstrap_mean([3.0]).low)
    constant = bootstrap_mean([2.0, 2.0, 2.0])
    assert (constant.value, constant.low, constant.high) == (2.0, 2.0, 2.0)
    with pytest.raises(PremotorError, match="no values"):
        bootstrap_mean([])
    with pytest.raises(PremotorError, match="1 of 2 values are not finite"):
        bootstrap_mean([1.0, np.nan])
