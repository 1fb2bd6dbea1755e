"""Slow motion and frames of a video; live plots."""

import matplotlib
import numpy as np
import pytest

from balancing import balancing_player
from premotor.errors import PremotorError
from premotor.runs import play_live
from premotor.runs.playing import Player, episodes_of, play_to_video


@pytest.fixture(scope="module")
def shown() -> Player:
    return balancing_player()


def test_frames_every_n_steps_and_slow_motion(shown, tmp_path, monkeypatch):
    period, made = shown.task.control_period, {}

    def keep(path, frames, fps):
        made["frames"], made["fps"] = sum(1 for _ in frames), fps
        return path

    monkeypatch.setattr("premotor.runs.playing.write_video", keep)
    play_to_video(shown, tmp_path / "slow.mp4", 0.4, every=2, speed=0.2)
    assert made["frames"] == pytest.approx((0.4 / period + 1) / 2, abs=1)
    assert made["fps"] == pytest.approx(0.2 / (2 * period))
    play_to_video(shown, tmp_path / "slow.mp4", 0.4, speed=0.5)
    assert 20 < made["fps"] < 32  # about 25, whatever the speed
    for wrong, said in (({"every": 0}, "every is 0"), ({"speed": 0.0}, "speed is 0")):
        with pytest.raises(PremotorError, match=said):
            play_to_video(shown, tmp_path / "no.mp4", 0.4, **wrong)


def test_live_plots_hold_every_step_as_it_happens(shown, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    matplotlib.use("agg")
    plots = play_live(shown, 0.09)
    records = episodes_of(shown, 0.09, 2_000).run(shown.controller)
    sensors, actions, reward = plots.figure.axes
    assert plots.length == len(records["time"]) == 5
    drawn = np.stack([line.get_ydata() for line in actions.lines], axis=1)
    np.testing.assert_array_equal(drawn, records["action"][:, 0])
    np.testing.assert_allclose(reward.lines[0].get_ydata(), records["reward"][:, 0])
    angles, speeds = records["qpos"][:, 0], records["qvel"][:, 0]
    seen = np.stack([np.cos(angles), np.sin(angles), speeds], axis=2).reshape(5, 6)
    drawn = np.stack([line.get_ydata() for line in sensors.lines], axis=1)
    np.testing.assert_allclose(drawn, seen, rtol=1e-5, atol=1e-6)
    monkeypatch.delenv("MPLBACKEND")
    with pytest.raises(PremotorError, match="--live needs a display"):
        play_live(shown)
    with pytest.raises(PremotorError, match="speed is 0"):
        play_live(shown, speed=0)
