"""Run folders: read without their source, and refused in one sentence when something is wrong with them."""

import json
import shutil

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.learning.trees import flatten
from premotor.runs import Run, evaluate, load_settings
from premotor.runs.kinds import kind_of
from premotor.runs.run import ended


def test_a_run_needs_nothing_outside_its_folder(trained, run_copy):
    text = (run_copy / "settings.yaml").read_text()
    (run_copy / "settings.yaml").write_text(text.replace(str(trained.settings.circuit.source), "/nowhere"))
    run = Run(run_copy)
    assert run.settings.circuit.source == "/nowhere"
    ours, theirs = flatten(run.controller("best")), flatten(trained.controller("best"))
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)
    assert evaluate(run, 2, 0.1)["episodes"] == 2


def test_it_shows_where_it_is(trained):
    assert repr(trained) == f"Run({str(trained.folder)!r}, 64 of 64 steps)"


def test_before_lesions_there_are_none(trained):
    assert trained.lesions == []


BROKEN = [
    (lambda path: shutil.rmtree(path), "there is no run folder"),
    (lambda path: [shutil.rmtree(path), path.write_text("")], "is a file, not a run folder"),
    (lambda path: [shutil.rmtree(path), path.mkdir()], "is no run folder"),
    (lambda path: (path / "settings.yaml").unlink(), "incomplete: settings.yaml is missing"),
    (lambda path: (path / "provenance.json").unlink(), "incomplete: provenance.json is missing"),
    (lambda path: shutil.rmtree(path / "circuit"), "incomplete: circuit is missing"),
    (lambda path: (path / "initial/controller.safetensors").unlink(), "incomplete: initial/controller"),
    (lambda path: (path / "settings.yaml").write_text("seed: 1\nseed: 2\n"), "stands twice"),
    (lambda path: (path / "settings.yaml").write_text("sed: 1\n"), "settings.yaml: unknown setting sed"),
    (lambda path: (path / "circuit/neurons.csv").write_text("id\n1\n1\n"), "neurons.csv"),
    (lambda path: (path / "circuit/connections.csv").unlink(), "circuit"),
]


@pytest.mark.parametrize(("damage", "message"), BROKEN)
def test_a_broken_run_folder_is_one_sentence(run_copy, damage, message):
    damage(run_copy)
    with pytest.raises(PremotorError, match=message) as caught:
        Run(run_copy)
    assert "\n" not in str(caught.value)


def test_a_missing_or_damaged_best_is_one_sentence(run_copy):
    run = Run(run_copy)
    (run_copy / "best/controller.safetensors").write_bytes(b"not it")
    with pytest.raises(PremotorError, match=r"best/controller.safetensors is truncated or no safetensors file"):
        run.controller("best")
    (run_copy / "best/best.json").write_text(json.dumps({"score": 1}))
    with pytest.raises(PremotorError, match=r"best.json is damaged: it has no step"):
        run.controller("best")
    shutil.rmtree(run_copy / "best")
    with pytest.raises(PremotorError, match="has no best controller yet"):
        run.controller("best")


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("newest", "no checkpoint 'newest'; allowed are best, last, initial, 32, 48, 64"),
        (17, "of step 17; it has"),
    ],
)
def test_an_unknown_checkpoint_is_one_sentence(trained, which, message):
    with pytest.raises(PremotorError, match=message):
        trained.controller(which)


def test_a_step_may_be_given_as_text(trained):
    assert trained.step_of("48") == 48


def test_a_run_without_checkpoints_says_so(run_copy):
    shutil.rmtree(run_copy / "checkpoints")
    run = Run(run_copy)
    assert (run.step, run.finished) == (0, None)
    with pytest.raises(PremotorError, match="has no checkpoint yet"):
        run.controller("last")


@pytest.mark.parametrize(
    ("preset", "settings", "record", "over"),
    [
        ("walk", {"learning.steps": 100}, {"step": 99, "steps": 99}, False),
        ("walk", {"learning.steps": 100}, {"step": 128, "steps": 128}, True),
        ("cartpole-stdp", {"learning.steps": 50_000}, {"step": 10, "steps": 49_000}, False),
        ("cartpole-stdp", {"learning.steps": 50_000}, {"step": 10, "steps": 50_400}, True),
        ("cartpole-stdp", {"learning.episodes": 100}, {"step": 5, "steps": 900}, True),
        ("cartpole-evolution", {"learning.iterations": 7}, {"step": 6, "steps": 10**9}, False),
        ("cartpole-evolution", {"learning.iterations": 7}, {"step": 7, "steps": 10}, True),
    ],
)
def test_learning_is_over_by_whatever_ends_it_first(preset, settings, record, over):
    chosen = load_settings(preset, settings)
    assert ended({**record, "finished": "steps"}, kind_of(chosen), chosen) == ("steps" if over else None)
