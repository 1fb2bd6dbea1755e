"""A new run begins with the weights of another one; what does not fit is named."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from premotor import PremotorError
from premotor.connectome import load_circuit
from premotor.learning.trees import flatten
from premotor.networks import CellTypeNetwork, CellTypeSettings
from premotor.runs import build_circuit, train
from premotor.runs.arrays import load_arrays
from premotor.runs.loading import load_settings
from premotor.runs.shipping import shipped
from premotor.runs.warm_start import PREFIX, _computed, _moved, _places, _same_neurons, warm_start
from tiny import tiny_settings

SILENT = {"progress": False, "finish": False}


def test_a_run_begins_with_the_weights_of_another(trained, circuit_folder, tmp_path, capsys):
    settings = tiny_settings(circuit_folder, learning={"steps": 16, "learning_rate": 1e-5})
    run = train(settings, output=tmp_path / "next", initial=f"{trained.folder}@last", progress=True, finish=False)
    parent = json.loads(run.places.provenance_file.read_text())["parent"]
    assert (parent["run"], parent["step"], parent["left"]) == (str(trained.folder.resolve()), trained.step, [])
    assert len(parent["sha256"]) == 64 and "network" in parent["taken"]
    said = capsys.readouterr().out
    assert "begins with network, normalizer, input_weight" in said and "goes on with the critic of step 64;" in said
    begun, had = load_arrays(run.places.initial_file), flatten(trained.controller("last"))
    assert begun.keys() == had.keys()
    for name, array in had.items():  # whitening and normalizer among them: it does what the parent did
        assert np.array_equal(begun[name], array), name
    assert run.settings.initial.run == f"{trained.folder.resolve()}@last"


def test_it_is_said_that_cloning_moves_the_weights(trained, circuit_folder, tmp_path, capsys):
    cloning = {"iterations": 1, "steps": 4, "batch": 2}
    settings = tiny_settings(circuit_folder, learning={"steps": 16}, cloning=cloning)
    train(settings, output=tmp_path / "next", initial=trained.folder, progress=True, finish=False)
    assert "cloning.iterations is 1), which moves these weights" in capsys.readouterr().out


def test_what_does_not_fit_is_named(trained, circuit_folder, tmp_path):
    other = tiny_settings(circuit_folder, network={"kind": "mlp"})
    with pytest.raises(PremotorError, match=r"not all of .* fits: the network \(rate of 12 neurons, not mlp of"):
        train(other, output=tmp_path / "x", initial=trained.folder, **SILENT)
    with pytest.raises(PremotorError, match="nothing of .* fits"):
        train(other, output=tmp_path / "x", initial=trained.folder, partial=True, **SILENT)
    with pytest.raises(PremotorError, match="there is no run folder"):
        train(other, output=tmp_path / "x", initial="nowhere", **SILENT)
    assert not (tmp_path / "x").exists()


def test_a_controller_of_the_package_gives_its_weights(circuit_folder, tmp_path):
    said: list[str] = []
    settings = load_settings("arm-sea", {"initial": "arm-sea"})
    arrays, record = warm_start(settings, build_circuit(settings.circuit), said.append)
    had = {f"{PREFIX}{name}": array for name, array in flatten(shipped("arm-sea").controller).items()}
    assert arrays.keys() == had.keys() | {"learner/hold"}
    assert all(np.array_equal(arrays[name], array) for name, array in had.items())
    assert "the critic begins anew (these weights come without one); for 10 iterations" in " ".join(said)
    parent = record["parent"]
    assert (parent["shipped"], parent["left"], len(parent["sha256"])) == ("arm-sea", [], 64)
    with pytest.raises(PremotorError, match=r"nothing of arm-sea fits: the network \(mlp of"):
        train(tiny_settings(circuit_folder), output=tmp_path / "x", initial="arm-sea", partial=True, **SILENT)


@pytest.mark.slow  # the test before this one begins the same run, and trains nothing
def test_a_run_begins_with_a_controller_of_the_package(tmp_path, capsys):
    made = shipped("arm-sea")
    short = {"steps": 16, "environments": 4, "rollout": 4, "minibatches": 1, "epochs": 1}
    tests = {"evaluation.episodes": 2, "evaluation.seconds": 0.5}
    settings = load_settings("arm-sea", {f"learning.{name}": value for name, value in short.items()} | tests)
    run = train(settings, output=tmp_path / "next", initial="arm-sea", progress=True, finish=False)
    assert "the critic begins anew (these weights come without one); for 10 iterations" in capsys.readouterr().out
    begun, had = load_arrays(run.places.initial_file), flatten(made.controller)
    assert begun.keys() == had.keys()
    assert all(np.array_equal(begun[name], array) for name, array in had.items())
    assert json.loads(run.places.provenance_file.read_text())["parent"]["shipped"] == "arm-sea"


def test_maps_go_over_by_the_names_of_observations_and_actions():
    sensors, motors = _places(("b", "new", "a"), ("a", "b")), _places(("right", "left"), ("left", "right"))
    assert sensors.tolist() == [1, -1, 0] and motors.tolist() == [1, 0]
    weight = np.array([[1.0, 2.0], [3.0, 4.0]])
    moved = _moved("input_weight", weight, np.full((2, 3), 9.0), sensors, motors)
    assert moved.tolist() == [[2, 0, 1], [4, 0, 3]]  # what the parent did not know has no effect
    mean = _moved("normalizer/mean", np.array([1.0, 2.0]), np.zeros(3), sensors, motors)
    assert mean.tolist() == [2, 0, 1]
    assert _moved("output_weight", weight, np.zeros((2, 2)), sensors, motors).tolist() == [[3, 4], [1, 2]]
    assert _moved("whitening", np.eye(3), np.eye(2), sensors, motors) is None


def test_magnitudes_may_learn_on_from_what_cell_types_have_learned_but_not_the_other_way():
    circuit = load_circuit("celegans")
    held, learns = (
        SimpleNamespace(network=CellTypeNetwork(circuit, CellTypeSettings(learning_rates={"magnitudes": rate})))
        for rate in (0.0, 1.0)
    )
    assert held.network.wiring is not None and learns.network.wiring is None
    settings = SimpleNamespace(network=SimpleNamespace(kind="cell-types"))
    parent = SimpleNamespace(settings=settings, wired=True, circuit=circuit)
    assert _same_neurons(settings, circuit, parent, held, learns)
    assert not _same_neurons(settings, circuit, parent, learns, held)  # its wiring would be that of other magnitudes
    assert _computed(learns) == {"network/wiring"}


@pytest.mark.slow  # test_learners.py gives every learner the weights of another
def test_evolution_begins_with_what_the_parent_did_too(trained, circuit_folder, tmp_path):
    settings = tiny_settings(circuit_folder)
    settings["learning"] = {"kind": "evolution", "steps": 8, "strategy": {"population": 2}}
    run = train(settings, output=tmp_path / "next", initial=f"{trained.folder}@last", **SILENT)
    begun, had = load_arrays(run.places.initial_file), flatten(trained.controller("last"))
    assert all(np.allclose(begun[name], array, rtol=1e-6) for name, array in had.items())
