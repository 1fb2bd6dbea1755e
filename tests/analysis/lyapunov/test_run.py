"""What `lyapunov_spectrum` promises about its run: transients, intervals, errors, stopping, batches, programs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

import premotor as pm
from lyapunov_systems import henon, linear, random_weights, rate_step
from premotor.analysis import random_frame, tangent_growth
from premotor.analysis.lyapunov.tangent import grow

START = np.random.default_rng(0).normal(size=12)
NETWORK = Partial(rate_step, random_weights(12, 3.0, 1))


def test_the_average_leaves_the_transients_out():
    """A map that grows for 30 steps and shrinks after: only the steps after the transients count."""

    def step(state, index):
        return jnp.where(index < 30, 2.0, 0.5) * state

    options = {"inputs": lambda index: index, "steps": 50, "dt": 0.5}
    spectrum = pm.lyapunov_spectrum(step, np.ones(2), transient=20, frame_transient=10, **options)
    np.testing.assert_allclose(spectrum.exponents, np.log(0.5) / 0.5, atol=1e-12)
    early = pm.lyapunov_spectrum(step, np.ones(2), transient=20, frame_transient=0, **options)
    np.testing.assert_allclose(early.exponents, (10 * np.log(2) + 40 * np.log(0.5)) / 25, atol=1e-12)


def test_history_ends_at_the_exponents():
    spectrum = pm.lyapunov_spectrum(NETWORK, START, exponents=3, steps=1000, dt=0.1)
    np.testing.assert_allclose(spectrum.history[-1], spectrum.exponents, atol=1e-12)
    assert spectrum.times[-1] == pytest.approx(100) and spectrum.durations.sum() == spectrum.steps == 1000


def test_the_interval_grows_as_far_as_the_precision_allows():
    all_of_them = pm.lyapunov_spectrum(NETWORK, START, steps=8000, dt=0.1)
    leading = pm.lyapunov_spectrum(NETWORK, START, exponents=2, steps=8000, dt=0.1)
    single = pm.lyapunov_spectrum(NETWORK, START, steps=8000, dt=0.1, precision="float32")
    assert 1 < single.qr_interval < all_of_them.qr_interval < leading.qr_interval
    assert all_of_them.largest_spread < np.log(1e8) * 1.1
    every = pm.lyapunov_spectrum(NETWORK, START, steps=8000, dt=0.1, qr_interval=1)
    scatter = 4 * np.hypot(every.standard_errors, all_of_them.standard_errors) + 1e-3
    assert (np.abs(every.exponents - all_of_them.exponents) < scatter).all()


def test_an_interval_too_long_for_the_precision_is_told():
    step = Partial(linear, np.diag([2.0, 0.5]) @ np.array([[1.0, 1.0], [0.0, 1.0]]))
    with pytest.warns(RuntimeWarning, match="qr_interval of 40 steps"):
        pm.lyapunov_spectrum(step, np.ones(2) * 1e-30, steps=80, qr_interval=40, transient=0)


def test_standard_errors_tell_the_scatter_between_runs():
    starts = np.random.default_rng(1).uniform(-0.1, 0.1, (64, 2))
    spectrum = pm.lyapunov_spectrum(henon, starts, exponents=1, steps=4000)
    scatter = spectrum.exponents.std(ddof=1)
    assert 0.6 < np.sqrt((spectrum.standard_errors**2).mean()) / scatter < 1.7


def test_it_stops_when_the_errors_are_small_enough():
    spectrum = pm.lyapunov_spectrum(henon, np.zeros(2), steps=1_000_000, tolerance=3e-3, transient=100)
    assert spectrum.converged and spectrum.steps < 200_000
    assert (spectrum.standard_errors <= 3e-3).all()
    short = pm.lyapunov_spectrum(henon, np.zeros(2), steps=2000, tolerance=1e-9)
    assert not short.converged and short.steps == 2000


def test_a_batch_is_its_members():
    weights = np.stack([random_weights(6, gain, 3) for gain in (1.0, 2.0, 4.0, 8.0)]).reshape(2, 2, 6, 6)
    starts = np.random.default_rng(2).normal(size=(2, 2, 6))
    options = {"exponents": 2, "steps": 300, "qr_interval": 3, "dt": 0.1}
    batch = pm.lyapunov_spectrum(rate_step, starts, parameters=weights, **options)
    assert batch.exponents.shape == (2, 2, 2) and batch.history.shape == (2, 2, 100, 2)
    assert batch.kaplan_yorke_dimension.shape == batch.movement.shape == (2, 2)
    alone = pm.lyapunov_spectrum(Partial(rate_step, weights[1, 0]), starts[1, 0], **options)
    np.testing.assert_allclose(batch.exponents[1, 0], alone.exponents, rtol=1e-9)
    np.testing.assert_allclose(batch.participation[1, 0], alone.participation, rtol=1e-9)


def test_no_second_program_for_equal_shapes():
    def run(scale, steps, **options):
        step = Partial(linear, scale * np.eye(2))
        return pm.lyapunov_spectrum(step, np.ones(2), steps=steps, **options).exponents

    run(0.5, 100)
    programs = grow._cached._cache_size()
    np.testing.assert_allclose(run(0.7, 350, qr_interval=7, dt=0.5), np.log(0.7) / 0.5, atol=1e-12)
    assert grow._cached._cache_size() == programs


def test_the_same_run_gives_the_same_bits_and_touches_no_setting():
    runs = [pm.lyapunov_spectrum(NETWORK, START, exponents=3, steps=500) for _ in range(2)]
    assert (runs[0].growth == runs[1].growth).all()
    assert runs[0].growth.dtype == np.float64 and runs[0].state.dtype == np.float64
    assert jnp.ones(1).dtype == jnp.float32


def test_a_singular_map_has_minus_infinite_exponents():
    spectrum = pm.lyapunov_spectrum(Partial(linear, np.diag([0.5, 0.0])), np.ones(2), steps=50)
    assert spectrum.exponents[0] == pytest.approx(np.log(0.5)) and spectrum.exponents[1] == -np.inf


def test_growth_of_a_frame_can_be_jitted_batched_and_differentiated():
    def first(scale):
        step = Partial(linear, scale * jnp.diag(jnp.array([2.0, 1.0, 0.5])))
        return tangent_growth(step, jnp.ones(3), jnp.eye(3)[:, :2], steps=6, qr_interval=3)[2].sum(0)

    growth = jax.jit(jax.vmap(first))(jnp.array([1.0, 2.0]))
    np.testing.assert_allclose(growth, 6 * np.log([[2.0, 1.0], [4.0, 2.0]]), atol=1e-5)
    np.testing.assert_allclose(jax.jacrev(first)(2.0), [3.0, 3.0], rtol=1e-5)


def test_the_gradient_of_the_growth_is_that_of_finite_differences():
    with jax.enable_x64(True):
        weights, start = jnp.asarray(random_weights(8, 2.0, 4)), jnp.asarray(START[:8])
        frame = random_frame(jax.random.key(1), 8, 3, jnp.float64)

        @jax.jit
        def total(gain):
            return tangent_growth(Partial(rate_step, gain * weights), start, frame, steps=20, qr_interval=5)[2].sum()

        slope = float(jax.jit(jax.grad(total))(1.5))
        assert slope == pytest.approx(float(total(1.5 + 1e-6) - total(1.5 - 1e-6)) / 2e-6, rel=1e-6)


def diverging(state):
    return 1e5 * state**3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 10, "dt": -1.0}, "dt is -1.0"),
        ({"steps": 10, "transient": -2}, "transient is -2"),
        ({"steps": 10, "exponents": 3}, "exponents is 3; a state of 2 numbers has 1 to 2"),
        ({"steps": 10, "state": 1.0}, r"expected \(n,\)"),
        ({"steps": 10, "precision": "float16"}, "precision is 'float16'"),
        ({"steps": 10, "step": lambda x: x[:1]}, "shape and type must stay the same"),
        ({"steps": 10, "step": lambda x: x.astype(jnp.float32)}, "shape and type must stay the same"),
        ({"steps": 10, "step": lambda x, u: x, "inputs": np.ones(11)}, "inputs has 11 entries; 12 steps"),
        ({"steps": 10, "state": np.ones((3, 2)), "parameters": np.ones(2)}, "must begin with the axes of the batch"),
        ({"steps": 100, "step": diverging, "transient": 0}, "not finite after"),
    ],
)
def test_mistakes_are_told(options, message):
    options = {"step": henon, "state": np.ones(2)} | options
    with pytest.raises(pm.PremotorError, match=message):
        pm.lyapunov_spectrum(options.pop("step"), options.pop("state"), **options)


def test_growth_needs_whole_intervals():
    with pytest.raises(pm.PremotorError, match="multiple of qr_interval"):
        tangent_growth(henon, jnp.ones(2), jnp.eye(2), steps=7, qr_interval=3)
