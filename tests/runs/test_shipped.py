"""The trained controllers of the package still do what their test says."""

import pytest

from premotor.runs import shipped
from premotor.runs.episodes import Episodes
from premotor.runs.shipping import shipped_names


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_names())
def test_the_whole_test_comes_out_again(name):
    """To the last bit on the processor where it was made; elsewhere, means over its episodes differ a little."""
    made = shipped(name)
    wanted = made.figures
    episodes = Episodes(made.task, wanted["episodes"], wanted["seconds_per_episode"], wanted["seed"], 0)
    found = episodes.figures(episodes.run(made.controller))
    assert found["score"] == pytest.approx(wanted["score"], rel=0.02)
    for name in {"survived", "crawls", "reverses", "advances", "coils"} & set(wanted):
        assert found[name] == pytest.approx(wanted[name], abs=0.02)
    for name in {"speed"} & set(wanted):
        assert found[name] == pytest.approx(wanted[name], rel=0.02)
