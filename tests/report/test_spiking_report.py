"""The page of a spiking run, and ``premotor analyse``."""

import csv

import pytest

from premotor.cli import main
from premotor.report import spiking
from premotor.runs import train

SETTINGS = {
    "agent": "spiking",
    "learning": {
        "kind": "evolution",
        "iterations": 2,
        "episodes": 1,
        "strategy": {"kind": "mirrored", "population": 4},
    },
    "evaluation": {"every": 1, "episodes": 2},
    "checkpoints": {"every": 1},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(SETTINGS, output=tmp_path_factory.mktemp("report") / "agent", progress=False, finish=False)


def test_the_page_says_what_is_missing_and_then_shows_it(run, capsys, monkeypatch):
    folder = str(run.folder)
    assert main(["report", folder]) == 0
    page = (run.folder / "report.html").read_text()
    for command in ("evaluate", "spiking mock", "analyse checkpoints"):
        assert f"premotor {command} {folder}" in page
    assert main(["spiking", "evaluate", folder, "--episodes", "4"]) == 0
    assert main(["spiking", "mock", folder, "--repeats", "1"]) == 0
    assert main(["spiking", "mock", folder, "--combinations", "--stride", "9", "--chunks", "2"]) == 0
    assert "16 combinations" in capsys.readouterr().out
    assert main(["analyse", "checkpoints", folder, "--episodes", "3"]) == 0
    assert main(["report", folder]) == 0
    page = (run.folder / "report.html").read_text()
    assert page.count("<svg") == 14 and f"premotor spiking mock {folder}" not in page
    for title in ("Spikes in one episode", "Receptive fields", "The policy", "What learning changed"):
        assert title in page
    monkeypatch.setattr(spiking, "OF_A_RUN", ("moves", "policy", "trace"))
    assert main(["analyse", "all", folder]) == 0
    assert "left out" not in capsys.readouterr().out
    assert {file.stem for file in (run.folder / "analysis").glob("*.png")} == {"checkpoints", "moves", "policy"}
    with (run.folder / "analysis" / "policy.csv").open() as file:
        assert len(list(csv.reader(file))) == 17


def test_models_side_by_side(run, tmp_path, capsys):
    models = [f"before={run.folder}@initial", f"after={run.folder}@last"]
    out = ["--output", str(tmp_path)]
    assert main(["analyse", "models", *models, "--episodes", "4", *out]) == 0
    assert main(["analyse", "starts", *models, "--starts", "1,0", "--repeats", "2", *out]) == 0
    assert main(["analyse", "curves", *models, "--by", "steps", *out]) == 0
    assert {file.name for file in tmp_path.glob("*.png")} == {"boxplot.png", "starts.png", "curves.png"}
    capsys.readouterr()
    assert main(["analyse", "starts", models[0], "--starts", "one"]) == 2
    assert "it names episodes, as 16,7,78" in capsys.readouterr().err
    assert main(["analyse", "curves", models[0], "--by", "weeks"]) == 2
    assert "allowed are episodes and steps" in capsys.readouterr().err


def test_curves_of_learning_and_any_test_are_drawn(run, tmp_path, capsys):
    folder, out = str(run.folder), ["--output", str(tmp_path)]
    assert main(["spiking", "evaluate", folder, "--episodes", "4", "--rerun", "1"]) == 0
    assert main(["spiking", "evaluate", folder, "--episodes", "4"]) == 0
    for command in ("phases", "weight-histograms", "borders", "curves"):
        assert main(["analyse", command, folder, *out]) == 0
    for command in ("moves", "rates", "borders"):
        assert main(["analyse", command, folder, "--test", "rerun-1", *out]) == 0
    drawn = {file.stem for file in tmp_path.glob("*.png")}
    assert drawn >= {"phases", "weight-histograms", "borders", "curves", "moves-rerun-1", "borders-rerun-1"}
    capsys.readouterr()
    assert main(["analyse", "moves", folder, "--test", "rerun-2"]) == 2
    assert "has no recorded test" in capsys.readouterr().err


def test_analyses_draw_under_their_own_names(run):
    found = spiking.matrix(run, "last", relative=True)
    assert found.picture().svg.startswith("<svg") and 'id="matrix-' in found.picture().svg
    assert list(found.table) == ["pre", "post", "projection", "part", "before", "after"]
