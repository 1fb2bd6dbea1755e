"""The figures of a gait over episodes."""

import numpy as np
import pytest

from analysis.gaits import cycle, footfalls, walk
from premotor.analysis import gait_of, spectral_arc_length
from premotor.errors import PremotorError

PERIOD = 0.02


def trace(episodes=3, steps=500):
    contact = np.stack([footfalls(steps, PERIOD, 1.0, 0.6, [0, 0.5], e / 10) for e in range(episodes)], axis=1)
    angles = np.stack([walk(steps, PERIOD, 1.0, e / 10) for e in range(episodes)], axis=1)
    action = np.zeros((steps, episodes, 4))
    position = np.broadcast_to(1.3 * PERIOD * np.arange(steps)[:, None], (steps, episodes))
    return contact, angles, action, position


def test_every_figure_of_a_perfect_walk():
    contact, angles, action, position = trace()
    found = gait_of(contact, angles, action, PERIOD, position=position, reference=cycle())
    assert found.episodes == 3
    assert found.stride_frequency == pytest.approx(1.0)
    assert found.spectral_frequency == pytest.approx(1.0, abs=0.01)
    assert found.stride_length == pytest.approx(1.3)
    assert found.duty_factors == pytest.approx((0.6, 0.6))
    assert found.duty_factor == pytest.approx(0.6)
    assert found.limb_phase == pytest.approx(0.5)
    assert found.symmetry_index == pytest.approx(0)
    assert found.double_support == pytest.approx(0.2)
    assert found.joint_rmse < 1e-5
    assert found.action_smoothness == 0
    assert {name for name, value in found.figures().items() if np.isnan(value)} == {"sparc"}
    assert "per_episode" not in found.figures()


def test_the_smoothness_of_the_speed_is_that_of_a_single_stride():
    contact, angles, action, _ = trace()
    time = np.arange(501) * PERIOD
    position = 1.3 * time + 0.02 * np.sin(2 * np.pi * 2 * time)  # the speed swings twice a stride
    found = gait_of(contact, angles, action, PERIOD, position=np.repeat(position[:500, None], 3, axis=1))
    speed = np.diff(position) / PERIOD
    single = [spectral_arc_length(speed[k : k + 50] - speed[k : k + 50].mean(), PERIOD) for k in range(50)]
    assert min(single) <= found.sparc <= max(single)
    assert found.sparc > spectral_arc_length(speed - speed.mean(), PERIOD)  # ten strides are no rougher


def test_what_follows_a_fall_is_left_out():
    contact, angles, action, position = trace()
    alive = np.ones((500, 3), bool)
    alive[250:, 0] = False  # falls after 5 s, and then lies there
    alive[30:, 1] = False  # falls after 0.6 s: too short to tell
    contact[250:, 0] = True
    angles[250:, 0] = 9.0
    action[250:, 0] = np.random.default_rng(0).normal(size=(250, 4))
    found = gait_of(contact, angles, action, PERIOD, position=position, alive=alive, reference=cycle())
    assert found.episodes == 2
    assert found.duty_factor == pytest.approx(0.6)
    assert found.joint_rmse < 1e-5
    assert found.action_smoothness == 0


def test_nothing_but_falls_gives_nan_and_not_an_error():
    contact, angles, action, _ = trace()
    found = gait_of(contact, angles, action, PERIOD, alive=np.zeros((500, 3)))
    assert found.episodes == 0
    assert np.isnan(found.stride_frequency)
    assert np.isnan(found.duty_factor)


def test_standing_still_has_no_strides():
    found = gait_of(np.ones((500, 2, 2)), np.zeros((500, 2, 4)), np.zeros((500, 2, 4)), PERIOD)
    assert np.isnan([found.stride_frequency, found.spectral_frequency, found.stride_length, found.joint_rmse]).all()
    assert found.duty_factor == 1
    assert found.double_support == 1


def test_one_foot_has_no_symmetry():
    contact, angles, action, _ = trace()
    found = gait_of(contact[..., :1], angles, action, PERIOD)
    assert np.isnan(found.limb_phase)
    assert np.isnan(found.symmetry_index)
    assert found.stride_frequency == pytest.approx(1.0)


def test_shapes_that_do_not_agree_are_refused():
    contact, angles, action, position = trace()
    with pytest.raises(PremotorError, match="action has shape"):
        gait_of(contact, angles, action[:-1], PERIOD)
    with pytest.raises(PremotorError, match="three axes"):
        gait_of(contact[:, 0], angles, action, PERIOD)
