"""Studies: which runs there are, what is refused, what is kept, and that only what is new is run."""

import json
import shutil
from pathlib import Path

import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import Run, load_settings
from premotor.studies import Study, read_study, study
from premotor.studies.adopting import adopt
from premotor.studies.members import setting_word
from premotor.studies.run_index import RunIndex
from premotor.studies.study_plan import plan_study
from premotor.studies.study_settings import dump_study
from tiny import tiny_settings

NULLS = {
    "experiments": {"worm": "worm-crawl", "stdp": "cartpole-stdp"},
    "nulls": {"rewired": 2, "shuffled_weights": 1},
    "baselines": ["mlp"],
    "learns": {"everything": {}, "maps only": {"network.learning_rates.magnitudes": 0}},
    "seeds": 2,
    "exclude": [{"learns": "maps only", "experiment": "stdp"}, {"wiring": "mlp"}],
}


def test_every_combination_is_a_run_but_for_exclusions():
    members = plan_study(read_study(NULLS))
    worm = [each for each in members if each.axes["experiment"] == "worm"]
    assert len(worm) == 2 * 2 * 4 and len(members) - len(worm) == 2 * 4
    assert [each.seed for each in members] == sorted(each.seed for each in members), "not seed by seed"
    names = [each.name for each in members]
    assert names[:2] == ["worm.connectome-s0", "worm.rewired-0-s0"] and len(set(names)) == len(names)
    assert "worm.maps-only.rewired-1-s1" in names
    made = next(each for each in members if each.name == "worm.maps-only.rewired-1-s1")
    settings = load_settings("worm-crawl", made.words)
    assert (settings.circuit.null, settings.circuit.null_seed, settings.seed) == ("rewired", 1, 1)
    assert settings.network.learning_rates.magnitudes == 0 and settings.name == made.name


def test_rules_of_what_may_learn_go_by_name():
    asked = {"experiments": ["walk"], "nulls": {"rewired": 1}, "learns": ["given", "types", "budget(9)"]}
    members = plan_study(read_study(asked))
    assert [each.name for each in members][::2] == [f"walk{part}.connectome-s0" for part in ("", ".types", ".budget-9")]
    made = load_settings("walk", members[5].words)
    assert (made.network.groups, made.maps.output_rate, made.circuit.null) == (9, 0, "rewired")
    made = load_settings("walk", members[2].words)
    assert (made.network.kind, made.network.types, made.network.spectral_radius) == ("cell-types", None, 0.97)
    with pytest.raises(PremotorError, match=r"runs of \{experiment: worm-crawl, learns: maps, .*none of which learns"):
        plan_study(read_study({"experiments": ["worm-crawl"], "learns": ["maps"]}))
    with pytest.raises(PremotorError, match="budget takes a number"):
        read_study({"experiments": ["walk"], "learns": ["budget"]})


