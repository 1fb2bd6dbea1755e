"""How far a wrong derivative, a wrong average and a start at rest put Lyapunov exponents off.

    python scripts/lyapunov_corrections.py            # prints the tables of docs/lyapunov-corrections.md

The network is that of the RandomNet project: h ← (1 − dt) h + dt W φ(h), dt = 0.1, W ~ N(0, σ²/N) without
self-connections, φ(x) = ½ (1 + tanh(g (x − s))). A wrong derivative is given to JAX as the activation's own, so that
everything else is the same computation.
"""

import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from scipy.optimize import brentq

from premotor.analysis import attractor_kind, lyapunov_spectrum

DT, NEURONS, GAIN, SHIFT = 0.1, 100, 3.0, 0.5
DERIVATIVES = {
    "exact: (g/2) / cosh²(g (x − s))": (True, True, True),
    "without the shift": (False, True, True),
    "without the gain inside": (True, False, True),
    "without the factor ½": (True, True, False),
    "without all three: g / cosh²(x)": (False, False, False),
}
"""Whether a derivative has the shift, the gain in the argument, and the factor ½."""


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def activation(kept: tuple[bool, bool, bool], x: jax.Array) -> jax.Array:
    """½ (1 + tanh(g (x − s))), with a derivative in which only what is kept is right."""
    return 0.5 * (1 + jnp.tanh(GAIN * (x - SHIFT)))


@activation.defjvp
def _derivative(
    kept: tuple[bool, bool, bool], primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    shift, gain, half = kept
    argument = (GAIN if gain else 1.0) * (primals[0] - (SHIFT if shift else 0.0))
    slope = (0.5 if half else 1.0) * GAIN / jnp.cosh(argument) ** 2
    return activation(kept, *primals), slope * tangents[0]


def gained(kept: tuple[bool, bool, bool], weights: jax.Array, state: jax.Array) -> jax.Array:
    """A step of the network with the positive, gained activation."""
    return (1 - DT) * state + DT * weights @ activation(kept, state)


STEPS = {name: partial(gained, kept) for name, kept in DERIVATIVES.items()}
"""Made once: a new function would be compiled anew."""


def plain(weights: jax.Array, state: jax.Array) -> jax.Array:
    """A step of the network with φ = tanh."""
    return (1 - DT) * state + DT * weights @ jnp.tanh(state)


def random_weights(spread: float, seed: int) -> np.ndarray:
    """N(0, σ²/N) without self-connections."""
    weights = np.random.default_rng(seed).normal(size=(NEURONS, NEURONS)) * spread / np.sqrt(NEURONS)
    np.fill_diagonal(weights, 0.0)
    return weights


def first_exponent(name: str, weights: np.ndarray, steps: int) -> tuple[float, float]:
    """λ1 and its standard error, with this derivative."""
    start = np.random.default_rng(1).normal(size=NEURONS)
    options = {"exponents": 1, "steps": steps, "dt": DT, "transient": 2000, "frame_transient": 2000}
    spectrum = lyapunov_spectrum(Partial(STEPS[name], weights), start, **options)
    return float(spectrum.exponents[0]), float(spectrum.standard_errors[0])


def derivatives() -> None:
    """λ1 by every derivative, at the σ where the one without all three reports the edge of chaos."""
    wrong = list(DERIVATIVES)[-1]
    print("| network | σ | derivative | λ1 |\n|---|---:|---|---:|")
    for seed in range(3):
        unit = random_weights(1.0, seed)
        spread = brentq(lambda s, unit=unit: first_exponent(wrong, s * unit, 4000)[0], 0.2, 8.0, xtol=1e-3)
        for name in DERIVATIVES:
            value, error = first_exponent(name, spread * unit, 20_000)
            print(f"| {seed} | {spread:.3f} | {name} | {value:+.4f} ± {error:.1g} |", flush=True)
        start = np.random.default_rng(1).normal(size=NEURONS)
        right = Partial(STEPS[list(DERIVATIVES)[0]], spread * unit)
        spectrum = lyapunov_spectrum(right, start, exponents=1, steps=20_000, dt=DT)
        if attractor_kind(spectrum) == "fixed point":
            slope = 0.5 * GAIN / np.cosh(GAIN * (spectrum.state - SHIFT)) ** 2
            values = np.linalg.eigvals((1 - DT) * np.eye(NEURONS) + DT * spread * unit * slope)
            exact = np.log(np.abs(values).max()) / DT
            print(f"| {seed} | {spread:.3f} | eigenvalues of the Jacobian at the fixed point (NumPy) | {exact:+.4f} |")


def averages() -> None:
    """λ1 by the time that its growth took, and by the time with the transients."""
    weights, start = random_weights(3.0, 0), np.random.default_rng(1).normal(size=NEURONS)
    print("\n| transients, part of all steps | λ1, averaged over the rest | divided by the time of all |")
    print("|---:|---:|---:|")
    for part in (0.05, 0.1, 0.2, 0.5):
        steps = 40_000
        before = round(steps * part / (1 - part))
        options = {"steps": steps, "transient": before // 2, "frame_transient": before - before // 2}
        spectrum = lyapunov_spectrum(Partial(plain, weights), start, exponents=1, dt=DT, **options)
        value, error = float(spectrum.exponents[0]), float(spectrum.standard_errors[0])
        print(f"| {part:.0%} | {value:.4f} ± {error:.1g} | {value * (1 - part):.4f} |", flush=True)


def starts() -> None:
    """λ1 of a start at h = 0, which tanh leaves there, and of a random start."""
    weights = random_weights(3.0, 0)
    largest = np.log(np.abs(np.linalg.eigvals((1 - DT) * np.eye(NEURONS) + DT * weights)).max()) / DT
    print("\n| start | λ1 | kind |")
    print("|---|---:|---|")
    for name, start in (("h = 0", np.zeros(NEURONS)), ("random", np.random.default_rng(1).normal(size=NEURONS))):
        spectrum = lyapunov_spectrum(Partial(plain, weights), start, exponents=1, steps=20_000, dt=DT)
        print(f"| {name} | {spectrum.exponents[0]:+.4f} | {attractor_kind(spectrum)} |")
    print(f"| eigenvalues of the Jacobian at 0 (NumPy) | {largest:+.4f} | |")


def two_neurons() -> None:
    """The system that the original's tests checked: at rest, eigenvalues 1 − dt ± i dt √0.45."""
    pair = np.array([[0.0, 0.9], [-0.5, 0.0]])
    spectrum = lyapunov_spectrum(Partial(plain, pair), np.ones(2), steps=100_000, dt=DT)
    print("\n| | λ1 | λ2 |\n|---|---:|---:|")
    print("| expected by the original's tests | −1.0056 | −1.0056 |")
    print(f"| ours | {spectrum.exponents[0]:.5f} | {spectrum.exponents[1]:.5f} |")
    exact = np.log((1 - DT) ** 2 + DT**2 * 0.45) / (2 * DT)
    print(f"| exact: ½ ln((1 − dt)² + 0.45 dt²) / dt | {exact:.5f} | {exact:.5f} |")


def main() -> int:
    """Print all tables."""
    derivatives()
    averages()
    starts()
    two_neurons()
    return 0


if __name__ == "__main__":
    sys.exit(main())
