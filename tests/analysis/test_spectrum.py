"""Spectra of sines in noise."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.analysis import dominant_frequency, power_spectrum
from premotor.errors import PremotorError

TIME = np.arange(500) * 0.02


@given(frequency=st.floats(0.5, 5), phase=st.floats(0, 6.3), size=st.floats(1e-3, 1e3), trend=st.floats(-5, 5))
def test_the_frequency_of_a_sine_is_found_below_the_resolution(frequency, phase, size, trend):
    signal = size * (np.sin(2 * np.pi * frequency * TIME + phase) + trend * TIME + 3)
    assert dominant_frequency(signal, 0.02) == pytest.approx(frequency, abs=0.01)  # 1/T is 0.1 Hz


def test_a_sine_in_noise_and_its_harmonic():
    random = np.random.default_rng(0)
    clean = np.sin(2 * np.pi * 1.3 * TIME) + 0.6 * np.sin(2 * np.pi * 2.6 * TIME + 1)
    noisy = np.stack([clean, np.roll(clean, 19)], axis=1) + 0.5 * random.normal(size=(500, 2))
    assert dominant_frequency(noisy, 0.02) == pytest.approx(1.3, abs=0.02)


def test_only_the_band_is_searched():
    signal = 10 * np.sin(2 * np.pi * 0.2 * TIME) + np.sin(2 * np.pi * 3 * TIME)
    assert dominant_frequency(signal, 0.02, band=(1, 6)) == pytest.approx(3, abs=0.02)
    assert np.isnan(dominant_frequency(signal, 0.02, band=(40, 50)))


@pytest.mark.parametrize("signal", [np.zeros(100), np.full(100, 3.7), np.linspace(0, 5, 100)])
def test_what_does_not_oscillate_has_no_frequency(signal):
    assert np.isnan(dominant_frequency(signal, 0.02))


def test_power_of_channels_adds_up():
    random = np.random.default_rng(1)
    two = random.normal(size=(80, 2))
    frequency, both = power_spectrum(two, 0.1)
    each = [power_spectrum(column, 0.1)[1] for column in two.T]
    assert both == pytest.approx(each[0] + each[1])
    assert frequency[[0, -1]] == pytest.approx([0, 5])


def test_too_short_a_signal_is_refused():
    with pytest.raises(PremotorError, match="shape"):
        power_spectrum(np.zeros(3), 0.1)
