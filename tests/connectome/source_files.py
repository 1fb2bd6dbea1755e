"""Every source's files in the form in which it publishes them, for a wiring that a test makes up."""

import gzip
import json
import pickle  # files as strangers make them; premotor itself never unpickles
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, save_npz

Wiring = dict[tuple[int, int], int]
"""Count by (presynaptic, postsynaptic) position."""

ROOT = 720575940600000000
"""Root ids are beyond 2^53, where floats can not tell neighbours apart."""
TABLE_FORMS = ("csv", "csv.gz", "tsv", "tsv.gz", "feather", "zstd.feather", "parquet", "zstd.parquet")


@dataclass(frozen=True)
class Example:
    """How one source's files are written.

    Attributes:
        reader: the name of the reader that has to read them.
        write: puts the files of a wiring of so many neurons into a folder, tables in a form of `TABLE_FORMS`;
            returns what to load, and the ids of the neurons, or None where they are those that come out.
        forms: the forms in which the source's tables are known to come.
    """

    reader: str
    write: Callable[[Path, Wiring, int, str], tuple[Path, list[int] | None]]
    forms: tuple[str, ...] = ("csv",)


def put(folder: Path, name: str, frame: pd.DataFrame, form: str, index: bool = False) -> Path:
    """Write a table in a form."""
    path = folder / f"{name}.{form.removeprefix('zstd.')}"
    if form.endswith("feather"):
        frame.to_feather(path, compression="zstd" if form.startswith("zstd") else "lz4", chunksize=3)
    elif form.endswith("parquet"):
        frame.to_parquet(path, compression="zstd" if form.startswith("zstd") else "snappy", index=False)
    else:
        separator = "\t" if form.startswith("tsv") else ","
        text = frame.to_csv(index=index, sep=separator, lineterminator="\n").encode()
        path.write_bytes(gzip.compress(text, mtime=0) if form.endswith("gz") else text)
    return path


def rows(wiring: Wiring, ids: list[int], *names: str) -> pd.DataFrame:
    """One row a pair."""
    listed = [(ids[pre], ids[post], count) for (pre, post), count in wiring.items()]
    return pd.DataFrame(listed, columns=list(names[:3])).astype(np.int64)


def split_by_region(wiring: Wiring, ids: list[int], *names: str) -> pd.DataFrame:
    """A row a pair and region: a count of n comes as 1 and n − 1."""
    listed = []
    for (pre, post), count in wiring.items():
        parts = [1, count - 1] if count > 1 else [1]
        listed += [(ids[pre], ids[post], part, f"R{number}(L)") for number, part in enumerate(parts)]
    frame = pd.DataFrame(listed, columns=list(names))
    return frame.astype(dict.fromkeys(names[:3], np.int64))


def dense(wiring: Wiring, size: int) -> np.ndarray:
    matrix = np.zeros((size, size), np.int64)
    for (pre, post), count in wiring.items():
        matrix[pre, post] = count
    return matrix


def body_ids(size: int) -> list[int]:
    return [10_000 + 7 * number for number in range(size)]


def root_ids(size: int) -> list[int]:
    return [ROOT + 3 * number for number in range(size)]


def premotor_tables(folder: Path, wiring: Wiring, size: int, form: str):
    ids = body_ids(size)
    put(folder, "neurons", pd.DataFrame({"id": ids, "type": [f"T{n}" for n in range(size)]}), form)
    put(folder, "connections", rows(wiring, ids, "pre", "post", "count"), form)
    (folder / "provenance.json").write_text('{"dataset": "d", "steps": [], "column_types": {"type": "str"}}')
    return folder, ids


def neuprint_export(folder: Path, wiring: Wiring, size: int, form: str):
    ids = body_ids(size)
    neurons = {
        "bodyId": ids,
        "instance": [f"IN{n}_L" for n in range(size)],
        "type": [f"IN{n}" if n else None for n in range(size)],
        "predictedNt": (["gaba", "acetylcholine", "unknown", None] * size)[:size],
        "somaSide": (["LHS", "RHS", "Midline", None] * size)[:size],
        "roiInfo": ['{"LegNp(T1)(L)": {"pre": 3, "post": 4}}'] * size,
    }
    put(folder, "neurons", pd.DataFrame(neurons), form, index=form.startswith(("csv", "tsv")))
    put(folder, "roi-connections", split_by_region(wiring, ids, "bodyId_pre", "bodyId_post", "weight", "roi"), form)
    return folder, ids


