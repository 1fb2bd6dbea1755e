"""Circuits written for other programs come back the same, and other programs read them as they are."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.sparse import load_npz

from connectome.circuits import circuit_of, circuits
from premotor import PremotorError
from premotor.connectome import FORMATS, Circuit, export_circuit, load_circuit


def assert_same(found: Circuit, wanted: Circuit) -> None:
    pd.testing.assert_frame_equal(found.neurons, wanted.neurons)
    pd.testing.assert_frame_equal(found.effectors, wanted.effectors)
    for name in ("synapses", "gap_junctions", "neuromuscular", "muscle_junctions"):
        mine, theirs = getattr(found, name), getattr(wanted, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or (mine.dtype == np.int64 and np.array_equal(mine.toarray(), theirs.toarray()))
    assert found.provenance.steps[:-1] == wanted.provenance.steps
    assert found.provenance.citation == wanted.provenance.citation


def skip_without_library(name: str) -> None:
    if name == "sonata":
        pytest.importorskip("h5py")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("source", ["celegans", "fly-cpg", "fly-leg"])
def test_real_circuits_come_back_the_same(tmp_path, name, source):
    skip_without_library(name)
    circuit = load_circuit(source)
    assert_same(load_circuit(export_circuit(circuit, tmp_path / "out", name)), circuit)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25)
@given(circuit=circuits(most=6))
def test_any_circuit_comes_back_the_same(name, circuit):
    skip_without_library(name)
    with tempfile.TemporaryDirectory() as folder:
        assert_same(load_circuit(export_circuit(circuit, Path(folder) / "out", name)), circuit)


@pytest.mark.parametrize("name", FORMATS)
def test_awkward_columns_come_back_the_same(tmp_path, name):
    skip_without_library(name)
    circuit = circuit_of(np.array([[0, 3], [0, 1]]), ids=[720575940600000002, 720575940600000001])
    columns = {
        "a/b% c": pd.array(["ü <&>", 'say "x", y'], dtype="str"),
        "flag": np.array([True, False]),
        "maybe": pd.array([None, 7], dtype="Int64"),
        "size": [np.nan, 1 / 3],
        "small": np.array([-1, 1], np.int8),
        "empty": pd.array(["", ""], dtype="str"),
    }
    circuit = Circuit(circuit.neurons.assign(**columns), circuit.synapses, None, circuit.provenance)
    assert_same(load_circuit(export_circuit(circuit, tmp_path / "out", name)), circuit)


def test_sonata_files_are_as_the_guide_says(tmp_path):
    h5py = pytest.importorskip("h5py")
    counts = np.array([[0, 3, 0], [0, 0, 2], [0, 0, 0]])
    gaps = np.array([[0, 0, 4], [0, 0, 0], [4, 0, 1]])
    circuit = circuit_of(counts, signs=[1, -1, 0], gaps=gaps, ids=[30, 10, 20])
    folder = export_circuit(circuit, tmp_path / "out", "sonata")
    with h5py.File(folder / "nodes.h5") as file:
        assert file.attrs["magic"] == 0x0A7A and file.attrs["version"].tolist() == [0, 1]
        nodes = file["nodes/neurons"]
        assert nodes["node_id"][:].tolist() == [0, 1, 2]
        assert nodes["node_type_id"].shape == nodes["node_group_id"].shape == nodes["node_group_index"].shape == (3,)
        assert nodes["0/id"][:].tolist() == [30, 10, 20]
        assert nodes["0/type"].asstr()[:].tolist() == ["T0", "T1", "T2"]
    with h5py.File(folder / "edges.h5") as file:
        edges = file["edges/neurons__neurons__chemical"]
        rows = zip(*(edges[name][:].tolist() for name in ("source_node_id", "target_node_id", "0/nsyns")), strict=True)
        assert sorted(rows) == [(0, 1, 3), (1, 2, 2)]
        assert edges["0/syn_weight"][:].tolist() == [1.0, -1.0]
        for side in ("source_node_id", "target_node_id"):
            assert edges[side].attrs["node_population"] == "neurons"
            assert edges[side].dtype == np.uint64
        electrical = file["edges/neurons__neurons__electrical"]
        assert electrical["0/nsyns"][:].tolist() == [4, 1]
    config = json.loads((folder / "circuit_config.json").read_text())
    assert config["networks"]["nodes"][0]["nodes_file"] == "$BASE_DIR/nodes.h5"
    assert_same(load_circuit(folder / "circuit_config.json"), circuit)


def test_npz_is_what_scipy_reads(tmp_path):
    circuit = load_circuit("celegans")
    matrix = load_npz(export_circuit(circuit, tmp_path / "out", "npz") / "synapses.npz")
    assert (matrix != circuit.synapses).nnz == 0


def test_graphml_is_what_networkx_reads(tmp_path):
    networkx = pytest.importorskip("networkx")
    circuit = load_circuit("celegans")
    graph = networkx.read_graphml(export_circuit(circuit, tmp_path / "out", "graphml"))
    assert graph.is_directed() and len(graph) == 302 + 95
    chemical = [edge for edge in graph.edges(data=True) if edge[2].get("kind") == "synapse"]
    assert {(int(pre), int(post)): data["count"] for pre, post, data in chemical} == {
        (int(circuit.ids[row]), int(circuit.ids[column])): int(count)
        for row, column, count in zip(*circuit.synapses.tocoo().coords, circuit.synapses.data, strict=True)
    }
    assert graph.number_of_edges() == 3709 + 1091 + 14 + 956 + 5
    assert graph.nodes["MVL23"] == {"effector": "MVL23", "kind": "muscle", "quadrant": "MVL", "number": 23}
    assert graph.nodes["1"]["name"] == circuit.neurons.loc[1, "name"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_folder_is_left_alone(tmp_path, name):
    skip_without_library(name)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(PremotorError, match="exists and is not empty"):
        export_circuit(load_circuit("fly-cpg"), tmp_path, name)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_a_format_cannot_hold(tmp_path):
    circuit = load_circuit("fly-cpg")
    odd = Circuit(circuit.neurons.assign(x="a\0b"), circuit.synapses, None, circuit.provenance)
    with pytest.raises(PremotorError, match="GraphML cannot hold the character"):
        export_circuit(odd, tmp_path / "a", "graphml")
    with pytest.raises(PremotorError, match="no format 'nml' to export to; there are csv, sonata, npz, graphml"):
        export_circuit(circuit, tmp_path / "a", "nml")
    pytest.importorskip("h5py")
    with pytest.raises(PremotorError, match="column 'x' cannot be stored in HDF5"):
        export_circuit(odd, tmp_path / "a", "sonata")
    assert list(tmp_path.iterdir()) == []


def test_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(PremotorError, match=r"needs h5py, which is not installed: pip install 'premotor\[sonata\]'"):
        export_circuit(load_circuit("fly-cpg"), tmp_path / "a", "sonata")
    (tmp_path / "nodes.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    for source in (tmp_path, tmp_path / "nodes.h5"):
        with pytest.raises(PremotorError, match="needs h5py"):
            load_circuit(source)
