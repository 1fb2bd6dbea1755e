"""Units of replication, means, differences, middle halves, ranks and profiles, against SciPy and worked values."""

import importlib.util

import numpy as np
import pytest
import scipy.stats

from markdown_pages import ROOT
from premotor.analysis import (
    among_wirings,
    difference_of_means,
    equivalence,
    interquartile_mean,
    mean_of_units,
    performance_profile,
    probability_of_improvement,
    replicates,
    smallest_difference,
    smallest_improvement,
)
from premotor.analysis.replication import middle_means
from premotor.errors import PremotorError

SCORES = np.array([0.1, 0.3, 0.5, 0.9, 0.4, 0.2, 0.8])
WIRINGS = ["a", "a", "b", "b", "b", "c", "c"]


def test_wirings_are_the_units_where_there_are_several():
    data = replicates(SCORES, WIRINGS)
    assert data.unit == "wiring"
    np.testing.assert_allclose(data.values, [0.2, 0.6, 0.5])
    np.testing.assert_array_equal(np.sort(data.every), np.sort(SCORES))
    assert replicates(SCORES, ["a"] * 7).unit == replicates(SCORES).unit == "seed"
    np.testing.assert_array_equal(replicates(SCORES).values, SCORES)
    with pytest.raises(PremotorError, match="values: there are no values"):
        replicates([])


def test_means_of_units_are_students():
    found = mean_of_units(replicates(SCORES, WIRINGS))
    low, high = scipy.stats.t.interval(0.95, 2, np.mean([0.2, 0.6, 0.5]), scipy.stats.sem([0.2, 0.6, 0.5]))
    assert (found.low, found.high, found.count) == (pytest.approx(low), pytest.approx(high), 3)
    assert np.isnan(mean_of_units(replicates([1.0])).low)
    assert mean_of_units(replicates([2.0, 2.0])).high == 2.0


def test_differences_are_welchs():
    first, second = replicates(SCORES), replicates(1 + SCORES[:5] ** 2, WIRINGS[:5])
    found = difference_of_means(first, second)
    expected = scipy.stats.ttest_ind(first.values, second.values, equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()))
    assert found.units == (7, 2)


def test_one_unit_or_no_variance_have_a_difference_too():
    one = difference_of_means(replicates([3.0]), replicates(SCORES))
    t = (3 - SCORES.mean()) / (SCORES.std(ddof=1) * np.sqrt(1 + 1 / 7))  # Crawford and Howell 1998
    assert one.p == pytest.approx(2 * scipy.stats.t.sf(t, 6))
    alike = difference_of_means(replicates([1.0] * 5), replicates([0.0] * 5))
    assert (alike.low, alike.high) == (1.0, 1.0) and alike.p == pytest.approx(2 / 252, rel=0.7)
    assert np.isnan(difference_of_means(replicates([1.0]), replicates([0.0])).p)


def test_one_wiring_among_others():
    nulls = replicates(SCORES, WIRINGS)
    t = (0.9 - nulls.values.mean()) / (nulls.values.std(ddof=1) * np.sqrt(1 + 1 / 3))
    assert among_wirings(replicates([0.8, 1.0]), nulls) == pytest.approx(2 * scipy.stats.t.sf(t, 2))
    assert np.isnan(among_wirings(replicates([1.0]), replicates(SCORES)))


def test_interquartile_means_are_trimmed_means():
    assert interquartile_mean(replicates(SCORES)).value == pytest.approx(scipy.stats.trim_mean(SCORES, 0.25))
    ragged = np.where(np.arange(8) < 7, np.append(SCORES, 0), np.nan)
    np.testing.assert_allclose(middle_means(np.stack([ragged, ragged[::-1]])), scipy.stats.trim_mean(SCORES, 0.25))
    found = interquartile_mean(replicates(SCORES, WIRINGS))
    assert found.low < found.value < found.high and found.count == 3
    assert interquartile_mean(replicates(SCORES, WIRINGS)) == found  # from a seed
    assert np.isnan(interquartile_mean(replicates([1.0])).high)


