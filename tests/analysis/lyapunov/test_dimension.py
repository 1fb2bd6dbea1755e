"""Numbers that follow from spectra."""

import numpy as np
import pytest

from premotor.analysis import entropy_rate, kaplan_yorke_dimension, vector_participation


def test_kaplan_yorke_dimension_of_known_spectra():
    assert kaplan_yorke_dimension([0.9056, 0.0, -14.5723]) == pytest.approx(2 + 0.9056 / 14.5723)
    assert kaplan_yorke_dimension([-14.5723, 0.9056, 0.0]) == pytest.approx(2 + 0.9056 / 14.5723)
    assert kaplan_yorke_dimension([-0.1, -0.5]) == 0  # a fixed point
    assert kaplan_yorke_dimension([0.0, -0.5]) == 1  # a limit cycle
    assert kaplan_yorke_dimension([0.0, 0.0, -0.5]) == 2  # a torus
    assert kaplan_yorke_dimension([0.5, -0.5]) == 2  # it keeps volumes, and fills its space


def test_a_dimension_larger_than_what_was_computed_is_unknown():
    assert np.isnan(kaplan_yorke_dimension([0.5, 0.1, -0.2], state_size=4))
    assert kaplan_yorke_dimension([0.5, 0.1, -1.2], state_size=4) == pytest.approx(2 + 0.6 / 1.2)
    batch = kaplan_yorke_dimension([[0.5, -1.0], [0.5, 0.4]], state_size=3)
    np.testing.assert_array_equal(batch, [1.5, np.nan])


def test_entropy():
    assert entropy_rate([0.5, 0.25, -3.0], state_size=9) == 0.75
    assert entropy_rate([-0.5, -1.0]) == 0
    assert np.isnan(entropy_rate([0.5, 0.25], state_size=3)) and entropy_rate([0.5, 0.25], state_size=2) == 0.75


def test_participation_counts_the_neurons_of_a_vector():
    vectors = np.array([[1.0, 2.0, 3.0], [0.0, -2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, -3.0]])
    np.testing.assert_allclose(vector_participation(vectors), [1, 2, 4])
