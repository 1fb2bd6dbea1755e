"""The line that a test ends with."""

from premotor.runs.control import verdict
from premotor.runs.shipping import shipped


def test_of_a_worm_that_goes_both_ways_each_way_is_said_and_not_their_mean():
    figures = shipped("worm-two-way").figures
    said = verdict(figures, "mm/s")
    assert (
        f"where forward is commanded {figures['crawls_forward']:.0%} crawl, at {figures['speed_forward']:.2f} mm/s"
        in said
    )
    assert f"where backward is commanded {figures['crawls_backward']:.0%} crawl, at -" in said
    assert "was commanded" not in said


def test_of_a_worm_that_goes_one_way_speed_and_command_are_said():
    said = verdict(shipped("worm").figures, "mm/s")
    assert "mm/s was commanded" in said and "backward" not in said


def test_of_six_legs_it_is_said_how_far_they_step_in_tripods():
    figures = shipped("fly-walk-ppo").figures
    assert f"tripod index {figures['tripod_index']:.2f} (1: a tripod)" in verdict(figures, "mm/s")
