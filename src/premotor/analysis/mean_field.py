"""The largest Lyapunov exponent of infinitely large random tanh networks, by dynamic mean-field theory."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq

from premotor.errors import PremotorError

_POINTS = 151
"""Of the quadrature of each Gaussian integral."""
_GRID = 200
"""Values of the autocovariance between its least and its largest."""


def mean_field_exponent(g: float) -> float:
    """λ1 of dh/dt = −h + W tanh(h), W_ij ~ N(0, g²/N), for N → ∞, in 1/τ (Sompolinsky, Crisanti & Sommers 1988).

    Up to g = 1 the state decays to 0 and λ1 = g − 1. Above, the autocovariance Δ(t) of h moves like a particle in
    the potential V(Δ) = −Δ²/2 + g²(F(Δ) − F(0)), F(Δ) = ⟨Φ(x)Φ(y)⟩ and Φ = ln cosh, from Δ(0), where V = 0, to 0;
    λ1 = −1 + √(1 − E0), E0 being the lowest energy of −∂² − V″(Δ(t)).

    Args:
        g: the standard deviation of a weight is g/√N.

    Raises:
        PremotorError: g is not positive, or above 10.
    """
    if not 0 < g <= 10:
        raise PremotorError(f"g is {g!r}; it has to lie between 0 and 10")
    if g <= 1:
        return g - 1.0
    if g < 1.02:  # the quadrature no longer resolves the barrier; the exponent rises as the cube there
        return mean_field_exponent(1.02) * ((g - 1) / 0.02) ** 3
    variance = float(brentq(lambda c: _gap(c, g), 1e-6, _largest(g)))
    time, delta = _decay(variance, g)
    grid = np.linspace(0.0, time[-1], 8000)
    well = _curvature(np.interp(grid, time, delta), variance, g)
    # The ground state is even: on the half line its slope is 0 at the middle, and it vanishes far out.
    spacing = grid[1]
    diagonal = 2 / spacing**2 + well[:-1]
    off = np.full(len(diagonal) - 1, -1 / spacing**2)
    off[0] *= np.sqrt(2.0)
    lowest = eigh_tridiagonal(diagonal, off, select="i", select_range=(0, 0), eigvals_only=True)[0]
    return float(-1 + np.sqrt(1 - lowest))


def _largest(g: float) -> float:
    """More than the variance can be: |φ| ≤ 1 gives Δ(0) ≤ g²."""
    return g**2


def _gap(variance: float, g: float) -> float:
    """V(Δ(0)), which is 0 for the chaotic solution."""
    ends = _primitive(np.array([0.0, variance]), variance)
    return -(variance**2) / 2 + g**2 * float(ends[1] - ends[0])


def _decay(variance: float, g: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times, and the autocovariance Δ at them, from ½ (dΔ/dt)² + V(Δ) = 0."""
    # Substituting Δ = Δ(0)(1 − s²) takes the root's singularity at the turning point away.
    s = np.linspace(0.0, 1.0, _GRID + 1)
    delta = variance * (1 - s**2)
    potential = -(delta**2) / 2 + g**2 * (_primitive(delta, variance) - _primitive(np.zeros(1), variance))
    potential[0] = 0.0
    speed = np.sqrt(np.maximum(-2 * potential[1:-1], 1e-300))
    slope = np.empty(_GRID)
    slope[1:] = 2 * variance * s[1:-1] / speed
    slope[0] = slope[1]
    within = delta[:-1] > 1e-4 * variance  # beyond, Δ decays exponentially, at the rate of the last pieces
    time = CubicSpline(s[:-1][within], slope[within]).antiderivative()(s[:-1][within])
    delta = delta[:-1][within]
    rate = np.log(delta[-3] / delta[-1]) / (time[-1] - time[-3])
    tail = np.linspace(0.0, 12.0 / rate + 20.0, 400)[1:]
    return np.concatenate([time, time[-1] + tail]), np.concatenate([delta, delta[-1] * np.exp(-rate * tail)])


def _primitive(delta: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """F(Δ) = ⟨Φ(x)Φ(y)⟩ for Gaussian x, y of this variance and the covariances Δ ≥ 0."""
    return _pair_mean(lambda x: np.logaddexp(x, -x) - np.log(2.0), delta, variance)


def _curvature(delta: NDArray[np.float64], variance: float, g: float) -> NDArray[np.float64]:
    """−V″(Δ) = 1 − g²⟨φ′(x)φ′(y)⟩."""
    knots = variance * (1 - np.cos(np.linspace(0.0, np.pi, _GRID))) / 2  # close at both ends, where it bends most
    slopes = _pair_mean(lambda x: np.cosh(np.minimum(np.abs(x), 300.0)) ** -2.0, knots, variance)
    return 1 - g**2 * CubicSpline(knots, slopes)(np.clip(delta, 0.0, variance))


def _pair_mean(
    function: Callable[[NDArray], NDArray], delta: NDArray[np.float64], variance: float
) -> NDArray[np.float64]:
    """⟨f(x)f(y)⟩ = ∫Dz (∫Dx f(√(Δ(0) − Δ) x + √Δ z))²."""
    nodes = np.linspace(-7.0, 7.0, _POINTS)  # equal steps: errors fall exponentially for what decays at both ends
    weights = np.exp(-(nodes**2) / 2)
    weights /= weights.sum()
    delta = np.clip(delta, 0.0, variance)[:, None, None]
    inner = function(np.sqrt(variance - delta) * nodes + np.sqrt(delta) * nodes[:, None])
    return (inner @ weights) ** 2 @ weights
