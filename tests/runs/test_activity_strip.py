"""The neurons' activity below a video: what is where, when, and in which colour."""

import numpy as np

from premotor.runs import Player, play_to_video, player
from premotor.runs.activity_strip import COLOURS, PAPER, activity_image, with_activity


def test_neurons_stand_by_class_and_are_coloured_by_how_active_they_are():
    rates = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, 3.0]])  # the second neuron never changes
    picture, blocks = activity_image(rates, ["motor", "sensory", "motor"])
    assert picture.shape == (3, 2, 3)
    assert blocks == [("sensory", 0), ("motor", 1)]
    assert (picture[0] == PAPER).all()
    assert (picture[1:, 0] == PAPER).all()
    assert (picture[1:, 1] == COLOURS[1]).all()


def test_the_strip_ends_with_now():
    rates = np.zeros((300, 1))
    rates[150] = 1.0
    frames = [np.zeros((100, 200, 3), np.uint8)] * 3
    before, now, later = with_activity(frames, [149, 150, 200], rates, ["motor"], period=0.01)
    middle = 120  # a row of the strip between its texts
    assert now.shape == (140, 200, 3)
    assert (before[middle] == PAPER).all()
    assert (now[middle, -2:] == COLOURS[0]).all() and (now[middle, :-2] == PAPER).all()
    assert (later[middle, 98:100] == COLOURS[0]).all()  # half a second ago, half a strip away


def test_a_video_of_a_circuit_shows_its_neurons(tmp_path, monkeypatch):
    made: dict[str, list[np.ndarray]] = {}
    monkeypatch.setattr(
        "premotor.runs.playing.write_video", lambda path, frames, fps: made.update(frames=list(frames)) or path
    )
    shown: Player = player("bipedal")
    assert set(shown.groups) == {"interneuron", "motor"} and len(shown.groups) == shown.controller.network.neurons
    play_to_video(shown, tmp_path / "walk.mp4", 0.2)
    assert {frame.shape for frame in made["frames"]} == {(560, 600, 3)}