def neuprint_totals(folder: Path, wiring: Wiring, size: int, form: str):
    folder, ids = neuprint_export(folder, wiring, size, form)
    put(folder, "total-connections", rows(wiring, ids, "bodyId_pre", "bodyId_post", "weight"), form)
    return folder, ids


def manc_release(folder: Path, wiring: Wiring, size: int, form: str):
    ids = body_ids(size)
    traced = pd.DataFrame({"bodyId": ids, "type": "IN", "instance": "IN_L"})
    put(folder, "traced-neurons", traced, form)
    put(folder, "traced-connections", rows(wiring, ids, "bodyId_pre", "bodyId_post", "weight"), form)
    regions = split_by_region(wiring, ids, "bodyId_pre", "bodyId_post", "weight", "roi")
    put(folder, "traced-connections-per-roi", regions[["bodyId_pre", "bodyId_post", "roi", "weight"]], form)
    properties = pd.DataFrame(
        {
            "bodyId": np.array([3, *ids[::-1]], np.int64),
            "class": ["Glia", *["intrinsic neuron", "motor neuron"] * size][: size + 1],
            "somaSide": [None, *["LHS", "RHS", "Midline"] * size][: size + 1],
            "serial": [np.nan, *[3.0] * size],
            "predictedNtProb": np.linspace(0, 1, size + 1),
            "outputRois": [["LegNp(T1)(L)", "VNC"]] * (size + 1),
        }
    )
    properties.to_feather(folder / "manc-v1.0-neuron-properties.feather")
    return folder, ids


def hemibrain_release(folder: Path, wiring: Wiring, size: int, form: str):
    ids = body_ids(size)
    put(folder, "traced-neurons", pd.DataFrame({"bodyId": ids, "type": "", "instance": ""}), form)
    put(folder, "traced-total-connections", rows(wiring, ids, "bodyId_pre", "bodyId_post", "weight"), form)
    regions = split_by_region(wiring, ids, "bodyId_pre", "bodyId_post", "weight", "roi")
    put(folder, "traced-roi-connections", regions, form)
    words = ["gaba", "acetylcholine", "glutamate", "serotonin", "octopamine", "dopamine", "neither"]
    chances = pd.DataFrame(np.full((size, 7), 1 / 7, np.float32), columns=words)
    chances.insert(0, "body", np.array(ids, np.int64))
    chances.to_feather(folder / "hemibrain-v1.2-tbar-neurotransmitters.feather")
    return folder, ids


def male_cns(folder: Path, wiring: Wiring, size: int, form: str):
    ids = body_ids(size)
    listed = {**{pair: count for pair, count in wiring.items()}, (0, size): 99}  # a segment without annotation
    put(folder, "connectome-weights-male-cns", rows(listed, [*ids, 5], "body_pre", "body_post", "weight"), form)
    annotations = {
        "bodyId": np.array(ids, np.uint64),
        "type": "x",
        "superclass": (["vnc_motor", "vnc_intrinsic", None] * size)[:size],
        "somaSide": (["L", "R", None] * size)[:size],
        "status": "Traced",
    }
    put(folder, "body-annotations-male-cns", pd.DataFrame(annotations), form)
    transmitters = {"body": ids, "predicted_nt": "gaba", "consensus_nt": (["gaba", "unclear"] * size)[:size]}
    put(folder, "body-neurotransmitters-male-cns", pd.DataFrame(transmitters), form)
    return folder, ids


