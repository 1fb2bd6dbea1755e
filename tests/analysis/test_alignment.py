"""Alignment with a reference cycle of which the answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from analysis.gaits import cycle, walk
from premotor.analysis import align, cut_strides, cycle_spline, stride_error
from premotor.errors import PremotorError

PERIOD = 0.02


@given(period=st.floats(0.5, 3), phase=st.floats(0, 0.999))
@settings(max_examples=25)
def test_a_clean_walk_has_no_error_and_its_own_phase_and_period(period, phase):
    found = align(walk(500, PERIOD, period, phase), cycle(), PERIOD)
    assert found.error < 1e-5
    assert found.period == pytest.approx(period, rel=1e-4)
    assert (found.phase - phase + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-3)


def test_the_error_of_noise_is_its_standard_deviation():
    noise = 0.1 * np.random.default_rng(0).normal(size=(500, 4)) * [1, 2, 1, 1]
    found = align(walk(500, PERIOD, 1.1, 0.37) + noise, cycle(), PERIOD)
    assert found.error == pytest.approx(np.sqrt((noise**2).mean()), rel=0.01)
    assert found.per_joint == pytest.approx([0.1, 0.2, 0.1, 0.1], rel=0.1)
    assert found.period == pytest.approx(1.1, rel=1e-3)


def test_a_constant_offset_of_one_joint_is_its_error():
    found = align(walk(500, PERIOD, 1.0, 0.2) + np.array([0, 0, 0.3, 0]), cycle(), PERIOD)
    assert found.error == pytest.approx(0.15, rel=1e-3)
    assert found.per_joint == pytest.approx([0, 0, 0.3, 0], abs=0.01)


def test_the_phase_of_every_step():
    found = align(walk(300, PERIOD, 0.9, 0.6), cycle(), PERIOD)
    expected = (0.6 + np.arange(300) * PERIOD / 0.9) % 1
    difference = (found.reference_phase(300, PERIOD) - expected + 0.5) % 1 - 0.5
    assert np.abs(difference).max() < 1e-3


def test_no_grid_point_beats_the_alignment():
    """A brute-force oracle on a record that is no walk at all."""
    record = np.random.default_rng(3).normal(size=(60, 4))
    spline = cycle_spline(cycle())
    time = np.arange(60) * 0.05
    best = min(
        np.sqrt(((spline((phase + time / period) % 1) - record) ** 2).mean())
        for phase in np.linspace(0, 1, 50, endpoint=False)
        for period in 1 / np.linspace(0.25, 1 / 0.3, 200)
    )
    assert align(record, cycle(), 0.05).error <= best + 1e-3


def test_cut_strides_are_the_cycle_itself():
    strikes = np.arange(0, 500, 50)  # period 1 s, phase 0 at each
    strides = cut_strides(walk(500, PERIOD, 1.0, 0.0), strikes, samples=100)
    assert strides.shape == (9, 100, 4)
    assert strides == pytest.approx(np.broadcast_to(cycle(100), (9, 100, 4)), abs=2e-3)
    errors, phase = stride_error(strides, cycle())
    assert errors == pytest.approx(np.zeros(9), abs=2e-3)
    assert phase in (0.0, pytest.approx(1, abs=0.003))


def test_strides_of_any_length_and_start_fit_with_one_shift():
    first, second = walk(41, PERIOD, 0.8, 0.3)[:40], walk(61, PERIOD, 1.2, 0.3)[:61]
    strides = cut_strides(np.concatenate([first, second]), [0, 40, 100], samples=80)
    errors, phase = stride_error(strides, cycle())
    assert phase == pytest.approx(0.3, abs=0.003)
    assert errors == pytest.approx([0, 0], abs=5e-3)


def test_fewer_than_two_strikes_give_no_stride():
    assert cut_strides(np.zeros((10, 3)), [4]).shape == (0, 100, 3)
    assert cut_strides(np.zeros((10, 3)), []).shape == (0, 100, 3)
    with pytest.raises(PremotorError, match="strides ≥ 1"):
        stride_error(np.zeros((0, 100, 3)), np.zeros((50, 3)))


@pytest.mark.parametrize(
    ("angles", "reference", "message"),
    [
        (np.zeros((50, 3)), cycle(), "4 joints"),
        (np.zeros(50), cycle(), "4 joints"),
        (np.full((50, 4), np.nan), cycle(), "not finite"),
        (np.zeros((50, 4)), np.zeros((3, 4)), "samples ≥ 4"),
    ],
)
def test_shapes_that_do_not_agree_are_refused(angles, reference, message):
    with pytest.raises(PremotorError, match=message):
        align(angles, reference, PERIOD)
