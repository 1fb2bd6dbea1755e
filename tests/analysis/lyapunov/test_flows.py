"""Differential equations as maps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import premotor as pm
from lyapunov_systems import lorenz
from premotor.analysis import diffrax_map, lyapunov_spectrum, runge_kutta

START = np.array([-5.0, -8.0, 20.0])


def solution(dt, time=1.0):
    with jax.enable_x64(True):
        step = runge_kutta(lorenz, dt)
        return np.asarray(jax.lax.fori_loop(0, round(time / dt), lambda _, x: step(x), jnp.asarray(START)))


def test_the_scheme_has_order_four():
    exact = solution(0.0005)
    errors = [np.abs(solution(dt) - exact).max() for dt in (0.01, 0.005, 0.0025)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 3.7).all()


def test_the_default_step_is_fine_enough_for_lorenz():
    """The sum of the exponents is the divergence, −41/3; what is missing is the scheme's error."""
    step = runge_kutta(lorenz)
    assert step.dt == 0.01
    spectrum = lyapunov_spectrum(step, START, steps=5000, dt=step.dt)
    assert spectrum.exponents.sum() == pytest.approx(-41 / 3, abs=3e-4)


def test_substeps_are_steps():
    with jax.enable_x64(True):
        once = runge_kutta(lorenz, 0.02, substeps=2)(jnp.asarray(START))
        step = runge_kutta(lorenz, 0.01)
        np.testing.assert_allclose(once, step(step(jnp.asarray(START))), rtol=1e-14)


def test_diffrax_agrees():
    pytest.importorskip("diffrax")
    options = {"steps": 40, "transient": 0, "frame_transient": 0, "dt": 0.05}
    ours = lyapunov_spectrum(runge_kutta(lorenz, 0.05, substeps=50), START, **options)
    theirs = lyapunov_spectrum(diffrax_map(lorenz, 0.05), START, **options)
    np.testing.assert_allclose(theirs.exponents, ours.exponents, atol=1e-5)
    assert theirs.exponents.sum() == pytest.approx(-41 / 3, abs=1e-5)


def test_mistakes_are_told(monkeypatch):
    with pytest.raises(pm.PremotorError, match="dt is -0.1"):
        runge_kutta(lorenz, -0.1)
    monkeypatch.setitem(__import__("sys").modules, "diffrax", None)
    with pytest.raises(pm.PremotorError, match=r"premotor\[ode\]"):
        diffrax_map(lorenz)