def flywire_old(folder: Path, wiring: Wiring, size: int, form: str):
    ids = root_ids(size)
    connections = split_by_region(wiring, ids, "pre_root_id", "post_root_id", "syn_count", "neuropil")
    connections["nt_type"] = "ACH"
    put(folder, "connections_no_threshold", connections, form)
    types = (["ACH", "GABA", "GLUT", "DA", "OCT", "SER", None] * size)[:size]
    put(folder, "neurons", pd.DataFrame({"root_id": ids, "group": "ME", "nt_type": types, "nt_type_score": 0.5}), form)
    words = (["sensory", "central", "motor"] * size)[:size]
    classes = {"root_id": ids, "flow": "intrinsic", "super_class": words, "class": None, "side": "right", "nerve": None}
    put(folder, "classification", pd.DataFrame(classes), form)
    first = {"root_id": ids[:1], "primary_type": ["KCg"], "additional_type(s)": [None]}
    put(folder, "consolidated_cell_types", pd.DataFrame(first), form)
    return folder, ids


def flywire_new(folder: Path, wiring: Wiring, size: int, form: str):
    ids = root_ids(size)
    connections = split_by_region(wiring, ids, "Pre Root ID", "Post Root ID", "Syn Count", "Neuropil")
    put(folder, "connections", connections, form)
    table = {"Root ID": ids, "Super Class": "motor", "Predicted NT type": "GABA", "Soma side": "left"}
    put(folder, "export", pd.DataFrame(table), form)
    return folder, ids


def cave_synapses(folder: Path, wiring: Wiring, size: int, form: str):
    ids = root_ids(size)
    listed = [(ids[pre], ids[post]) for (pre, post), count in wiring.items() for _ in range(count)]
    frame = pd.DataFrame([*listed, (0, ids[0])], columns=["pre_pt_root_id", "post_pt_root_id"]).astype(np.int64)
    frame.insert(0, "id", range(len(frame)))
    put(folder, "synapses_pni_2", frame.assign(size=9, ctr_pt_position="[1, 2, 3]"), form)
    cells = {"id": range(size), "valid": "t", "pt_root_id": ids, "cell_type": "23P", "classification_system": "e"}
    put(folder, "aibs_cell_info", pd.DataFrame(cells), form)
    return folder, ids


def cave_connections(folder: Path, wiring: Wiring, size: int, form: str):
    ids = root_ids(size)
    frame = split_by_region(wiring, ids, "pre_pt_root_id", "post_pt_root_id", "syn_count", "neuropil")
    return put(folder, "proofread_connections_783", frame, form), ids


def shiu(folder: Path, wiring: Wiring, size: int, form: str):
    ids = root_ids(size)
    frame = rows(wiring, list(range(size)), "Presynaptic_Index", "Postsynaptic_Index", "Connectivity")
    sign = np.where(frame["Presynaptic_Index"] % 2, -1, 1)
    frame = frame.assign(Excitatory=sign, **{"Excitatory x Connectivity": frame["Connectivity"] * sign})
    put(folder, "Connectivity_783", frame, form)
    pd.DataFrame({"Completed": True}, index=ids).to_csv(folder / "Completeness_783.csv")
    return folder, ids


def random_net(folder: Path, wiring: Wiring, size: int, form: str):
    ids = body_ids(size)
    np.save(folder / "adjacency_scc.npy", dense(wiring, size).T)  # the project's rows are postsynaptic
    np.save(folder / "ei_neuron_types.npy", np.arange(size) % 2)
    np.save(folder / "nid_scc.npy", np.array(ids))
    assigned = {np.int64(number): place % 3 for place, number in enumerate(ids)}
    (folder / "neurotransmitter_assignments.pkl").write_bytes(pickle.dumps(assigned))
    (folder / "cell_body_fiber_assignments.pkl").write_bytes(pickle.dumps({ids[0]: "a", ids[1]: None}))
    return folder, ids


def brain_rnn(folder: Path, wiring: Wiring, size: int, form: str):
    graph = {"matrix": dense(wiring, size).tolist(), "layers": [[0, 1], list(range(size))]}
    (folder / "adj_matrices.json").write_text(json.dumps({"leg": graph}))
    return folder / "adj_matrices.json", list(range(size))


def graphml(folder: Path, wiring: Wiring, size: int, form: str):
    nodes = "".join(f'<node id="{number}"><data key="t">T{number}</data></node>' for number in body_ids(size))
    ids = body_ids(size)
    edges = "".join(
        f'<edge source="{ids[pre]}" target="{ids[post]}"><data key="w">{count}</data></edge>'
        for (pre, post), count in wiring.items()
    )
    (folder / "a.graphml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="w" for="edge" attr.name="weight" attr.type="long"/><key id="t" for="node" attr.name="type"/>'
        f'<graph edgedefault="directed">{nodes}{edges}</graph></graphml>'
    )
    return folder / "a.graphml", ids


