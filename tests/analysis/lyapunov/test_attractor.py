"""Labels of attractors that are known."""

import jax.numpy as jnp
import numpy as np
import pytest

import premotor as pm
from lyapunov_systems import henon, lorenz
from premotor.analysis import attractor_kind, lyapunov_spectrum, runge_kutta


def oscillators(speeds, state):
    """Hopf oscillators side by side, each on its circle of radius 1; growth 1, exponents 0 and −2 each."""
    x, y = state[::2], state[1::2]
    inward = 1 - x**2 - y**2
    return jnp.stack([inward * x - speeds * y, inward * y + speeds * x], axis=1).reshape(-1)


def test_labels_of_flows():
    step = runge_kutta(oscillators, 0.05, parameterised=True)
    start = np.array([1.0, 0.5, -0.5, 0.2])
    torus = lyapunov_spectrum(step, start, steps=8000, dt=0.05, parameters=jnp.array([1.0, np.sqrt(2)]))
    np.testing.assert_allclose(torus.exponents, [0, 0, -2, -2], atol=2e-3)
    cycle = lyapunov_spectrum(step, start[:2], steps=8000, dt=0.05, parameters=jnp.array([1.0]))
    np.testing.assert_allclose(cycle.exponents, [0, -2], atol=2e-3)
    assert (attractor_kind(torus), attractor_kind(cycle)) == ("torus", "limit cycle")
    chaos = lyapunov_spectrum(runge_kutta(lorenz), np.ones(3), steps=10_000, dt=0.01)
    assert attractor_kind(chaos) == "chaos"


def test_labels_of_maps_in_one_batch():
    """The logistic map: a fixed point, a cycle of two, chaos; and the fixed point at 0 that is left by nothing."""
    growth = np.array([2.8, 3.2, 4.0, 3.2])

    def logistic(r, x):
        return r * x * (1 - x)

    starts = np.array([[0.3], [0.3], [0.3], [0.0]])
    spectrum = lyapunov_spectrum(logistic, starts, steps=5000, parameters=growth)
    assert attractor_kind(spectrum).tolist() == ["fixed point", "limit cycle", "chaos", "unstable fixed point"]
    np.testing.assert_allclose(spectrum.exponents[2, 0], np.log(2), atol=0.02)
    np.testing.assert_allclose(spectrum.exponents[[0, 3], 0], np.log([0.8, 3.2]), atol=1e-9)


def test_a_driven_map_has_no_label():
    spectrum = lyapunov_spectrum(lambda x, u: 0.5 * x + u, np.zeros(1), steps=50, inputs=np.ones(60))
    with pytest.raises(pm.PremotorError, match="conditional on inputs"):
        attractor_kind(spectrum)


def test_the_tolerance_can_be_given():
    spectrum = lyapunov_spectrum(henon, np.zeros(2), steps=2000)
    assert attractor_kind(spectrum) == "chaos"
    assert attractor_kind(spectrum, tolerance=0.6) == "limit cycle"
