"""Run folders of spiking agents: learning, killing and resuming, going on, testing, mocked inputs."""

import json
import shutil

import numpy as np
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.learning.plasticity.learner import Plasticity
from premotor.runs import preset_names, resume, train
from premotor.runs.checkpoints import load_checkpoint
from premotor.runs.spiking import (
    SpikingRun,
    evaluate_spiking,
    load_spiking,
    mock_inputs,
    unmoved_inputs,
)
from premotor.runs.spiking.run import Arena

STDP = {
    "agent": "spiking",
    "learning": {
        "kind": "plasticity",
        "episodes": 24,
        "block": 4,
        "average": 3,
        "phases": [  # the first before the first checkpoint, the second after it
            {"begin": 60, "plasticity": {"targeting": {"hidden": 0.5, "feedback": "action"}}},
            {"begin": 250, "plasticity": {"critic": {"kind": "value"}}},
        ],
    },
    "evaluation": {"every": 3, "episodes": 4},
    "checkpoints": {"every": 2},
}
EVOLUTION = STDP | {
    "learning": {
        "kind": "evolution",
        "iterations": 4,
        "episodes": 1,
        "plastic": 1,
        "lamarckian": True,
        "strategy": {"kind": "multiplicative", "population": 4},
    },
}
QUIET = {"progress": False, "finish": False}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spiking")
    return {
        name: train(settings, output=folder / name, progress=False, finish=False)
        for name, settings in (("stdp", STDP), ("evolution", EVOLUTION))
    }


@pytest.mark.parametrize("name", ["stdp", "evolution"])
def test_a_resumed_run_is_the_same_bit_for_bit(runs, name, tmp_path):
    whole = runs[name]
    folder = tmp_path / name
    shutil.copytree(whole.folder, folder)
    for checkpoint in sorted((folder / "checkpoints").iterdir())[1:]:
        shutil.rmtree(checkpoint)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"iteration": 99, "fit')  # torn by the kill
    shutil.rmtree(folder / "best")
    again = resume(folder, progress=False, finish=False)
    assert again.iteration == whole.iteration
    arrays, expected = (load_checkpoint(run.places.checkpoints_folder, run.step).arrays for run in (again, whole))
    assert {k: v.tolist() for k, v in arrays.items()} == {k: v.tolist() for k, v in expected.items()}
    for column in ("iteration", "steps", "fitness", "undecided"):
        assert again.metrics[column].tolist() == whole.metrics[column].tolist()
    assert resume(folder, progress=False, finish=False).iteration == whole.iteration  # finished: nothing happens


def test_a_phase_changes_the_rules_and_what_homeostasis_holds(tmp_path):
    settings = load_spiking(STDP, {"learning.phases": []})
    plain = Plasticity(Arena(settings), None, settings.learning, seed=settings.seed)
    settings = load_spiking(STDP)
    phased = Plasticity(Arena(settings), None, settings.learning, seed=settings.seed)
    while phased.phase == 0:
        assert plain.candidate.tolist() == phased.candidate.tolist()
        plain.iterate()
        phased.iterate()
    assert plain.candidate.tolist() != phased.candidate.tolist()
    assert phased.steps >= 60
    assert phased.agent.plasticity == settings.learning.phases[0].plasticity
    held = np.bincount(phased.agent.plastic.post, phased.phase_weights)[-1]
    size = np.bincount(phased.agent.plastic.post)[-1]
    np.testing.assert_allclose(phased.agent.lessons.input_goal[phased.agent.plastic.post.max()], held / size, rtol=1e-3)


def test_plasticity_in_a_test_follows_the_rules_of_its_checkpoint(runs):
    run = runs["stdp"]
    phases = run.settings.learning.phases
    assert run.settings.rules_after(run.steps_at(0)) == run.settings.plasticity
    assert run.settings.rules_after(phases[0].begin) == phases[0].plasticity
    assert run.steps_at(run.iteration) == run.metrics["steps"].iloc[-1] > phases[1].begin
    assert run.settings.rules_after(run.steps_at(run.iteration)) == phases[1].plasticity


def test_tested_weights_follow_those_that_learn():
    settings = load_spiking(STDP, {"learning.phases": []})
    work = Plasticity(Arena(settings), None, settings.learning, seed=settings.seed)
    fast, slow = [], []
    for _ in range(4):
        work.iterate()
        fast.append(work.agent.weights)
        slow.append(work.candidate)
    np.testing.assert_array_equal(slow[0], fast[0])
    np.testing.assert_allclose(slow[1], np.mean(fast[:2], axis=0))
    np.testing.assert_allclose(slow[2], np.mean(fast[:3], axis=0))
    np.testing.assert_allclose(slow[3], (2 * slow[2] + fast[3]) / 3)


def test_learning_ends_at_its_steps(tmp_path):
    run = train(STDP, output=tmp_path / "run", overrides={"learning.steps": 150}, progress=False, finish=False)
    steps = run.metrics["steps"]
    assert steps.iloc[-1] >= 150 > steps.iloc[-2]


def test_phases_have_to_follow_one_another():
    with pytest.raises(PremotorError, match="phases begin at 60, 60 steps; each has to begin after the last"):
        load_spiking(STDP, {"learning.phases": [{"begin": 60, "plasticity": {}}] * 2})


