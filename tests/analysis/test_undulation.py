"""Measures of undulation on bodies whose wave is known exactly."""

import numpy as np
import pytest

from premotor.analysis import outline, tangents, undulation, undulation_figures

PERIOD = 0.01
TIME = PERIOD * np.arange(1000)
JOINTS = np.arange(1, 24)


def crawler(frequency: float = 0.5, wavelength: float = 0.65, speed: float = 0.2, bend: float = 0.3, way: int = 1):
    """Head, yaw and bends of a worm that slides along −x while a wave runs along it; `way` 1 from head to tail."""
    angle = 2 * np.pi * (frequency * TIME[:, None] - way * JOINTS / 24 / wavelength)
    bends = bend * np.cos(angle)
    yaw = -np.cumsum(bends, 1).mean(1)
    shape = outline(np.zeros((len(TIME), 2)), tangents(yaw, bends)).mean(1)
    return np.stack([-speed * TIME, 0 * TIME], 1) - shape, yaw, bends


@pytest.mark.parametrize("way", [1, -1])
def test_a_travelling_wave_is_measured(way: int) -> None:
    found = undulation(*crawler(way=way, speed=way * 0.2), PERIOD)
    assert found.frequency == pytest.approx(0.5, rel=0.02)
    assert found.wavelength == pytest.approx(0.65, rel=0.02)
    assert found.direction == way and found.phase_lag == pytest.approx(way * 2 * np.pi / 24 / 0.65, rel=0.02)
    assert found.speed == pytest.approx(way * 0.2, rel=0.02)
    assert found.efficiency == pytest.approx(0.2 / 0.325, rel=0.03)
    assert found.wave > 0.98 and found.eigenworms > 0.999
    assert found.bend == pytest.approx(0.3 / np.sqrt(2), rel=0.02)
    assert abs(found.turning) < 0.02
    slope = 0.3 / (2 * np.sin(np.pi / 24 / 0.65))
    assert found.amplitude == pytest.approx(slope * 0.65 / (2 * np.pi), rel=0.15)
    assert found.crawls(backward=way < 0) and not found.crawls(backward=way > 0)


def test_what_stands_or_thrashes_does_not_crawl() -> None:
    head, yaw, bends = crawler()
    standing = 0.3 * np.cos(2 * np.pi * 0.5 * TIME)[:, None] * np.cos(2 * np.pi * JOINTS / 24 / 0.65)
    found = undulation(head, yaw, standing, PERIOD)
    assert found.wave < 0.65 and not found.crawls() and not found.crawls(True)
    assert not undulation(*crawler(frequency=4.0), PERIOD).crawls()
    assert not undulation(*crawler(speed=0.02), PERIOD).crawls()
    assert not undulation(*crawler(wavelength=1.5), PERIOD).crawls()


def test_a_worm_with_a_coiled_tail_does_not_crawl() -> None:
    head, yaw, bends = crawler()
    assert undulation(head, yaw, bends, PERIOD).coiled == 0
    coil = bends + np.where(JOINTS > 12, 2 * np.pi / 8, 0)  # its tail turns by more than a circle, beside the wave
    late = np.where(TIME[:, None] < 5.5, coil, bends)
    found = undulation(head, yaw, late, PERIOD)
    assert found.coiled == pytest.approx(0.5, abs=0.01) and not found.crawls()


def test_a_worm_that_rests_has_no_rhythm() -> None:
    found = undulation(np.zeros((1000, 2)), np.zeros(1000), np.zeros((1000, 23)), PERIOD)
    assert found.speed == 0 and found.frequency == 0 and found.direction == 0 and found.wave == 0
    assert not found.crawls()


def test_only_crawling_scores() -> None:
    worms = [crawler(), crawler(frequency=4.0)]
    head, yaw, bends = (np.stack([worm[i] for worm in worms], 1) for i in range(3))
    figures = undulation_figures(head, yaw, bends, np.array([0.2, 0.2]), PERIOD)
    assert figures["crawls"] == 0.5
    assert figures["score"] == pytest.approx(figures["any_gait_score"] / 2, rel=0.01)
    assert figures["any_gait_score"] == pytest.approx(1, abs=0.02)


def test_both_ways_are_told_apart() -> None:
    worms = [crawler(), crawler(way=-1, speed=-0.1), crawler(way=-1, speed=-0.2)]
    head, yaw, bends = (np.stack([worm[i] for worm in worms], 1) for i in range(3))
    figures = undulation_figures(head, yaw, bends, np.array([0.2, 0.2, -0.2]), PERIOD)
    assert (figures["crawls_forward"], figures["crawls_backward"]) == (0.5, 1.0)
    assert figures["speed_forward"] == pytest.approx(0.05, abs=0.01)
    assert figures["speed_backward"] == pytest.approx(-0.2, rel=0.05)
    assert not any(name.endswith("ward") for name in undulation_figures(head, yaw, bends, np.full(3, 0.2), PERIOD))


def test_a_swimmer_swims_and_a_crawler_crawls() -> None:
    swimming = {"frequency": 1.8, "wavelength": 1.5, "speed": 0.2, "bend": 0.2}
    swimmer, walker = undulation(*crawler(**swimming), PERIOD), undulation(*crawler(), PERIOD)
    assert swimmer.swims() and not swimmer.crawls() and not swimmer.swims(backward=True)
    assert walker.crawls() and not walker.swims()
    for medium, fitting in ((0.0, swimmer), (1.0, walker)):
        assert fitting.fits(medium) and not (swimmer if medium else walker).fits(medium)
        assert fitting.fits(0.5)
    for name, value in (("frequency", 0.8), ("wavelength", 0.7), ("speed", 0.0)):
        assert not undulation(*crawler(**(swimming | {name: value})), PERIOD).swims()
    assert not undulation(*crawler(**(swimming | {"frequency": 4.0})), PERIOD).fits(0.5)
    assert swimmer.sharpness == pytest.approx(0.2 * 24, rel=0.01)
    sharp = undulation(*crawler(**(swimming | {"bend": 0.6, "wavelength": 1.1})), PERIOD)
    assert sharp.coiled == 0 and not sharp.swims() and not sharp.fits(0.5)


def test_each_medium_has_figures_of_its_own() -> None:
    worms = [crawler(frequency=1.8, wavelength=1.5, bend=0.2), crawler(), crawler()]
    head, yaw, bends = (np.stack([worm[i] for worm in worms], 1) for i in range(3))
    figures = undulation_figures(head, yaw, bends, np.full(3, 0.2), PERIOD, np.array([0.1, 0.2, 1.0]))
    assert (figures["swims"], figures["crawls"]) == (0.5, 1.0)
    assert figures["frequency_water"] == pytest.approx(1.15, rel=0.03)
    assert figures["wavelength_agar"] == pytest.approx(0.65, rel=0.03)
    assert figures["score"] == pytest.approx(2 / 3, rel=0.02)
    dry = undulation_figures(head, yaw, bends, np.full(3, 0.2), PERIOD, np.array([0.8, 0.9, 0.5]))
    assert "swims" not in dry and "frequency_water" not in dry and dry["crawls"] == 0.5
