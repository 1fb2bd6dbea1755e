"""Twin trajectories: against exact tangents, and with MuJoCo's physics."""

import jax
import mujoco
import numpy as np
import pytest

import premotor as pm
from lyapunov_systems import henon, lorenz
from premotor.analysis import runge_kutta, twin_exponents
from premotor.bodies import BatchPhysics

ARM = """
<mujoco>
  <option timestep="0.005" integrator="implicitfast"><flag autoreset="disable"/></option>
  <worldbody>
    <body><joint name="j" type="hinge" axis="0 1 0" damping="0.3" stiffness="2"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.03" mass="1"/></body>
  </worldbody>
  <actuator><motor joint="j" ctrlrange="-5 5"/></actuator>
</mujoco>
"""


def henon_rows(rows):
    return np.stack([1 - 1.4 * rows[:, 0] ** 2 + rows[:, 1], 0.3 * rows[:, 0]], axis=1)


def test_both_exponents_of_henon():
    twins = twin_exponents(henon_rows, [[0.1, 0.1], [0.2, 0.1]], exponents=2, steps=10_000, interval=2, transient=100)
    exact = pm.lyapunov_spectrum(henon, np.array([0.1, 0.1]), steps=10_000)
    np.testing.assert_allclose(twins.exponents[0], exact.exponents, atol=4 * exact.standard_errors.max())
    np.testing.assert_allclose(twins.exponents.sum(1), np.log(0.3), atol=1e-4)
    np.testing.assert_allclose(twins.history[:, -1], twins.exponents)


def test_the_first_exponent_of_lorenz():
    with jax.enable_x64(True):
        advance = jax.jit(jax.vmap(runge_kutta(lorenz)))
        twins = twin_exponents(advance, np.array([[1.0, 1, 20], [-3, 2, 15]]), steps=20_000, dt=0.01, transient=500)
    np.testing.assert_allclose(twins.exponents[:, 0], 0.9056, atol=4 * twins.standard_errors.max())
    assert twins.standard_errors.max() < 0.07


def test_a_controller_and_its_body():
    """An arm, a controller of its own state, physics of MuJoCo: exponents from MuJoCo's own linearisation.

    The state of the loop is the angle, the velocity and the controller's filtered angle.
    """
    model = mujoco.MjModel.from_xml_string(ARM)
    model.opt.gravity[:] = 0  # linear, so that the exponents are those of a matrix
    batch, exponents, blend, stiffness = 2, 3, 0.2, 3.0
    physics = BatchPhysics(model, batch * (1 + exponents), threads=1)

    def advance(rows):
        filtered = (1 - blend) * rows[:, 2] + blend * rows[:, 0]
        physics.set_state(np.arange(len(rows)), rows[:, :1], rows[:, 1:2])
        physics.set_control(-stiffness * filtered[:, None])
        physics.step(4)
        return np.column_stack([physics.qpos, physics.qvel, filtered])

    starts = np.array([[0.5, 0.0, 0.0], [0.1, 1.0, 0.2]])
    twins = twin_exponents(advance, starts, exponents=exponents, steps=2000, interval=5, dt=0.02, distance=1e-5)

    data = mujoco.MjData(model)
    a, b = np.zeros((2, 2)), np.zeros((2, 1))
    mujoco.mjd_transitionFD(model, data, 1e-6, True, a, b, None, None)
    loop = np.zeros((3, 3))
    loop[2] = [blend, 0, 1 - blend]
    power = np.linalg.matrix_power
    held = sum(power(a, i) for i in range(4)) @ b
    loop[:2, :2] = power(a, 4)
    loop[:2] += np.outer(held[:, 0], -stiffness * loop[2])
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(loop))))[::-1] / 0.02
    np.testing.assert_allclose(twins.exponents, np.broadcast_to(expected, (2, 3)), rtol=0.02, atol=0.02)
    assert twins.exponents.sum(1) == pytest.approx(np.linalg.slogdet(loop)[1] / 0.02, rel=1e-4)


def test_displacements_on_a_circle():
    """A map of an angle that wraps: the difference is taken around the circle."""

    def difference(one, two):
        return (two - one + np.pi) % (2 * np.pi) - np.pi

    def displace(state, change):
        return (state + change) % (2 * np.pi)

    twins = twin_exponents(
        lambda rows: (3 * rows + 0.1) % (2 * np.pi),
        np.array([[0.5]]),
        steps=500,
        interval=5,
        difference=difference,
        displace=displace,
    )
    assert twins.exponents[0, 0] == pytest.approx(np.log(3), rel=1e-6)


def test_mistakes_are_told():
    start = np.ones((1, 2))
    for options, message in (
        ({"steps": 15}, "multiple of interval"),
        ({"steps": 10, "exponents": 3}, "displacements have 2"),
        ({"steps": 10, "distance": 0.0}, "must be positive"),
        ({"steps": 10, "advance": lambda rows: rows * 0}, "equal to its reference"),
        ({"steps": 10, "advance": lambda rows: rows * np.nan}, "not finite"),
        ({"steps": 10, "states": np.ones(2)}, r"expected \(batch, n\)"),
    ):
        given = {"advance": henon_rows, "states": start} | options
        with pytest.raises(pm.PremotorError, match=message):
            twin_exponents(given.pop("advance"), given.pop("states"), **given)
