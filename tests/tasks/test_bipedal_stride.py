"""The even stride from Gymnasium's own walker: legs that do the same half a stride apart, and pass each other."""

import numpy as np
import pytest

from premotor.analysis import bipedal_walk
from premotor.tasks.bipedal_reference import load_bipedal_reference, motion_of
from premotor.tasks.bipedal_stride import make_bipedal_stride

pytest.importorskip("Box2D")


@pytest.fixture(scope="module")
def reference():
    return load_bipedal_reference("bipedal-stride")


def test_it_is_a_walk_by_the_definition(reference):
    motion = motion_of(reference.observations)
    way = np.cumsum(motion.speed) / 50
    found = bipedal_walk(motion.contacts, motion.angles[:, [0, 2]], 0.02, position=way)
    assert found.walks and found.interlimb_phase == pytest.approx(0.5, abs=0.02)
    assert found.crossings == pytest.approx(2, abs=0.1) and found.asymmetry < 0.05
    assert min(found.duty_factors) > 0.5


def test_either_leg_does_the_same_half_a_stride_later(reference):
    half = reference.at(np.arange(20) / 20 * 2 * np.pi)
    other = reference.at(np.arange(20) / 20 * 2 * np.pi + np.pi)
    np.testing.assert_allclose(half.angles[:, :2], other.angles[:, 2:], atol=0.06)


def test_the_file_of_the_package_is_the_mean_of_those_walks(reference):
    """Of a third of the episodes, on any processor: the whole takes three times as long."""
    made = make_bipedal_stride(episodes=20)
    assert made.stride_period == pytest.approx(reference.stride_period, rel=0.05)
    assert made.speed == pytest.approx(reference.speed, rel=0.05)
    phase = np.linspace(0, 2 * np.pi, 50)
    assert np.abs(made.at(phase).angles - reference.at(phase).angles).max() < 0.2  # rad


def test_no_walk_to_the_end_is_told():
    from premotor.errors import PremotorError

    with pytest.raises(PremotorError, match="in none of 0 episodes"):
        make_bipedal_stride(episodes=0)