@pytest.mark.slow
def test_plasticity_learns_to_balance_the_pole(tmp_path):
    run = train(
        "cartpole-stdp", output=tmp_path / "run", overrides={"learning.steps": 80_000, "stop.score": 400}, finish=False
    )
    assert evaluate_spiking(run, episodes=100)["mean"] >= 250  # published: 64 to 145


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_evolution_does_not_depend_on_threads(runs, tmp_path, threads):
    other = train(EVOLUTION, output=tmp_path / "run", overrides={"threads": threads}, progress=False, finish=False)
    assert other.weights("last").tolist() == runs["evolution"].weights("last").tolist()


def test_plasticity_inside_evolution_is_lost_unless_lamarckian(runs, tmp_path):
    lost = train(
        EVOLUTION, output=tmp_path / "run", overrides={"learning.lamarckian": False}, progress=False, finish=False
    )
    assert lost.weights("last").tolist() != runs["evolution"].weights("last").tolist()


def test_a_test_is_reproducible_and_says_what_happened(runs):
    run = runs["stdp"]
    figures = evaluate_spiking(run, 5, checkpoint="last")
    assert figures == evaluate_spiking(run, 5, checkpoint="last")
    assert figures["iteration"] == 6 and figures["episodes"] == 5
    assert set(figures["rates"]) == {"ES", "EA", "IA", "IAL", "EM", "IM", "IML"}
    assert json.loads((run.evaluations_folder / "test.json").read_text()) == figures
    again = evaluate_spiking(run, 3, checkpoint="initial", only=2)
    assert again["only"] == 2 and (run.evaluations_folder / "rerun-2.json").exists()


def test_a_run_goes_on_from_a_checkpoint_with_other_settings(runs, tmp_path, capsys):
    run = runs["stdp"]
    words = ["spiking", "continue", str(run.folder), "--checkpoint", "2", "--no-report", "--episodes", "2"]
    words += ["--copy-from", "cartpole-stdp"]
    changes = ["--learning.episodes", "2", "--evaluation.every", "1"]
    assert main([*words, "--copy-fields", "learning", "-o", str(tmp_path / "next"), *changes]) == 0
    made = SpikingRun(tmp_path / "next")
    assert made.settings.initial.run == f"{run.folder.resolve()}@2"
    assert made.settings.learning.block == 20  # the preset's
    assert made.weights("initial").tolist() == run.weights(2).tolist()
    parent = json.loads(made.places.provenance_file.read_text())["parent"]
    assert (parent["run"], parent["step"], parent["taken"]) == (str(run.folder.resolve()), 2, ["weights"])
    assert main([*words, "--copy-fields", "critic", "-o", str(tmp_path / "x")]) == 2
    assert "no section 'critic' to copy; allowed are name" in capsys.readouterr().err


def test_mocked_inputs_show_what_each_input_does(runs):
    result = mock_inputs(runs["stdp"], checkpoint="initial", repeats=2)
    assert result["rate"].shape == (80, 200) and result["votes"].shape == (80, 2)
    driven = result["rate"][np.arange(80), np.arange(80)]
    # Three spikes in a step, but for those 10 ms after another one, which fall into the depolarisation block.
    assert driven.min() >= 50 and driven.max() <= 60
    found = mock_inputs(runs["stdp"], checkpoint="initial", company=False, repeats=1)
    alone, reasons = found["rate"], unmoved_inputs(runs["stdp"], found)
    undecided = np.flatnonzero(found["votes"][:, 0] == found["votes"][:, 1]).tolist()
    assert sorted(number for numbers in reasons.values() for number in numbers) == undecided == list(range(80))
    assert reasons == {"the input cell fires, but no cell after it": undecided}
    silent = {"rate": np.zeros((80, 200)), "votes": np.zeros((80, 2))}
    silent["rate"][3, [3, 90]], silent["rate"][4, [4, 150, 170]], silent["votes"][4] = 20.0, 20.0, 1.0
    given = unmoved_inputs(runs["stdp"], silent)
    assert given["no voting cell fires"] == [3] and given["all actions get as many votes"] == [4]
    assert len(given["the input cell itself is silent"]) == 78
    assert alone[:, :80].sum() == np.diag(alone[:, :80]).sum() > 0


def test_the_commands(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = str(runs["evolution"].folder)
    assert main(["evaluate", run, "--episodes", "3"]) == 0
    assert "3 episodes: mean" in capsys.readouterr().out
    assert main(["spiking", "evaluate", run, "--episodes", "2", "--rerun", "1", "--checkpoint", "4"]) == 0
    assert "from the start of episode 1" in capsys.readouterr().out
    assert main(["spiking", "mock", run, "--repeats", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 5 and all("inputs move nothing, since" in line for line in lines[5:])
    assert main(["evaluate", run, "--checkpoint", "9"]) == 2
    assert "it has 2, 4" in capsys.readouterr().err
    assert main(["spiking", "mock", run, "--wiring.seed", "3"]) == 2
    assert "only premotor spiking continue and seeds take settings" in capsys.readouterr().err
    assert main(["resume", run, "--episodes", "2", "--no-report"]) == 0
    words = ["train", "cartpole-stdp", "-o", "made", "--learning.episodes", "2", "--episodes", "2", "--no-report"]
    assert main([*words, "--evaluation.episodes", "1"]) == 0
    assert SpikingRun("made").iteration == 1


def test_settings_are_strict():
    for name in preset_names("spiking"):
        assert load_spiking(load_spiking(name)) == load_spiking(name)
    with pytest.raises(PremotorError, match="learning.iteration"):
        load_spiking("cartpole-evolution", {"learning.iteration": 3})
    with pytest.raises(PremotorError, match="no run folder nowhere"):
        SpikingRun("nowhere")
