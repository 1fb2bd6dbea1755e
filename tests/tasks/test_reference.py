"""Reference gaits: interpolation against functions known in closed form, and refusal of what is none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.errors import PremotorError
from premotor.tasks.reference import ReferenceGait

SPEED, PERIOD, SAMPLES = 1.2, 1.1, 48


def wave(phase: np.ndarray) -> np.ndarray:
    """Root x, height, pitch, two joints over phase."""
    return np.stack(
        [
            SPEED * PERIOD * phase / (2 * np.pi) + 0.01 * np.sin(2 * phase),
            0.9 + 0.02 * np.cos(2 * phase),
            0.05 * np.sin(2 * phase + 1),
            0.4 * np.sin(phase),
            0.3 + 0.2 * np.cos(phase - 0.5),
        ],
        axis=-1,
    )


def wave_rate(phase: np.ndarray) -> np.ndarray:
    slope = np.stack(
        [
            SPEED * PERIOD / (2 * np.pi) + 0.02 * np.cos(2 * phase),
            -0.04 * np.sin(2 * phase),
            0.1 * np.cos(2 * phase + 1),
            0.4 * np.cos(phase),
            -0.2 * np.sin(phase - 0.5),
        ],
        axis=-1,
    )
    return slope * 2 * np.pi / PERIOD


def gait(samples: int = SAMPLES) -> ReferenceGait:
    phase = 2 * np.pi * np.arange(samples) / samples
    values = wave(phase)
    return ReferenceGait(
        joint_names=("hip", "knee"),
        joint_angles=values[:, 3:],
        hip_height=values[:, 1],
        hip_advance=0.01 * np.sin(2 * phase),
        pitch=values[:, 2],
        feet=("left", "right"),
        contacts=np.stack([phase < 3.8, (phase + np.pi) % (2 * np.pi) < 3.8], axis=1),
        speed=SPEED,
        stride_period=PERIOD,
    )


GAIT = gait()
phases = st.floats(-50, 50)


@given(phases)
def test_between_samples_it_follows_the_curve(phase: float):
    np.testing.assert_allclose(GAIT.qpos(phase), wave(np.array(phase)), atol=2e-5)
    np.testing.assert_allclose(GAIT.qvel(phase), wave_rate(np.array(phase)), atol=2e-3)


@given(phases)
def test_velocities_are_the_slope_of_positions(phase: float):
    step = 1e-5
    slope = (GAIT.qpos(phase + step) - GAIT.qpos(phase - step)) / (2 * step) * 2 * np.pi / PERIOD
    np.testing.assert_allclose(GAIT.qvel(phase), slope, atol=1e-5)


@given(phases)
def test_a_stride_later_all_is_the_same_but_the_place(phase: float):
    later = GAIT.qpos(phase + 2 * np.pi) - GAIT.qpos(phase)
    np.testing.assert_allclose(later, [SPEED * PERIOD, 0, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(GAIT.qvel(phase + 2 * np.pi), GAIT.qvel(phase), atol=1e-9)


def test_samples_are_met_exactly_and_shapes_follow_the_phases():
    np.testing.assert_allclose(GAIT.qpos(GAIT.phase)[:, 3:], GAIT.joint_angles, atol=1e-12)
    assert GAIT.qpos(np.zeros((2, 3))).shape == GAIT.qvel(np.zeros((2, 3))).shape == (2, 3, 5)
    assert GAIT.contact(np.zeros((2, 3))).shape == (2, 3, 2)


def test_contacts_are_those_of_the_nearest_sample():
    np.testing.assert_array_equal(GAIT.contact(GAIT.phase), GAIT.contacts)
    np.testing.assert_array_equal(GAIT.contact(GAIT.phase + 2 * np.pi + 0.4 * GAIT.phase[1]), GAIT.contacts)
    np.testing.assert_array_equal(GAIT.contact(-GAIT.phase[1]), GAIT.contacts[-1])


def test_it_prints_on_one_line_and_knows_its_stride():
    assert repr(GAIT) == "ReferenceGait(1.20 m/s, stride 1.100 s, 1.32 m, 2 joints, 48 phases)"
    assert GAIT.stride_length == pytest.approx(1.32)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"joint_angles": GAIT.joint_angles[:, :1]}, r"joint_angles has shape \(48, 1\); expected \(48, 2\)"),
        ({"contacts": GAIT.contacts[1:]}, r"contacts has shape \(47, 2\); expected \(48, 2\)"),
        ({"pitch": np.full(48, np.nan)}, "pitch has values that are not finite"),
        ({"hip_height": np.full(48, np.inf)}, "hip_height has values that are not finite"),
        ({"speed": 0.0}, "speed is 0.0; it must be positive"),
        ({"speed": float("nan")}, "speed is nan"),
        ({"stride_period": -1.0}, "stride_period is -1.0"),
    ],
)
def test_what_is_no_gait_is_refused(change: dict, said: str):
    with pytest.raises(PremotorError, match=said):
        replace(GAIT, **change)


def test_too_few_samples_are_refused():
    with pytest.raises(PremotorError, match="7 samples a stride; at least 8"):
        gait(7)
