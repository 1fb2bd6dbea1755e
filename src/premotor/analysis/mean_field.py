"""The largest Lyapunov exponent of infinitely large random tanh networks, by dynamic mean-field theory."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import eigh_tridiagonal, solve_banded
from scipy.optimize import brentq

from premotor.analysis.gaussian_pairs import Floats, TanhPairs
from premotor.errors import PremotorError

LONGEST = 0.5
"""Step, τ."""
_NEAREST = 1.01
"""Below this g, λ1/(g − 1)² goes straight to ½, where it ends at g = 1."""
_NEAR = 1.05
"""Below this g, steps make a difference under 2e-6: the dynamics are slow."""
_FAR = 1e-5
"""The autocovariance is followed down to this part of the variance; what is left out counts as its square."""


def mean_field_exponent(g: float, dt: float = 0.0) -> float:
    """λ1 of dh/dt = −h + W tanh(h), W_ij ~ N(0, g²/N), for N → ∞, in 1/τ (Sompolinsky, Crisanti & Sommers 1988).

    Up to g = 1 the state decays to 0, and the largest eigenvalue decides. Above, the autocovariance Δ(t) of h moves
    like a particle in the potential V(Δ) = −Δ²/2 + g²F(Δ), F′(Δ) = ⟨φ(x)φ(y)⟩, from Δ(0), where V = 0, to 0;
    −(1 + λ1)² is the lowest energy of −∂² − g²⟨φ′(x)φ′(y)⟩.

    In steps, h ← h + dt·(−h + W tanh h), derivatives become differences δ²f = f(k + 1) − 2f(k) + f(k − 1): with
    a = 1 − dt and μ = exp(λ1·dt), a·δ²Δ = dt²·(Δ − g²⟨φφ⟩), and −(μ − a)² is the lowest energy of
    −aμ·δ² − dt²·g²⟨φ′φ′⟩.

    Args:
        g: the standard deviation of a weight is g/√N.
        dt: the step, τ; 0 for continuous time.

    Raises:
        PremotorError: g is not a positive number, or dt is not between 0 and `LONGEST`.
    """
    if not 0 < g < np.inf:
        raise PremotorError(f"g is {g!r}; it has to be a positive number")
    if not 0 <= dt <= LONGEST:
        raise PremotorError(f"dt is {dt!r}; it has to lie between 0 and {LONGEST:g}")
    if g <= 1:
        return float(np.log1p(dt * (g - 1)) / dt) if dt else g - 1.0
    if g < _NEAREST:
        part = (g - 1) / (_NEAREST - 1)
        return (g - 1) ** 2 * ((1 - part) / 2 + part * mean_field_exponent(_NEAREST) / (_NEAREST - 1) ** 2)
    return _of_steps(g, dt) if dt and g >= _NEAR else _Particle(g).exponent()


class _Particle:
    """Δ in continuous time, by the place s where Δ = Δ(0)(1 − s²): no singularity is left at the turning point."""

    def __init__(self, g: float):
        self.g = g
        # |φ| ≤ 1 gives Δ(0) ≤ g²; close to the transition Δ(0) ≈ g − 1.
        self.variance = float(brentq(self._gap, min(g - 1, 1) / 4, g**2, xtol=1e-13, rtol=1e-13))
        self.pairs = TanhPairs(self.variance)

    def _gap(self, variance: float) -> float:
        return self.g**2 * float(TanhPairs(variance).energy(np.array([variance]))[0]) / variance**2 - 0.5

    def delta(self, s: Floats) -> Floats:
        """The autocovariance."""
        return self.variance * (1 - s**2)

    def slowness(self, s: Floats) -> Floats:
        """dt/ds."""
        kinetic = self.delta(s) ** 2 - 2 * self.g**2 * self.pairs.energy(self.delta(s))
        force = self.g**2 * float(self.pairs.rates(np.array([self.variance]))[0]) - self.variance
        start = np.sqrt(2 * self.variance / force)
        # Close to the turning point the difference of the energies has no digits left.
        return np.where(s < 1e-3, start, 2 * self.variance * s / np.sqrt(np.where(s < 1e-3, 1, kinetic)))

    def exponent(self) -> float:
        """λ1, by shooting from far out, where the ground state decays, to the middle, where its slope is 0."""
        last = np.sqrt(1 - _FAR)

        def slope(exponent: float) -> float:
            """The angle of (value, slope) in the middle."""

            def turn(s: float, angle: Floats) -> Floats:
                at = np.array([s])
                barrier = (1 + exponent) ** 2 - self.g**2 * self.pairs.slopes(self.delta(at))
                return (np.cos(angle) ** 2 * barrier - np.sin(angle) ** 2) * self.slowness(at)

            outside = (1 + exponent) ** 2 - self.g**2 * float(self.pairs.slopes(np.zeros(1))[0])
            path = solve_ivp(turn, (last, 0.0), [-np.arctan(np.sqrt(outside))], "DOP853", rtol=1e-8, atol=1e-9)
            return float(path.y[0, -1])

        most = self.g * float(np.sqrt(self.pairs.slopes(np.array([self.variance]))[0])) - 1
        return float(brentq(slope, 0.0, most, xtol=1e-11))

    def sampled(self, dt: float) -> Floats:
        """Δ every `dt`, from 0 to where it is gone."""
        s = 1 - np.linspace(1, np.sqrt(1 - np.sqrt(1 - _FAR)), 4000) ** 2
        slow = self.slowness(s)
        time = np.concatenate([[0], np.cumsum((slow[1:] + slow[:-1]) / 2 * np.diff(s))])
        return np.interp(np.arange(int(time[-1] / dt) + 2) * dt, time, self.delta(s))


def _of_steps(g: float, dt: float) -> float:
    a = 1 - dt
    delta = _autocovariance(g, dt)
    well = dt**2 * g**2 * TanhPairs(delta[0]).slopes(delta)

    def excess(growth: float) -> float:
        # The ground state is even: on the half line the first step counts √2 times.
        diagonal, beside = 2 * a * growth - well, np.full(len(well) - 1, -a * growth)
        beside[0] *= np.sqrt(2.0)
        lowest = eigh_tridiagonal(diagonal, beside, select="i", select_range=(0, 0), eigvals_only=True)[0]
        return float(lowest + (growth - a) ** 2)

    return float(np.log(brentq(excess, 1.0, a + np.sqrt(well[0]), xtol=1e-13)) / dt)


def _autocovariance(g: float, dt: float) -> Floats:
    """Δ at each number of steps, by Newton's method from that of continuous time."""
    a = 1 - dt
    delta = _Particle(g).sampled(dt)
    for _ in range(60):
        pairs = TanhPairs(float(delta[0]))
        after = np.append(delta[1:], 0.0)
        before = np.append(delta[1], delta[:-1])  # Δ is even
        residual = a * (after - 2 * delta + before) - dt**2 * (delta - g**2 * pairs.rates(delta))
        bands = np.full((3, len(delta)), a)
        bands[0, 1] = 2 * a
        bands[1] = -2 * a - dt**2 * (1 - g**2 * pairs.slopes(delta))
        column = dt**2 * g**2 * pairs.rates_by_variance(delta)  # the variance is in every row
        plain, other = solve_banded((1, 1), bands, np.stack([residual, column], 1)).T
        change = plain - other * plain[0] / (1 + other[0])
        delta = delta - change
        if np.abs(change).max() < 1e-11 * delta[0]:
            return delta
    raise PremotorError(f"the autocovariance at g = {g:g} in steps of {dt:g} τ was not found")
