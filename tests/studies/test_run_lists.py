"""Lists of runs: filters, order, the index; and settings that differ."""

import json
import shutil
import time

import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import dump_settings, load_settings
from premotor.studies import list_runs, runs_differ
from premotor.studies.run_lists import INDEX


@pytest.fixture
def folder(trained, tmp_path):
    """A folder with a run, a copy of it with a null and a better score, and what is no run."""
    (tmp_path / "study" / "runs").mkdir(parents=True)
    first = shutil.copytree(trained.folder, tmp_path / "tiny")
    second = shutil.copytree(trained.folder, tmp_path / "study" / "runs" / "null")
    rewired = load_settings(second / "settings.yaml", {"circuit.null": "rewired"})
    (second / "settings.yaml").write_text(dump_settings(rewired))
    for run, score in ((first, 0.25), (second, 0.75)):
        (run / "evaluations" / "test.json").write_text(json.dumps({"score": score, "walks": None, "seed": 3}))
    (tmp_path / "nothing").mkdir()
    return tmp_path


def test_runs_are_found_filtered_and_sorted(folder, capsys):
    rows = list_runs(folder)
    assert [(row["run"], row["null"], row["score"]) for row in rows] == [
        ("study/runs/null", "rewired", 0.75),
        ("tiny", None, 0.25),
    ]
    assert rows[1] | {"preset": "tiny", "network": "rate", "learner": "ppo", "steps": 64, "seed": 0} == rows[1]
    assert 0 <= rows[0]["age"] < 24
    assert [row["run"] for row in list_runs(folder, ["score > 0.5"])] == ["study/runs/null"]
    assert [row["run"] for row in list_runs(folder, ["null=none", "score<=0.25"])] == ["tiny"]
    assert [row["run"] for row in list_runs(folder, ["null!=none"])] == ["study/runs/null"]
    assert [row["score"] for row in list_runs(folder, sort="score")] == [0.25, 0.75]
    assert main(["runs", str(folder), "--where", "preset=tiny", "--sort=-score"]) == 0
    said = capsys.readouterr().out
    assert said.index("study/runs/null") < said.index("tiny  ") and said.endswith("2 runs\n")
    assert main(["runs", str(folder), "--json"]) == 0
    assert [row["score"] for row in json.loads(capsys.readouterr().out)] == [0.75, 0.25]


def test_the_index_follows_the_folders(folder, capsys):
    assert len(list_runs(folder)) == 2 and (folder / INDEX).exists()
    (folder / "tiny" / "evaluations" / "test.json").write_text(json.dumps({"score": 0.5}))
    shutil.rmtree(folder / "study")
    assert [(row["run"], row["score"]) for row in list_runs(folder)] == [("tiny", 0.5)]
    (folder / INDEX).write_bytes(b"nonsense" * 1000)
    assert [row["score"] for row in list_runs(folder)] == [0.5]
    (folder / "tiny" / "settings.yaml").write_text("{half")
    (folder / INDEX).unlink()
    assert list_runs(folder) == []
    assert "1 run folders are damaged and not listed: tiny" in capsys.readouterr().err


def test_wrong_filters_are_one_sentence(folder, capsys):
    for words, sentence in (
        (["--where", "scor>1"], "have no column 'scor' (did you mean score?)"),
        (["--where", "score"], "is no condition; one looks like score>0.5"),
        (["--sort", "speeed"], "have no column 'speeed'"),
    ):
        assert main(["runs", str(folder), *words]) == 2
        assert sentence in capsys.readouterr().err
    with pytest.raises(PremotorError, match="there is no folder"):
        list_runs(folder / "none")


def test_settings_that_differ(folder, capsys):
    first, second = folder / "tiny", folder / "study" / "runs" / "null"
    assert runs_differ(first, second) == [("circuit.null", None, "rewired")]
    assert main(["runs", "diff", str(first), str(second)]) == 0
    assert capsys.readouterr().out == "circuit.null  – → rewired\n"
    assert main(["runs", "diff", str(first), str(first)]) == 0
    assert capsys.readouterr().out == "no setting differs\n"
    assert main(["runs", "diff", str(first), str(folder / "nothing")]) == 2


def test_many_runs_are_listed_at_once(folder):
    """A fifth of what is asked: 10,000 in two seconds."""
    place = folder / "many"
    place.mkdir()
    names = ("settings.yaml", "provenance.json", "evaluations/test.json")
    texts = {name: (folder / "tiny" / name).read_text() for name in names}
    for number in range(200):
        (place / f"{number}" / "evaluations").mkdir(parents=True)
        for name, text in texts.items():
            (place / f"{number}" / name).write_text(text)
    list_runs(place)
    began = time.monotonic()
    assert len(list_runs(place)) == 200
    assert time.monotonic() - began < 0.4
