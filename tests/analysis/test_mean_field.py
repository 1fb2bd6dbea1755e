"""λ1 of infinitely large random networks against published numbers, exact limits, and an independent slow solution."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.linalg import eig, eigh_tridiagonal

from premotor import PremotorError
from premotor.analysis import mean_field_exponent
from premotor.analysis.gaussian_pairs import TanhPairs
from premotor.analysis.mean_field import _autocovariance, _Particle


# The theory of Sompolinsky, Crisanti & Sommers (1988), evaluated by others.
@pytest.mark.parametrize(
    ("g", "exponent"), [(1.25, 0.01696), (1.5, 0.04675), (2.0, 0.11246), (3.0, 0.23546), (5.0, 0.43370)]
)
def test_published_values(g, exponent):
    assert mean_field_exponent(g) == pytest.approx(exponent, abs=6e-6)


def test_below_the_transition_the_largest_eigenvalue_decides():
    assert mean_field_exponent(0.5) == -0.5
    assert mean_field_exponent(1.0) == 0.0
    assert mean_field_exponent(0.5, 0.1) == pytest.approx(np.log(0.9 + 0.1 * 0.5) / 0.1)


def test_it_rises_steadily_through_the_transition():
    values = np.array([mean_field_exponent(g) for g in (1.0, 1.005, 1.0099, 1.01, 1.02, 1.0499, 1.05, 1.1)])
    assert (np.diff(values) > 0).all() and values[3] - values[2] < 2e-6
    assert values[1] == pytest.approx(0.005**2 / 2, rel=0.03)  # the leading term, close to the transition alone
    in_steps = [mean_field_exponent(g, 0.1) for g in (1.0499, 1.05)]
    assert in_steps == pytest.approx(values[5:7], abs=2e-6)


def test_steps_that_shrink_lead_to_continuous_time():
    whole = mean_field_exponent(3.0)
    near, nearer = (abs(mean_field_exponent(3.0, dt) - whole) for dt in (0.04, 0.02))
    assert nearer == pytest.approx(near / 2, rel=0.03) and nearer < 9e-4


@pytest.mark.parametrize(
    ("g", "dt", "message"),
    [
        *((g, 0.0, "positive number") for g in (0, -1, float("nan"), float("inf"))),
        *((2.0, dt, "between 0 and 0.5") for dt in (-0.1, 0.6, float("nan"))),
    ],
)
def test_other_values_are_refused(g, dt, message):
    with pytest.raises(PremotorError, match=message):
        mean_field_exponent(g, dt)


# The slow solution: Gaussian integrals by the trapezoidal rule, splines, dense lattices. Nothing of it is shared.
def pair_mean(function, delta, variance):
    """⟨f(x)f(y)⟩ = ∫Dz (∫Dx f(√(Δ(0) − Δ) x + √Δ z))²."""
    nodes = np.linspace(-6.5, 6.5, max(60, round(13 * np.sqrt(variance) / 0.3)))
    weights = np.exp(-(nodes**2) / 2)
    weights /= weights.sum()
    found = []
    for one in np.clip(delta, 0, variance):
        inner = function(np.sqrt(variance - one) * nodes + np.sqrt(one) * nodes[:, None])
        found.append((inner @ weights) ** 2 @ weights)
    return np.array(found)


def sech_squared(x):
    return np.cosh(np.clip(x, -300, 300)) ** -2.0


def knots(variance, count=70):
    return variance * (1 - np.cos(np.linspace(0, np.pi, count))) / 2


@pytest.mark.parametrize("variance", [0.01, 1.0, 60.0])
def test_means_of_pairs_are_those_of_the_integrals(variance):
    delta, pairs = np.array([0.0, 0.3, 0.9, 1.0]) * variance, TanhPairs(variance)
    assert pairs.rates(delta) == pytest.approx(pair_mean(np.tanh, delta, variance), abs=1e-8)
    assert pairs.slopes(delta) == pytest.approx(pair_mean(sech_squared, delta, variance), abs=1e-6)
    by_variance = (TanhPairs(variance * 1.0001).rates(delta) - TanhPairs(variance * 0.9999).rates(delta)) / (
        2e-4 * variance
    )
    assert pairs.rates_by_variance(delta) == pytest.approx(by_variance, abs=1e-5)
    energy = CubicSpline(knots(variance), pairs.rates(knots(variance))).antiderivative()(delta)
    assert pairs.energy(delta) == pytest.approx(energy, abs=1e-6 * variance)


def test_at_ten_the_value_is_that_of_the_independent_solution():
    """An earlier version gave 0.77385, for its grids were too coarse."""
    g = 10.0
    variance = _Particle(g).variance
    places = knots(variance, 140)
    force = CubicSpline(places, g**2 * pair_mean(np.tanh, places, variance) - places)
    potential = force.antiderivative()
    assert float(potential(variance)) == pytest.approx(0, abs=1e-4 * g**2)  # it is the variance of the chaotic state
    # dΔ/dt = −√(−2V) from a little below the top, where the motion is a parabola
    s = np.linspace(0, 1, 2001)
    s = s[(s > 0.02) & (s < np.sqrt(0.999))]
    delta = variance * (1 - s**2)
    # ∫force from 0, so that V is exact where Δ is small, and from the top where it is large
    fall = np.where(s < 0.7, potential(variance) - potential(delta), -potential(delta))
    slow = 2 * variance * s / np.sqrt(2 * np.abs(fall))
    time = CubicSpline(np.append(0, s), np.append(slow[0], slow)).antiderivative()(s)
    rate = -np.polyfit(time[-50:], np.log(delta[-50:]), 1)[0]
    well = CubicSpline(places, g**2 * pair_mean(sech_squared, places, variance))

    def exponent(spacing):
        grid = np.arange(0, 14, spacing)
        both = np.concatenate([-time[::-1], [0], time]), np.concatenate([delta[::-1], [variance], delta])
        found = CubicSpline(*both)(np.minimum(grid, time[-1]))
        late = grid > time[-1]
        found[late] = delta[-1] * np.exp(-rate * (grid[late] - time[-1]))
        off = np.full(len(grid) - 1, -1 / spacing**2)
        off[0] *= np.sqrt(2)
        energy = eigh_tridiagonal(2 / spacing**2 - well(found), off, select="i", select_range=(0, 0))[0][0]
        return np.sqrt(-energy) - 1

    coarse, fine = exponent(0.004), exponent(0.002)
    independent = fine + (fine - coarse) / 3  # errors fall as the square
    assert mean_field_exponent(g) == pytest.approx(independent, abs=8e-5)
    assert abs(independent - 0.77385) > 3e-4


def test_in_steps_the_value_is_that_of_the_independent_solution():
    """Autocovariance by iteration of the filter; growth from the whole recursion of the two-time covariance."""
    g, dt, lags = 3.0, 0.1, 160
    a, k = 1 - dt, np.abs(np.arange(-lags, lags + 1))
    delta = _autocovariance(g, dt)
    delta = np.pad(delta, (0, max(0, lags + 1 - len(delta))))[: lags + 1][k]
    variance = delta.max()
    places = knots(variance)
    rates = CubicSpline(places, pair_mean(np.tanh, places, variance))
    # h(t) = dt Σ aⁿ η(t − n) gives Δ = filter ∗ g²⟨φφ⟩
    kernel = dt**2 / (1 - a**2) * a ** np.abs(np.arange(-2 * lags, 2 * lags + 1))
    again = np.convolve(g**2 * rates(delta), kernel)[2 * lags : 4 * lags + 1]
    middle = slice(lags - 20, lags + 21)  # what lies beyond the lags is missing further out
    assert again[middle] == pytest.approx(delta[middle], rel=1e-4)
    # K(t+1, s+1) = a K(t+1, s) + a K(t, s+1) − a² K + dt² g²⟨φ′φ′⟩ K, with K = μ^(t+s) ψ(t − s)
    well = np.diag(dt**2 * g**2 * pair_mean(sech_squared, delta, variance) - a**2)
    shift = a * (np.eye(len(k), k=1) + np.eye(len(k), k=-1))
    companion = np.block([[shift, well], [np.eye(len(k)), np.zeros_like(well)]])
    growth = eig(companion, right=False).real.max()
    assert mean_field_exponent(g, dt) == pytest.approx(np.log(growth) / dt, abs=2e-5)
