"""The overview of a circuit: its matrix in bins loses no synapse, and it is drawn for every kind of circuit."""

import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

import premotor as pm
from premotor.cli import main
from premotor.report import circuit_overview
from premotor.report.circuit_figures import binned_matrix


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.data())
def test_bins_lose_no_synapse(most, data):
    circuit = pm.load_circuit("fly-cpg")
    order = np.array(data.draw(st.permutations(range(len(circuit)))))
    table = binned_matrix(circuit, order, most)
    sign = np.where(circuit.neurons["sign"] < 0, -1, 1)
    dense = circuit.synapses.toarray() * sign[:, None]
    assert table.sum() == dense.sum()
    if most >= len(circuit):
        np.testing.assert_array_equal(table, dense[np.ix_(order, order)])


def test_bins_hold_the_sums_of_neighbours():
    circuit = pm.load_circuit("celegans")
    sign = np.where(circuit.neurons["sign"] < 0, -1, 1)
    dense = circuit.synapses.toarray() * sign[:, None]
    members = np.array([[neuron * 50 // 302 == place for neuron in range(302)] for place in range(50)], int)
    expected = members @ dense @ members.T
    np.testing.assert_array_equal(binned_matrix(circuit, np.arange(302), 50), expected)


@pytest.mark.parametrize("name", ["celegans", "fly-cpg"])
def test_every_built_in_circuit_is_drawn(name):
    picture = Image.open(io.BytesIO(circuit_overview(pm.load_circuit(name))))
    assert picture.width > 1500


def test_a_circuit_without_synapses_is_drawn():
    alone = pm.load_circuit("fly-cpg").subset([10093])
    assert alone.synapses.nnz == 0
    assert Image.open(io.BytesIO(circuit_overview(alone))).width > 1000


def test_on_the_command_line(tmp_path, capsys):
    assert main(["circuit", "info", "fly-cpg", "--figure", str(tmp_path / "a.png")]) == 0
    assert "figure:" in capsys.readouterr().out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert main(["circuit", "info", "fly-cpg", "--figure", str(tmp_path / "a.svg")]) == 2
    assert ".png" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
