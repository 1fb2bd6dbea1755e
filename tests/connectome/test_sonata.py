"""SONATA as other programs write it: BMTK's two files with types, the BBP's with enumerations, configurations."""

import json

import numpy as np
import pytest

from premotor import PremotorError
from premotor.connectome import load_circuit

h5py = pytest.importorskip("h5py")


def edges(circuit) -> dict[tuple[int, int], int]:
    dense = circuit.synapses.toarray()
    return {(int(circuit.ids[i]), int(circuit.ids[j])): int(dense[i, j]) for i, j in zip(*dense.nonzero(), strict=True)}


def write_edges(file, name, source, target, pairs, nsyns=None, types=None, populations=("V1", "V1")):
    group = file.create_group(f"edges/{name}")
    for key, side, population in ((source, 0, populations[0]), (target, 1, populations[1])):
        group[key] = np.array([pair[side] for pair in pairs], np.uint64)
        group[key].attrs["node_population"] = np.bytes_(population)  # as BMTK stores it
    group["edge_type_id"] = np.array(types or [100] * len(pairs), np.uint32)
    group["edge_group_id"] = np.zeros(len(pairs), np.uint16)
    group["edge_group_index"] = np.arange(len(pairs), dtype=np.uint32)
    group.create_group("0")
    if nsyns is not None:
        group["0/nsyns"] = np.array(nsyns, np.uint8)
    group.create_group("indices/source_to_target")


def bmtk(folder, nsyns=(3, 2, 5), swap=False):
    """Four cells in two groups of attributes, as `bmtk.builder` saves a network; node ids are not in order."""
    with h5py.File(folder / "V1_nodes.h5", "w") as file:
        nodes = file.create_group("nodes/V1")
        nodes["node_id"] = np.array([10, 11, 13, 12], np.uint64)
        nodes["node_type_id"] = np.array([100, 100, 101, 101], np.uint32)
        nodes["node_group_id"] = np.array([0, 0, 1, 1], np.uint16)
        nodes["node_group_index"] = np.array([1, 0, 0, 1], np.uint32)
        nodes["0/tuning_angle"] = np.array([20.5, 10.5])
        nodes["1/rotation"] = np.array([7, 8])
        nodes["0/dynamics_params/v_init"] = np.zeros(2)
    with h5py.File(folder / "V1_V1_edges.h5", "w") as file:
        keys = ("target_node_id", "source_node_id") if swap else ("source_node_id", "target_node_id")
        write_edges(file, "V1_to_V1", *keys, [(10, 11), (11, 13), (13, 10)], nsyns, [100, 100, 101])
    (folder / "V1_node_types.csv").write_text(
        "node_type_id pop_name ei model_type  dynamics_params\n"
        '100 Scnn1a e biophysical 472363762_fit.json\n101 "PV 1" i biophysical NULL\n'
    )
    (folder / "V1_V1_edge_types.csv").write_text(
        "edge_type_id target_query source_query syn_weight\n100 ei=='e' * 0.5\n101 * ei=='i' -0.25\n"
    )
    return folder


def test_bmtk_folder(tmp_path):
    circuit = load_circuit(bmtk(tmp_path))
    table = circuit.neurons
    assert edges(circuit) == {(10, 11): 3, (11, 13): 2, (13, 10): 5}
    assert table.index.tolist() == [10, 11, 13, 12]
    assert table["type"].tolist() == ["Scnn1a", "Scnn1a", "PV 1", "PV 1"]
    assert table["sign"].tolist() == [1, 1, -1, -1]
    assert table["tuning_angle"].fillna(-1).tolist() == [10.5, 20.5, -1, -1]
    assert table["rotation"].fillna(-1).tolist() == [-1, -1, 7, 8]
    assert table["node_type_id"].tolist() == [100, 100, 101, 101]
    step = circuit.provenance.steps[0]
    assert step["arguments"]["counted"] == "nsyns" and step["arguments"]["populations"] == ["V1", "V1_to_V1"]


def test_the_names_of_the_data_sets_decide_the_direction(tmp_path):
    assert edges(load_circuit(bmtk(tmp_path, swap=True))) == {(11, 10): 3, (13, 11): 2, (10, 13): 5}


def test_without_nsyns_every_row_is_a_synapse(tmp_path):
    circuit = load_circuit(bmtk(tmp_path, nsyns=None))
    assert edges(circuit) == {(10, 11): 1, (11, 13): 1, (13, 10): 1}
    assert circuit.provenance.steps[0]["arguments"]["counted"] == "rows"


def test_rows_of_a_pair_are_summed_and_weights_give_signs(tmp_path):
    with h5py.File(tmp_path / "any name.h5", "w") as file:
        file["nodes/V1/node_type_id"] = np.array([1, 1, 1])  # node ids are those from 0
        write_edges(file, "a", "source_node_id", "target_node_id", [(0, 1), (0, 1), (2, 1)], populations=("", ""))
        file["edges/a/0/syn_weight"] = np.array([-2.0, -1.0, 4.0])
    circuit = load_circuit(tmp_path / "any name.h5")
    assert edges(circuit) == {(0, 1): 2, (2, 1): 1}
    assert circuit.neurons["sign"].tolist() == [-1, 0, 1]


