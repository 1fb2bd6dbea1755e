"""Comparisons: every wiring with every seed, one process each, resumable; then statistics of the rows."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import Run, dump_settings, load_experiment, train
from premotor.runs.kinds import kind_of
from premotor.runs.loading import load_settings
from premotor.studies import compare
from premotor.studies.comparison import _claim, _others, budget, compared
from premotor.studies.engines import LocalEngine, LocalSettings
from premotor.studies.members import plan
from premotor.studies.processes import Job
from premotor.studies.scheduling import run_jobs
from tiny import tiny_settings

OPTIONS = ["--nulls", "1", "--seeds", "1", "--jobs", "1", "--episodes", "2", "-o"]


FIGURES = ("score", "survived", "speed", "speed_error")


def row(wiring, score, null_seed=None, seed=0):
    figures = {"score": score, "survived": score, "speed": 1 + score, "speed_error": None}
    return {
        "name": f"{wiring}-{null_seed}-{seed}",
        "wiring": wiring,
        "null_seed": null_seed,
        "seed": seed,
        **figures,
    }


def test_the_plan_has_every_wiring_with_every_seed():
    members = plan(load_experiment({"seed": 5}), ["rewired"], nulls=2, seeds=2)
    assert [(m.wiring, m.null_seed, m.seed) for m in members] == [
        ("connectome", None, 5),
        ("rewired", 0, 5),
        ("rewired", 1, 5),
        ("connectome", None, 6),
        ("rewired", 0, 6),
        ("rewired", 1, 6),
    ]
    assert len({m.name for m in members}) == len(members)
    settings = load_experiment({"seed": 5, "compare": {"independent": True}})
    members = plan(settings, ["rewired"], nulls=2, seeds=2)
    assert [(m.null_seed, m.seed) for m in members if m.wiring == "rewired"] == [(0, 5), (1, 5), (2, 6), (3, 6)]


def test_null_models_and_plain_networks_stand_side_by_side():
    settings = load_experiment({"compare": {"null": ["rewired", "random_graph"], "plain": ["gru"]}})
    chosen = settings.compare
    members = plan(settings, chosen.null, nulls=1, seeds=1, baselines=chosen.baselines)
    assert [m.name for m in members] == ["connectome-s0", "rewired-0-s0", "random_graph-0-s0", "gru-s0"]
    made = [load_experiment(settings, m.settings) for m in members]
    assert [e.circuit.null for e in made] == [None, "rewired", "random_graph", None]
    assert [e.network.kind for e in made] == ["rate", "rate", "rate", "gru"]
    assert budget(4, 2, 3_000_000, 8).endswith("2 of them to do, 2 side by side: 6.0 million control steps at most")
    with pytest.raises(PremotorError, match="no baseline 'lstm'; there are mlp, gru, direct, disconnected"):
        compare(settings, baselines="mlp,lstm")
    with pytest.raises(PremotorError, match="no null model 'rewird'"):
        load_experiment({"compare": {"null": ["rewird"]}})


def test_other_circuits_stand_beside(circuit_folder):
    settings = load_experiment({"compare": {"circuits": ["celegans"]}})
    found = _others(kind_of(settings), settings, [*settings.compare.circuits, str(circuit_folder)])
    members = plan(settings, [], nulls=1, seeds=2, circuits=found)
    assert [m.wiring for m in members] == ["connectome", *found] * 2
    last = load_experiment(settings, members[-1].settings)
    assert (last.circuit.source, last.seed) == (str(circuit_folder.resolve()), 1)
    with pytest.raises(PremotorError, match="needs a name of its own, but it is 'rewired'"):
        _others(kind_of(settings), settings, ["rewired"])
    with pytest.raises(PremotorError, match="there is no"):
        compare(settings, circuits="wurm")
    with pytest.raises(PremotorError, match="the network .mlp. has no connectome"):
        compare({"network": {"kind": "mlp"}}, circuits="celegans")


def test_random_wirings_have_null_models_too():
    settings = load_settings("cartpole-stdp", {"seed": 4})
    members = plan(settings, ["rewired"], nulls=1, seeds=2, draws=range(7, 9))
    assert [(m.name, m.wiring, m.null_seed, m.seed, m.drawn) for m in members] == [
        ("wiring-7", "random", None, 4, 7),
        ("wiring-7-rewired-0", "rewired", 0, 4, 7),
        ("wiring-8", "random", None, 4, 8),
        ("wiring-8-rewired-0", "rewired", 0, 4, 8),
        ("wiring-7-s5", "random", None, 5, 7),
        ("wiring-7-rewired-0-s5", "rewired", 0, 5, 7),
        ("wiring-8-s5", "random", None, 5, 8),
        ("wiring-8-rewired-0-s5", "rewired", 0, 5, 8),
    ]
    made = [load_settings(settings, m.settings) for m in members[:2]]
    assert [(e.wiring.seed, e.wiring.null) for e in made] == [(7, None), (7, "rewired")]
    assert len({e.name for e in made}) == 2
    with pytest.raises(PremotorError, match="draws no wiring by a seed"):
        plan(load_settings("walk"), [], nulls=1, seeds=1, draws=[0])


def test_every_kind_names_its_own_wiring_and_its_nulls():
    spectrum = load_settings({"kind": "spectrum"})
    assert [m.wiring for m in plan(spectrum, [], nulls=1, seeds=2)] == ["random", "random"]
    circuit = load_settings({"kind": "spectrum", "circuit": {"source": "celegans"}})
    made = plan(circuit, ["rewired"], nulls=1, seeds=1)
    assert [m.wiring for m in made] == ["connectome", "rewired"]
    assert load_settings(circuit, made[1].settings).circuit.null == "rewired"
    with pytest.raises(PremotorError, match="the network .random. has no wiring that a null model .rewired. could"):
        compare(spectrum, null="rewired")
    with pytest.raises(PremotorError, match="circuit.null is 'rewired', but a comparison starts"):
        compare({"circuit": {"null": "rewired"}})


def test_the_statistics_are_those_of_the_rows():
    ours, theirs = [0.9, 0.8, 0.95], [0.2, 0.5, 0.3, 0.6]
    rows = [row("connectome", s, seed=i) for i, s in enumerate(ours)]
    rows += [row("rewired", s, null_seed=i) for i, s in enumerate(theirs)]
    result = compared(rows, FIGURES)
    assert [(s["wiring"], s["runs"]) for s in result["summary"]] == [("connectome", 3), ("rewired", 4)]
    for entry, values in zip(result["summary"], (ours, theirs), strict=True):
        assert entry["mean"] == pytest.approx(np.mean(values))
        assert min(values) <= entry["ci_low"] < entry["mean"] < entry["ci_high"] <= max(values)
        assert entry["figures"]["speed"]["mean"] == pytest.approx(1 + np.mean(values))
        assert entry["figures"]["speed_error"] == {"mean": None, "ci_low": None, "ci_high": None}
    test = next(t for t in result["test"] if t["figure"] == "score")
    u, p = scipy.stats.mannwhitneyu(ours, theirs)
    assert (test["u"], test["p"], test["rank_biserial"]) == (u, pytest.approx(p), 1.0)
    assert test["hedges_g"] > 1
    json.dumps(result, allow_nan=False)


def test_single_runs_have_no_interval_and_no_effect_size():
    result = compared([row("connectome", 0.9), row("rewired", 0.5, null_seed=0)], FIGURES)
    assert result["summary"][0] | {"figures": None} == {
        "wiring": "connectome",
        "runs": 1,
        "mean": 0.9,
        "ci_low": None,
        "ci_high": None,
        "units": 1,
        "unit": "seed",
        "iqm": 0.9,
        "iqm_low": None,
        "iqm_high": None,
        "figures": None,
    }
    assert {t["hedges_g"] for t in result["test"]} == {None}


def test_seeds_of_a_wiring_are_one_unit():
    rows = [row("connectome", 0.5 + 0.01 * seed, seed=seed) for seed in range(4)]
    rows += [row("rewired", 0.3 + 0.18 * null, null_seed=null, seed=seed) for null in range(2) for seed in range(5)]
    result = compared(rows, FIGURES, {"score": 0.1})
    assert [(entry["unit"], entry["units"], entry["runs"]) for entry in result["summary"]] == [
        ("seed", 4, 4),
        ("wiring", 2, 10),
    ]
    test = next(t for t in result["test"] if t["figure"] == "score")
    assert test["units"] == [4, 2] and test["margin"] == 0.1 and test["p_units"] > 0.3 > test["p"] > 0
    assert test["difference"] == pytest.approx(0.515 - 0.39) and 0 < test["among"] <= 1
    assert result["margin"] == {"score": 0.1}
    json.dumps(result, allow_nan=False)


def test_a_comparison_runs_and_goes_on(circuit_folder, tmp_path, capsys):
    """Of two runs one was killed before its last checkpoint, and the other one has not begun."""
    settings = tiny_settings(circuit_folder, learning={"steps": 32})
    folder = tmp_path / "comparison"
    whole = load_experiment(settings)
    _claim(folder, kind_of(whole), whole).release()
    begun = plan(whole, ["rewired"], nulls=1, seeds=1)[1]
    cut = train(
        load_experiment(whole, begun.settings), output=folder / "runs" / begun.name, progress=False, finish=False
    )
    shutil.rmtree(cut.places.checkpoints_folder / f"{32:012d}")
    file = tmp_path / "tiny.yaml"
    file.write_text(dump_settings(whole))
    assert main(["compare", str(file), *OPTIONS, str(folder)]) == 0
    said = capsys.readouterr().out
    assert "rewired-0-s0: done" in said and "connectome-s0: done" in said
    result = json.loads((folder / "comparison.json").read_text())
    assert [r["name"] for r in result["rows"]] == ["connectome-s0", "rewired-0-s0"]
    assert all(r["steps"] == 32 and r["finished"] == "steps" for r in result["rows"])
    ours, null = (Run(folder / "runs" / r["name"]) for r in result["rows"])
    sessions = [len(json.loads(run.places.provenance_file.read_text())["sessions"]) for run in (ours, null)]
    assert sessions == [1, 2], "the run that was killed began anew"
    assert null.settings.circuit.null == "rewired"
    assert ours.settings.circuit.null is None
    assert (ours.circuit.synapses != null.circuit.synapses).nnz > 0
    assert ours.settings.learning == null.settings.learning
    assert re.search(r"^rewired +1 +1 seed +\d\d", said, re.MULTILINE)
    assert "1 run of the connectome and 1 of rewired. These runs can not tell" in said
    assert f"report: {folder / 'comparison.html'}" in said
    assert (folder / "comparison.png").stat().st_size > 0

    before = {file: file.stat().st_mtime_ns for file in (folder / "runs").rglob("*.safetensors")}
    assert compare(settings, nulls=1, seeds=1, jobs=1, episodes=2, output=folder) == result
    assert "s0" not in capsys.readouterr().out, "a finished run was run again"
    assert {file: file.stat().st_mtime_ns for file in (folder / "runs").rglob("*.safetensors")} == before

    with pytest.raises(PremotorError, match="holds a comparison with other settings"):
        compare(settings, overrides={"learning.clip": 0.3}, output=folder)


def test_a_failed_run_is_named_with_its_reason(tmp_path):
    (tmp_path / "runs").mkdir()
    jobs = [
        Job("bad", ("train", "wlak"), tmp_path / "no.jsonl", tmp_path / "bad.log"),
        Job("good", ("--version",), tmp_path / "no.jsonl", tmp_path / "good.log"),
    ]
    with pytest.raises(PremotorError, match=r"1 of 2 runs failed: bad \(error: .*'wlak'.*bad.log\)"):
        run_jobs(jobs, LocalEngine(LocalSettings(jobs=1), tmp_path), progress=False)
    assert (tmp_path / "good.log").read_text().startswith("premotor")


@pytest.mark.slow  # three processes; runs/test_training.py interrupts one run, runs/test_killing.py kills it
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_termination_let_every_run_write_its_checkpoint(circuit_folder, tmp_path, killable, sent, status):
    settings = tiny_settings(circuit_folder, learning={"steps": 10**9}, checkpoints={"every_steps": None})
    file = tmp_path / "endless.yaml"
    file.write_text(dump_settings(load_experiment(settings)))
    folder = tmp_path / "comparison"
    words = ["compare", str(file), "--nulls", "1", "--seeds", "1", "--jobs", "2", "-o", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "premotor", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=killable,
        text=True,
    )
    runs = [folder / "runs" / "connectome-s0", folder / "runs" / "rewired-0-s0"]

    def learning(run: Path) -> bool:
        return (run / "metrics.jsonl").exists() and (run / "metrics.jsonl").stat().st_size > 0

    try:
        deadline = time.monotonic() + 300
        while not all(map(learning, runs)):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(sent)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()  # where it has not ended by itself
        process.communicate()
    assert process.returncode == status, output
    for run in runs:
        log = run.with_suffix(".log").read_text()
        assert "continue with: premotor resume" in log
        assert len(Run(run).places.checkpoints()) == 1


def test_former_names_of_settings_go_on_working():
    read = load_experiment({"compare": {"plain": ["gru"]}, "maps": {"action_spread": 0.3}})
    assert read.compare.baselines == ("gru",) and read.maps.action_std == 0.3
