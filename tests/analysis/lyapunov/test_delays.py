"""Delay equations: exponents of linear ones are known exactly, by Lambert's W."""

import numpy as np
import pytest
from scipy.special import lambertw

from premotor import PremotorError
from premotor.analysis import delay_map, lyapunov_spectrum


def opposed(now, then):
    return -then


def exponents(dt):
    step = delay_map(opposed, 1.0, dt)
    start = step.history(np.random.default_rng(0).standard_normal((step.steps + 1, 1)))
    options = {"steps": round(400 / dt), "transient": 0, "frame_transient": round(20 / dt), "qr_interval": 5}
    return lyapunov_spectrum(step, start, exponents=4, dt=dt, **options).exponents


def test_exponents_are_the_real_parts_of_the_characteristic_roots():
    exact = np.array([lambertw(-1, 0).real] * 2 + [lambertw(-1, 1).real] * 2)  # λ = −exp(−λ)
    coarse, fine = (np.abs(exponents(dt) - exact) for dt in (0.04, 0.02))
    assert fine[0] < 1e-3 and fine[:2].mean() < 2e-4 and fine[2:].mean() < 0.02
    assert fine[2:].mean() == pytest.approx(coarse[2:].mean() / 4, rel=0.15)  # the scheme is of order 2


def test_a_delay_is_a_whole_number_of_steps():
    for delay, dt in ((1.0, 0.3), (0.1, 0.3), (1.0, -0.1)):
        with pytest.raises(PremotorError, match="whole number of steps"):
            delay_map(opposed, delay, dt)
