"""Synthetic gaits of two legs are told apart, and their measures are those by which they were made."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor.analysis.bipedal_walk import KINDS, bipedal_walk, walks_of
from premotor.errors import PremotorError

PERIOD = 0.02
STEPS = 500


def gait(frequency=1.0, duty=(0.62, 0.62), lag=0.5, swing=0.4, offset=0.0, speed=1.3, start=0.1):
    """Contact, hips (rad) and position (m): the right foot `lag` strides after the left."""
    turns = np.arange(STEPS)[:, None] * PERIOD * frequency + start - np.array([0.0, lag])
    contact = np.round(turns % 1.0, 9) % 1.0 < np.asarray(duty)
    hips = swing * np.cos(2 * np.pi * turns) + np.array([offset, -offset])
    return contact, hips, speed * PERIOD * np.arange(STEPS)


def named(contact, hips, position=None, **more):
    return bipedal_walk(contact, hips, PERIOD, position=position, **more)


def test_a_walk_and_its_measures():
    found = named(*gait())
    assert found.kind == "walks" and found.walks
    assert found.interlimb_phase == pytest.approx(0.5, abs=0.01)
    assert found.phase_consistency == pytest.approx(1, abs=1e-3)
    assert found.crossings == pytest.approx(2, abs=0.15)
    assert found.stride_frequency == pytest.approx(1)
    assert found.stride_length == pytest.approx(1.3)
    assert found.duty_factors == pytest.approx((0.62, 0.62))
    assert found.double_support == pytest.approx(0.24, abs=0.01)
    assert found.flight == 0
    assert found.asymmetry < 0.05
    assert found.step_share == pytest.approx((0.5, 0.5), abs=0.03)


def hop(foot):
    contact, hips, position = gait(duty=(0.3, 0.3))
    contact[:, 1 - foot] = False
    return contact, hips, position


def tap(foot):
    """It stands on the other foot, and does not move from its place."""
    contact, hips, _ = gait(duty=(0.5, 0.5), swing=0.1)
    contact[:, 1 - foot] = True
    return contact, hips, np.zeros(STEPS)


@pytest.mark.parametrize(
    ("kind", "trace"),
    [
        ("walks", gait(frequency=0.7, duty=(0.66, 0.66), speed=0.8)),
        ("runs", gait(frequency=1.4, duty=(0.35, 0.35), speed=3.0)),
        ("hops on the right leg", hop(1)),
        ("hops on the left leg", hop(0)),
        ("shuffles", tap(0)),
        ("shuffles", tap(1)),
        ("hops on both legs", gait(duty=(0.4, 0.4), lag=0.03)),
        ("lunges", gait(swing=0.3, offset=0.5)),
        ("skips", gait(lag=0.3, duty=(0.5, 0.5))),
        ("limps", gait(duty=(0.75, 0.55))),
        ("vibrates", gait(frequency=6.0)),
        ("stands", (np.ones((STEPS, 2)), np.zeros((STEPS, 2)), np.zeros(STEPS))),
        ("shuffles", (np.ones((STEPS, 2)), gait(frequency=1.0)[1], gait()[2])),
        ("vibrates", (np.ones((STEPS, 2)), gait(frequency=9.0, swing=0.05)[1], gait()[2])),
    ],
)
def test_gaits_are_told_apart(kind, trace):
    assert named(*trace).kind == kind


def test_what_falls_does_not_walk():
    assert named(*gait(), fell=True).kind == "falls"


def test_the_dragged_foot_of_a_hop_may_touch_now_and_then():
    contact, hips, position = hop(1)
    contact[40:44, 0] = contact[300:304, 0] = True
    assert named(contact, hips, position).kind == "hops on the right leg"


def test_steps_of_different_length_limp_where_the_feet_are_known():
    contact, hips, position = gait()
    feet = position[:, None] + 0.6 * np.stack([np.cos(2 * np.pi * (np.arange(STEPS) * PERIOD + 0.1))] * 2, axis=1)
    feet[:, 1] = position - (feet[:, 0] - position)  # half a stride later
    even = named(contact, hips, position, feet=feet)
    assert even.walks and even.step_length_asymmetry < 0.05
    feet[:, 1] += 0.3  # the right foot always 30 cm ahead
    uneven = named(contact, hips, position, feet=feet)
    assert uneven.kind == "limps" and uneven.step_length_asymmetry > 0.2


def test_chatter_of_the_contact_sensor_adds_no_steps():
    contact, hips, position = gait()
    noisy = contact.copy()
    noisy[10::50, 0] ^= True
    assert named(noisy, hips, position).touch_downs == named(contact, hips, position).touch_downs


def test_feet_that_scuff_in_their_swing_do_not_hide_that_the_legs_pass():
    contact, hips, position = gait(frequency=0.8, duty=(0.55, 0.55))
    turns = np.arange(STEPS)[:, None] * PERIOD * 0.8 + 0.1 - np.array([0.0, 0.5])
    swing = np.round(turns % 1.0, 9) % 1.0
    found = named(contact | ((swing > 0.72) & (swing < 0.82)), hips, position)
    assert found.stride_frequency > 1.5, "both feet touch down twice a stride"
    assert found.crossings == pytest.approx(2, abs=0.2)


def test_legs_that_do_not_repeat_are_counted_by_the_feet():
    rng = np.random.default_rng(0)
    contact, _, position = gait()
    legs = np.where(rng.random((STEPS, 1)) < 0.5, 0.3, -0.3) * np.array([1.0, -1.0])
    found = named(contact, legs, position)
    marks = np.flatnonzero(np.diff(contact[:, 1].astype(int)) == 1) + 1
    turned = (np.diff(np.sign(legs[marks[0] : marks[-1] + 1, 0])) != 0).sum()
    assert found.crossings == pytest.approx(turned / (len(marks) - 1), rel=0.2)


@given(st.integers(0, 99), st.floats(0.5, 2.0), st.floats(0.55, 0.7))
def test_names_do_not_depend_on_where_the_record_begins_or_on_which_leg_leads(start, frequency, duty):
    contact, hips, position = gait(frequency=frequency, duty=(duty, duty), start=start / 100)
    one = named(contact, hips, position)
    mirrored = named(contact[:, ::-1], hips[:, ::-1], position)
    assert one.kind == mirrored.kind == "walks"
    assert one.duty_factors == pytest.approx(mirrored.duty_factors[::-1])


def test_every_name_is_in_the_list_and_bad_shapes_are_refused():
    assert named(*gait()).kind in KINDS
    with pytest.raises(PremotorError, match=r"\(steps, 2\)"):
        bipedal_walk(np.ones((5, 3)), np.ones((5, 3)), PERIOD)
    with pytest.raises(PremotorError, match="position"):
        bipedal_walk(np.ones((5, 2)), np.ones((5, 2)), PERIOD, position=np.ones(4))


def test_many_episodes_are_counted_by_their_names():
    traces = [gait(), gait(start=0.6), hop(1), gait(lag=0.3, duty=(0.5, 0.5))]
    contact, hips, position = (np.stack(parts, axis=1) for parts in zip(*traces, strict=True))
    alive = np.ones((STEPS, 4), bool)
    alive[200:, 0] = False
    merit = np.array([1.0, 0.9, 0.8, 0.7])
    fallen = np.array([True, False, False, False])
    found = walks_of(contact, hips, PERIOD, alive, fallen, position=position, merit=merit)
    assert found["walks"] == 0.25
    assert found["gaits"] == {"falls": 1, "walks": 1, "hops on the right leg": 1, "skips": 1}
    left, right = found["left_steps"], found["right_steps"]
    assert left == pytest.approx(2 / 3 * right, abs=0.5)  # the hop has no steps of the left foot
    assert found["score"] == pytest.approx(0.9 / 4), "only the walk scores"
    nothing = walks_of(contact, hips, PERIOD, alive, np.ones(4, bool))
    assert nothing["walks"] == 0 and np.isnan(nothing["crossings"])


def test_excursion_and_cost_of_transport_are_those_of_a_known_motion():
    contact, hips, position = (part[:, None] for part in gait(frequency=1.0))
    time = PERIOD * np.arange(STEPS)[:, None]
    height = 0.9 + 0.02 * np.sin(4 * np.pi * time)  # twice a stride
    speed = (position[-1] - position[0]) / time[-1]
    power = np.full((STEPS, 1), 0.15 * speed)
    alive, fallen = np.ones((STEPS, 1), bool), np.zeros(1)
    found = walks_of(contact, hips, PERIOD, alive, fallen, position=position, height=height, power=power)
    assert found["vertical_excursion"] == pytest.approx(0.04, abs=1e-3)
    assert found["cost_of_transport"] == pytest.approx(0.15, rel=0.01)
