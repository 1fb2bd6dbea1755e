"""Searches for settings: spaces, what is checked before, pruning, killing and going on, figures."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import train
from premotor.runs.kinds import KINDS
from premotor.runs.loading import load_settings
from premotor.studies import Choice, Range, Sweep, cancel_study, processes, read_spaces, searching, sweep

pytest.importorskip("optuna")

SEARCH = {"learning.episodes": "2..40", "plasticity.targeting.other": "-1..0"}

FAKE = """
import json, pathlib, sys, time, yaml
file, folder, wait = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), float(sys.argv[3])
s = yaml.safe_load(file.read_text())
x, y = s["learning"]["episodes"], s["plasticity"]["targeting"]["other"]
value = 100 - (x - 30) ** 2 / 10 - 50 * (y + 0.5) ** 2
if x == 13:
    sys.exit("error: an unlucky number")
(folder / "evaluations").mkdir(parents=True, exist_ok=True)
for step in range(4):
    (folder / "evaluations" / f"{step:012d}.json").write_text(json.dumps({"score": value * (step + 1) / 4}))
    time.sleep(wait)
(folder / "evaluations" / "test.json").write_text(json.dumps({"score": value, "rates": {"EM": x / 10}}))
"""


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A trial is a small script; `fake.stop` is the number of starts after which Ctrl-C comes."""

    class FakeTraining(KINDS["spiking"]):
        """Trains nothing, but writes what training would."""

        def scores(self, folder):
            return {"score": json.loads((folder / "evaluations" / "test.json").read_text())["score"], "steps": 1.0}

    monkeypatch.setitem(KINDS._entries, "spiking", FakeTraining)
    monkeypatch.setattr(searching, "POLL", 0.02)
    monkeypatch.chdir(tmp_path)

    class State:
        starts, stop, wait = 0, None, 0.0

    def start(job, log, channel=None):
        if State.stop is not None and State.starts >= State.stop:
            raise KeyboardInterrupt
        State.starts += 1
        folder = job.log.with_suffix("")
        words = [str(folder.with_suffix(".yaml")), str(folder), str(State.wait)]
        return subprocess.Popen([sys.executable, "-c", FAKE, *words], stdout=log, stderr=log, start_new_session=True)

    monkeypatch.setattr(processes, "start_process", start)
    return State


def test_spaces_are_read():
    found = read_spaces(["a.b=1e-4..1e-2,log", "c=10..50,step=10", "d=[null, x, [1, 2]]", "e=3..5", "f=0.5..1"])
    assert found["a.b"] == Range(low=1e-4, high=1e-2, log=True)
    assert found["c"].points() == [10, 20, 30, 40, 50]
    assert found["d"] == Choice(values=(None, "x", [1, 2]))
    assert found["e"].integer and not found["f"].integer
    assert read_spaces({"x": [1, 2], "y": Range(low=0, high=1)})["x"].points() == [1, 2]
    for word, message in {
        "a": "names no setting",
        "a=2..1": "has to be below high",
        "a=0..1,log": "begins above 0",
        "a=1..2,loud": "allowed are log and step",
        "a=one..2": "could not convert",
        "a=1..2,step=0": "above 0",
    }.items():
        with pytest.raises(PremotorError, match=message):
            read_spaces([word])
    with pytest.raises(PremotorError, match="searched twice"):
        read_spaces(["a=[1]", "a=[2]"])
    with pytest.raises(PremotorError, match="no setting is searched"):
        read_spaces([])
    with pytest.raises(PremotorError, match="give it a step"):
        read_spaces(["a=0.1..1"])["a"].points()


