"""Lyapunov exponents against exact and published values, as one table.

    python benchmarks/lyapunov_exact.py              # minutes; --quick leaves the networks of 512 neurons out

Standard errors are those of the run (20 blocks), or of the mean over its members where there are several.
"""

import argparse
import sys
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from premotor.analysis import covariant_vectors, lyapunov_spectrum, runge_kutta, twin_exponents


def lorenz(state: jax.Array) -> jax.Array:
    """Lorenz-63 with σ = 10, ρ = 28, β = 8/3."""
    x, y, z = state
    return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def henon(state: jax.Array) -> jax.Array:
    """The Hénon map with a = 1.4, b = 0.3."""
    return jnp.stack([1 - 1.4 * state[0] ** 2 + state[1], 0.3 * state[0]])


def cat(state: jax.Array) -> jax.Array:
    """Arnold's cat map."""
    return jnp.mod(jnp.array([[2.0, 1.0], [1.0, 1.0]]) @ state, 1.0)


def standard(state: jax.Array) -> jax.Array:
    """The standard map with K = 1."""
    momentum = state[1] + jnp.sin(state[0])
    return jnp.mod(jnp.stack([state[0] + momentum, momentum]), 2 * jnp.pi)


def linear(matrix: jax.Array, state: jax.Array) -> jax.Array:
    """A linear map."""
    return matrix @ state


def rate_step(weights: jax.Array, state: jax.Array) -> jax.Array:
    """The random rate network, τ = 1, dt = 0.1."""
    return 0.9 * state + 0.1 * weights @ jnp.tanh(state)


def random_weights(neurons: int, gain: float, seed: int) -> np.ndarray:
    """N(0, g²/N) without self-connections."""
    weights = np.random.default_rng(seed).normal(size=(neurons, neurons)) * gain / np.sqrt(neurons)
    np.fill_diagonal(weights, 0.0)
    return weights


def row(
    name: str, measure: Callable[[], tuple[float, float]], expected: float, source: str, error: float = 0.0
) -> None:
    """Print what was measured beside what was expected, and whether they agree.

    They agree where they differ by no more than three standard errors, of both together, plus 1e-5 for what the
    published digits and the neutral directions leave open.
    """
    value, uncertainty = measure()
    agrees = abs(value - expected) <= 3 * np.hypot(uncertainty, error) + 1e-5
    said = f"{expected:.6g}" + (f" ± {error:g}" if error else "")
    verdict = "yes" if agrees else "NO"
    print(f"| {name} | {value:.6g} ± {uncertainty:.1g} | {said} | {source} | {verdict} |", flush=True)


def rows_of(name: str, spectrum: object, expected: list[float], source: str) -> None:
    """One row an exponent of a spectrum."""
    for i, value in enumerate(expected):
        row(
            f"{name}, λ{i + 1}",
            lambda i=i: (float(spectrum.exponents[i]), float(np.nan_to_num(spectrum.standard_errors[i]))),  # type: ignore[attr-defined]
            value,
            source,
        )


def sum_rule() -> tuple[float, float]:
    """|Σλ − ⟨ln |det J|⟩ / dt| of a random network of 30, the determinants by LU in NumPy along the same states."""
    weights, steps = random_weights(30, 3.0, 5), 2000
    step = Partial(rate_step, weights)
    start = lyapunov_spectrum(step, np.ones(30) * np.linspace(-1, 1, 30), steps=500, exponents=1).state
    spectrum = lyapunov_spectrum(step, start, steps=steps, transient=0, frame_transient=0, dt=0.1)
    state, volume = start, 0.0
    for _ in range(steps):
        slope = 1 - np.tanh(state) ** 2
        volume += np.linalg.slogdet(0.9 * np.eye(30) + 0.1 * weights * slope)[1]
        state = 0.9 * state + 0.1 * weights @ np.tanh(state)
    return float(spectrum.exponents.sum() - volume / (0.1 * steps)), 0.0


def covariance() -> tuple[float, float]:
    """Largest 1 − |cos| between vectors of the Hénon map pushed one interval forward, in NumPy, and those there."""
    covariant = covariant_vectors(henon, np.array([0.1, 0.1]), steps=3000, qr_interval=1)
    jacobians = np.zeros((3000, 2, 2))
    jacobians[:, 0, 0] = -2.8 * covariant.states[:-1, 0]
    jacobians[:, 0, 1], jacobians[:, 1, 0] = 1.0, 0.3
    pushed = jacobians @ covariant.vectors[:-1]
    pushed /= np.linalg.norm(pushed, axis=1, keepdims=True)
    return float((1 - np.abs((pushed * covariant.vectors[1:]).sum(1))).max()), 0.0


