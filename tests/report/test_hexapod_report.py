"""The section on six legs: what it says about walks whose gait is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from premotor.bodies import build_fly
from premotor.report.hexapod import Hexapod, walks_of
from premotor.report.page import Missing, Picture, Table
from premotor.report.trace import Trace

PERIOD = 0.005


def words(*given: str) -> str:
    return " ".join(given)


def tripod(speeds: tuple[float, ...], seconds: float = 3.0, stop: float | None = None) -> Trace:
    """Walks at some speeds (mm/s): tripods of 10 Hz with swings of 40 ms, along a line at 0.5 rad; swaying."""
    time = np.arange(0, seconds, PERIOD)
    body = build_fly(18)
    late = np.array([0, 0.5, 0, 0.5, 0, 0.5])
    contact = np.tile((((10 * time[:, None] - late + 1e-6) % 1) < 0.6)[:, None], (1, len(speeds), 1)).astype(np.float32)
    qpos = np.zeros((len(time), len(speeds), body.model.nq))
    way = time[:, None] * np.array(speeds) + 0.005 * np.sin(2 * np.pi * 20 * time)[:, None]
    qpos[:, :, 0], qpos[:, :, 1] = way * np.cos(0.5), way * np.sin(0.5)
    alive = np.ones(contact.shape[:2])
    if stop is not None:
        alive[time > stop, 0] = 0
    zeros = np.zeros((len(time), len(speeds), 1))
    command = np.array(speeds)
    return Trace(time, qpos, zeros, zeros, contact, alive, zeros[:, 0], command, None, PERIOD)


def record_of(trace: Trace | None) -> SimpleNamespace:
    """What the section reads of a run."""
    task = SimpleNamespace(debounce=0.008, expected_gait=None)
    return SimpleNamespace(trace=trace, task=task, body=build_fly(18), videos=[], command=words)


def test_walks_are_measured_along_their_way_in_any_direction():
    body = build_fly(18)
    walks = walks_of(tripod((5.0, 20.0)), body, 0.008)
    np.testing.assert_allclose(walks.speed, [5, 20], rtol=0.02)
    for gait, speed in zip(walks.gaits, walks.speed, strict=True):
        assert gait.stride_frequency == pytest.approx(10, rel=0.02)
        assert gait.stride_length == pytest.approx(speed / 10, rel=0.03)
        assert gait.duty_factors == pytest.approx([0.6] * 6, abs=0.02)
        assert gait.tripod_index == pytest.approx(0.8, abs=0.03)
    fallen = walks_of(tripod((5.0, 20.0), stop=1.0), body, 0.008)
    np.testing.assert_allclose(fallen.speed, [20], rtol=0.02)


def test_the_section_shows_footfalls_the_gait_against_speed_and_its_numbers():
    section = Hexapod().build(record_of(tripod((7.0, 12.0, 13.0, 22.0))))
    pictures = [block for block in section.blocks if isinstance(block, Picture)]
    assert [picture.title for picture in pictures] == ["Footfalls", "The gait against speed"]
    assert "left middle" in pictures[0].svg and "Duty factor" in pictures[1].svg
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["0 to 10", "10 to 15", "20 and more"]
    assert table.rows[1][1] == "2" and table.rows[1][2] == "10.0" and table.rows[1][6] == "0.60/0.60/0.60"


def test_without_a_trace_or_a_step_it_says_so():
    assert any(isinstance(block, Missing) for block in Hexapod().build(record_of(None)).blocks)
    standing = tripod((5.0,))
    standing.contact[:] = 1
    assert isinstance(Hexapod().build(record_of(standing)).blocks[-1], Missing)
