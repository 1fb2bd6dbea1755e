"""Training on the spectrum: it is verified, goes on after a kill, and its result is a controller's start."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dynamics_settings import LEARNING, TRAIN
from premotor import PremotorError, RateNetwork
from premotor.networks.controller import controller as networks_controller
from premotor.runs import load_experiment, starting_arrays, train, training
from premotor.runs.arrays import load_arrays
from premotor.runs.dynamics import dynamics
from premotor.runs.dynamics.descent import Descent
from premotor.runs.dynamics.outcomes import learning_figures
from tiny import tiny_settings


def networks(result):
    return {piece["name"]: piece for piece in result.summary["networks"]}


def test_a_budget_of_parameters_moves_and_nothing_else(trained):
    pieces = networks(trained)
    assert list(pieces) == ["random-0", "random-1"]
    assert pieces["random-0"]["parameters"] == {"weights": 40, "gains": 12, "shifts": 12}
    arrays = trained.arrays("networks/random-0/arrays")
    moved = arrays["after/weights"] != arrays["before/weights"]
    assert moved.sum() == 40 and moved.size == 132


def test_what_is_written_agrees(trained):
    piece = networks(trained)["random-1"]
    history = pd.read_parquet(trained.path / "networks" / "random-1" / "history.parquet")
    assert len(history) == 8
    assert history["loss"].iloc[-1] == piece["loss"]["last"]
    exponents = history[[f"exponent_{number}" for number in (1, 2, 3)]].to_numpy()
    assert np.allclose((exponents**2).mean(1), history["loss"])
    assert piece["after"]["time"] == 100.0  # ten times learning.length
    assert np.allclose(piece["after"]["exponents"], np.mean(piece["after"]["by_state"], axis=0))
    table = trained.table()
    assert np.allclose(table.loc[table["network"] == "random-1", "after"], piece["after"]["exponents"])


def test_a_killed_training_goes_on_to_the_same_bits(trained, tmp_path, monkeypatch):
    advance = Descent.advance

    def killed(self):
        if self.member.name == "random-0" and self.epoch == 5:
            raise KeyboardInterrupt
        return advance(self)

    monkeypatch.setattr(Descent, "advance", killed)
    with pytest.raises(KeyboardInterrupt):
        dynamics("train", TRAIN, output=tmp_path / "train", progress=False)
    monkeypatch.undo()
    assert sorted(f.name for f in (tmp_path / "train/checkpoints").iterdir())[-1].endswith("4")
    result = dynamics("train", TRAIN, output=tmp_path / "train", progress=False)
    for name in networks(trained):
        for file in ("arrays", "network"):
            one, two = (r.arrays(f"networks/{name}/{file}") for r in (trained, result))
            assert set(one) == set(two)
            for key in one:
                if key != "history/seconds":
                    assert np.array_equal(one[key], two[key], equal_nan=True), key


def test_a_region_is_trained_by_a_column_beside_its_null_model(regional):
    pieces = networks(regional)
    assert list(pieces) == ["circuit", "shuffled_weights-0"]
    circuit = regional.circuit
    groups = circuit.neurons["transmitter"].nunique()
    assert pieces["circuit"]["parameters"] == {"gains": groups, "shifts": groups}
    for name in pieces:
        arrays = regional.arrays(f"networks/{name}/arrays")
        change = pd.Series(arrays["after/gains"] - arrays["before/gains"], circuit.neurons["transmitter"].to_numpy())
        assert change.groupby(level=0).nunique().eq(1).all() and (change != 0).all()
        assert "after/weights" not in arrays
    weights = [regional.arrays(f"networks/{name}/network")["log_magnitude"] for name in pieces]
    assert not np.allclose(np.sort(weights[0]), weights[0])


def test_a_training_stops_early_and_takes_a_part_of_the_exponents(tmp_path):
    settings = {
        **TRAIN,
        "learning": {**TRAIN["learning"], "exponents": 0.2, "epochs": 30, "learning_rate": 1e-9, "patience": 2},
    }
    result = dynamics("train", settings, output=tmp_path / "early", progress=False)
    pieces = networks(result)
    assert all(len(piece["after"]["exponents"]) == 3 for piece in pieces.values())
    for name, piece in pieces.items():
        losses = pd.read_parquet(result.path / "networks" / name / "history.parquet")["loss"].to_numpy()
        assert piece["epochs"] == len(losses) == losses.argmin() + 3 < 30
    figures = learning_figures(result.path)
    assert figures["epochs"] == np.mean([piece["epochs"] for piece in pieces.values()])
    assert figures["weight_variance"] == pytest.approx(1.5**2 / 12, rel=0.3)
    settings["learning"]["stop_loss"] = 1e9
    first = dynamics("train", settings, output=tmp_path / "first", progress=False)
    assert [piece["epochs"] for piece in networks(first).values()] == [1, 1]
    settings["learning"]["loss"] = {"target": [0.0, 0.0]}
    with pytest.raises(PremotorError, match="another number of values than learning.exponents, 0.2 of 12 neurons"):
        dynamics("train", settings, output=tmp_path / "none", progress=False)


def rate_settings(source):
    return {
        "model": "rate", "circuit": {"source": source}, "nulls": {"count": 0}, "verify": {"states": 1},
        "learning": {**LEARNING, "exponents": 1, "loss": {"target": -0.2}, "t_ons": 2.0, "learning_rate": 0.1},
    }  # fmt: skip


@pytest.fixture(scope="module")
def controller_start(source, tmp_path_factory):
    """The walking network of the small circuit, trained to another largest exponent."""
    settings = rate_settings(source)
    return dynamics("train", settings, output=tmp_path_factory.mktemp("start") / "result", progress=False)


def test_the_rate_network_is_trained_on_its_own_step(controller_start):
    piece = networks(controller_start)["circuit"]
    assert abs(piece["after"]["exponents"][0] + 0.2) < abs(piece["before"]["exponents"][0] + 0.2)


def test_a_run_starts_from_a_trained_network_and_keeps_it(controller_start, source, tmp_path, monkeypatch):
    monkeypatch.setattr(networks_controller, "calibrated", lambda controller, noise, key: controller)
    begun = []

    def only_begun(run, work, *rest):
        begun.append(work)
        rest[1].release()
        return run

    monkeypatch.setattr(training, "_go_on", only_begun)
    settings = tiny_settings(Path(source), network={"initial": str(controller_start.path)})
    run = train(settings, output=tmp_path / "run", progress=False, finish=False)
    wanted = controller_start.arrays("networks/circuit/network")["log_magnitude"].astype(np.float32)
    started = begun[0].learner.candidate.network
    assert np.array_equal(started.log_magnitude, wanted)
    assert np.array_equal(load_arrays(run.places.initial_file)["network/log_magnitude"], wanted)
    assert not np.array_equal(RateNetwork(run.circuit).log_magnitude, wanted)
    kept = load_arrays(run.places.start_file)
    assert np.array_equal(kept["log_magnitude"].astype(np.float32), wanted)
    training.resume(run.folder, progress=False, finish=False)  # from the run's own copy
    assert np.array_equal(begun[1].learner.candidate.network.log_magnitude, wanted)


def test_training_goes_on_from_a_trained_network(controller_start, source, tmp_path):
    settings = {**rate_settings(source), "model": {"kind": "rate", "initial": str(controller_start.path)}}
    result = dynamics("train", settings, output=tmp_path / "on", progress=False)
    before, after = networks(result)["circuit"]["before"], networks(controller_start)["circuit"]["after"]
    assert before["exponents"] == after["exponents"]


def test_a_start_of_another_wiring_is_refused(controller_start, source):
    experiment = load_experiment(
        tiny_settings(
            Path(source),
            network={"initial": str(controller_start.path)},
            circuit={"source": source, "null": "shuffled_weights"},
        )
    )
    with pytest.raises(PremotorError, match="no trained network shuffled_weights-0; it holds circuit"):
        starting_arrays(experiment)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning": {**LEARNING, "exponents": 13}}, "exponents is 13, but there are 12"),
        ({"learning": {**LEARNING, "trainable": {"gains": {"by": "type"}}}}, "random networks have none"),
        ({"learning": {**LEARNING, "length": 0.1}}, "length is 0.1, shorter than t_ons"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_computed(changes, message, tmp_path):
    with pytest.raises(PremotorError, match=message):
        dynamics("train", {**TRAIN, **changes}, output=tmp_path / "x", progress=False)


def test_an_unknown_column_is_named(source, tmp_path):
    settings = {
        "circuit": {"source": source}, "model": {"activation": "positive_tanh"},
        "learning": {**LEARNING, "trainable": {"gains": {"by": "fibre"}}},
    }  # fmt: skip
    with pytest.raises(PremotorError, match="no column 'fibre'; there are .*transmitter"):
        dynamics("train", settings, output=tmp_path / "x", progress=False)


@pytest.mark.slow
def test_a_random_network_reaches_the_edge_of_chaos(tmp_path):
    result = dynamics("train", {"learning": {"epochs": 300}}, output=tmp_path / "random", progress=False)
    (piece,) = result.summary["networks"]
    before, after = (np.array(piece[when]["exponents"]) for when in ("before", "after"))
    assert (after**2).mean() < 0.05 * (before**2).mean()
    assert abs(after[0]) < 0.05


@pytest.mark.slow
def test_the_leg_circuit_reaches_the_edge_of_chaos(tmp_path):
    model = {"coupling": 5.0, "weights": "input_fraction"}
    settings = {"circuit": {"source": "fly-leg"}, "model": model, "nulls": {"count": 0}}
    result = dynamics("train", settings, output=tmp_path / "leg", progress=False)
    (piece,) = result.summary["networks"]
    before, after = (np.array(piece[when]["exponents"]) for when in ("before", "after"))
    assert (after**2).mean() < 0.2 * (before**2).mean()
    assert abs(after[0]) < 0.08