def main() -> int:
    """Compute and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave the networks of 512 neurons out")
    args = parser.parse_args()
    print("| system | measured | expected | expected from | agrees |")
    print("|---|---:|---:|---|---|", flush=True)
    flow = {"steps": 400_000, "dt": 0.005, "transient": 10_000, "frame_transient": 10_000}
    spectrum = lyapunov_spectrum(runge_kutta(lorenz, 0.005), np.array([1.0, 1.0, 20.0]), **flow)
    rows_of("Lorenz-63", spectrum, [0.9056, 0.0, -14.5723], "published (Sprott 2003)")
    row("Lorenz-63, Σλ", lambda: (float(spectrum.exponents.sum()), 0.0), -41 / 3, "exact: divergence")
    spectrum = lyapunov_spectrum(henon, np.array([0.1, 0.1]), steps=1_000_000)
    rows_of("Hénon", spectrum, [0.41922, -1.62319], "published (Sprott 2003)")
    row("Hénon, Σλ", lambda: (float(spectrum.exponents.sum()), 0.0), float(np.log(0.3)), "exact: ln b")
    golden = float(np.log((3 + np.sqrt(5)) / 2))
    rows_of("cat map", lyapunov_spectrum(cat, np.array([0.1, 0.7]), steps=10_000), [golden, -golden], "exact")
    starts = np.column_stack([np.linspace(0.01, 0.08, 8), np.linspace(0.02, 0.05, 8)])
    orbits = lyapunov_spectrum(standard, starts, steps=1_000_000).exponents
    mean, error = orbits.mean(0), orbits.std(0, ddof=1) / np.sqrt(len(orbits))
    for i, value in enumerate([0.105, -0.105]):
        row(
            f"standard map, K = 1, 8 orbits, λ{i + 1}",
            lambda i=i: (mean[i], error[i]),
            value,
            "published (Sprott 2003)",
        )
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 20)))[0]
    for scale in (1.0, 0.8):
        spectrum = lyapunov_spectrum(Partial(linear, scale * turn), np.ones(20), steps=2000)
        name = f"orthogonal map × {scale:g}, the λ furthest off"
        worst = float(spectrum.exponents[np.abs(spectrum.exponents - np.log(scale)).argmax()])
        row(name, lambda worst=worst: (worst, 0.0), float(np.log(scale)), "exact: ln c")
    random = np.random.default_rng(1).normal(size=(5, 5)) / 2
    euler = 0.9 * np.eye(5) + 0.1 * (random + random.T)
    spectrum = lyapunov_spectrum(Partial(linear, euler), np.ones(5), steps=1000, frame_transient=20_000, dt=0.1)
    exact = np.sort(np.log(np.abs(np.linalg.eigvalsh(euler))) / 0.1)[::-1]
    rows_of("constant Jacobian", spectrum, list(exact), "exact: ln(1 − dt + dt μ) / dt")
    pair = np.array([[0.0, 0.9], [-0.5, 0.0]])
    spectrum = lyapunov_spectrum(Partial(rate_step, pair), np.ones(2), steps=100_000, dt=0.1)
    rows_of("two neurons", spectrum, [5 * float(np.log(0.8145))] * 2, "exact: −1.02590, twice")
    row("network of 30, Σλ − ⟨ln det J⟩ / dt", sum_rule, 0.0, "exact")
    row("Hénon, covariant vectors: 1 − cos after a step", covariance, 0.0, "exact")
    twins = twin_exponents(
        lambda x: np.column_stack([1 - 1.4 * x[:, 0] ** 2 + x[:, 1], 0.3 * x[:, 0]]),
        starts[:1],
        steps=50_000,
        interval=5,
    )
    row(
        "Hénon by twins, λ1",
        lambda: (float(twins.exponents[0, 0]), float(twins.standard_errors[0, 0])),
        0.41922,
        "published (Sprott 2003)",
    )
    if not args.quick:
        networks()
    return 0


def networks() -> None:
    """N = 512, g = 3, four networks: λ1 and the Kaplan–Yorke dimension."""
    weights = np.stack([random_weights(512, 3.0, seed) for seed in range(4)])
    starts = np.random.default_rng(0).normal(size=(4, 512))
    options = {"dt": 0.1, "parameters": weights}

    def first() -> tuple[float, float]:
        values = lyapunov_spectrum(rate_step, starts, exponents=1, steps=40_000, **options).exponents[:, 0]
        return float(values.mean()), float(values.std(ddof=1) / 2)

    def dimension() -> tuple[float, float]:
        spectrum = lyapunov_spectrum(rate_step, starts, exponents=48, steps=4000, transient=2000, **options)
        values = spectrum.kaplan_yorke_dimension / 512
        return float(values.mean()), float(values.std(ddof=1) / 2)

    row("random networks, N = 512, g = 3, λ1, 4 seeds", first, 0.2031, "measured before, same dt", 0.0014)
    name = "the same, Kaplan–Yorke dimension / N"
    row(name, dimension, 0.0625, "measured before: .058 to .067", 0.0045 / 3)


if __name__ == "__main__":
    sys.exit(main())
