"""Matrices, graphs and arrays: RandomNet, BrainRNN, npy, npz, CSV, GraphML, edge lists."""

import json
import pickle  # files as strangers make them; premotor itself never unpickles
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.sparse import coo_array, csc_array, csr_array, save_npz

from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit

# Rows presynaptic: 1 → 2 (5), 2 → 3 (7), 3 → 1 (1).
MATRIX = np.array([[0, 5, 0], [0, 0, 7], [1, 0, 0]])


def message(path) -> str:
    with pytest.raises(PremotorError) as caught:
        load_circuit(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(circuit: Circuit, matrix: np.ndarray = MATRIX) -> bool:
    return np.array_equal(circuit.synapses.toarray(), matrix)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32])
def test_npy(tmp_path, kind):
    np.save(tmp_path / "a.npy", MATRIX.astype(kind))
    circuit = load_circuit(tmp_path / "a.npy")
    assert same(circuit)
    assert circuit.ids.tolist() == [1, 2, 3]


def test_npy_with_signs_and_a_neuron_table(tmp_path):
    np.save(tmp_path / "a.npy", MATRIX * np.array([[1], [-1], [1]]))
    assert load_circuit(tmp_path / "a.npy").neurons["sign"].tolist() == [1, -1, 1]
    (tmp_path / "cells.csv").write_text("id,type,class\n30,A,sensory\n10,B,motor\n20,C,motor\n")
    circuit = load_circuit(tmp_path)
    assert same(circuit)
    assert circuit.ids.tolist() == [30, 10, 20]
    assert circuit.neurons["type"].tolist() == ["A", "B", "C"]


@pytest.mark.parametrize("make", [csr_array, csc_array, coo_array])
def test_npz_of_scipy(tmp_path, make):
    save_npz(tmp_path / "a.npz", make(MATRIX))
    assert same(load_circuit(tmp_path / "a.npz"))


def test_npz_with_ids(tmp_path):
    np.savez(tmp_path / "a.npz", W=MATRIX, node_ids=np.array([7, 8, 9]), other=np.zeros(4))
    circuit = load_circuit(tmp_path / "a.npz")
    assert same(circuit)
    assert circuit.ids.tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("text", "ids", "names"),
    [
        ("0,5,0\n0,0,7\n1,0,0\n", [1, 2, 3], None),
        ("0\t5\t0\n0\t0\t7\n1\t0\t0\n", [1, 2, 3], None),
        (",30,10,20\n30,0,5,0\n10,0,0,7\n20,1,0,0\n", [30, 10, 20], None),
        (",AVAL,AVAR,PVC\nAVAL,0,5,0\nAVAR,0,0,7\nPVC,1,0,0\n", [1, 2, 3], ["AVAL", "AVAR", "PVC"]),
        ("0.0,5.0,0.0\n0.0,0.0,7.0\n1.0,0.0,0.0\n", [1, 2, 3], None),
    ],
)
def test_csv_matrices(tmp_path, text, ids, names):
    (tmp_path / "m.csv").write_text(text)
    circuit = load_circuit(tmp_path / "m.csv")
    assert same(circuit)
    assert circuit.ids.tolist() == ids
    if names:
        assert circuit.neurons["name"].tolist() == names


@pytest.mark.parametrize(
    ("array", "pattern"),
    [
        (np.zeros((2, 3)), "shape \\(2, 3\\)"),
        (np.zeros(3), "square"),
        (np.zeros((0, 0)), "square"),
        (np.array([[0, 1.5], [0, 0]]), "row 1, column 2, holds 1.5"),
        (np.array([[0, np.nan], [0, 0]]), "holds nan"),
        (np.array([[0, np.inf], [0, 0]]), "holds inf"),
        (np.array([[0, 2.0**40], [0, 0]]), "holds 1099511627776"),
        (np.array([[2, -1], [0, 0]]), "both signs; Dale's law"),
        (np.array([["a", "b"], ["c", "d"]]), "holds <U1"),
        (np.array([[1j, 0], [0, 0]]), "holds complex128"),
    ],
)
def test_bad_matrices(tmp_path, array, pattern):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(tmp_path / "a.npy")


def test_arrays_of_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[1, {}]], dtype=object), allow_pickle=True)
    assert "no plain numeric arrays" in message(tmp_path / "a.npy")


@pytest.mark.parametrize("suffix", ["npy", "npz", "json", "graphml"])
@given(content=st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes(tmp_path_factory, suffix, content):
    path = tmp_path_factory.mktemp("any") / f"a.{suffix}"
    path.write_bytes(content)
    message(path)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("0,1\n2,x\n", "row 2, column 2, holds 'x'"),
        ("0,1\n2\n", "[Ee]xpected 2 columns"),
        ("0,1,2\n3,4,5\n", "has no header: its first line is 0, 1, 2"),
        (",1,2\n1,0,1\n3,0,0\n", "labels of its first line and its first column differ"),
        (",1,2\n1,0,1\n2,0,0.5\n", "holds '0.5'"),
    ],
)
def test_bad_csv_matrices(tmp_path, text, pattern):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(tmp_path / "m.csv")


