"""Videos of spiking agents: the raster, the votes, the task's own renderer, and episodes of a test played again."""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from premotor.cli import main
from premotor.runs.spiking.playing import _apart, _rendered
from premotor.runs.spiking.raster_strip import (
    BOTTOM,
    HEIGHT,
    LEAST,
    MARGIN,
    PANEL,
    TOP,
    Shown,
    raster_rows,
    with_raster,
)
from premotor.tasks.gymnasium_settings import GymnasiumSettings

ROOM = HEIGHT - TOP - BOTTOM
WIDTH = 640


def groups_of(*sizes):
    ends = np.cumsum(sizes)
    return {f"P{k}": np.arange(end - size, end) for k, (size, end) in enumerate(zip(sizes, ends, strict=True))}


@pytest.mark.parametrize("sizes", [(80, 40, 10, 10, 20, 20, 10, 10), (1, 3000, 2), (5,) * 20, (1,)])
def test_every_population_has_rows_for_its_name(sizes):
    rows = raster_rows(groups_of(*sizes), ROOM)
    first, size = np.array(list(rows.values())).T
    assert first[0] == 0 and np.array_equal(first[1:], (first + size)[:-1]) and first[-1] + size[-1] == ROOM
    assert size.min() >= min(LEAST, ROOM // len(sizes)) - 1


def test_spikes_move_by_and_the_choice_is_marked():
    groups = groups_of(4, 2)
    shown = Shown(
        time=np.array([0.02, 1.0, 2.9]),
        cell=np.array([0, 5, 3]),
        groups=groups,
        votes=np.array([[2, 1]] * 60),
        names=("left", "right"),
        action=np.zeros(60, int),
        tie=np.zeros(60, bool),
        period=0.05,
    )
    page = np.full((20, WIDTH, 3), 255, np.uint8)
    frames = list(with_raster([page] * 3, [0, 20, 59], shown))
    assert all(frame.shape == (20 + HEIGHT, WIDTH, 3) for frame in frames)
    place = raster_rows(groups, ROOM)

    def drawn(frame):
        raster = frame[20 + TOP : 20 + HEIGHT - BOTTOM, MARGIN : WIDTH - PANEL - 2]
        coloured = np.argwhere(np.ptp(raster.astype(int), axis=2) > 60)
        return {
            name: np.unique(coloured[(coloured[:, 0] >= first) & (coloured[:, 0] < first + size), 1])
            for name, (first, size) in place.items()
        }

    now, later, last = (drawn(frame) for frame in frames)
    assert len(now["P0"]) == 2 and not len(now["P1"])
    assert later["P0"].max() < now["P0"].min() and len(later["P1"]) == 2  # the first has moved to the left
    assert len(last["P0"]) == 2 and last["P0"].min() > later["P0"].max()  # and is gone; another has come
    votes = frames[0][20 + TOP : 20 + TOP + 36, WIDTH - PANEL + 58 :]
    coloured = np.ptp(votes.astype(int), axis=2) > 60
    assert coloured[:18].any() and not coloured[18:].any()


def test_a_cell_of_two_populations_is_drawn_once():
    found = _apart({"motor": np.array([1, 2]), "motor0": np.array([1]), "motor1": np.array([2])}, 4)
    assert {name: cells.tolist() for name, cells in found.items()} == {"motor0": [1], "motor1": [2], "other": [0, 3]}


def test_gymnasium_draws_the_episode_that_was_played(capsys, monkeypatch):
    gymnasium = pytest.importorskip("gymnasium")
    pytest.importorskip("pygame")
    from premotor.learning.plasticity import Episodes

    task, actions = GymnasiumSettings(id="Acrobot-v1"), np.array([0, 2, 2, 1], np.int8)
    environment = gymnasium.make("Acrobot-v1")
    observed = [environment.reset(seed=5)[0]]
    observed += [environment.step(int(action))[0] for action in actions]
    empty = np.zeros(1)
    played = Episodes(empty, empty, empty, empty, actions, empty, empty, np.array(observed[:4], float), empty)
    pictures = _rendered(task, 5, played, [0, 2, 3])
    assert len(pictures) == 3 and not np.array_equal(pictures[0], pictures[2])
    assert _rendered(task, 6, played, [0]) is None
    assert "Acrobot-v1 went otherwise from the same seed (step 0)" in capsys.readouterr().err
    monkeypatch.setattr(gymnasium.Wrapper, "render", lambda self: None)
    assert _rendered(task, 5, played, [0]) is None
    assert "Acrobot-v1 draws nothing; its observations are drawn instead" in capsys.readouterr().err


def test_an_episode_of_the_test_from_the_command_line(tmp_path, capsys):
    archive = Path(__file__).parents[1] / "data" / "runs" / "spiking-plasticity.tar.xz"
    with tarfile.open(archive) as held:
        held.extractall(tmp_path, filter="data")
    run = tmp_path / "spiking-plasticity"
    assert main(["play", str(run), "--rerun", "1", "--seconds", "0.3", "--video", str(tmp_path / "again.mp4")]) == 0
    assert (tmp_path / "again.mp4").stat().st_size > 1000
    assert main(["play", str(run), "--view"]) != 0
    assert "a spiking agent, which has no body in 3D" in capsys.readouterr().err
    assert main(["play", "walk", "--rerun", "1"]) != 0
    assert "--rerun goes with the run of a spiking agent" in capsys.readouterr().err
