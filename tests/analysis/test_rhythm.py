"""Scores, frequencies and phases of signals whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.analysis import circular_mean, relative_phase, rhythm
from premotor.errors import PremotorError

PERIOD = 0.001
TIME = np.arange(2000) * PERIOD


@given(frequency=st.floats(4, 60), phase=st.floats(0, 1), size=st.floats(0.1, 1e3), offset=st.floats(-1e3, 1e3))
def test_a_sinusoid_is_a_perfect_rhythm(frequency, phase, size, offset):
    found = rhythm(offset + size * np.sin(2 * np.pi * (frequency * TIME + phase)), PERIOD)
    assert found.score[0] > 0.9
    assert found.frequency[0] == pytest.approx(frequency, rel=0.01)
    assert found.amplitude[0] == pytest.approx(2 * size, rel=0.02)


def test_pulses_are_rhythmic_at_their_rate():
    found = rhythm((TIME % 0.08 < 0.02).astype(float), PERIOD)
    assert found.rhythmic[0]
    assert found.frequency[0] == pytest.approx(12.5, rel=0.005)


def test_noise_trends_and_constants_are_no_rhythm():
    noise = np.random.default_rng(0).normal(size=(2000, 50))
    traces = np.column_stack([noise, TIME, np.full(2000, 3.0), np.exp(-TIME / 0.1), np.zeros(2000)])
    found = rhythm(traces, PERIOD)
    assert found.score.max() < 0.2
    assert not found.rhythmic.any()
    assert np.isnan(found.frequency[-3:]).all()


def test_a_rhythm_that_dies_away_scores_less():
    decays = [np.inf, 1.0, 0.3, 0.1, 0.03]
    traces = np.stack([np.sin(2 * np.pi * 15 * TIME) * np.exp(-TIME / decay) for decay in decays], axis=1)
    score = rhythm(traces, PERIOD).score
    assert score[0] == pytest.approx(1.0, abs=0.02)
    assert (np.diff(score) < 0).all()
    assert score[-1] < 0.5


def test_a_noisy_rhythm_scores_between():
    rng = np.random.default_rng(1)
    traces = [np.sin(2 * np.pi * 10 * TIME) + spread * rng.normal(size=2000) for spread in (0, 1, 20)]
    clean, noisy, hidden = rhythm(np.stack(traces, axis=1), PERIOD).score
    assert clean > noisy > hidden
    assert hidden < 0.2


def test_the_size_does_not_matter_but_has_to_be_seen():
    wave = np.sin(2 * np.pi * 10 * TIME)
    found = rhythm(np.stack([100 * wave, 0.01 * wave, 0.004 * wave], axis=1), PERIOD)
    assert found.score[0] == pytest.approx(found.score[1])
    assert found.score[2] == 0 and np.isnan(found.frequency[2])
    assert rhythm(0.004 * wave, PERIOD, least_amplitude=1e-4).score[0] == pytest.approx(found.score[0])


def test_the_autocorrelation_is_that_of_a_plain_sum():
    """The oracle: every lag summed by hand, peaks and prominences by their definition."""
    rng = np.random.default_rng(2)
    signal = np.sin(2 * np.pi * 25 * TIME[:400]) + 0.5 * rng.normal(size=400)

    def strength(x):
        x = 2 * (x - x.min()) / np.ptp(x) - 1
        curve = np.array([np.dot(x[: len(x) - k], x[k:]) for k in range(len(x))]) / np.dot(x, x)
        best, lag = (0.0, 0.0), 0
        for k in range(1, len(curve) - 1):
            if not curve[k - 1] < curve[k] > curve[k + 1]:
                continue
            left, right = k, k
            while left > 0 and curve[left - 1] <= curve[k]:
                left -= 1
            while right < len(curve) - 1 and curve[right + 1] <= curve[k]:
                right += 1
            prominence = curve[k] - max(curve[left : k + 1].min(), curve[k : right + 1].min())
            if prominence >= 0.05:
                if prominence > best[1]:
                    lag = k
                best = (max(best[0], curve[k]), max(best[1], prominence))
        return min(best), lag

    raw, lag = strength(signal)
    turn = 2 * np.pi * np.arange(400) / lag
    reference = max(strength(np.sin(turn))[0], strength(np.cos(turn))[0])
    found = rhythm(signal, PERIOD)
    assert found.score[0] == pytest.approx(raw / reference, rel=1e-9)
    assert found.frequency[0] == pytest.approx(1 / (lag * PERIOD), rel=0.02)


def test_channels_are_told_apart():
    traces = np.stack([np.sin(2 * np.pi * f * TIME) for f in (5, 17, 31)], axis=1)
    together = rhythm(traces, PERIOD)
    for channel in range(3):
        assert together.score[channel] == rhythm(traces[:, channel], PERIOD).score[0]
    np.testing.assert_allclose(together.frequency, [5, 17, 31], rtol=0.005)


@given(shift=st.floats(0, 0.999), frequency=st.floats(4, 40))
def test_relative_phase_is_the_delay_in_cycles(shift, frequency):
    traces = np.stack([2 + np.cos(2 * np.pi * (frequency * TIME - delay)) for delay in (0, shift)], axis=1)
    phase = relative_phase(traces, PERIOD, frequency)
    assert phase[0] == 0
    assert abs((phase[1] - shift + 0.5) % 1 - 0.5) < 0.01


def test_a_silent_channel_has_no_phase():
    traces = np.stack([np.cos(2 * np.pi * 10 * TIME), np.zeros(2000), np.full(2000, 7.0)], axis=1)
    assert np.isnan(relative_phase(traces, PERIOD, 10.0)[1:]).all()
    assert np.isnan(relative_phase(traces, PERIOD, 10.0, reference=1)).all()


def test_circular_mean_goes_round():
    mean, concentration = circular_mean([0.95, 0.05, np.nan])
    assert min(mean, 1 - mean) < 1e-9 and concentration == pytest.approx(np.cos(0.1 * np.pi))
    mean, concentration = circular_mean([[0.0, 0.2], [0.5, 0.2]])
    assert np.isnan(mean[0]) and concentration[0] == pytest.approx(0, abs=1e-12)
    assert mean[1] == pytest.approx(0.2) and concentration[1] == pytest.approx(1)
    assert np.isnan(circular_mean([np.nan])).all()


@pytest.mark.parametrize("traces", [np.zeros((4, 2)), np.zeros((8, 2, 2)), np.full((9, 1), np.nan)])
def test_records_that_are_none_are_refused(traces):
    with pytest.raises(PremotorError, match="traces"):
        rhythm(traces, PERIOD)


@pytest.mark.parametrize(
    ("frequency", "reference", "message"), [(0, 0, "frequency"), (600, 0, "frequency"), (5, 2, "reference")]
)
def test_phases_that_are_none_are_refused(frequency, reference, message):
    with pytest.raises(PremotorError, match=message):
        relative_phase(np.zeros((20, 2)), PERIOD, frequency, reference)
