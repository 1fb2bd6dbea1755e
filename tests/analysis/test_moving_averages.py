"""Sliding medians and means, analysis of variance, variance of counts: against definitions and published values."""

import numpy as np
import pytest
import scipy.stats

from premotor.analysis import best_mean, best_median, count_variance, one_way_anova, sliding_mean, sliding_median
from premotor.errors import PremotorError


def test_sliding_values_are_those_of_their_stretches():
    values = np.random.default_rng(0).integers(0, 500, 60).astype(float)
    for window in (1, 2, 21, 60):
        stretches = [values[k : k + window] for k in range(60 - window + 1)]
        assert sliding_median(values, window).tolist() == [np.median(s) for s in stretches]
        np.testing.assert_allclose(sliding_mean(values, window), [s.mean() for s in stretches])
    assert len(sliding_median(values, 61)) == 0


def test_the_best_stretch_is_the_first_of_the_best():
    assert best_median([1, 5, 5, 2, 5, 5, 9], 3) == (5.0, 3)
    assert best_mean([0, 4, 0, 9, 1], 2) == (5.0, 5)
    value, end = best_mean([1.0], 2)
    assert np.isnan(value) and end == 0
    with pytest.raises(PremotorError, match="window is 0"):
        sliding_mean([1.0], 0)
    with pytest.raises(PremotorError, match="one list"):
        sliding_mean([[1.0]], 1)


def test_analysis_of_variance_against_scipy_and_by_hand():
    groups = ([6, 8, 4, 5, 3, 4], [8, 12, 9, 11, 6, 8], [13, 9, 11, 8, 7, 12])  # means 5, 9, 10: F = 9.3
    found = one_way_anova(*groups)
    assert (found.between, found.within) == (2, 15)
    assert found.f == pytest.approx(42 / 4.533333, rel=1e-6)
    assert found.p == pytest.approx(scipy.stats.f_oneway(*groups).pvalue)
    assert found.eta_squared == pytest.approx(84 / 152)
    assert one_way_anova([1, 1], [2, 2]).f == np.inf
    assert one_way_anova([1, 1], [1, 1]).p == 1.0
    with pytest.raises(PremotorError, match="1 groups"):
        one_way_anova([1, 2])
    with pytest.raises(PremotorError, match="no variance within"):
        one_way_anova([1], [2])


def test_the_variance_of_counts_of_poisson_spikes_is_their_mean():
    counts = np.random.default_rng(1).poisson(3.0, (4000, 5))
    variance = count_variance(counts, 100)
    assert variance.shape == (40, 5)
    assert variance.mean() == pytest.approx(3.0 * 99 / 100, rel=0.05)
    assert count_variance(np.tile([0, 2], 5), 4).tolist() == [1.0, 1.0]
    with pytest.raises(PremotorError, match="allowed are 2 to 10"):
        count_variance(np.zeros(10), 11)
