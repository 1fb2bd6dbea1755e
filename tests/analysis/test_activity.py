"""Activity of populations whose structure is known."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.analysis import participation_ratio, phase_tuning, rates_by_group
from premotor.errors import PremotorError

TURN = 2 * np.pi * (np.arange(960) + 0.5) / 96  # ten strides; no step on the edge of a bin


def test_mean_rates_of_groups():
    rates = np.array([[1.0, 3.0, 10.0], [2.0, 4.0, 20.0]])
    groups = rates_by_group(rates, ["b", "b", "a"])
    assert list(groups) == ["a", "b"]
    assert groups["b"].tolist() == [2.0, 3.0]
    assert groups["a"].tolist() == [10.0, 20.0]
    with pytest.raises(PremotorError, match="3 neurons and 2 labels"):
        rates_by_group(rates, ["a", "b"])


@given(dimensions=st.integers(1, 6), seed=st.integers(0, 20), size=st.floats(1e-6, 1e6))
def test_the_participation_ratio_of_equal_independent_directions_is_their_number(dimensions, seed, size):
    random = np.random.default_rng(seed)
    time = np.arange(1200) * 2 * np.pi / 1200
    latent = np.stack([np.sin((k + 1) * time) for k in range(dimensions)], axis=1)  # orthogonal, equal power
    mixing = np.linalg.qr(random.normal(size=(10, dimensions)))[0].T
    assert participation_ratio(size * (5 + latent @ mixing)) == pytest.approx(dimensions)


def test_the_participation_ratio_of_unequal_variances():
    random = np.random.default_rng(0)
    latent = np.linalg.qr(random.normal(size=(500, 3)) - 0.0)[0]
    latent = np.linalg.qr(latent - latent.mean(0))[0] * np.sqrt([3.0, 2.0, 1.0])  # variances 3 : 2 : 1
    assert participation_ratio(latent) == pytest.approx(36 / 14)
    assert np.isnan(participation_ratio(np.full((20, 4), 7.0)))


@given(preferred=st.floats(0, 0.999), depth=st.floats(0.05, 1))
def test_tuning_of_a_cosine(preferred, depth):
    rates = np.stack([2 * (1 + depth * np.cos(TURN - 2 * np.pi * preferred)), np.full(len(TURN), 0.4)], axis=1)
    found = phase_tuning(rates, TURN + 4 * np.pi, bins=24)
    assert (found.preferred[0] - preferred + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-6)
    assert found.depth[0] == pytest.approx(depth, rel=0.01)
    assert found.explained[0] > 0.98
    assert np.isnan(found.preferred[1])
    assert found.depth[1] == 0
    assert found.curve.shape == (2, 24)
    assert found.curve[1] == pytest.approx(np.full(24, 0.4))


def test_dwelling_at_a_phase_is_not_tuning():
    """Time over a phase twice as long shifts a mean over time, but not the tuning curve."""
    dwell = np.concatenate([TURN, np.full(960, 1.0)])
    rates = (1 + 0.5 * np.cos(dwell - 2.0))[:, None]
    assert phase_tuning(rates, dwell).preferred[0] == pytest.approx(2.0 / (2 * np.pi), abs=0.01)


def test_noise_is_not_explained_and_unknown_phases_are_left_out():
    random = np.random.default_rng(0)
    rates = random.normal(size=(960, 3))
    phase = TURN.copy()
    phase[:100] = np.nan
    rates[:100] = 1e3
    found = phase_tuning(rates, phase, bins=12)
    assert np.abs(found.curve).max() < 1
    assert (found.explained < 0.05).all()


def test_bins_without_steps_are_nan():
    phase = np.tile([0.1, 2.0, 4.0], 20)
    found = phase_tuning(np.cos(phase)[:, None], phase, bins=12)
    assert np.isfinite(found.curve).sum() == 3
    with pytest.raises(PremotorError, match="at least 3"):
        phase_tuning(np.ones((10, 1)), np.zeros(10))


@pytest.mark.parametrize("rates", [np.zeros(5), np.zeros((0, 3)), np.full((5, 2), np.nan)])
def test_what_are_no_rates_are_refused(rates):
    with pytest.raises(PremotorError, match="rates"):
        participation_ratio(rates)
