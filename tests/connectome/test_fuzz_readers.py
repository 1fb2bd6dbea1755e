"""Files of every format with one damage: a whole circuit or one PremotorError, never a traceback or a hang."""

import json
import pickle  # files as strangers make them; premotor itself never unpickles
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, save_npz

from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit

MATRIX = np.array([[0, 5, 0], [0, 0, 7], [1, 0, 0]])
PAIRS = np.array([[1, 2, 5], [2, 3, 7], [3, 1, 1]], dtype=np.int64)


def pairs(*names: str) -> pd.DataFrame:
    return pd.DataFrame(PAIRS, columns=list(names))


def neuprint(folder: Path) -> None:
    pairs("bodyId_pre", "bodyId_post", "weight").to_csv(folder / "connections.csv", index=False)
    table = {"bodyId": [1, 2, 3], "type": list("abc"), "predictedNt": ["gaba", "", "x"], "size": [1.5, np.nan, 2]}
    pd.DataFrame(table).to_csv(folder / "neurons.csv")


def flywire(folder: Path) -> None:
    pairs("pre_root_id", "post_root_id", "syn_count").to_csv(folder / "c.csv", index=False)
    (folder / "n.csv").write_text("Root ID,Super Class,Predicted NT type\n1,motor,ACH\n2,,\n3,x,GABA\n")


def male_cns(folder: Path) -> None:
    pairs("body_pre", "body_post", "weight").to_feather(folder / "w.feather", compression="uncompressed")
    table = {"bodyId": [1, 2, 3], "superclass": ["vnc_motor", None, "x"], "somaSide": ["L", "R", None]}
    pd.DataFrame(table).to_feather(folder / "a.feather")


def cave(folder: Path) -> None:
    pairs("pre_pt_root_id", "post_pt_root_id", "size").to_csv(folder / "synapses.csv")
    (folder / "cells.csv").write_text("id,pt_root_id,cell_type\n1,1,a\n2,2,b\n3,3,c\n4,3,d\n")


def shiu(folder: Path) -> None:
    table = pairs("Presynaptic_Index", "Postsynaptic_Index", "Excitatory x Connectivity")
    table.iloc[:, :2] -= 1
    table.to_parquet(folder / "c.parquet", compression="none")
    (folder / "n.csv").write_text(",Completed\n11,True\n12,True\n13,True\n")


def random_net(folder: Path) -> None:
    np.save(folder / "adjacency_scc.npy", MATRIX)
    np.save(folder / "ei_neuron_types.npy", np.array([1, 0, 1]))
    np.save(folder / "nid_scc.npy", np.array([3, 1, 2]))
    assigned = {np.int64(1): "gaba", 2: 1}
    (folder / "neurotransmitter_assignments.pkl").write_bytes(pickle.dumps(assigned))


def brain_rnn(folder: Path) -> None:
    graph = {"matrix": MATRIX.tolist(), "layers": [[0, 1], [2]]}
    (folder / "a.json").write_text(json.dumps({"g": graph}))


def graphml(folder: Path) -> None:
    (folder / "a.graphml").write_text(
        '<graphml><key id="k" for="edge" attr.name="weight"/><key id="t" for="node" attr.name="type"/>'
        '<graph edgedefault="directed"><node id="a"><data key="t">x</data></node><node id="b"/>'
        '<edge source="a" target="b"><data key="k">3</data></edge></graph></graphml>'
    )


def edge_list(folder: Path) -> None:
    (folder / "e.csv").write_text("source,target,weight\nAVAL,PVC,5\nPVC,VA1,7\n")


def matrix_npy(folder: Path) -> None:
    np.save(folder / "a.npy", MATRIX)


def matrix_npz(folder: Path) -> None:
    save_npz(folder / "a.npz", csr_array(MATRIX), compressed=False)


def matrix_csv(folder: Path) -> None:
    (folder / "a.csv").write_text(",7,8,9\n7,0,5,0\n8,0,0,7\n9,1,0,0\n")


FORMATS: dict[str, Callable[[Path], None]] = {
    make.__name__: make
    for make in (
        neuprint,
        flywire,
        male_cns,
        cave,
        shiu,
        random_net,
        brain_rnn,
        graphml,
        edge_list,
        matrix_npy,
        matrix_npz,
        matrix_csv,
    )
}
ONE_FILE = {"brain_rnn", "graphml", "edge_list", "matrix_npy", "matrix_npz", "matrix_csv"}


def check(folder: Path, name: str) -> None:
    path = next(folder.iterdir()) if name in ONE_FILE else folder
    try:
        circuit = load_circuit(path)
    except PremotorError as error:
        assert str(error) and "\n" not in str(error)
        return
    assert isinstance(circuit, Circuit)
    assert circuit.synapses.shape == (len(circuit), len(circuit)) != (0, 0)
    assert circuit.synapses.nnz == 0 or circuit.synapses.data.min() >= 1
    assert circuit.summary()


@pytest.mark.parametrize("name", FORMATS)
def test_the_files_are_good(tmp_path, name):
    FORMATS[name](tmp_path)
    circuit = load_circuit(next(tmp_path.iterdir()) if name in ONE_FILE else tmp_path)
    assert circuit.synapses.nnz >= 1


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_one_damage(name, data):
    with tempfile.TemporaryDirectory() as folder:
        FORMATS[name](Path(folder))
        path = data.draw(st.sampled_from(sorted(Path(folder).iterdir())))
        content = path.read_bytes()
        place = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 8))
        insert = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"-", b"nan", b"1e9", b"\n", b",", b'"', b"9" * 20])
        )
        path.write_bytes(content[:place] + insert + content[place + cut :])
        check(Path(folder), name)
