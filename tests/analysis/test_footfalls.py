"""Footfalls of gaits whose frequency, duty and phase are known."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from analysis.gaits import footfalls
from premotor.analysis import (
    debounced,
    double_support,
    duty_factor,
    foot_strikes,
    limb_phase,
    phase_of,
    stride_frequency,
    stride_lengths,
    support_fractions,
    symmetry_index,
)
from premotor.errors import PremotorError

PERIOD = 0.02
records = arrays(bool, st.tuples(st.integers(0, 60), st.integers(1, 4)))


@pytest.mark.parametrize(("frequency", "duty", "lag"), [(1.0, 0.6, 0.5), (0.5, 0.25, 0.3), (2.0, 0.8, 0.2)])
def test_a_regular_walk_has_its_own_figures(frequency, duty, lag):
    contact = footfalls(1000, PERIOD, frequency, duty, [0.0, lag])  # whole numbers of steps in every phase
    assert stride_frequency(contact, PERIOD) == pytest.approx(frequency, rel=1e-12)
    assert duty_factor(contact) == pytest.approx([duty, duty], abs=1e-12)
    assert limb_phase(contact) == (pytest.approx(lag, abs=1e-12), pytest.approx(1.0))
    assert limb_phase(contact, foot=0, reference=1)[0] == pytest.approx(1 - lag, abs=1e-12)


@given(frequency=st.floats(0.4, 3), duty=st.floats(0.2, 0.8), lag=st.floats(0.1, 0.9), start=st.floats(0, 1))
def test_frequency_duty_and_phase_are_right_to_one_control_step(frequency, duty, lag, start):
    contact = footfalls(1000, PERIOD, frequency, duty, [0.0, lag], start)
    step = PERIOD * frequency  # one control step, in strides
    assert stride_frequency(contact, PERIOD) == pytest.approx(frequency, rel=step / 3)
    assert duty_factor(contact) == pytest.approx([duty, duty], abs=step)
    measured, steadiness = limb_phase(contact)
    assert abs((measured - lag + 0.5) % 1 - 0.5) <= 2 * step
    assert steadiness > 0.95


def test_supports_of_a_biped():
    contact = footfalls(1000, PERIOD, 1.0, 0.6, [0.0, 0.5])  # both feet down 20% of the time, never none
    assert support_fractions(contact) == pytest.approx([0.0, 0.8, 0.2])
    assert double_support(contact) == pytest.approx(0.2)
    run = footfalls(1000, PERIOD, 1.0, 0.3, [0.0, 0.5])
    assert support_fractions(run) == pytest.approx([0.4, 0.6, 0.0])


def test_stride_length_is_speed_over_frequency():
    contact = footfalls(1000, PERIOD, 0.8, 0.6, [0.0, 0.5])
    lengths = stride_lengths(contact, 1.2 * PERIOD * np.arange(1000))
    assert np.concatenate(lengths) == pytest.approx(np.full(sum(map(len, lengths)), 1.5), abs=1.2 * PERIOD)
    assert np.concatenate(lengths).mean() == pytest.approx(1.5, rel=1e-3)


def test_standing_and_flying():
    standing = np.ones((100, 2), bool)
    assert np.isnan(stride_frequency(standing, PERIOD))
    assert duty_factor(standing) == pytest.approx([1, 1])
    assert np.isnan(limb_phase(standing)).all()
    assert support_fractions(~standing) == pytest.approx([1, 0, 0])
    assert [len(s) for s in stride_lengths(standing, np.arange(100.0))] == [0, 0]
    assert np.isnan(duty_factor(np.ones((0, 2)))).all()
    assert np.isnan(support_fractions(np.ones((0, 2)))).all()


def test_chatter_is_removed_and_ends_are_kept():
    foot = np.array([1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1], bool)[:, None]
    expected = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1], bool)[:, None]
    assert (debounced(foot, 3) == expected).all()


@given(record=records, minimum=st.integers(1, 6))
def test_no_inner_interval_is_shorter_than_the_minimum(record, minimum):
    cleaned = debounced(record, minimum)
    assert cleaned.shape == record.shape
    for foot in cleaned.T:
        edges = np.flatnonzero(np.diff(foot.astype(int))) + 1
        stances = [b - a for a, b in zip(edges[:-1], edges[1:], strict=True) if foot[a]]
        assert all(length >= minimum for length in stances)
    assert (debounced(record, 1) == record).all()


@given(record=records)
def test_strikes_are_landings(record):
    for foot, strikes in zip(record.T, foot_strikes(record), strict=True):
        landings = [i for i in range(1, len(foot)) if foot[i] and not foot[i - 1]]
        assert strikes.tolist() == landings


@given(record=records)
def test_fractions_lie_in_the_unit_interval(record):
    duty, support = duty_factor(record), support_fractions(record)
    if len(record):
        assert ((duty >= 0) & (duty <= 1)).all()
        assert support.sum() == pytest.approx(1)
        assert (support * np.arange(len(support))).sum() == pytest.approx(record.mean(0).sum())


def test_phase_between_strikes():
    assert phase_of([10, 20, 40], [9, 10, 15, 20, 25, 30, 40]) == pytest.approx(
        [np.nan, 0, 0.5, 0, 0.25, 0.5, np.nan], nan_ok=True
    )
    assert np.isnan(phase_of([10], [10, 11])).all()


def test_symmetry_index():
    assert symmetry_index(0.6, 0.6) == 0
    assert symmetry_index(0.5, 0.7) == pytest.approx(1 / 3)
    assert symmetry_index(0.7, 0.5) == pytest.approx(1 / 3)
    assert np.isnan(symmetry_index(0, 0))


@pytest.mark.parametrize("contact", [np.full((5, 2), 0.5), np.full((5, 2), np.nan), np.ones(5)])
def test_what_is_no_contact_record_is_refused(contact):
    with pytest.raises(PremotorError, match="contact"):
        duty_factor(contact)
