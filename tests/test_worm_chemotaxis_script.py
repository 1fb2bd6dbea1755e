"""The measures of scripts/worm_chemotaxis.py."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from premotor.connectome import Circuit, load_circuit
from premotor.runs.shipping import shipped


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1] / "scripts"), *sys.path])
    return import_module("worm_chemotaxis")


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return load_circuit("celegans").with_signs("default")


def test_salt_reaches_motor_neurons_only_through_synapses(script: ModuleType, circuit: Circuit) -> None:
    found = script.answers(circuit)
    assert {receptor for receptor, _ in found} == {"ASEL", "ASER"}
    assert all(abs(both) > 1e-5 for both, _ in found.values())
    without = circuit.select(name=[name for name in circuit.neurons["name"] if not name.startswith(("AIY", "AIZ"))])
    weaker = script.answers(without)
    assert abs(weaker["ASER", "SMB"][0]) < 0.5 * abs(found["ASER", "SMB"][0])


def test_a_point_that_goes_straight(script: ModuleType) -> None:
    """Four worms head for −x; sources lie ahead, behind and on both sides."""
    steps = 1501
    qpos = np.zeros((steps, 4, 26))
    source = np.array([[-3.0, 0], [3, 0], [0, 3], [0, -3]])
    records = {"qpos": qpos, "source": np.broadcast_to(source, (steps, 4, 2))}
    found = script.straight(records, 0.01, 0.2)
    assert found["reaches"] == 0.25 and found["speed"] == 0.2
    along = 0.2 * 0.01 * np.arange(steps)
    sideways = 1 - np.hypot(3, along) / 3
    assert found["index"] == pytest.approx(np.mean([along / 3, -along / 3, sideways, sideways]), abs=1e-3)


def test_killed_by_type_or_by_name(script: ModuleType) -> None:
    made = shipped("worm")
    names = made.circuit.neurons["name"].to_numpy()
    edges = script.killed(made.controller, made.circuit, "ASEL AIY").network.edges()
    gone = np.isin(names, ["ASEL", "AIYL", "AIYR"])
    dead = gone[edges.pre] | gone[edges.post]
    assert dead.any() and not edges.weight[dead].any() and (edges.weight[~dead] != 0).all()
    assert not edges.conductance[gone[edges.junction_a] | gone[edges.junction_b]].any()
    with pytest.raises(AssertionError, match="ASX"):
        script.killed(made.controller, made.circuit, "ASX")
