"""λ1 of infinitely large random networks against published numbers and exact limits."""

import pytest

from premotor import PremotorError
from premotor.analysis import mean_field_exponent


# The theory of Sompolinsky, Crisanti & Sommers (1988), evaluated by others.
@pytest.mark.parametrize(
    ("g", "exponent"), [(1.25, 0.01696), (1.5, 0.04675), (2.0, 0.11246), (3.0, 0.23546), (5.0, 0.43370)]
)
def test_published_values(g, exponent):
    assert mean_field_exponent(g) == pytest.approx(exponent, abs=4e-5)


def test_below_the_transition_the_largest_eigenvalue_decides():
    assert mean_field_exponent(0.5) == -0.5
    assert mean_field_exponent(1.0) == 0.0


def test_it_rises_steadily_through_the_transition():
    values = [mean_field_exponent(g) for g in (1.0, 1.01, 1.02, 1.04, 1.1)]
    assert values == sorted(values)
    assert values[1] == pytest.approx(values[2] / 8, rel=1e-6)


@pytest.mark.parametrize("g", [0, -1, 11, float("nan")])
def test_other_values_are_refused(g):
    with pytest.raises(PremotorError, match="between 0 and 10"):
        mean_field_exponent(g)
