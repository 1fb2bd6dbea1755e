"""Metrics beside the run folder's own: trackers of others, and one of the user's."""

import json

import pytest

from premotor import PremotorError
from premotor.runs import resume, train
from premotor.runs.tracking import TRACKERS, Tracker
from tiny import tiny_settings


@pytest.fixture
def notes(monkeypatch):
    """A tracker that keeps what it is told."""
    told: list = []

    class Notes(Tracker):
        """Keeps it."""

        def open(self):
            if self.identity == "broken":
                raise RuntimeError("nobody answers")
            told.append(("open", self.identity, self.settings["learning.steps"], self.step))
            self.identity = "mine"

        def tell(self, figures, step):
            if step > 80:
                raise OSError("the network is gone")
            told.append((step, dict(figures)))

        def close(self):
            told.append("closed")

    monkeypatch.setitem(TRACKERS._entries, "notes", Notes)
    return told


def test_a_tracker_gets_every_figure_and_goes_on_after_resume(notes, circuit_folder, tmp_path, capsys):
    settings = tiny_settings(circuit_folder, learning={"steps": 64})
    run = train(settings, output=tmp_path / "run", track=["notes"], finish=False, progress=False)
    rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert notes[0] == ("open", None, 64, 0) and notes[-1] == "closed"
    steps = [entry for entry in notes if isinstance(entry[0], int)]
    assert [step for step, _ in steps] == [row["steps"] for row in rows]
    assert steps[0][1]["reward"] == rows[0]["reward"]
    assert any(name.startswith("evaluation/") for name in steps[-1][1])
    assert json.loads((run.folder / "tracking.json").read_text()) == {"notes": "mine"}

    notes.clear()
    file = run.folder / "settings.yaml"
    file.write_text(file.read_text().replace("steps: 64", "steps: 96"))
    resume(run.folder, finish=False, progress=False)
    assert notes[0] == ("open", "mine", 96, 64) and notes[1][0] > 64 and notes[-1][0] == 80
    assert json.loads((run.folder / "metrics.jsonl").read_text().splitlines()[-1])["steps"] == 96
    assert "note: notes takes no metrics from step 96 on: the network is gone" in capsys.readouterr().err


def test_a_tracker_that_fails_does_not_end_the_training(notes, circuit_folder, tmp_path, capsys):
    settings = tiny_settings(circuit_folder, learning={"steps": 32})
    with pytest.raises(PremotorError, match="there is no tracker 'noted'"):
        train(settings, output=tmp_path / "run", track=["noted"], finish=False, progress=False)
    assert not (tmp_path / "run").exists()
    run = train(settings, output=tmp_path / "run", track=["notes"], finish=False, progress=False)
    (run.folder / "tracking.json").write_text('{"notes": "broken"}')
    file = run.folder / "settings.yaml"
    file.write_text(file.read_text().replace("steps: 32\n", "steps: 64\n", 1))
    resume(run.folder, finish=False, progress=False)
    assert "note: notes takes no metrics of this session: nobody answers" in capsys.readouterr().err
    assert json.loads((run.folder / "metrics.jsonl").read_text().splitlines()[-1])["steps"] == 64


def test_mlflow_holds_the_settings_and_the_metrics(circuit_folder, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    settings = tiny_settings(circuit_folder, learning={"steps": 320})
    run = train(settings, output=tmp_path / "run", track=["mlflow"], finish=False, progress=False)
    identity = json.loads((run.folder / "tracking.json").read_text())["mlflow"]
    client = mlflow.MlflowClient()
    there = client.get_run(identity)
    assert there.info.status == "FINISHED" and there.data.params["learning.steps"] == "320"
    rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    kept = client.get_metric_history(identity, "reward")
    assert [(each.step, each.value) for each in kept] == [(row["steps"], row["reward"]) for row in rows]


def test_wandb_offline_keeps_a_run_of_ours(circuit_folder, tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    for name, value in {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    settings = tiny_settings(circuit_folder, learning={"steps": 160})
    run = train(settings, output=tmp_path / "run", track=["wandb"], finish=False, progress=False)
    identity = json.loads((run.folder / "tracking.json").read_text())["wandb"]
    kept = list(run.folder.glob(f"wandb/offline-run-*-{identity}/run-{identity}.wandb"))
    assert len(kept) == 1 and kept[0].stat().st_size > 1000
