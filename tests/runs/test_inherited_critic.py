"""A warm start of PPO goes on with the parent's critic, or holds the controller until the new one has learned."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from premotor.learning import LEARNERS
from premotor.learning.trees import flatten
from premotor.runs import Run, resume, train
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.inherited_critic import HOLD, adopt_critic
from premotor.runs.loading import dump_settings, load_settings
from tiny import tiny_settings

SILENT = {"progress": False, "finish": False}


def state(run: Run, step: int) -> dict[str, np.ndarray]:
    return load_arrays(run.places.checkpoints_folder / f"{step:012d}" / "state.safetensors")


def part(arrays: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(name): value for key, value in arrays.items() if key.startswith(name)}


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """All of one's arrays, to the bit."""
    assert one and one.keys() <= other.keys()
    return all(value.tobytes() == other[name].tobytes() for name, value in one.items())


def learner_of(run: Run) -> object:
    """The learner as it is before the first iteration, made of what the folder holds."""
    start = load_arrays(run.places.start_file)
    return run.kind.work(run.settings, run.wiring, start, run.places).learner


def reason(run: Run) -> str:
    return json.loads(run.places.provenance_file.read_text())["parent"]["critic"]


def warm(settings: dict, folder: Path, parent: str) -> Run:
    return train(settings, output=folder, initial=parent, **SILENT)


def test_the_critic_is_the_parents(trained, circuit_folder, tmp_path):
    run = warm(tiny_settings(circuit_folder), tmp_path / "next", f"{trained.folder}@48")
    learner = learner_of(run)
    assert equal(part(state(trained, 48), "state/critic/"), flatten(learner.state.critic))
    assert learner.state.hold is None  # the same task, the same discount
    assert reason(run) == "goes on with the critic of step 48; the optimiser and the step size begin anew"
    assert not equal(flatten(learner.state.controller), part(state(run, 64), "state/controller/"))


def test_the_best_controller_has_the_critic_of_the_nearest_checkpoint(trained, circuit_folder, tmp_path):
    folder = Path(shutil.copytree(trained.folder, tmp_path / "parent"))
    best = json.loads((folder / "best" / "best.json").read_text())
    (folder / "best" / "best.json").write_text(json.dumps(best | {"step": 34}))
    adopted = adopt_critic(load_settings(tiny_settings(circuit_folder)), Run(folder), "best")
    assert adopted.words.startswith("goes on with the critic of step 32;")
    assert equal(part(state(trained, 32), "state/critic/"), part(adopted.arrays, "learner/critic/"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"learning": {"critic_layers": [9]}}, "the critic begins anew (the parent's layers are [8], not [9])"),
        ({"learning": {"discount": 0.5}}, "goes on with the critic of step 64, which was learned with another task"),
        ({"task": {"seconds": 3}}, "goes on with the critic of step 64, which was learned with another task"),
    ],
)
def test_where_the_critic_does_not_know_the_controller_is_held(changed, words, trained, circuit_folder):
    adopted = adopt_critic(load_settings(tiny_settings(circuit_folder, **changed)), trained, "last")
    assert adopted.words.startswith(words)
    assert adopted.words.endswith(f"for {HOLD} iterations only the critic learns (learning.critic_first)")
    assert adopted.arrays["learner/hold"] == HOLD


def test_so_it_is_in_a_run(trained, circuit_folder, tmp_path):
    run = warm(tiny_settings(circuit_folder, task={"seconds": 3}), tmp_path / "next", f"{trained.folder}@last")
    assert reason(run).startswith("goes on with the critic of step 64, which was learned with another task")
    # 4 iterations, all held
    assert equal(part(state(run, 64), "state/controller/"), load_arrays(run.places.initial_file))
    assert equal(flatten(trained.controller("last")), load_arrays(run.places.initial_file))


# without a mean: whole runs are held, and killed while they are
@pytest.mark.parametrize("average", [pytest.param(None, marks=pytest.mark.slow), 8])
def test_held_is_held_to_the_bit_and_then_let_go(average, trained, circuit_folder, tmp_path):
    learning = {"critic_first": 2, "schedule": "divergence", "average": average}
    settings = tiny_settings(circuit_folder, learning=learning, checkpoints={"keep": 9})
    run = warm(settings, tmp_path / "next", f"{trained.folder}@last")
    begun = load_arrays(run.places.initial_file)
    for step in (16, 32):
        assert equal(part(state(run, step), "state/controller/"), begun)
        assert state(run, step)["state/learning_rate"] == np.float32(1e-3)  # nothing diverges, and yet it does not grow
    assert not equal(part(state(run, 16), "state/critic/"), part(state(run, 32), "state/critic/"))
    after = part(state(run, 48), "state/controller/")
    assert not np.array_equal(after["output_weight"], begun["output_weight"])
    assert not np.array_equal(after["normalizer/mean"], begun["normalizer/mean"])
    assert list(run.metrics["kl"] == 0) == [True, True, False, False]


def test_a_run_of_its_own_may_hold_its_controller_too(circuit_folder, tmp_path):
    settings = tiny_settings(circuit_folder, learning={"critic_first": 4})
    run = train(settings, output=tmp_path / "run", **SILENT)
    assert equal(part(state(run, 64), "state/controller/"), load_arrays(run.places.initial_file))


def test_a_run_that_was_killed_while_held_goes_on_as_if_it_had_not_been(trained, circuit_folder, tmp_path, monkeypatch):
    settings = tiny_settings(circuit_folder, learning={"critic_first": 3})
    straight = warm(settings, tmp_path / "straight", f"{trained.folder}@last")
    advance = LEARNERS["ppo"].advance

    def killed(before, environment, chosen):
        if int(before.steps) == 32:
            raise SystemExit(9)
        return advance(before, environment, chosen)

    monkeypatch.setattr(LEARNERS["ppo"], "advance", staticmethod(killed))
    with pytest.raises(SystemExit):
        warm(settings, tmp_path / "cut", f"{trained.folder}@last")
    assert Run(tmp_path / "cut").step == 32
    monkeypatch.undo()
    assert equal(state(resume(tmp_path / "cut", **SILENT), 64), state(straight, 64))


def test_another_way_of_learning_has_no_critic_to_give(circuit_folder, run_copy):
    evolved = tiny_settings(circuit_folder)
    evolved["learning"] = {"kind": "evolution", "steps": 8, "strategy": {"population": 2}}
    (run_copy / "settings.yaml").write_text(dump_settings(load_settings(evolved)))
    adopted = adopt_critic(load_settings(tiny_settings(circuit_folder)), Run(run_copy), "last")
    assert adopted.words.startswith("the critic begins anew (the parent learned by evolution)")
    assert list(adopted.arrays) == ["learner/hold"]


def test_a_folder_of_a_warm_start_from_before_goes_on(trained, circuit_folder, tmp_path):
    settings = tiny_settings(circuit_folder, learning={"steps": 96})
    run = warm(settings, tmp_path / "next", f"{trained.folder}@last")
    straight = state(run, 96)
    start = load_arrays(run.places.start_file)  # as it was written before critics went over
    save_arrays(run.places.start_file, {name: array for name, array in start.items() if "learner/" not in name})
    shutil.rmtree(run.places.checkpoints_folder / f"{96:012d}")
    assert equal(state(resume(run.folder, **SILENT), 96), straight)


def test_the_setting_is_null_and_cannot_be_negative(circuit_folder):
    assert load_settings(tiny_settings(circuit_folder)).learning.critic_first is None
    with pytest.raises(Exception, match="critic_first"):
        load_settings(tiny_settings(circuit_folder, learning={"critic_first": -1}))
