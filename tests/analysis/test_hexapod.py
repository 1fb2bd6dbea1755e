"""Six-legged gaits against schedules whose figures are known in closed form."""

import numpy as np
import pytest

from premotor.analysis import hexapod_gait, tripod_index, tripod_strength
from premotor.analysis.hexapod import TRIPODS, durations, touch_downs
from premotor.errors import PremotorError


def schedule(phases: list[float], duty: float, steps: int = 4000, stride: int = 100) -> np.ndarray:
    """Contacts of six feet that touch down at `phases` of a stride of `stride` steps."""
    at = (np.arange(steps)[:, None] / stride - np.array(phases)) % 1.0
    return at < duty - 1e-9


TRIPOD = [0.0, 0.5, 0.0, 0.5, 0.0, 0.5]
WAVE = [0.0, 1 / 3, 2 / 3, 0.5, 5 / 6, 1 / 6]  # six legs one after the other


@pytest.mark.parametrize("duty", [0.5, 0.6, 0.8])
def test_a_tripod_swings_alone_for_twice_its_swing(duty: float):
    contact = schedule(TRIPOD, duty)
    assert tripod_index(contact) == pytest.approx(2 * (1 - duty))
    assert tripod_strength(contact) == 1
    gait = hexapod_gait(contact, 0.001, position=0.012 * np.arange(len(contact)))
    assert gait.stride_frequency == pytest.approx(10)
    assert gait.stride_length == pytest.approx(1.2)
    assert gait.duty_factors == pytest.approx([duty] * 6)
    assert (gait.stance, gait.swing) == pytest.approx((0.1 * duty, 0.1 * (1 - duty)))
    near = np.abs((gait.phases - np.subtract.outer(TRIPOD, TRIPOD) + 0.5) % 1.0 - 0.5)
    assert near.max() < 1e-6 and gait.asymmetries == (0, 0, 0)
    assert gait.contralateral_phase == pytest.approx(0.5) and gait.ipsilateral_phase == pytest.approx(0.5)


def test_a_leg_that_stands_longer_than_its_partner_is_seen_in_its_pair_alone():
    contact = schedule(TRIPOD, 0.5)
    contact[:, 4] = schedule(TRIPOD, 0.6)[:, 4]
    assert hexapod_gait(contact, 0.001).asymmetries == pytest.approx((0, 0.1 / 0.55, 0), abs=0.01)


def test_a_wave_of_single_swings_is_no_tripod():
    contact = schedule(WAVE, 5 / 6)
    assert tripod_index(contact) == 0 and tripod_strength(contact) == 0
    gait = hexapod_gait(contact, 0.001)
    assert np.isnan(gait.stride_length)
    assert gait.contralateral_phase == pytest.approx(0.5, abs=0.02)


def test_a_tripod_whose_legs_lift_one_after_the_other_is_a_weaker_one():
    """Each leg swings for 40 of 100 steps, 10 apart: all three for 20, any for 60."""
    late = [0.0, 0.6, 0.2, 0.5, 0.1, 0.7]
    contact = schedule(late, 0.6)
    assert TRIPODS == ((0, 4, 2), (3, 1, 5))
    assert tripod_strength(contact) == pytest.approx(20 / 60, abs=0.005)


def test_chatter_of_a_contact_sensor_makes_no_strides():
    contact = schedule(TRIPOD, 0.6)
    noisy = contact.copy()
    noisy[::97] ^= True
    clean, spoilt = hexapod_gait(contact, 0.001), hexapod_gait(noisy, 0.001)
    assert spoilt.stride_frequency == pytest.approx(clean.stride_frequency, rel=0.01)
    assert spoilt.tripod_index == pytest.approx(clean.tripod_index, abs=0.02)


def test_whole_stances_only_and_times_of_touch_down():
    contact = np.zeros((12, 6), bool)
    contact[[0, 1, 4, 5, 6, 9, 10, 11], 0] = True
    assert durations(contact, 0.01, True) == pytest.approx([0.03])
    assert durations(contact, 0.01, False) == pytest.approx([0.02, 0.02])
    assert touch_downs(contact, 0.01)[0] == pytest.approx([0.04, 0.09])
    still = hexapod_gait(np.ones((50, 6)), 0.01)
    assert np.isnan(still.stride_frequency) and still.tripod_index == 0 and np.isnan(still.tripod_strength)


def test_other_than_six_feet_is_refused():
    with pytest.raises(PremotorError, match=r"\(9, 4\); a walk on six legs"):
        hexapod_gait(np.zeros((9, 4)), 0.01)
