"""Spike trains whose figures are known, and theory against direct simulation."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.special import erf

from premotor.analysis import (
    balanced_rate,
    interval_variation,
    lif_rate,
    siegert_rate,
    smoothed_rates,
    spike_counts,
    synchrony,
)
from premotor.errors import PremotorError


def test_counts_by_hand():
    counts = spike_counts([0.0, 0.05, 0.1, 0.19, 0.3, 0.95], [0, 0, 1, 0, 1, 1], 2, 0.9, 0.1)
    assert counts.shape == (9, 2)
    np.testing.assert_array_equal(counts[:4], [[2, 0], [1, 1], [0, 0], [0, 1]])
    assert counts.sum() == 5


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 4)), max_size=50), st.sampled_from([1, 7, 10, 250]))
def test_counts_on_a_grid_are_exact(spikes, width):
    """Times are products of whole numbers of steps with 0.1 ms; no spike may slip into the wrong bin."""
    steps = np.array([step for step, _ in spikes], int)
    neuron = np.array([place for _, place in spikes], int)
    counts = spike_counts(steps * 1e-4, neuron, 5, 1.0, width * 1e-4)
    expected = np.zeros((10_000 // width, 5), int)
    for step, place in spikes:
        if step // width < len(expected):
            expected[step // width, place] += 1
    np.testing.assert_array_equal(counts, expected)


def test_smoothing_keeps_the_mean():
    counts = np.random.default_rng(0).poisson(0.1, (500, 3))
    for spread in (0.0, 0.002, 0.02):
        np.testing.assert_allclose(smoothed_rates(counts, 0.001, spread).mean(0), counts.mean(0) / 0.001)
    one = np.zeros(201)
    one[100] = 1
    rates = smoothed_rates(one, 0.001, 0.005)
    assert rates.max() == pytest.approx(1 / (0.005 * np.sqrt(2 * np.pi)), rel=0.01)


def test_variation_of_intervals():
    rng = np.random.default_rng(1)
    regular = np.arange(50) * 0.1
    poisson = np.cumsum(rng.exponential(0.1, 20_000))
    gamma = np.cumsum(rng.gamma(4.0, 0.1, 20_000))
    time = np.concatenate([poisson, regular, gamma, [1.0, 2.0, 3.0]])
    neuron = np.repeat([2, 0, 3, 4], [20_000, 50, 20_000, 3])
    order = rng.permutation(len(time))
    found = interval_variation(time[order], neuron[order], 6)
    np.testing.assert_allclose(found[[0, 2, 3]], [0, 1, 0.5], atol=0.02)
    assert np.isnan(found[[1, 4, 5]]).all()


def test_synchrony_from_none_to_full():
    rng = np.random.default_rng(2)
    shared = rng.poisson(3.0, (2000, 1))
    assert synchrony(np.repeat(shared, 20, axis=1)) == pytest.approx(1)
    assert synchrony(rng.poisson(3.0, (2000, 100))) == pytest.approx(0.1, rel=0.1)
    assert np.isnan(synchrony(np.zeros((10, 3))))


def test_the_rate_under_constant_current_by_stepping():
    """Euler steps of 1 µs, the slow way."""
    for drive in (16.0, 25.0, 60.0):
        v, held, spikes, first, last = 0.0, 0.0, 0, 0.0, 0.0
        for step in range(400_000):
            if held > 0:
                held -= 1e-6
                continue
            v += 1e-6 / 0.02 * (drive - v)
            if v > 15:
                v, held, last = 5.0, 0.002, step * 1e-6
                first = first or last
                spikes += 1
        assert lif_rate(drive, 15, 5, 0.02, 0.002) == pytest.approx((spikes - 1) / (last - first), rel=1e-3)
    np.testing.assert_array_equal(lif_rate([-5.0, 15.0], 15, 5, 0.02, 0.002), [0, 0])


def test_siegert_without_noise_is_the_closed_form():
    for mean in (21.0, 30.0, 100.0):
        assert siegert_rate(mean, 1e-3, 20, 10, 0.02, 0.002) == pytest.approx(
            float(lif_rate(mean, 20, 10, 0.02, 0.002)), rel=1e-3
        )
    assert siegert_rate(10, 0.0, 20, 10, 0.02, 0.002) == 0
    assert siegert_rate(10, 0.1, 20, 10, 0.02, 0.002) == 0


def test_siegert_by_its_textbook_integral():
    for mean, spread in ((15.0, 5.0), (25.0, 3.0), (5.0, 8.0)):
        u = np.linspace((10 - mean) / spread, (20 - mean) / spread, 200_001)
        integral = np.trapezoid(np.exp(u**2) * (1 + erf(u)), u)
        expected = 1 / (0.002 + 0.02 * np.sqrt(np.pi) * integral)
        assert siegert_rate(mean, spread, 20, 10, 0.02, 0.002) == pytest.approx(expected, rel=1e-6)


def test_siegert_against_a_simulated_neuron():
    rng = np.random.default_rng(3)
    mean, spread, tau, step = 18.0, 5.0, 0.02, 2e-5
    v, held, spikes = np.full(2000, 10.0), np.zeros(2000), 0
    for number in range(25_000):
        free = held <= 0
        v = np.where(free, v + step / tau * (mean - v) + spread * np.sqrt(step / tau) * rng.normal(size=2000), v)
        fired = v > 20
        spikes += fired.sum() if number >= 5000 else 0
        v[fired], held[fired] = 10.0, 0.002
        held[~fired & ~free] -= step
    # The chance to cross and come back within a step makes the simulation a little slower.
    assert spikes / 2000 / (20_000 * step) == pytest.approx(siegert_rate(mean, spread, 20, 10, tau, 0.002), rel=0.05)


def test_the_balanced_rate_solves_its_equation():
    arguments = dict(threshold=20, reset=10, time_constant=0.02, refractory=0.002)
    rate = balanced_rate(1000, 250, 0.1, 5.0, 20.0, **arguments)
    mean = 0.02 * 0.1 * (1000 * (20 + rate) - 5 * 250 * rate)
    spread = 0.1 * np.sqrt(0.02 * (1000 * (20 + rate) + 25 * 250 * rate))
    assert rate == pytest.approx(siegert_rate(mean, spread, **arguments), rel=1e-6)
    assert 30 < rate < 45


@pytest.mark.parametrize(
    ("time", "neuron"), [([0.1], [0, 1]), ([0.1], [2]), ([0.1], [-1]), ([-0.1], [0]), ([np.nan], [0])]
)
def test_bad_records_are_refused(time, neuron):
    with pytest.raises(PremotorError, match="time|neuron"):
        spike_counts(time, neuron, 2, 1.0, 0.1)


def test_a_bin_longer_than_the_record_is_refused():
    with pytest.raises(PremotorError, match="bin_width"):
        spike_counts([], [], 2, 1.0, 2.0)
