"""Area under learning curves and times to a threshold, against worked values and SciPy."""

import numpy as np
import pytest
import scipy.stats

from premotor.analysis import Arrival, arrival, arrivals, compare_arrivals, learning_area
from premotor.errors import PremotorError


def test_the_area_is_the_mean_over_learning():
    assert learning_area([0, 10, 20], [0.0, 1.0, 1.0]) == pytest.approx(0.75)
    assert learning_area([0, 10, 20], [0.0, 1.0, 1.0], until=15) == pytest.approx((5 + 5) / 15)
    assert learning_area([0, 10], [0.0, 1.0], until=30) == pytest.approx((5 + 20) / 30)  # goes on as it ended
    assert learning_area([10, 20], [0.5, np.nan]) == 0.5
    assert np.isnan(learning_area([10], [1.0], until=5)) and np.isnan(learning_area([], []))


def test_a_run_arrives_once_or_is_censored():
    assert arrival([1, 2, 3], [0.1, 0.6, 0.4], 0.5) == Arrival(2.0, True)
    assert arrival([1, 2, 3], [0.1, 0.2, np.nan], 0.5) == Arrival(3.0, False)
    with pytest.raises(PremotorError, match="without evaluations"):
        arrival([], [], 0.5)


def test_kaplan_and_meier_by_hand():
    # Freireich's leukaemia trial, 6-MP arm: weeks, and whether remission ended; S(6) = .857, S(23) = .448.
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    treated = [Arrival(float(week), place < 9) for place, week in enumerate(weeks)]
    found = arrivals(treated)
    waiting = dict(zip(found.steps, found.waiting, strict=True))
    assert waiting[6.0] == pytest.approx(0.857, abs=5e-4) and waiting[23.0] == pytest.approx(0.448, abs=5e-4)
    assert (found.median, found.reached, found.runs) == (23.0, 9, 21)
    placebo = [Arrival(float(w), True) for w in [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]]
    assert compare_arrivals(treated, placebo) == pytest.approx(scipy.stats.chi2.sf(16.79, 1), rel=0.01)


def test_runs_that_never_arrive_are_no_difference():
    never = [Arrival(10.0, False)] * 3
    assert arrivals(never).median == np.inf
    assert compare_arrivals(never, never) == 1.0
    with pytest.raises(PremotorError, match="no runs"):
        compare_arrivals([], never)