def configured(folder):
    """Two populations, one of inputs; enumerations and no groups' indices, as the BBP writes; gap junctions."""
    (folder / "net").mkdir()
    with h5py.File(folder / "net/n.h5", "w") as file:
        for name, size in (("V1", 2), ("LGN", 3)):
            file[f"nodes/{name}/node_type_id"] = np.full(size, -1)
            file[f"nodes/{name}/0/mtype"] = np.arange(size) % 2
            file[f"nodes/{name}/0/@library/mtype"] = ["L5_PC", "L1_DAC"]
    with h5py.File(folder / "net/e.h5", "w") as file:
        first, second = ("source_node_id", "target_node_id"), ("V1", "V1")
        write_edges(file, "in", *first, [(0, 0), (2, 0), (2, 1)], populations=("LGN", "V1"))
        write_edges(file, "V1__V1__electrical", *first, [(0, 1)], nsyns=[6], populations=second)
        write_edges(file, "far", *first, [(0, 1)], populations=("MD", "V1"))
    config = {
        "manifest": {"$BASE": ".", "$NET": "$BASE/net"},
        "networks": {
            "nodes": [{"nodes_file": "$NET/n.h5", "node_types_file": None}],
            "edges": [{"edges_file": "${configdir}/net/e.h5"}],
        },
    }
    (folder / "circuit_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("name", ["", "circuit_config.json"])
def test_configuration_with_populations(tmp_path, name):
    circuit = load_circuit(configured(tmp_path) / name)
    table = circuit.neurons
    lgn = table.index[table["population"] == "LGN"].tolist()
    v1 = table.index[table["population"] == "V1"].tolist()
    assert table["node_id"].tolist() == [0, 1, 2, 0, 1] and sorted(lgn + v1) == [0, 1, 2, 3, 4]
    assert edges(circuit) == {(lgn[0], v1[0]): 1, (lgn[2], v1[0]): 1, (lgn[2], v1[1]): 1}
    assert circuit.gap_junctions.sum() == 12 and circuit.gap_junctions[v1[0], v1[1]] == 6
    assert table.loc[lgn, "type"].tolist() == ["L5_PC", "L1_DAC", "L5_PC"]
    assert circuit.provenance.steps[0]["dropped"] == {"edges of other populations": 1}


def damaged(change):
    def make(folder):
        bmtk(folder)
        change(folder)
        return folder

    return make


def rewritten(name, dataset, values):
    def change(folder):
        with h5py.File(folder / name, "a") as file:
            attributes = dict(file[dataset].attrs) if dataset in file else {}
            if dataset in file:
                del file[dataset]
            if values is not None:
                file[dataset] = values
                file[dataset].attrs.update(attributes)

    return change


def truncated(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:900])


def text(name, content):
    return lambda folder: (folder / name).write_text(content)


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/source_node_id", [10, 11, 99]), "row 2, names the node 99"),
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/source_node_id", [10, 11]), "has .* values for .* rows"),
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/target_node_id", None), "has no data set target_node_id"),
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/source_node_id", [0.5, 1, 2]), "whole numbers are needed"),
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/0/nsyns", [3, 0, 5]), "nsyns, row 1, holds"),
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/0/nsyns", [3.5, 1, 5]), "nsyns, row 0, holds"),
        (rewritten("V1_V1_edges.h5", "edges/V1_to_V1/0/nsyns", [3]), "has 1 values, but row 2 is asked"),
        (rewritten("V1_nodes.h5", "nodes/V1/node_id", [1, 1, 2, 3]), "holds the id 1 2 times"),
        (rewritten("V1_nodes.h5", "nodes/V1/node_id", [-1, 1, 2, 3]), "holds -1; whole numbers from 0"),
        (rewritten("V1_nodes.h5", "nodes/V1/node_group_index", [0, 1, 0, 9]), "but row 9 is asked"),
        (rewritten("V1_nodes.h5", "nodes", None), "holds no HDF5 file with the group /nodes"),
        (text("V1_node_types.csv", "node_type_id,a\n100,b\n"), "separated by commas"),
        (text("V1_node_types.csv", "node_type_id a\n100\n"), "row 1, has 1 values for 2 columns"),
        (truncated("V1_nodes.h5"), "cannot read .*V1_nodes.h5"),
    ],
)
def test_damaged_folders(tmp_path, change, pattern):
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(damaged(change)(tmp_path))


@pytest.mark.parametrize(
    ("networks", "pattern"),
    [
        ({"nodes": [{"nodes_file": "gone.h5"}], "edges": []}, "names the file 'gone.h5', but there is no"),
        ({"nodes": [], "edges": []}, "networks.nodes is empty"),
        ({"nodes": [{}], "edges": []}, "names no nodes_file"),
        ({"nodes": {}, "edges": []}, "has to be a list of objects"),
        ({"nodes": [{"nodes_file": 3}], "edges": []}, "3 is no name of a file"),
    ],
)
def test_bad_configurations(tmp_path, networks, pattern):
    (tmp_path / "c.json").write_text(json.dumps({"networks": networks}))
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(tmp_path / "c.json")
