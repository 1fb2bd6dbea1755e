"""A run on BipedalWalker from settings to report: it resumes bit for bit, and every part of it can be read."""

import json
from pathlib import Path

import numpy as np
import pytest

from premotor.connectome import builtin
from premotor.errors import PremotorError
from premotor.learning.trees import flatten
from premotor.report import write_report
from premotor.runs import (
    Episodes,
    Run,
    build_circuit,
    evaluate,
    make_bipedal_reference,
    play_to_video,
    player,
    resume,
    ship,
    shipped,
    shipped_names,
    shipping,
    train,
)
from premotor.runs.arrays import load_arrays
from premotor.tasks import BipedalReference, save_bipedal_reference
from premotor.tasks.bipedal_reference import JOINTS
from premotor.tasks.gymnasium_spaces import NAMES
from tiny import tiny_settings


@pytest.fixture(scope="module")
def reference_file(tmp_path_factory):
    """A walk by formula: joints move as sines of a period of 30 steps."""
    names, phase = list(NAMES["BipedalWalker"][0]), 2 * np.pi * np.arange(200) / 30
    seen = np.zeros((200, 24))
    for i, joint in enumerate(JOINTS):
        seen[:, names.index(joint)] = 0.3 * np.sin(phase + i)
    seen[:, names.index("contact_1")] = np.sin(phase) > 0
    seen[:, names.index("velocity_x")] = 0.4
    path = tmp_path_factory.mktemp("reference") / "walk.npz"
    save_bipedal_reference(BipedalReference(seen, 0.3 * np.sin(phase[:, None] + np.arange(4)), 7), path)
    return path


@pytest.fixture(scope="module")
def settings(circuit_folder, reference_file):
    """Everything at once: imitation, clock, slow ends, starts along the reference, cloning."""
    task = {
        "kind": "bipedal",
        "time_limit": 60,
        "reference": str(reference_file),
        "clock": True,
        "least_speed": 0.1,
        "start_steps": 5,
        "reward": {"imitation": 0.9, "goal": 0.1},
    }
    cloning = {"iterations": 3, "steps": 20, "batch": 4}
    return tiny_settings(
        circuit_folder,
        task=task,
        cloning=cloning,
        evaluation={"seconds": None, "lesions": False},
        maps={"inputs": {"minimum_hops": 0}},
    )


@pytest.fixture(scope="module")
def whole(settings, tmp_path_factory) -> Run:
    return train(settings, output=tmp_path_factory.mktemp("runs") / "whole", progress=False, finish=False)


def test_a_resumed_run_is_the_uninterrupted_one(whole, settings, tmp_path) -> None:
    half = {**settings, "learning": {**settings["learning"], "steps": 32}}
    run = train(half, output=tmp_path / "half", progress=False, finish=False)
    file = run.places.settings_file
    file.write_text(file.read_text().replace("steps: 32\n", "steps: 64\n", 1))
    found, expected = resume(tmp_path / "half", progress=False, finish=False), whole
    assert found.step == expected.step == 64
    one, other = (
        load_arrays(r.places.checkpoints_folder / f"{64:012d}" / "state.safetensors") for r in (found, expected)
    )
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_the_figures_and_the_report_of_a_run(whole) -> None:
    figures = evaluate(whole, 3)
    assert figures["seconds_per_episode"] == pytest.approx(60 * 0.02)
    for name in ("return", "survived", "speed", "speed_ratio", "reference_stride_frequency", "joint_rmse"):
        assert name in figures
    trace = load_arrays(whole.places.trace_file)
    assert trace["observation"].shape == (60, 3, 24) and trace["phase"].shape == (60, 3)
    assert json.loads(whole.places.test_file.read_text())["episodes"] == 3
    page = write_report(whole.folder).read_text()
    for words in ("States and actions", "Phase portraits", "The gait in numbers", "BipedalWalker-v3"):
        assert words in page