def test_probability_of_improvement_counts_pairs():
    first, second = replicates([3.0, 1.0, 2.0]), replicates([0.0, 2.0])
    assert probability_of_improvement(first, second).value == pytest.approx(4.5 / 6)
    assert np.isnan(probability_of_improvement(first, second).low), "too few units for an interval"
    ordered = probability_of_improvement(replicates(np.arange(5.0)), replicates(np.arange(5.0) - 9))
    assert ordered.value == ordered.high == 1.0 and 0.5 < ordered.low < 0.8
    mirrored = probability_of_improvement(replicates(np.arange(5.0) - 9), replicates(np.arange(5.0)))
    assert mirrored.high == pytest.approx(1 - ordered.low, abs=1e-9)


def test_profiles_fall_and_hold_their_values():
    taus = np.linspace(0, 1, 11)
    profile = performance_profile(replicates(SCORES, WIRINGS), taus)
    np.testing.assert_allclose(profile.value, [(tau < SCORES).mean() for tau in taus])
    assert (profile.low <= profile.value + 1e-12).all() and (profile.value <= profile.high + 1e-12).all()
    plain = performance_profile(replicates(SCORES), [0.45])
    wilson = scipy.stats.binomtest(3, 7).proportion_ci(method="wilson")
    assert (plain.low[0], plain.high[0]) == (pytest.approx(wilson.low, abs=0.02), pytest.approx(wilson.high, abs=0.02))


def test_equivalence_is_the_90_percent_interval_within_the_margin():
    rng = np.random.default_rng(3)
    first, second = replicates(rng.normal(size=20)), replicates(rng.normal(size=15))
    edge = max(abs(equivalence(first, second, 1.0).low), abs(equivalence(first, second, 1.0).high))
    assert equivalence(first, second, edge).p == pytest.approx(0.05)
    assert equivalence(first, second, 1.01 * edge).p < 0.05 < equivalence(first, second, 0.99 * edge).p
    same = replicates([1.0, 1.0])
    assert (equivalence(same, same, 0.1).p, equivalence(replicates([2.0, 2.0]), same, 0.1).p) == (0.0, 1.0)
    with pytest.raises(PremotorError, match=r"margin of equivalence is -1; it has to be more than 0"):
        equivalence(first, second, -1)


@pytest.mark.parametrize(("m", "n", "ratio"), [(3, 3, 1.0), (3, 8, 2.0), (5, 5, 1.0)])
def test_the_smallest_difference_is_seen_as_often_as_it_promises(m, n, ratio):
    first, second = np.linspace(-1, 1, m), np.linspace(-1, 1, n)
    first, second = first / first.std(ddof=1), ratio * second / second.std(ddof=1)
    rng = np.random.default_rng(5)
    effect = smallest_difference(replicates(first), replicates(second))
    drawn = effect + rng.normal(size=(20_000, m)), ratio * rng.normal(size=(20_000, n))
    seen = scipy.stats.ttest_ind(*drawn, axis=1, equal_var=False).pvalue < 0.05
    assert seen.mean() == pytest.approx(0.8, abs=0.012)


def test_smallest_effects_are_those_of_tables():
    unit = np.array([-1.0, 0.0, 1.0])
    exact = scipy.stats.norm.ppf((np.arange(26) + 0.5) / 26)
    exact /= exact.std(ddof=1)  # two-sided t test, power .8, as R's power.t.test has it; Welch's loses next to nothing
    assert smallest_difference(replicates(exact), replicates(exact)) == pytest.approx(0.7925, rel=4e-3)
    assert smallest_difference(replicates([5.0]), replicates(unit)) > 4  # one unit: as varied as the others
    assert np.isnan(smallest_difference(replicates([1.0, 1.0]), replicates([2.0, 2.0])))
    assert smallest_improvement(20, 20) == pytest.approx(0.5 + 2.8016 / np.sqrt(120), abs=1e-4)
    assert np.isnan(smallest_improvement(2, 5)) and smallest_improvement(3, 5) <= 1.0


@pytest.mark.slow
def test_intervals_hold_what_they_promise():
    """The figures of `docs/concepts/statistics.md` with fewer simulations: two standard errors wider."""
    spec = importlib.util.spec_from_file_location("coverage", ROOT / "scripts" / "coverage_of_intervals.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for row in script.measured(500):
        told, found = row["method"], row["rate"]
        skewed = row["scores"] == "skewed"
        if told in ("mean", "difference"):
            assert (0.88 if skewed else 0.925) <= found <= 0.98, row
        if told in ("false positive", "false equivalence"):
            assert found <= (0.12 if skewed else 0.075), row
        if told == "power at the smallest effect":
            assert abs(found - 0.8) < 0.06, row