def test_random_wirings_are_drawn_and_circuits_and_learners_are_axes():
    drawn = {"experiments": {"stdp": {"source": "cartpole-stdp", "wirings": 3}}, "nulls": {"rewired": 1}}
    members = plan_study(read_study(drawn))
    assert [(each.drawn, each.wiring) for each in members[:3]] == [(0, "random"), (0, "rewired"), (1, "random")]
    said: list[str] = []
    several = {"experiments": ["walk", "pendulum"], "circuits": ["own", "fly-leg"], "learners": ["own", "evolution"]}
    exclude = [{"experiment": "pendulum", "learner": "evolution"}]
    members = plan_study(read_study(several | {"exclude": exclude}), None, said.append)
    assert [each.name for each in members] == [
        *("walk.connectome-s0", "walk.evolution.connectome-s0"),
        *("walk.fly-leg.connectome-s0", "walk.fly-leg.evolution.connectome-s0", "pendulum.mlp-s0"),
    ]
    assert load_settings("walk", members[3].settings).circuit.source == "fly-leg"
    assert said == ["pendulum: its network (mlp) is no connectome; fly-leg is not put in its place"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"experimnts": []}, r"unknown setting experimnts = \[\] \(did you mean experiments\?\)"),
        ({"experiments": ["wlak"]}, r"experiments.wlak: there is no preset and no file 'wlak' \(did you mean walk\?\)"),
        ({"experiments": []}, "experiments is"),
        ({"experiments": {"walk": {"source": "walk", "steps": 3}}}, "unknown setting experiments.walk.steps = 3"),
        ({"experiments": {"w": {"source": "walk", "settings": {"task.speed": "x"}}}}, r"experiments\.w: .*task\.speed"),
        ({"nulls": {"rewird": 2}}, r"there is no null model 'rewird' \(did you mean rewired\?\)"),
        ({"nulls": {"rewired": "two"}}, "nulls.rewired is 'two'"),
        ({"seeds": 0}, "seeds is 0"),
        ({"exclude": [{"task": "walk"}]}, "there is no axis 'task'; there are experiment, circuit"),
        ({"exclude": [{"experiment": "wlak"}]}, "exclude: there is no experiment 'wlak' in this study, but walk"),
        ({"margin": {"score": -1}}, "margin.score is -1"),
        (
            {"hypotheses": [{"name": "a", "first": "connectome", "second": "rewired", "expect": "more"}]},
            "expect is 'more'",
        ),
        ({"engine": "slrum"}, r"there is no engine 'slrum' \(did you mean slurm\?\)"),
        ({"engine": {"kind": "local", "job": 1}}, r"engine \(local\): unknown setting job = 1 \(did you mean jobs\?\)"),
        ({"learners": ["ppoo"]}, "there is no learner 'ppoo'"),
        ({"learns": ["nothing much"]}, "there is no rule of what may learn .nothing much."),
        ({"learns": {"odd": {"network.nothing": 1}}}, r"the runs of {experiment: walk, learns: odd.*unknown setting"),
        (
            {"experiments": ["cartpole-stdp"], "baselines": ["mlp"]},
            "has no baseline beside it .mlp.; or leave them out by",
        ),
        ({"name": "no/name"}, "name is 'no/name'"),
    ],
)
def test_wrong_studies_are_one_sentence(tmp_path, capsys, changed, sentence):
    file = tmp_path / "study.yaml"
    file.write_text(json.dumps({"experiments": ["walk"]} | changed))
    assert main(["study", str(file), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(said)
    assert not (tmp_path / "out").exists()


def test_words_of_settings_are_read_back_as_the_same_values():
    values = {"name": "1e5", "a": None, "b": True, "c": ["x", 1], "d": 2.5, "e": "plain", "f": {"g": "no"}}
    from premotor.runs.loading import override_pairs

    assert override_pairs([setting_word(key, value) for key, value in values.items()]) == values


def test_a_study_runs_what_is_new_and_keeps_what_was_expected(circuit_folder, tmp_path, capsys):
    tiny = tmp_path / "tiny.yaml"
    tiny.write_text(json.dumps(tiny_settings(circuit_folder, learning={"steps": 16})))
    asked = {"name": "t", "experiments": {"tiny": str(tiny)}, "episodes": 2, "margin": {"score": 0.1}}
    folder = tmp_path / "study"
    made = study(asked, output=folder, jobs=1)
    row = made.rows.iloc[0].to_dict()
    assert row["name"] == "tiny.connectome-s0" and row["parameters"] > 0 and row["finished"] == "steps"
    axes = ("experiment", "circuit", "wiring", "learns", "learner", "seed")
    assert [row[axis] for axis in axes] == ["tiny", "own", "connectome", "given", "own", 0]
    assert json.loads((folder / "rows.json").read_text())["rows"] == made.finished_rows()
    assert (folder / "runs" / ".leases" / "tiny.connectome-s0" / "1").exists()
    assert [each.state for each in made.standings()] == ["done"]
    registered = json.loads((folder / "registered.json").read_text())
    assert registered[0]["runs_done"] == 0 and registered[0]["margin"] == {"score": 0.1}

    capsys.readouterr()
    (folder / "index.sqlite").write_bytes(b"no database at all")
    before = made.finished_rows()
    shutil.copytree(folder / "runs" / row["name"], folder / "runs" / "tiny.connectome-s1")  # as if it had been run
    again = study(asked | {"seeds": 2, "margin": {"score": 0.2}}, output=folder, jobs=1)
    said = capsys.readouterr()
    assert "2 runs, 0 of them to do" in said.out and "margins differ from those registered" in said.err
    assert again.finished_rows()[0] == before[0] and len(again.rows) == 2
    assert len(json.loads((folder / "registered.json").read_text())) == 2

    with pytest.raises(PremotorError, match="the experiment tiny has other settings than before"):
        study(asked | {"experiments": {"tiny": {"source": str(tiny), "settings": {"threads": 2}}}}, output=folder)
    with pytest.raises(PremotorError, match=r"learns.given was given in .* and is .* now"):
        study(asked | {"learns": {"given": {"learning.clip": 0.3}}}, output=folder)
    assert main(["study", "status", str(folder)]) == 0
    assert "2 runs: 2 done" in capsys.readouterr().out


def test_failures_stop_no_other_run_and_are_listed(circuit_folder, tmp_path, capsys):
    tiny = tmp_path / "tiny.yaml"
    tiny.write_text(json.dumps(tiny_settings(circuit_folder)))
    folder = tmp_path / "study"
    asked = {"experiments": {"tiny": str(tiny)}, "seeds": [3]}
    (tmp_path / "file").touch()
    study_file = tmp_path / "asked.yaml"
    study_file.write_text(json.dumps(asked))
    made = _begun(asked, folder)
    (folder / "runs" / "tiny.connectome-s3").mkdir()  # no run folder: the run cannot begin
    assert main(["study", str(study_file), "-o", str(folder)]) == 2
    assert "1 of 1 runs failed: tiny.connectome-s3 (error: " in capsys.readouterr().err
    assert [each.state for each in made.standings()] == ["failed"]
    assert main(["study", "status", str(folder)]) == 0
    assert "failed: tiny.connectome-s3 after 1 tries on" in capsys.readouterr().out

    from premotor.report.sections import read_record
    from premotor.report.study_missing import MissingRuns

    text, table, _ = MissingRuns().build(read_record(folder)).blocks
    assert text.text == "1 of 1 run has no result, and no table counts them: 1 failed."
    assert [row[:2] for row in table.rows] == [["tiny.connectome-s3", "failed"]]


def _begun(asked, folder: Path) -> Study:
    """The folder of a study before its first run."""
    from premotor.studies.study_plan import experiment_settings
    from premotor.studies.study_run import _claim

    settings = read_study(asked)
    experiments = {name: experiment_settings(name, each) for name, each in settings.experiments.items()}
    _claim(folder, settings, experiments).release()
    return Study(folder)


def test_the_index_is_a_cache(tmp_path):
    made: list[str] = []

    def make(name: str):
        made.append(name)
        return {"name": name, "score": 0.5}

    stamps = {f"run-{k}": "1" for k in range(3)}
    file = tmp_path / "index.sqlite"
    first = RunIndex(file).read(stamps, make)
    assert RunIndex(file).read(stamps, make) == first and len(made) == 3
    RunIndex(file).read(stamps | {"run-1": "2"}, make)
    assert made[3:] == ["run-1"]
    file.unlink()
    assert RunIndex(file).read(stamps, make) == first and len(made) == 7
    assert RunIndex(tmp_path / "no" / "folder.sqlite").read(stamps, make) == first


def test_a_folder_that_is_no_study_is_refused(tmp_path, trained: Run):
    with pytest.raises(PremotorError, match=r"is no folder of a study: it has no study\.yaml"):
        Study(trained.folder)
    with pytest.raises(PremotorError, match="exists and is no study"):
        study({"experiments": ["walk"]}, output=tmp_path)
    with pytest.raises(PremotorError, match="there is no study file"):
        read_study(tmp_path / "none.yaml")


def test_independent_nulls_are_the_seeds_own():
    asked = {"experiments": ["worm-crawl"], "nulls": {"rewired": 2}, "seeds": [0, 5], "independent": True}
    members = plan_study(read_study(asked))
    assert [(each.seed, each.null_seed) for each in members] == [(0, None), (0, 0), (0, 1), (5, None), (5, 2), (5, 3)]


@pytest.fixture
def run_with_test(run_copy) -> Path:
    """A finished run with a test."""
    figures = {**Run(run_copy).best, "episodes": 2}
    (run_copy / "evaluations" / "test.json").write_text(json.dumps(figures))
    return run_copy


def asked_again(run: Path, folder: Path, seed: int) -> Study:
    """A study of one run with the settings of another one, but for the seed; not begun."""
    (folder / "runs").mkdir(parents=True)
    (folder / "experiments").mkdir()
    (folder / "experiments" / "tiny.yaml").write_text((run / "settings.yaml").read_text())
    asked = {"experiments": {"tiny": str(run / "settings.yaml")}, "seeds": [seed]}
    (folder / "study.yaml").write_text(dump_study(read_study(asked)))
    return Study(folder)


def test_finished_runs_are_taken_over_where_the_study_asks_for_them(run_with_test, tmp_path):
    run = Run(run_with_test)
    made = asked_again(run_with_test, tmp_path / "study", run.settings.seed)
    assert adopt(made, tmp_path) == [f"1 of 1 runs in {tmp_path} are taken over, without their videos and pages"]
    (row,) = made.finished_rows()
    assert row["score"] == run.tested["score"] and row["name"] == "tiny.connectome-s0"
    copy = Run(made.run_folder(made.members[0]))
    assert copy.settings == run.settings.model_copy(update={"name": row["name"]})
    assert (copy.folder / "provenance.json").read_bytes() == (run_with_test / "provenance.json").read_bytes()
    assert adopt(made, run_with_test)[0].startswith("0 of 1"), "a run that is there was written over"


def test_rows_hold_what_hypotheses_speak_of(run_with_test, tmp_path):
    run = Run(run_with_test)
    made = asked_again(run_with_test, tmp_path / "study", run.settings.seed)
    adopt(made, tmp_path)
    assert "speed_sd" not in made.rows
    told = {"first": "connectome", "second": "rewired", "expect": "less"}
    hypotheses = [{"name": name, "figure": figure, **told} for name, figure in (("a", "speed_sd"), ("b", "gait"))]
    asked = {"experiments": {"tiny": str(run_with_test / "settings.yaml")}, "seeds": [run.settings.seed]}
    (made.folder / "study.yaml").write_text(dump_study(read_study(asked | {"hypotheses": hypotheses})))
    (row,) = Study(made.folder).finished_rows()
    assert row["speed_sd"] == run.tested["speed_sd"] and "gait" not in row


def test_other_runs_are_not_taken_over(run_with_test, tmp_path):
    made = asked_again(run_with_test, tmp_path / "study", seed=77)
    lines = adopt(made, run_with_test)
    assert lines[0].startswith("0 of 1 runs") and lines[1].endswith("any run that is missing here: run")
    made = asked_again(run_with_test, tmp_path / "untested", seed=0)
    (run_with_test / "evaluations" / "test.json").unlink()
    assert "not finished" in adopt(made, run_with_test)[1] and not list((made.folder / "runs").iterdir())
    with pytest.raises(PremotorError, match="holds no run folder"):
        adopt(made, tmp_path / "nowhere")