@pytest.mark.parametrize(
    ("source", "search", "options", "message"),
    [
        ("walk", "learning.learning_rat=1e-4..1e-2", {}, "did you mean learning.learning_rate"),
        ("walk", "learning.learning_rate=-1..1", {}, "learning.learning_rate is -1"),
        ("cartpole-stdp", "plasticity.targeting.mode=[chosen, some]", {}, "plasticity.targeting.mode is 'some'"),
        ("cartpole-stdp", "seed=[0, 1]", {"sampler": "best"}, "sampler is 'best'"),
        ("cartpole-stdp", "seed=[0, 1]", {"overrides": ["--seed=1"]}, "seed is searched and set at once"),
        ("cartpole-stdp", "plasticity.critic.gain=1..2", {"sampler": "grid"}, "a grid cannot hold the range"),
        ("fly-cpg", "seed=[0, 1]", {"pruner": "median"}, "kind simulation are not pruned"),
        ("walk", "seed=[0, 1]", {"jobs": 0}, "jobs is 0"),
        ("cartpole-stdp", "seed=[0, 1]", {"score": "mean_10"}, r"no 'mean_10' \(did you mean mean_100\?\); they give "),
        ("cartpole-stdp", "seed=[0, 1]", {"score": "rates.MN"}, r"no 'rates.MN'.*rates.ES, rates.EA"),
        ("cartpole-stdp", "seed=[0, 1]", {"where": ["seed > 0"]}, "'seed > 0' is not understood; .*'A == B'"),
        (
            "cartpole-stdp",
            "seed=[0, 1]",
            {"where": ["seed == threads"]},
            "seed follows threads, but is searched",
        ),
        ("cartpole-stdp", "seed=[0, 1]", {"where": ["thread == seed"]}, "did you mean threads"),
        ("cartpole-stdp", "seed=[0, 1]", {"where": ["threads == sed"]}, "threads follows sed, which is no setting"),
        ("cartpole-stdp", "seed=[-1, 1]", {"where": ["threads == seed"]}, "threads is -1"),
        ("cartpole-stdp", "seed=[0, 1]", {"where": ["a == b", "b == a"]}, "goes round in a circle"),
        ("cartpole-stdp", "seed=[0, 1]", {"where": ["a == b", "a == c"]}, "a follows b and c"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(source, search, options, message, tmp_path):
    with pytest.raises(PremotorError, match=message):
        sweep(source, [search], output=tmp_path / "sweep", **options)
    assert not (tmp_path / "sweep").exists()


def search(output, **options):
    given = {"trials": 12, "jobs": 1, "progress": False} | options
    return sweep("cartpole-stdp", SEARCH, output=output, **given)


def rows(made):
    return made.table.drop(columns=["seconds", "failure"], errors="ignore").to_dict("records")


# TPE draws its first trials at random: `random` alone in `make test-slow`
@pytest.mark.parametrize("sampler", ["tpe", pytest.param("random", marks=pytest.mark.slow)])
def test_a_killed_search_goes_on_as_if_nothing_had_happened(fake, sampler, tmp_path):
    whole = rows(search(tmp_path / "whole", sampler=sampler))
    fake.starts, fake.stop = 0, 5
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "cut", sampler=sampler)
    assert len(Sweep(tmp_path / "cut").table) == 6  # five made, one begun
    fake.stop = None
    lock = tmp_path / "cut" / "study.journal.lock"  # of Optuna, which would wait for it
    assert not os.path.lexists(lock)
    lock.symlink_to("cut/study.journal")
    made = search(tmp_path / "cut", sampler=sampler)
    assert not os.path.lexists(lock)
    assert json.dumps(rows(made)) == json.dumps(whole) and len(whole) == 12
    table = made.table
    x, y = table["set/learning.episodes"], table["set/plasticity.targeting.other"]
    values = 100 - (x - 30) ** 2 / 10 - 50 * (y + 0.5) ** 2
    done = table["state"] == "complete"
    np.testing.assert_allclose(table["score"][done].astype(float), values[done])
    assert made.best["score"] == pytest.approx(values[done].max())
    best = load_settings(made.folder / "best.yaml")
    assert best.learning.episodes == made.best["set/learning.episodes"]
    with pytest.raises(PremotorError, match="holds a search with other settings"):
        search(tmp_path / "cut", sampler=sampler, seed=7)
    assert len(sweep(made.folder, trials=13, jobs=2, progress=False).table) == 13
    with pytest.raises(PremotorError, match="only trials, jobs and an engine"):
        sweep(made.folder, score="steps")


def test_a_grid_holds_every_point_once_and_failures_are_told(fake, tmp_path):
    spaces = {"learning.episodes": [12, 13, 14], "plasticity.targeting.other": "-1..0,step=0.5"}
    made = sweep("cartpole-stdp", spaces, sampler="grid", jobs=2, output=tmp_path / "grid", progress=False)
    table = made.table
    points = {(a, b) for a in (12, 13, 14) for b in (-1.0, -0.5, 0.0)}
    assert set(zip(table["set/learning.episodes"], table["set/plasticity.targeting.other"], strict=True)) == points
    assert len(table) == 9 and (table["state"] == "fail").sum() == 3
    failed = table[table["state"] == "fail"]
    assert set(failed["set/learning.episodes"]) == {13} and set(failed["failure"]) == {"error: an unlucky number"}


def test_poor_trials_are_pruned(fake, tmp_path):
    fake.wait = 0.15
    spaces = {"learning.episodes": [30, 29, 28, 31, 2, 3]}
    options = {"sampler": "grid", "pruner": "median", "jobs": 1, "progress": False}
    made = sweep("cartpole-stdp", spaces, output=tmp_path / "pruned", **options)
    assert made.table["state"].tolist() == ["complete"] * 4 + ["pruned"] * 2
    assert not (made.trial_folder(5) / "evaluations" / "test.json").exists()


def test_a_search_without_hope_ends(fake, tmp_path):
    unlucky = {"learning.episodes": [13], "seed": "0..99"}
    with pytest.raises(PremotorError, match="all of the first 5 trials failed.*unlucky"):
        sweep("cartpole-stdp", unlucky, output=tmp_path / "x", jobs=1, progress=False)
    with pytest.raises(PremotorError, match="no figure 'mean' to score by; they have score, steps"):
        sweep("cartpole-stdp", {"seed": "0..9"}, score="mean", output=tmp_path / "y", jobs=1, progress=False)


def test_the_commands(fake, tmp_path, capsys):
    words = ["--search", "learning.episodes=20..40", "--search", "plasticity.critic.gain=1..8,log", "--jobs", "1"]
    assert main(["sweep", "cartpole-stdp", *words, "--trials", "3", "-o", "made", "--wiring.seed", "2"]) == 0
    out = capsys.readouterr().out
    assert "3 trials: 3 complete" in out and "premotor analyse sweep made" in out
    assert Sweep("made").trial_settings({"learning.episodes": 3}).wiring.seed == 2
    assert main(["analyse", "sweep", "made"]) == 0
    assert sorted(file.name for file in (tmp_path / "made" / "analysis").iterdir()) == [
        "sweep-slices.csv", "sweep-slices.png", "sweep.csv", "sweep.png",
    ]  # fmt: skip
    assert main(["sweep", "cartpole-stdp"]) == 2
    assert "no setting is searched; name one" in capsys.readouterr().err


def test_a_search_that_is_cancelled_ends_and_goes_on(fake, tmp_path, monkeypatch):
    start, begun = processes.start_process, []

    def cancelling(job, log, channel=None):
        begun.append(job.name)
        if len(begun) == 3:
            assert cancel_study(tmp_path / "made") == "asked to stop; each run writes its checkpoint"
        return start(job, log)

    monkeypatch.setattr(processes, "start_process", cancelling)
    with pytest.raises(PremotorError, match="cancelled; what was begun has a checkpoint"):
        search(tmp_path / "made", trials=6)
    assert len(begun) == 3 and len(Sweep(tmp_path / "made").table) == 3
    assert len(search(tmp_path / "made", trials=6).table) == 6 and not (tmp_path / "made" / "cancel").exists()
    with pytest.raises(PremotorError, match="elsewhere is no folder of a study"):
        cancel_study(tmp_path / "elsewhere")


@pytest.mark.slow  # by processes; test_study.py and test_comparison.py start some in `make test`
def test_a_real_search(tmp_path):
    short = {"learning.episodes": 6, "learning.block": 3, "evaluation.every": 1, "evaluation.episodes": 2}
    spaces = {"plasticity.targeting.mode": ["chosen"]}
    made = sweep(
        "cartpole-stdp", spaces, sampler="grid", episodes=3, jobs=1, output=tmp_path / "real", overrides=short,
        score="rates.EM", progress=False,
    )  # fmt: skip
    assert made.table["state"].tolist() == ["complete"]
    assert (made.table["rates.EM"] == made.table["score"]).all() and {"median_21", "evaluation"} <= set(made.table)


@pytest.mark.slow  # by processes, each of which compiles
def test_the_spectrum_of_a_network_can_be_searched(tmp_path):
    short = {"epochs": 1, "exponents": 2, "length": 6.0, "transient": 2.0, "frame_transient": 1.0}
    settings = {"kind": "spectrum", "model": {"neurons": 12}, "learning": {**short, "gradient": {"window": 3.0}}}
    settings |= {"verify": {"factor": 1, "states": 1}, "precision": "float32"}
    spaces = {"learning.learning_rate": [1e-3, 1e-2]}
    made = sweep(settings, spaces, sampler="grid", jobs=1, output=tmp_path / "spectrum", progress=False)
    assert made.table["state"].tolist() == ["complete"] * 2
    assert made.settings.kind == "spectrum" and made.settings.score == "score"
    np.testing.assert_allclose(made.table["score"].astype(float), -made.table["loss"].astype(float))


def test_settings_that_follow_another_one(fake, tmp_path):
    tags = "plasticity.tags"
    where = [f"{tags}.anti_hebbian == {tags}.hebbian", f"{tags}.hebbian_length == {tags}.anti_hebbian_length"]
    made = search(
        tmp_path / "coupled", trials=3, where=[*where, "plasticity.critic.gain == plasticity.targeting.hidden"]
    )
    assert len(made.table) == 3 and made.best is not None
    searched = {**SEARCH, f"{tags}.hebbian": [0.01, 0.02]}
    made = sweep("cartpole-stdp", searched, where=where[:1], trials=3, jobs=1, progress=False, output=tmp_path / "tags")
    for number, value in enumerate(made.table[f"set/{tags}.hebbian"]):
        chosen = load_settings(made.trial_folder(number).with_suffix(".yaml")).plasticity.tags
        assert chosen.hebbian == chosen.anti_hebbian == value
    again = sweep(tmp_path / "tags", trials=4, jobs=1, progress=False)  # its folder knows
    chosen = load_settings(again.trial_folder(3).with_suffix(".yaml")).plasticity.tags
    assert chosen.hebbian == chosen.anti_hebbian


def test_a_search_that_has_only_begun_is_drawn(fake, tmp_path, capsys):
    fake.wait, fake.stop = 0.0, 1
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "begun", trials=2, jobs=2)
    made = Sweep(tmp_path / "begun")
    assert set(made.table["state"]) <= {"running", "complete"} and len(made.table) == 2
    file = made.trial_folder(0) / "evaluations" / "000000000004.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"score": 7.0}))
    assert main(["analyse", "sweep", str(made.folder)]) == 0
    assert "sweep.png" in capsys.readouterr().out
    assert (made.folder / "analysis" / "sweep.png").stat().st_size > 5000


def test_all_trials_can_be_made_before_any_is_trained(fake, tmp_path, capsys):
    words = ["--search", "learning.episodes=[4, 8, 12]", "--sampler", "grid", "-o", str(tmp_path / "made")]
    assert main(["sweep", "cartpole-stdp", *words, "--just-init"]) == 0
    assert "settings of 3 trials" in capsys.readouterr().out and fake.starts == 0
    made = Sweep(tmp_path / "made")
    files = sorted((made.folder / "trials").glob("*.yaml"))
    assert [load_settings(file).learning.episodes for file in files] == [4, 8, 12]
    assert made.table["state"].tolist() == ["running"] * 3
    assert main(["sweep", str(made.folder)]) == 0
    assert made.table["state"].tolist() == ["complete"] * 3 and fake.starts == 3
    assert [load_settings(file).learning.episodes for file in files] == [4, 8, 12]


def test_trials_begin_with_the_runs_of_a_folder(fake, tmp_path, capsys):
    for seed in (3, 5):
        small = {"kind": "spiking", "wiring": {"kind": "random", "seed": seed}}
        small |= {"learning": {"kind": "plasticity", "episodes": 1, "block": 1}, "checkpoints": {"every": 1}}
        small |= {"evaluation": {"every": 1, "episodes": 1}}
        train(small, output=tmp_path / "parents" / "runs" / f"wiring-{seed}", progress=False, finish=False)
    (tmp_path / "parents" / "settings.yaml").write_text("kind: spiking\n")  # as the folder of a comparison has one
    words = ["--initial", str(tmp_path / "parents"), "--sampler", "grid", "--just-init", "-o", str(tmp_path / "made")]
    assert main(["sweep", "cartpole-stdp", *words]) == 0
    trials = [load_settings(file) for file in sorted((tmp_path / "made" / "trials").glob("*.yaml"))]
    assert [trial.wiring.seed for trial in trials] == [3, 5]
    assert [trial.initial.run.endswith(f"wiring-{trial.wiring.seed}") for trial in trials] == [True, True]
    assert main(["sweep", "cartpole-stdp", "--search", "wiring.seed=[0, 1]", *words[:-1], "x"]) == 2
    assert "wiring of a trial is that of the run" in capsys.readouterr().err
    (tmp_path / "none").mkdir()
    assert main(["sweep", "cartpole-stdp", "--initial", str(tmp_path / "none"), "-o", "y"]) == 2
    assert "holds no trained run of the kind spiking" in capsys.readouterr().err


def test_the_scores_of_a_spiking_run_are_known_before_it():
    kind, settings = KINDS["spiking"](), load_settings("cartpole-stdp")
    assert {"mean_100", "rates.IML", "evaluation"} <= set(kind.score_names(settings))
    worm = kind.score_names(load_settings("cartpole-celegans"))
    assert {"rates.motor", "rates.motor1"} <= set(worm) and "rates.EM" not in worm
    assert KINDS["control"]().score_names(load_settings("walk")) is None
