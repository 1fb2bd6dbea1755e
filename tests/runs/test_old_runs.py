"""Run folders that the first version made go on: they resume, are evaluated and reported by today's code."""

import json
import tarfile
from pathlib import Path

import pytest

from premotor.cli import main

FOLDERS = Path(__file__).parents[1] / "data" / "runs"

MORE = {
    "rate": ("  steps: 64", "  steps: 80"),
    "off-policy": ("  steps: 64", "  steps: 80"),
    "spiking-evolution": ("  iterations: 2", "  iterations: 3"),
    "spiking-plasticity": ("  episodes: 6", "  episodes: 8"),
}
"""Runs that learn, and the setting by which they learn for longer."""
RESULTS = ("spectrum-training", "transition", "simulation")


@pytest.fixture
def old(tmp_path):
    """A function that puts an old folder where it may be changed."""

    def unpacked(kind: str) -> Path:
        with tarfile.open(FOLDERS / f"{kind}.tar.xz") as archive:
            archive.extractall(tmp_path, filter="data")
        return tmp_path / kind

    return unpacked


def newest(folder: Path) -> int:
    return max(int(item.name) for item in (folder / "checkpoints").iterdir() if item.name.isdecimal())


@pytest.mark.parametrize("kind", MORE)
def test_a_run_is_tested_and_goes_on(kind, old):
    folder = old(kind)
    known, before = json.loads((folder / "evaluations" / "test.json").read_text()), newest(folder)
    how = ["--episodes", str(known["episodes"]), "--seed", str(known["seed"]), "--no-lesions"]
    assert main(["evaluate", str(folder), *how]) == 0
    again = json.loads((folder / "evaluations" / "test.json").read_text())
    figure = "mean" if "mean" in known else "return"
    assert again["episodes"] == known["episodes"]
    assert again[figure] == pytest.approx(known[figure], rel=0.01)
    settings = folder / "settings.yaml"
    text = settings.read_text()
    now, more = MORE[kind]
    assert text.count(now) == 1
    settings.write_text(text.replace(now, more))
    assert main(["resume", str(folder), "--episodes", "2", "--no-report"]) == 0
    assert newest(folder) > before


# the arrays of these are read in the test before, and their sections are drawn for new runs: `make test-slow`
def test_a_kind_whose_tests_know_one_task_says_so(old, capsys):
    assert main(["evaluate", str(old("spiking-plasticity")), "--no-lesions", "--task.seconds", "3"]) == 2
    said = capsys.readouterr().err
    assert "task.seconds: a run of the kind spiking is tested with the settings of its learning" in said


SLOW = ("rate", "spiking-evolution", "spiking-plasticity", "spectrum-training")
DRAWN = [*MORE, *RESULTS, "comparison"]


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.slow] if k in SLOW else []) for k in DRAWN])
def test_a_report_is_written(kind, old, capsys):
    folder = old(kind)
    before = {file for file in folder.rglob("*") if file.suffix in (".html", ".png")}
    assert main(["report", str(folder)]) == 0
    made = {file for file in folder.rglob("*") if file.suffix in (".html", ".png")} - before
    assert made and all(file.stat().st_size > 2_000 for file in made)


def test_results_about_dynamics_are_found_finished(old, capsys):
    for kind, command in (("spectrum-training", "train"), ("transition", "transition")):
        folder = old(kind)
        figures = (folder / "summary.json").read_text()
        assert main(["dynamics", command, str(folder / "settings.yaml"), "-o", str(folder), "--no-figures"]) == 0
        assert (folder / "summary.json").read_text() == figures


def test_a_search_is_read(old, capsys):
    folder = old("sweep")
    assert main(["analyse", "sweep", str(folder)]) == 0
    assert "complete" in capsys.readouterr().out
