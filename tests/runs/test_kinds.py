"""Every kind of experiment goes through the same door: train, killed and resumed, evaluate, lesions, report, play."""

import json
import shutil

import numpy as np
import pytest

from dynamics_settings import SWEEP, TRAIN
from premotor import PremotorError
from premotor.cli import main
from premotor.runs import KINDS, Kind, Run, load_settings, resume, train
from premotor.runs.checkpoints import load_checkpoint
from premotor.runs.kinds import kind_named
from premotor.runs.loading import kind_in
from premotor.runs.loop import Loop
from tiny import tiny_circuit, tiny_settings

SHORT = {"length": 20.0, "transient": 10.0, "exponents": 2}
SMALLEST = {
    "spiking": {
        "name": "tiny", "threads": 1,
        "learning": {"kind": "plasticity", "episodes": 4, "block": 1},
        "evaluation": {"every": 2, "episodes": 1}, "checkpoints": {"every": 1},
    },
    "spectrum": {**TRAIN, "samples": 1, "checkpoint_every": 1, "learning": {**TRAIN["learning"], "epochs": 3}},
    "simulation": {"seconds": 0.3, "circuit": {"source": "celegans"}, "model": "rate", "drives": ["class=sensory:1"]},
    "transition": {**SWEEP, **SHORT, "samples": 2, "threads": 1},
    "variance": {**SHORT, "model": {"neurons": 8}, "sigmas": [0.5, 4.0], "samples": 2, "threads": 1},
    "convergence": {**SHORT, "model": {"neurons": 8}, "samples": 2},
    "benchmark": {
        **SHORT, "model": {"neurons": 8}, "intervals": [0.5, 1.0], "numbers": [], "lengths": [], "sizes": [],
        "reference": 2.0,
    },
}  # fmt: skip
"""Settings of each kind that compute a few seconds at most; control has those of `tiny`."""
TIMES = {"seconds", "steps_per_second", "microseconds_a_step"}
SILENT = {"progress": False, "finish": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run of each kind, made when it is first asked for; not to be changed."""
    folder, runs = tmp_path_factory.mktemp("kinds"), {}
    source = tiny_circuit(folder / "tiny-circuit")

    def of(kind: str) -> Run:
        if kind not in runs:
            settings = tiny_settings(source) if kind == "control" else SMALLEST[kind]
            runs[kind] = train({"kind": kind, **settings}, output=folder / kind, **SILENT)
        return runs[kind]

    return of


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_folder_of_every_kind_has_the_same_places(made, kind):
    run = made(kind)
    assert run.kind.name == kind == kind_in(run.folder) and run.finished
    assert load_settings(run.places.settings_file) == run.settings
    for place in ("provenance.json", "metrics.jsonl", "checkpoints", "evaluations", "best/best.json", "initial"):
        assert (run.folder / place).exists(), place
    assert run.step == run.kind.total(run.settings) and len(run.metrics) == run.metrics["iteration"].iloc[-1]


class _Killed(Exception):
    pass


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "simulation"])  # which is one iteration
def test_a_killed_run_of_every_kind_goes_on_to_the_same_numbers(made, kind, tmp_path, monkeypatch):
    whole = made(kind)
    save, saved = Loop._save, []

    def killed(self, finished):
        save(self, finished)
        saved.append(self.work.step)
        raise _Killed

    monkeypatch.setattr(Loop, "_save", killed)
    if kind in ("transition", "variance", "convergence", "benchmark"):  # the points are the record
        monkeypatch.setattr("premotor.runs.loop.MetricsLog.append", lambda *_: (_ for _ in ()).throw(_Killed))
    with pytest.raises(_Killed):
        train(whole.settings, output=tmp_path / "run", **SILENT)
    monkeypatch.undo()
    again = resume(tmp_path / "run", **SILENT)
    assert again.finished == whole.finished and again.step == whole.step
    states = [load_checkpoint(run.places.checkpoints_folder, run.step).arrays for run in (again, whole)]
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        if not name.endswith("seconds"):
            assert np.array_equal(array, states[1][name], equal_nan=array.dtype.kind == "f"), name


# test_cli.py says the same words to a run of a controller: `make test-slow`
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind == "control" else []) for kind in KINDS]
)
def test_the_general_words_serve_every_kind(made, kind, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(made(kind).folder, folder)
    assert main(["evaluate", str(folder), "--episodes", "1"]) == 0
    told = capsys.readouterr().out
    assert Run(folder).tested is not None
    assert ("intact" in told) == (kind in ("control", "spiking"))
    assert main(["report", str(folder)]) == 0
    assert (folder / "report.html").stat().st_size > 10_000
    shown = main(["play", str(folder), "--video", str(tmp_path / "x.mp4"), "--seconds", "0.5"])
    if kind in ("control", "spiking", "spectrum", "simulation"):
        assert shown == 0 and (tmp_path / "x.mp4").stat().st_size > 1_000
    else:
        assert shown == 2 and f"a run of the kind {kind} cannot be played" in capsys.readouterr().err
    figures = Run(folder).kind.scores(folder)
    assert figures and all(isinstance(value, float) for value in figures.values())


@pytest.mark.parametrize("kind", ["spectrum", "convergence"])
def test_what_was_killed_before_its_summary_is_put_together(made, kind, tmp_path):
    whole = made(kind)
    folder = shutil.copytree(whole.folder, tmp_path / "run")
    for lost in ("summary.json", "results.safetensors", "results.parquet"):
        (folder / lost).unlink()
    shutil.rmtree(folder / "checkpoints")
    again = resume(folder, **SILENT)
    assert again.finished and again.summary == whole.summary


def test_a_kind_of_ones_own_is_held_to_the_contract():
    with pytest.raises(PremotorError, match="the class Half has no method evaluate"):

        @KINDS.register("half")
        class Half(Kind):
            def work(self, settings, circuit, start, places, hooks=None): ...

    with pytest.raises(PremotorError, match="no kind of experiment 'contrl' .did you mean control"):
        kind_named("contrl")


@pytest.mark.parametrize("text", ["agent: spiking", 'agent: "spiking"', "agent: 'spiking'", "kind: spiking"])
def test_a_spiking_agent_is_named_quoted_or_not(tmp_path, text):
    (tmp_path / "one.yaml").write_text(f"{text}\nseed: 3\n")
    assert load_settings(tmp_path / "one.yaml").KIND == "spiking"


def test_a_finished_training_is_tested_and_reported_from_python_too(made, tmp_path, capsys):
    run = made("spectrum")
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    resume(folder)
    told = capsys.readouterr().out
    assert "is finished" in told and "λ1" in told and "video: " in told and "report: " in told
    assert json.loads((folder / "evaluations" / "test.json").read_text())["score"] < 0