def test_what_cannot_be_recorded_is_told(whole, trained, tmp_path) -> None:
    with pytest.raises(PremotorError, match="did the expert walk"):
        make_bipedal_reference(tmp_path / "a.npz", run=whole.folder, steps=100)
    with pytest.raises(PremotorError, match="one of bipedal is needed"):
        make_bipedal_reference(tmp_path / "a.npz", run=trained.folder)
    with pytest.raises(PremotorError, match="should end in .npz"):
        make_bipedal_reference(tmp_path / "a.csv")


def test_a_controller_is_shipped_with_the_name_and_the_hash_of_its_circuit(whole, tmp_path, monkeypatch) -> None:
    evaluate(whole, 2)
    with pytest.raises(PremotorError, match="is none that comes with premotor: celegans, fly-cpg"):
        ship(whole, tmp_path / "policies" / "tiny")
    data = tmp_path / "data"
    monkeypatch.setattr(builtin, "_DATA", data)
    whole.circuit.save(data / "tiny-circuit")
    # Of the package itself "fly-legs" is made, which is not there now.
    monkeypatch.setattr(builtin, "_SIX_LEGS", "tiny-circuit-legs")
    folder = ship(whole, tmp_path / "policies" / "tiny")
    assert "source: tiny-circuit\n" in (folder / "settings.yaml").read_text()
    monkeypatch.setattr(shipping, "_place", lambda: tmp_path / "policies")
    assert shipped_names() == ("tiny",)
    made = shipped("tiny")
    assert made.figures["episodes"] == 2 and made.settings.task == whole.settings.task
    one, other = flatten(made.controller), flatten(whole.controller("best"))
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    shown = player("tiny")
    assert shown.folder == Path() and play_to_video(shown, tmp_path / "tiny.mp4", 0.2).stat().st_size > 0
    with pytest.raises(PremotorError, match="no trained controller 'tiyn'.*tiny"):
        shipped("tiyn")
    with (data / "tiny-circuit" / "connections.csv").open("a") as file:
        file.write("12,1,3\n")
    with pytest.raises(
        PremotorError, match="'tiny-circuit' is not the one with which the controller 'tiny' was trained"
    ):
        shipped("tiny")


@pytest.mark.parametrize(
    ("name", "cadence"),
    [("bipedal", (1.0, 2.0)), ("bipedal-imitation", (1.12, 1.37))],
)
@pytest.mark.slow  # the test after it plays another one
def test_a_controller_of_the_package_walks_as_its_wiring_has_it(name: str, cadence: tuple[float, float]) -> None:
    made = shipped(name)
    assert made.figures["episodes"] == 100 and made.figures["score"] >= 300 and made.figures["survived"] >= 0.95
    circuit, network = build_circuit(made.settings.circuit), made.controller.network
    weights, sign = np.asarray(network.product().matrix), circuit.neurons["sign"].to_numpy()
    wired = circuit.synapses.toarray().T > 0
    assert not weights[~wired].any()
    assert (np.sign(weights)[:, sign != 0] == (wired * sign)[:, sign != 0]).all()
    walked = Episodes(made.task, 3, None, seed=77, threads=1)
    figures = walked.figures(walked.run(made.controller))
    assert figures["survived"] > 0.5 and figures["speed"] > 2.8
    assert cadence[0] < figures["joint_frequency"] < cadence[1]  # the reference: 1.25 strides a second


def test_the_legs_of_a_circuit_that_was_taught_pass_each_other() -> None:
    made = shipped("bipedal-walk")
    assert made.figures["survived"] > 0.9 and made.figures["crossings"] > 1.8
    walked = Episodes(made.task, 4, 12.0, seed=78, threads=1)
    figures = walked.figures(walked.run(made.controller))
    assert figures["survived"] > 0.4 and figures["speed"] > 2.3
    assert figures["crossings"] > 1.6 and abs(figures["interlimb_phase"] - 0.5) < 0.15
