"""Episodes as NWB files: valid by pynwb's own validator, and with the numbers of the episode."""

import numpy as np
import pytest

from premotor import PremotorError
from premotor.cli import main
from premotor.runs import export_episode_nwb
from premotor.runs.playing import episodes_of, player


def test_the_file_is_valid_and_holds_the_episode(tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    path = export_episode_nwb("walk", tmp_path / "walk.nwb", seconds=0.4, seed=7)
    assert pynwb.validate(path=str(path)) == []
    shown = player("walk")
    records = episodes_of(shown, 0.4, 7).run(shown.controller)
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        file = io.read()
        activity, task = file.processing["activity"], file.processing["task"]
        assert np.array_equal(activity["rates"].data[:], records["rates"])
        assert activity["neurons"].to_dataframe()["neuron_id"].tolist() == shown.circuit.neurons.index.tolist()
        assert np.array_equal(task["action"].data[:], records["action"][:, 0])
        assert np.array_equal(task["qpos"].data[:], records["qpos"][:, 0])
        assert task["observation"].data.shape == (len(records["time"]), len(shown.controller.observation_names))
        assert task["action"].rate == pytest.approx(1 / shown.task.control_period)
        trial = file.trials.to_dataframe().iloc[0]
        assert trial.stop_time == pytest.approx(len(records["time"]) * shown.task.control_period) and not trial.fell
    with pytest.raises(PremotorError, match="walk.nwb exists already"):
        export_episode_nwb("walk", path)


def test_options_of_an_episode_go_with_nwb(tmp_path, capsys):
    assert main(["export", "walk", "--seconds", "1", "-o", str(tmp_path / "x.onnx")]) == 2
    assert "they go with --to nwb" in capsys.readouterr().err and not list(tmp_path.iterdir())
