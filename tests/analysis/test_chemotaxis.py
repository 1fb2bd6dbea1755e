"""The chemotaxis index and turning by bearing, on paths that are known."""

import numpy as np
import pytest

from premotor.analysis.chemotaxis import chemotaxis_figures, chemotaxis_index, turning_by_bearing

PERIOD, SPEED = 0.05, 0.2


def paths(
    turn: tuple[float, float, float], episodes: int = 64, seconds: float = 60, far: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Points that go at `SPEED` and turn by a · sin β + b · cos β + c, and their sources in all directions."""
    towards, ahead, always = turn
    angle = 2 * np.pi * np.arange(episodes) / episodes
    source = far * np.stack([np.cos(angle), np.sin(angle)], 1)
    place, heading = np.zeros((episodes, 2)), np.zeros(episodes)
    rows = [place]
    for _ in range(round(seconds / PERIOD)):
        away = source - place
        bearing = np.arctan2(away[:, 1], away[:, 0]) - heading
        heading = heading + PERIOD * (towards * np.sin(bearing) + ahead * np.cos(bearing) + always)
        place = place + SPEED * PERIOD * np.stack([np.cos(heading), np.sin(heading)], 1)
        rows.append(place)
    return np.stack(rows), source


def indices(turn: tuple[float, float, float], **given: float) -> np.ndarray:
    place, source = paths(turn, **given)
    return chemotaxis_index(np.linalg.norm(place - source, axis=-1))


def test_the_index_of_a_straight_way_to_the_source_and_back() -> None:
    distance = np.array([[3.0, 2.0], [2.0, 3.0], [1.0, 4.0]])
    np.testing.assert_allclose(chemotaxis_index(distance), [(0 + 1 / 3 + 2 / 3) / 3, (0 - 1 / 2 - 1) / 3])


@pytest.mark.parametrize("turn", [(0, 0, 0), (0, 0, 0.1), (0, 0, -0.5), (0, 0, 3.0)])
@pytest.mark.parametrize("seconds", [10, 30, 60])
def test_what_does_not_know_the_source_has_an_index_of_at_most_0(turn: tuple[float, float, float], seconds: float):
    assert indices(turn, seconds=seconds).mean() <= 1e-3


def test_what_curves_to_the_source_has_a_high_index() -> None:
    assert indices((0.5, 0, 0), seconds=30).mean() > 0.35
    assert indices((-0.5, 0, 0), seconds=30).mean() < -0.4


def test_turning_less_up_the_gradient_leads_to_the_source_too() -> None:
    """Without any dependence on which side the source is: no klinotaxis, and yet chemotaxis."""
    assert indices((0, -0.5, 0.4), seconds=60).mean() > 0.3


@pytest.mark.parametrize("turn", [(0.1, 0, 0), (-0.1, 0, 0.05), (0, -0.1, 0.15), (0, 0, 0.2)])
def test_the_rule_of_turning_is_found_again(turn: tuple[float, float, float]) -> None:
    found = turning_by_bearing(*paths(turn), PERIOD, near=0.5)
    assert found is not None
    np.testing.assert_allclose([found.towards, found.ahead, found.always], turn, atol=0.01)
    seen = np.isfinite(found.rate)
    ruled = turn[0] * np.sin(found.bearing) + turn[1] * np.cos(found.bearing) + turn[2]
    np.testing.assert_allclose(found.rate[seen], ruled[seen], atol=0.03)


def test_the_undulation_is_no_turning() -> None:
    place, source = paths((0.1, 0, 0))
    time = PERIOD * np.arange(len(place))
    across = 0.1 * np.sin(2 * np.pi * 0.5 * time)  # one cycle in `CYCLE`
    found = turning_by_bearing(place + np.stack([0 * across, across], 1)[:, None], source, PERIOD, near=0.5)
    assert found is not None and found.towards == pytest.approx(0.1, abs=0.015)


def test_a_short_or_a_still_path_has_no_turning() -> None:
    place, source = paths((0.1, 0, 0), seconds=5)
    assert turning_by_bearing(place, source, PERIOD) is None
    place, source = paths((0.1, 0, 0), seconds=30)
    assert turning_by_bearing(0 * place, source, PERIOD) is None


def test_coming_near_is_counted_and_rolled_up_is_worth_nothing() -> None:
    """One head goes straight there, one stays away, one goes away, one goes there rolled up."""
    steps = 1001
    part = np.linspace(0, 1, steps)[:, None] * np.array([1.0, 0.0, -1.0, 1.0])
    head = np.stack([3 * part, 0 * part], -1)
    bends = np.zeros((steps, 4, 23))
    bends[:, 3] = 0.3
    source = np.tile([3.0, 0.0], (4, 1))
    found = chemotaxis_figures(head, 0 * part, bends, source, 0.5, 0.01)
    assert found["index"] == pytest.approx(0.125) and found["score"] == pytest.approx(0)
    assert found["coils"] == 0.25 and found["reaches"] == 0.5
    assert found["nearest"] == pytest.approx(0.5) and found["always"] == pytest.approx(0, abs=1e-6)
    assert "towards" not in chemotaxis_figures(head[:400], 0 * part[:400], bends[:400], source, 0.5, 0.01)
