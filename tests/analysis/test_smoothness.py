"""Smoothness and cost of movements with a known answer."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.analysis import action_roughness, cost_of_transport, spectral_arc_length
from premotor.errors import PremotorError


def minimum_jerk(steps=100):
    x = np.linspace(0, 1, steps)
    return 30 * x**2 * (1 - x) ** 2


def published_sparc(movement, rate, padlevel=4, cutoff=10.0, threshold=0.05):
    """The authors' published procedure, step by step, with the full FFT."""
    points = int(2 ** (np.ceil(np.log2(len(movement))) + padlevel))
    frequency = np.arange(points) * rate / points
    spectrum = np.abs(np.fft.fft(movement, points))
    spectrum = spectrum / spectrum.max()
    selected = np.flatnonzero(frequency <= cutoff)
    frequency, spectrum = frequency[selected], spectrum[selected]
    above = np.flatnonzero(spectrum >= threshold)
    frequency, spectrum = frequency[above[0] : above[-1] + 1], spectrum[above[0] : above[-1] + 1]
    span = frequency[-1] - frequency[0]
    return -sum(
        np.sqrt(((frequency[i + 1] - frequency[i]) / span) ** 2 + (spectrum[i + 1] - spectrum[i]) ** 2)
        for i in range(len(frequency) - 1)
    )


def test_sparc_of_a_minimum_jerk_movement():
    assert spectral_arc_length(minimum_jerk(), 0.01) == pytest.approx(-1.41, abs=0.01)


@given(seed=st.integers(0, 99), steps=st.integers(20, 200))
def test_sparc_is_the_published_procedure(seed, steps):
    speed = np.abs(np.random.default_rng(seed).normal(size=steps)) + minimum_jerk(steps)
    assert spectral_arc_length(speed, 0.01) == pytest.approx(published_sparc(speed, 100.0), rel=1e-9)


def test_sparc_ignores_amplitude_and_duration_and_falls_with_submovements():
    once = spectral_arc_length(minimum_jerk(), 0.01)
    assert spectral_arc_length(7 * minimum_jerk(), 0.01) == pytest.approx(once)
    assert spectral_arc_length(minimum_jerk(200), 0.01) == pytest.approx(once, abs=0.01)
    pause = np.zeros(50)
    broken = np.concatenate([minimum_jerk(), pause, minimum_jerk(), pause, minimum_jerk()])
    assert spectral_arc_length(broken, 0.01) < once - 1


def test_sparc_of_nothing():
    assert np.isnan(spectral_arc_length(np.zeros(50), 0.01))
    with pytest.raises(PremotorError, match="2 steps"):
        spectral_arc_length(np.zeros((50, 2)), 0.01)


def test_roughness_of_a_parabola_and_of_a_sine():
    steps = np.arange(50.0)
    assert action_roughness(3 * steps + 1) == pytest.approx(0)
    assert action_roughness(np.stack([steps**2, 0 * steps], axis=1)) == pytest.approx(2.0)  # (2² + 0) / 2
    step = 2 * np.pi / 20  # over whole periods: |2 cos ω − 2|² / 2
    assert action_roughness(np.sin(step * np.arange(202))) == pytest.approx((2 - 2 * np.cos(step)) ** 2 / 2, rel=1e-2)
    assert np.isnan(action_roughness(np.zeros(2)))


def test_roughness_of_white_noise_is_six_variances():
    noise = np.random.default_rng(0).normal(0, 0.3, 200_000)
    assert action_roughness(noise) == pytest.approx(6 * 0.09, rel=0.02)


def test_cost_of_transport_of_constant_power():
    torque, velocity = np.full((100, 2), 10.0), np.full((100, 2), [2.0, -2.0])  # 20 W, and 20 W absorbed
    cost = cost_of_transport(torque, velocity, 0.01, mass=10, distance=2)
    assert cost == pytest.approx(20 * 1.0 / (10 * 9.81 * 2))
    assert np.isnan(cost_of_transport(torque, velocity, 0.01, mass=10, distance=0))
