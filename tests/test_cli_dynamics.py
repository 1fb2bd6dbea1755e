"""``premotor dynamics`` on the command line."""

import re

import pytest

from premotor.cli import main
from premotor.runs import dynamics as room
from premotor.runs.dynamics import dynamics, load_dynamics


@pytest.mark.parametrize("command", ["convergence", "benchmark", "transition", "spectrum", "train"])
def test_each_command_has_a_help_with_an_example(command, capsys):
    assert main(["dynamics", command, "--help"]) == 0
    assert f"premotor dynamics {command}" in capsys.readouterr().out.split("Example")[1]


def test_a_transition_is_told_and_drawn(tmp_path, capsys):
    words = "dynamics transition --from 0.8 --to 1.6 --values 2 --samples 2 --neurons 20 --length 10 --t-ons 1"
    assert main([*words.split(), "--transient.x", "1"]) == 2
    assert "transient" in capsys.readouterr().err
    assert main([*words.split(), "-o", str(tmp_path / "t")]) == 0
    told = capsys.readouterr().out
    assert re.search(r"0\.800 +-0\.\d{4}", told) and "N → ∞:   -0.2020  +0.05" in told
    assert (tmp_path / "t" / "figures" / "transition.png").exists()
    assert main(["report", str(tmp_path / "t")]) == 0


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What `premotor dynamics train` would train; a result is made up from a tiny one instead."""
    given = {}
    small = {
        "model": {"neurons": 4},
        "learning": {"exponents": 1, "epochs": 1, "length": 2.0, "transient": 1.0, "frame_transient": 1.0},
        "verify": {"states": 1},
    }

    def train(command, source, overrides, output):
        given["settings"] = load_dynamics(command, source, overrides)
        return dynamics("train", small, output=tmp_path / "small", progress=False)

    monkeypatch.setattr(room, "dynamics", train)
    return given


def test_options_become_settings(asked, capsys):
    words = (
        "dynamics train --neurons 12 --exponents 3 --activation stretched_tanh --loss l2 --target 0.1 --g 2 --epochs 1 "
        "--lr 0.01 --weights-count 40 --gains --no-shifts --length 5 --t-ons 1 --gradient tangent --seed 3 --task "
        "--no-figures --verify.states=1"
    )
    assert main(words.split()) == 0
    told = capsys.readouterr().out
    assert "12 weights" in told and "verified after" in told
    settings = asked["settings"]
    learning = settings.learning
    assert (learning.loss.kind, learning.loss.target, learning.gradient.mode) == ("l2", 0.1, "tangent")
    assert (learning.exponents, learning.length, learning.t_ons, learning.learning_rate) == (3, 5.0, 1.0, 0.01)
    assert (settings.model.coupling, settings.model.neurons, settings.seed, learning.epochs) == (2.0, 12, 3, 1)
    assert (learning.trainable.weights.count, learning.trainable.gains.train) == (40, True)
    assert not learning.trainable.shifts.train and settings.task is not None and settings.verify.states == 1


def test_groups_and_circuits_are_options(asked):
    words = "dynamics train --circuit celegans --activation positive_tanh --gains --shifts --by transmitter --nulls 3"
    assert main([*words.split(), "--no-weights", "--no-figures"]) == 0
    trainable = asked["settings"].learning.trainable
    assert (trainable.gains.by, trainable.shifts.by, trainable.weights.train) == ("transmitter", "transmitter", False)
    assert asked["settings"].circuit.source == "celegans" and asked["settings"].nulls.count == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("convergence --t-ons soon", "--t-ons is 'soon'"),
        ("train --activation relu", "--model.activation: there is no activation 'relu'"),
        ("train --circuit nowhere", "nowhere"),
        ("transition no.yaml", "no settings file no.yaml"),
        ("spectrum --parameter gains", "activation tanh has none"),
    ],
)
def test_what_is_wrong_is_one_sentence(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["dynamics", *words.split()]) == 2
    told = capsys.readouterr().err
    assert message in told and len(told.splitlines()) == 1
    assert list(tmp_path.rglob("*.yaml")) == []