def test_bad_npz(tmp_path):
    np.savez(tmp_path / "two.npz", a=MATRIX, b=MATRIX)
    assert "has to hold one square array; it holds a (3, 3), b (3, 3)" in message(tmp_path / "two.npz")
    np.savez(tmp_path / "ids.npz", a=MATRIX, ids=np.array([1, 1, 2]))
    assert "id 1 2 times" in message(tmp_path / "ids.npz")
    np.savez(tmp_path / "few.npz", a=MATRIX, ids=np.array([1, 2]))
    assert "2 labels for 3 neurons" in message(tmp_path / "few.npz")
    broken = {"format": b"csr", "shape": (3, 3), "data": [1], "indices": [9], "indptr": [0, 1, 1, 1]}
    np.savez(tmp_path / "broken.npz", **{key: np.array(value) for key, value in broken.items()})
    assert "damaged sparse matrix" in message(tmp_path / "broken.npz")
    (tmp_path / "both").mkdir()
    np.save(tmp_path / "both" / "a.npy", MATRIX)
    (tmp_path / "both" / "cells.csv").write_text("id\n1\n2\n")
    assert "has 2 neurons, but" in message(tmp_path / "both")


def region(folder: Path, protocol: int = 4, **changes) -> Path:
    """A RandomNet region as its scripts write it: rows of the array are postsynaptic."""
    files = {
        "adjacency_scc.npy": MATRIX.T.astype(float),
        "ei_neuron_types.npy": np.array([1, 0, 1]),
        "nid_scc.npy": np.array([300, 100, 200]),
        "neurotransmitter_assignments.pkl": {np.int64(300): np.int64(1), 100: 0, 200: "glutamate", 999: 2},
        "cell_body_fiber_assignments.pkl": {300: 12, 100: None},
        **changes,
    }
    for name, value in files.items():
        if value is not None:
            if name.endswith(".pkl"):
                (folder / name).write_bytes(pickle.dumps(value, protocol))
            else:
                np.save(folder / name, value)
    return folder


@pytest.mark.parametrize("protocol", range(6))
def test_random_net_region(tmp_path, protocol):
    circuit = load_circuit(region(tmp_path, protocol))
    assert same(circuit)
    assert circuit.ids.tolist() == [300, 100, 200]
    table = circuit.neurons
    assert table["sign"].tolist() == [1, -1, 1]
    assert table["transmitter"].tolist() == ["acetylcholine", "gaba", "glutamate"]
    assert table["cell_body_fiber"].tolist() == ["12", "", ""]


@pytest.mark.parametrize(
    ("changes", "pattern"),
    [
        ({"nid_scc.npy": None}, "but no nid_scc.npy"),
        ({"nid_scc.npy": np.array([1, 2])}, "3 whole numbers are needed"),
        ({"nid_scc.npy": np.array([1.0, 2.0, 3.0])}, "holds float64"),
        ({"nid_scc.npy": np.array([1, 1, 3])}, "id 1 2 times"),
        ({"nid_scc.npy": np.array([-1, 1, 3])}, "holds the id -1"),
        ({"ei_neuron_types.npy": np.array([1, 0, 2])}, "holds 2; allowed are 0 and 1"),
        ({"adjacency_scc.npy": -MATRIX}, "negative counts"),
        ({"adjacency_scc.npy": MATRIX / 2}, "holds 0.5"),
        ({"neurotransmitter_assignments.pkl": [1, 2]}, "holds list; a dict by neuron id"),
    ],
)
def test_bad_random_net_regions(tmp_path, changes, pattern):
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(region(tmp_path, **changes))


GRAPHS = {
    "standard_leg": {"matrix": [[0, 5.0, 0], [0, 0, 7], [1, 0, 0]], "layers": [[0], [1], [0, 2]]},
    "medium": {"matrix": [[0, -2], [3, 0]], "layers": []},
}


def test_brain_rnn_graphs(tmp_path):
    path = tmp_path / "adj_matrices.json"
    path.write_text(json.dumps(GRAPHS))
    circuit = load_circuit(f"{path}:standard_leg")
    assert same(circuit)
    assert circuit.ids.tolist() == [0, 1, 2]
    assert circuit.neurons["layer"].tolist() == [0, 1, 2]
    medium = load_circuit(f"{path}:medium")
    assert medium.neurons["sign"].tolist() == [-1, 1]
    assert medium.neurons["layer"].tolist() == [-1, -1]
    assert "holds 2 graphs (standard_leg, medium); name one, as in adj_matrices.json:standard_leg" in message(path)
    assert "no graph 'standard' (did you mean 'standard_leg'?)" in message(f"{path}:standard")
    path.write_text(json.dumps({"medium": GRAPHS["medium"]}))
    assert len(load_circuit(path)) == 2