def edge_list(folder: Path, wiring: Wiring, size: int, form: str):
    frame = rows(wiring, body_ids(size), "source", "target", "weight")
    return put(folder, "edges", frame, form), body_ids(size)


def matrix_npy(folder: Path, wiring: Wiring, size: int, form: str):
    np.save(folder / "a.npy", dense(wiring, size))
    return folder / "a.npy", list(range(1, size + 1))


def matrix_npz(folder: Path, wiring: Wiring, size: int, form: str):
    save_npz(folder / "a.npz", coo_array(dense(wiring, size)).tocsc())
    pd.DataFrame({"id": body_ids(size), "class": "motor"}).to_csv(folder / "cells.csv", index=False)
    return folder, body_ids(size)


def matrix_csv(folder: Path, wiring: Wiring, size: int, form: str):
    frame = pd.DataFrame(dense(wiring, size), index=body_ids(size), columns=body_ids(size))
    return put(folder, "a", frame, form, index=True), body_ids(size)


def sonata(folder: Path, wiring: Wiring, size: int, form: str):
    h5py = pytest.importorskip("h5py")
    ids = body_ids(size)
    with h5py.File(folder / "nodes.h5", "w") as file:
        nodes = file.create_group("nodes/VNC")
        nodes["node_id"] = np.array(ids, np.uint64)
        nodes["node_type_id"] = np.zeros(size, np.uint32)
        nodes["node_group_id"], nodes["node_group_index"] = np.zeros(size, np.uint16), np.arange(size)
        nodes["0/x"] = np.linspace(0, 1, size)
    with h5py.File(folder / "edges.h5", "w") as file:
        edges = file.create_group("edges/VNC_to_VNC")
        for name, side in (("source_node_id", 0), ("target_node_id", 1)):
            edges[name] = np.array([ids[pair[side]] for pair in wiring], np.uint64)
            edges[name].attrs["node_population"] = "VNC"
        edges["edge_type_id"], edges["edge_group_id"] = np.zeros(len(wiring), int), np.zeros(len(wiring), int)
        edges["edge_group_index"] = np.arange(len(wiring))
        edges["0/nsyns"] = np.array(list(wiring.values()))
    (folder / "node_types.csv").write_text("node_type_id pop_name ei\n0 cell e\n")
    return folder, ids


COMPRESSED = ("csv", "csv.gz", "feather", "zstd.feather", "parquet")
EXAMPLES = {
    "premotor tables": Example("tables", premotor_tables, TABLE_FORMS),
    "neuPrint export_dir": Example("tables", neuprint_export, COMPRESSED),
    "neuPrint with totals": Example("tables", neuprint_totals, COMPRESSED),
    "MANC v1.0": Example("tables", manc_release, ("csv", "csv.gz")),
    "hemibrain v1.2": Example("tables", hemibrain_release, ("csv", "csv.gz")),
    "male CNS": Example("male_cns", male_cns, ("feather", "zstd.feather", "parquet", "csv")),
    "FlyWire Codex": Example("flywire", flywire_old, COMPRESSED),
    "FlyWire Codex, display headers": Example("flywire", flywire_new, COMPRESSED),
    "CAVE synapses": Example("cave", cave_synapses, COMPRESSED),
    "CAVE connections": Example("cave", cave_connections, COMPRESSED),
    "Shiu et al.": Example("shiu", shiu, ("parquet", "zstd.parquet", "csv")),
    "RandomNet": Example("random_net", random_net),
    "BrainRNN": Example("brain_rnn", brain_rnn),
    "GraphML": Example("graphml", graphml),
    "edge list": Example("tables", edge_list, TABLE_FORMS),
    "npy": Example("matrix", matrix_npy),
    "npz with neurons": Example("matrix", matrix_npz),
    "CSV matrix": Example("matrix", matrix_csv, ("csv", "tsv", "csv.gz")),
    "SONATA": Example("sonata", sonata),
}
"""Every source of the specification; `test_every_reader_has_an_example` holds it against the registry."""
