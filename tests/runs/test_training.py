"""Runs: what they leave, that they repeat and resume bit for bit, and how they end."""

import json
import shutil
import signal
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest

from premotor.errors import PremotorError
from premotor.files import Lock
from premotor.learning import LEARNERS
from premotor.learning.trees import flatten
from premotor.runs import Episodes, Run, build_circuit, resume, train
from tiny import tiny_settings

TIMES = ["seconds", "steps_per_second"]

QUIET = {"progress": False, "finish": False}


def files_of(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def last_state(run: Run) -> bytes:
    return (run.places.checkpoints_folder / f"{run.step:012d}" / "state.safetensors").read_bytes()


def same_run(one: Run, other: Run) -> None:
    """Both ended with the same numbers, bit for bit."""
    assert last_state(one) == last_state(other)
    assert one.places.best_file.read_bytes() == other.places.best_file.read_bytes()
    assert one.best == other.best
    pd.testing.assert_frame_equal(one.evaluations, other.evaluations, check_exact=True)
    pd.testing.assert_frame_equal(one.metrics.drop(columns=TIMES), other.metrics.drop(columns=TIMES), check_exact=True)


def test_a_run_leaves_everything(trained):
    assert trained.finished == "steps"
    assert trained.step == 64
    assert list(trained.metrics["steps"]) == [16, 32, 48, 64]
    assert list(trained.metrics["iteration"]) == [1, 2, 3, 4]
    assert list(trained.evaluations["step"]) == [32, 64]
    assert [int(p.name) for p in sorted(trained.places.checkpoints_folder.iterdir())] == [32, 48, 64]
    names = [name for name in files_of(trained.folder) if not name.startswith("events/")]
    assert names == [
        ".lock",
        "best/best.json",
        "best/controller.safetensors",
        *(f"checkpoints/{step:012d}/state.{kind}" for step in (32, 48, 64) for kind in ("json", "safetensors")),
        "circuit/connections.csv",
        "circuit/gap_junctions.csv",
        "circuit/neurons.csv",
        "circuit/provenance.json",
        "evaluations/000000000032.json",
        "evaluations/000000000064.json",
        "initial/controller.safetensors",
        "metrics.jsonl",
        "provenance.json",
        "settings.yaml",
    ]
    assert any(name.startswith("events/events.out.tfevents") for name in files_of(trained.folder))
    record = json.loads(trained.places.provenance_file.read_text())
    assert record["seed"] == 0
    assert {"circuit/neurons.csv", "circuit/connections.csv"} <= set(record["data"])
    assert {"python", "premotor", "jax", "mujoco", "numpy"} <= set(record["sessions"][0]["versions"])
    assert {"platform", "cores"} <= set(record["sessions"][0]["machine"])


def test_the_saved_circuit_is_the_one_that_was_asked_for(trained, circuit_folder):
    asked = build_circuit(trained.settings.circuit)
    assert (asked.ids == trained.circuit.ids).all()
    assert (asked.synapses != trained.circuit.synapses).nnz == 0
    assert (asked.gap_junctions != trained.circuit.gap_junctions).nnz == 0
    pd.testing.assert_frame_equal(asked.neurons, trained.circuit.neurons)


def test_the_best_controller_is_that_of_the_best_evaluation(trained):
    scores = trained.evaluations.set_index("step")["score"]
    assert trained.best["score"] == scores.max()
    assert trained.step_of("best") == scores.idxmax()
    best = flatten(trained.controller("best"))
    of_that_step = flatten(trained.controller(trained.step_of("best")))
    assert all(np.array_equal(best[name], of_that_step[name]) for name in best)


def test_a_best_evaluation_is_confirmed_in_other_episodes(trained, circuit_folder, tmp_path):
    """Only one that would be the best so far, and then its figures are those of all its episodes."""
    overrides = {"evaluation.confirm": 3}
    confirmed = train(tiny_settings(circuit_folder), output=tmp_path / "confirmed", overrides=overrides, **QUIET)
    chosen = trained.settings.evaluation
    best = float("-inf")
    for (_, alone), (_, row) in zip(trained.evaluations.iterrows(), confirmed.evaluations.iterrows(), strict=True):
        assert row["step"] == alone["step"]
        if alone["score"] <= best:
            assert (row["score"], row["episodes"]) == (alone["score"], chosen.episodes)
            continue
        controller = confirmed.controller(int(row["step"]))
        further = Episodes(confirmed.task(), 3, chosen.seconds, chosen.seed + 1, 1)
        other = further.figures(further.run(controller))
        assert row["episodes"] == chosen.episodes + 3
        both = (chosen.episodes * alone["return"] + 3 * other["return"]) / row["episodes"]
        assert row["return"] == pytest.approx(both, rel=1e-5)
        best = max(best, row["score"])
    assert set(confirmed.evaluations["episodes"]) == {chosen.episodes, chosen.episodes + 3}, "both cases are tested"
    assert confirmed.best["score"] == confirmed.evaluations["score"].max()


def test_the_initial_controller_is_from_before_learning(trained):
    initial, last = trained.controller("initial"), trained.controller("last")
    assert trained.step_of("initial") == 0
    assert not np.array_equal(initial.network.log_magnitude, last.network.log_magnitude)


def test_the_same_settings_give_the_same_numbers(trained, circuit_folder, tmp_path):
    same_run(train(tiny_settings(circuit_folder), output=tmp_path / "again", **QUIET), trained)


def test_another_seed_gives_other_numbers(trained, circuit_folder, tmp_path):
    other = train(tiny_settings(circuit_folder), output=tmp_path / "other", overrides={"seed": 1}, **QUIET)
    assert last_state(other) != last_state(trained)


def test_a_run_is_replaced_only_where_that_is_asked_for(circuit_folder, run_copy):
    settings = tiny_settings(circuit_folder, seed=9, learning={"steps": 16})
    with pytest.raises(PremotorError, match="exists already"):
        train(settings, output=run_copy, progress=False, finish=False)
    with pytest.raises(PremotorError, match="there is no run folder nowhere"):
        train(settings, output=run_copy, overwrite=True, initial="nowhere", progress=False, finish=False)
    assert Run(run_copy).settings.seed != 9, "a mistake leaves the old one"
    run = train(settings, output=run_copy, overwrite=True, progress=False, finish=False)
    assert (run.folder, run.settings.seed, run.step) == (run_copy, 9, 16)


def test_neither_evaluations_nor_checkpoints_nor_threads_alter_the_numbers(trained, circuit_folder, tmp_path):
    overrides = {
        "evaluation.every_steps": None,
        "checkpoints.every_steps": None,
        "checkpoints.every_seconds": 0,
        "threads": 2,
    }
    other = train(tiny_settings(circuit_folder), output=tmp_path / "other", overrides=overrides, **QUIET)
    assert last_state(other) == last_state(trained)
    assert list(other.evaluations["step"]) == [64]
    assert other.best["score"] == trained.evaluations.set_index("step")["score"][64]


@pytest.mark.parametrize("step", [32, 48])
def test_a_run_goes_on_from_any_checkpoint_as_if_it_had_never_stopped(trained, run_copy, step):
    copy = Run(run_copy)
    for later in [s for s in copy.places.checkpoints() if s > step]:
        shutil.rmtree(copy.places.checkpoints_folder / f"{later:012d}")
    same_run(resume(run_copy, **QUIET), trained)
    sessions = json.loads(copy.places.provenance_file.read_text())["sessions"]
    assert [entry["from_step"] for entry in sessions] == [0, step]


def test_a_run_without_any_checkpoint_starts_again(trained, run_copy):
    shutil.rmtree(run_copy / "checkpoints")
    shutil.rmtree(run_copy / "best")
    same_run(resume(run_copy, **QUIET), trained)


def test_a_damaged_checkpoint_is_reported_and_the_one_before_it_taken(trained, run_copy, capsys):
    file = run_copy / "checkpoints" / "000000000064" / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    same_run(resume(run_copy, finish=False), trained)
    said = capsys.readouterr().out
    assert f"warning: {file} is truncated" in said
    assert "going back to the checkpoint of step 48" in said


def test_a_checkpoint_of_another_experiment_is_refused(run_copy):
    text = (run_copy / "settings.yaml").read_text()
    shutil.rmtree(run_copy / "checkpoints" / "000000000064")
    (run_copy / "settings.yaml").write_text(text.replace("critic_layers:\n  - 8", "critic_layers:\n  - 9"))
    with pytest.raises(PremotorError, match=r"state/critic/.* is float32.* but this experiment has"):
        resume(run_copy, **QUIET)


def test_a_finished_run_stays_as_it_is(run_copy):
    before = {name: (run_copy / name).read_bytes() for name in files_of(run_copy) if name != ".lock"}
    assert resume(run_copy, **QUIET).finished == "steps"
    assert {name: (run_copy / name).read_bytes() for name in files_of(run_copy) if name != ".lock"} == before


def test_a_finished_run_goes_on_when_more_steps_are_asked_for(trained, run_copy, circuit_folder, tmp_path):
    text = (run_copy / "settings.yaml").read_text()
    (run_copy / "settings.yaml").write_text(text.replace("steps: 64", "steps: 96"))
    longer = resume(run_copy, **QUIET)
    assert longer.step == 96
    settings = tiny_settings(circuit_folder, learning={"steps": 96})
    straight = train(settings, output=tmp_path / "straight", **QUIET)
    assert last_state(longer) == last_state(straight)


def test_learning_stops_when_an_evaluation_is_good_enough(circuit_folder, tmp_path):
    run = train(tiny_settings(circuit_folder, stop={"score": -1}), output=tmp_path / "run", **QUIET)
    assert run.finished == "score"
    assert run.step == 32


def test_learning_stops_when_its_time_is_over(circuit_folder, tmp_path):
    run = train(tiny_settings(circuit_folder, stop={"minutes": 1e-9}), output=tmp_path / "run", **QUIET)
    assert run.finished == "minutes"
    assert run.step == 16
    assert run.best["step"] == 16


def test_a_run_has_one_writer(run_copy):
    lock = Lock(run_copy)
    with pytest.raises(PremotorError, match="being written by another process"):
        resume(run_copy, **QUIET)
    lock.release()


def test_ctrl_c_saves_a_checkpoint_and_says_how_to_go_on(trained, circuit_folder, tmp_path, monkeypatch, capsys):
    advance = LEARNERS["ppo"].advance

    def interrupted(state, environment, settings):
        if int(state.steps) == 16:
            signal.raise_signal(signal.SIGINT)
        return advance(state, environment, settings)

    monkeypatch.setattr(LEARNERS["ppo"], "advance", staticmethod(interrupted))
    settings = tiny_settings(circuit_folder, checkpoints={"every_steps": None})
    with pytest.raises(KeyboardInterrupt):
        train(settings, output=tmp_path / "run")
    assert f"continue with: premotor resume {tmp_path / 'run'}" in capsys.readouterr().out
    assert Run(tmp_path / "run").step == 32
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.undo()
    assert last_state(resume(tmp_path / "run", **QUIET)) == last_state(trained)


@pytest.mark.parametrize("poison", ["parameter", "loss"])
def test_diverged_training_stops_and_leaves_the_last_checkpoint_good(circuit_folder, tmp_path, monkeypatch, poison):
    advance = LEARNERS["ppo"].advance

    def diverging(state, environment, settings):
        if int(state.steps) == 32 and poison == "loss":
            raise FloatingPointError("policy_loss nan")
        state, metrics = advance(state, environment, settings)
        if int(state.steps) == 48:
            state = jax.tree.map(lambda x: x * np.nan if x.dtype == np.float32 else x, state)
        return state, metrics

    monkeypatch.setattr(LEARNERS["ppo"], "advance", staticmethod(diverging))
    with pytest.raises(PremotorError, match="diverged after step 32 .*checkpoint of step 32.*is good"):
        train(tiny_settings(circuit_folder), output=tmp_path / "run", **QUIET)
    run = Run(tmp_path / "run")
    assert run.step == 32
    assert all(np.isfinite(value).all() for value in flatten(run.controller("last")).values())


def test_a_failed_start_leaves_nothing(circuit_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = tiny_settings(circuit_folder, circuit={"select": {"class": "sensory|interneuron"}})
    with pytest.raises(PremotorError, match="no motor neurons"):
        train(settings, **QUIET)
    assert list(tmp_path.iterdir()) == []


def test_runs_are_numbered_where_their_name_is_taken(circuit_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "tiny").mkdir(parents=True)
    run = train(
        tiny_settings(circuit_folder, learning={"steps": 16}, evaluation={"every_steps": None}),
        progress=False,
        finish=False,
    )
    assert run.folder == Path("runs/tiny-2")


def test_a_change_of_versions_or_machine_is_said_when_a_run_goes_on(run_copy, capsys):
    shutil.rmtree(run_copy / "checkpoints" / f"{64:012d}")
    record = json.loads((run_copy / "provenance.json").read_text())
    record["sessions"][0]["versions"]["jax"] = "0.0.1"
    record["sessions"][0]["machine"]["cores"] = 999
    (run_copy / "provenance.json").write_text(json.dumps(record))
    resume(run_copy, finish=False)
    said = capsys.readouterr().out
    assert "warning: other versions than before (jax 0.0.1 → " in said
    assert "warning: other machine than before (cores 999 → " in said
