"""What the viewer's keys do, without a window."""

import numpy as np
import pytest

from balancing import balancing_player
from premotor.errors import PremotorError
from premotor.runs import Player
from premotor.view.viewer import KEYS, Show, play_in_viewer


@pytest.fixture(scope="module")
def shown() -> Player:
    return balancing_player()


def test_keys_start_anew_print_terms_stop_drawing_add_noise_and_end(shown):
    said: list[str] = []
    show = Show(shown, seed=3, say=said.append)
    steps = round(0.6 / shown.task.control_period)
    states = []
    for _ in range(steps):
        show.step()
        states.append(show.environment.physics.qpos[0].copy())
    assert not said and not show.ended and show.drawing
    show.press(ord("R"))
    show.step()
    assert show.elapsed == pytest.approx(shown.task.control_period)
    assert not np.array_equal(show.environment.physics.qpos[0], states[0])  # another start
    show.press(ord("T"))
    for _ in range(steps):
        show.step()
    printed = [line for line in said if " s: " in line]
    assert printed and "position -" in printed[0]
    show.press(ord("V"))
    show.press(ord("N"))
    assert not show.drawing and show.noisy
    show.press(ord("Q"))
    show.press(ord("7"))
    show.press(300)
    assert show.ended
    assert {line[0] for line in said if line[1:2] == ":"} == set(KEYS)


def test_noise_is_that_of_learning_and_off_by_default(shown):
    def course(noisy: bool) -> np.ndarray:
        show = Show(shown, seed=5, say=lambda line: None)
        show.noisy = noisy
        for _ in range(20):
            show.step()
        return show.environment.physics.qpos[0].copy()

    np.testing.assert_array_equal(course(False), course(False))
    assert not np.array_equal(course(False), course(True))


def test_without_a_display_it_says_so(shown, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(PremotorError, match="needs a display"):
        play_in_viewer(shown)
