"""Strides cut from a trace that walks exactly as the reference does."""

import numpy as np
import pytest

from premotor.report.trace import Trace, joint_cycles, split_side, strikes_of, whole_stride_error
from premotor.report.walking import excerpt
from premotor.report.walking_figures import _stadium
from premotor.runs import load_experiment
from premotor.tasks import build_task, load_reference


@pytest.fixture(scope="module")
def task():
    return build_task(load_experiment({}).task)


def exact_trace(task, offset=0.0, steps=500):
    gait = load_reference("biped-walk")
    time = np.arange(steps) * task.control_period
    phase = 2 * np.pi * time / gait.stride_period + 1.0
    qpos = gait.qpos(phase)
    order = [3 + gait.joint_names.index(name) for name in task.body.actuator_names]
    qpos[:, task.body.actuated_qpos] = qpos[:, order] + offset
    one = {"qpos": qpos[:, None], "qvel": gait.qvel(phase)[:, None], "contact": gait.contact(phase)[:, None]}
    return Trace(
        time=time,
        action=np.zeros((steps, 1, 6)),
        alive=np.ones((steps, 1)),
        rates=np.zeros((steps, 3)),
        command=None,
        phase=None,
        control_period=task.control_period,
        **one,
    )


def test_names_are_split_into_side_and_rest():
    assert split_side("left_hip") == ("left", "hip")
    assert split_side("right_knee_pitch") == ("right", "knee_pitch")
    assert split_side("abdomen") == ("", "abdomen")
    assert split_side("left") == ("", "left")


def test_strides_of_the_reference_are_the_reference(task):
    cycles = joint_cycles(exact_trace(task), task.body, task.reference)
    assert {cycle.name for cycle in cycles} == set(task.body.actuator_names)
    for cycle in cycles:
        assert len(cycle.strides) >= 7
        assert cycle.reference is not None
        # a foot strike is known to a control step (2% of a stride), in which a joint turns by up to 8°
        assert np.abs(cycle.strides.mean(0) - cycle.reference).mean() < np.deg2rad(3)


def test_the_error_of_an_offset_is_the_offset(task):
    clean, moved = (whole_stride_error(exact_trace(task, offset), task.body, task.reference) for offset in (0.0, 0.2))
    assert clean.max() < np.deg2rad(4)
    assert moved == pytest.approx(np.full(len(moved), 0.2), abs=0.03)


def test_strikes_come_once_a_stride_and_end_with_the_episode(task):
    trace = exact_trace(task)
    period = load_reference("biped-walk").stride_period
    for strikes in strikes_of(trace, 0):
        assert np.diff(strikes) * task.control_period == pytest.approx(period, abs=2 * task.control_period)
    trace.alive[200:] = 0
    assert all(strikes.max() < 200 for strikes in strikes_of(trace, 0))


@pytest.mark.parametrize(("length", "expected"), [(500, (150, 351)), (300, (99, 300)), (60, (0, 60)), (1, (0, 2))])
def test_an_excerpt_lies_within_the_episode(task, length, expected):
    trace = exact_trace(task)
    trace.alive[length:] = 0
    assert excerpt(trace) == expected


def test_the_outline_of_a_capsule_keeps_its_distance():
    a, b, radius = np.array([0.0, 1.0]), np.array([3.0, 1.5]), 0.2
    outline = _stadium(a, b, radius, corners=40)
    along = np.clip((outline - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    nearest = a + along[:, None] * (b - a)
    assert np.linalg.norm(outline - nearest, axis=1) == pytest.approx(np.full(len(outline), radius))