@pytest.mark.parametrize(
    ("graph", "pattern"),
    [
        ({}, "square list of lists"),
        ({"matrix": 3}, "square list of lists"),
        ({"matrix": [[0, 1]]}, "square list of lists"),
        ({"matrix": []}, "square"),
        ({"matrix": [[0, "1"], [0, 0]]}, "holds '1'"),
        ({"matrix": [[0, True], [0, 0]]}, "holds True"),
        ({"matrix": [[0, 1.5], [0, 0]]}, "holds 1.5"),
        ({"matrix": [[0, 10**400], [0, 0]]}, "too large"),
        ({"matrix": [[0, float("nan")], [0, 0]]}, "holds nan"),
        ({"matrix": [[0]], "layers": 3}, "layers has to be a list of lists"),
        ({"matrix": [[0]], "layers": [[1]]}, "layers names the neuron 1; they are 0 to 0"),
    ],
)
def test_bad_brain_rnn_graphs(tmp_path, graph, pattern):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"g": graph}))
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(path)


GRAPHML = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="type" attr.type="string"/>
  <key id="d1" for="edge" attr.name="weight" attr.type="long"/>
  <key id="d2" for="node" attr.name="size" attr.type="double"/>
  <graph edgedefault="directed">
    <node id="{0}"><data key="d0">A &amp; B</data><data key="d2">1.5</data></node>
    <node id="{1}"/>
    <node id="{2}"><data key="d0">C</data></node>
    <edge source="{0}" target="{1}"><data key="d1">3</data></edge>
    <edge source="{0}" target="{1}"><data key="d1">2</data></edge>
    <edge source="{1}" target="{2}"><data key="d1">7</data></edge>
    <edge source="{2}" target="{0}"><data key="d1">1</data></edge>
  </graph>
</graphml>
"""


@pytest.mark.parametrize("labels", [("n0", "AVAL", "2"), ("30", "10", "20")])
def test_graphml(tmp_path, labels):
    (tmp_path / "a.graphml").write_text(GRAPHML.format(*labels))
    circuit = load_circuit(tmp_path / "a.graphml")
    assert same(circuit)
    assert circuit.neurons["type"].tolist() == ["A & B", "", "C"]
    assert circuit.neurons["size"].tolist()[0] == 1.5
    if labels[0] == "30":
        assert circuit.ids.tolist() == [30, 10, 20]
    else:
        assert circuit.ids.tolist() == [1, 2, 3]
        assert circuit.neurons["name"].tolist() == list(labels)


@pytest.mark.parametrize(
    ("old", "new", "pattern"),
    [
        ('"directed"', '"undirected"', "undirected graph"),
        (">3<", ">3.5<", "holds '3.5'"),
        (">3<", "><", "holds nothing"),
        ('source="b"', 'source="z"', "edge of the node 'z', which it lacks"),
        ('node id="b"', 'node id="a"', "two nodes of one id"),
        ("</graphml>", "", "not well-formed XML"),
        ("<graphml", "<!DOCTYPE x [<!ENTITY e 'x'>]><graphml", "DOCTYPE"),
        ("graph edge", "grape edge", "no element found|mismatched tag|0 graphs"),
        ('<edge source="a"', '<edge directed="false" source="a"', "an undirected edge"),
        (" encoding='utf-8'", " encoding='nonsense'", "not well-formed XML"),
    ],
)
def test_bad_graphml(tmp_path, old, new, pattern):
    (tmp_path / "a.graphml").write_text(GRAPHML.format("a", "b", "c").replace(old, new))
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(tmp_path / "a.graphml")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("source,target,weight\nAVAL,PVC,5\nPVC,VA1,7\nVA1,AVAL,1\n", ["AVAL", "PVC", "VA1"]),
        ("source\ttarget\tweight\n30\t40\t5\n40\t50\t7\n50\t30\t1\n", None),
        ("from,to\nb,a\nb,a\na,b\n", ["a", "b"]),
    ],
)
def test_edge_lists(tmp_path, text, names):
    (tmp_path / "e.csv").write_text(text)
    circuit = load_circuit(tmp_path / "e.csv")
    if names == ["a", "b"]:
        assert same(circuit, np.array([[0, 1], [2, 0]]))
    else:
        assert same(circuit)
        assert circuit.ids.tolist() == ([30, 40, 50] if names is None else [1, 2, 3])
    if names:
        assert circuit.neurons["name"].tolist() == names


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("source,target\n1.0,2.0\n", "holds '1.0'"),
        ("source,target\nAVAL,1e5\n", "holds 'AVAL'"),
        ("source,target\nAVAL,\n", "a row without a name"),
        ("source,target,weight\nAVAL,PVC,0\n", "holds '0'"),
        ("source,target\n", "header but no connections"),
    ],
)
def test_bad_edge_lists(tmp_path, text, pattern):
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(tmp_path / "e.csv")
