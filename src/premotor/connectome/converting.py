"""Circuits from tables, edges, arrays and graphs in memory, and back: read as files are, with the same checks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array, sparray, triu

from premotor.connectome.arrays import signed_counts
from premotor.connectome.columns import EFFECTOR, column_names, is_effectors, refuse_unfound, renamings
from premotor.connectome.effectors import KIND, MUSCLE, effector_table
from premotor.connectome.provenance import Provenance, arguments_of
from premotor.connectome.readers.source import Reading, Source
from premotor.connectome.signs import SignPolicy, sign_policy, signs_of_rows
from premotor.connectome.storage import edge_table
from premotor.connectome.tables import Table, read_header, readable
from premotor.errors import PremotorError, missing_library

if TYPE_CHECKING:
    import networkx

    from premotor.connectome.circuit import Circuit

type Edge = Sequence[int | str]
"""Presynaptic and postsynaptic id or name, and the count of synapses where it is not 1."""
type Matrix = ArrayLike | sparray


def from_frames(
    frames: Mapping[str, pd.DataFrame | None],
    made_by: str,
    provenance: Provenance | str,
    signs: SignPolicy | str | None,
    columns: Mapping[str, str] | str | None = None,
    scale: float | None = None,
    about: Mapping[str, object] | None = None,
) -> "Circuit":
    """Return the circuit of tables by name (neurons, connections, gap_junctions …); see `Circuit.from_pandas`."""
    from premotor.connectome.load import read_source

    reading = Reading(column_names(columns or {}), scale=scale)
    tables: dict[Path, tuple[str, ...]] = {}
    effectors: dict[Path, tuple[str, ...]] = {}
    headers: list[list[str]] = []
    for name, frame in frames.items():
        if frame is None:
            continue
        if frame.index.name is not None or not isinstance(frame.index, pd.RangeIndex):
            frame = frame.rename_axis(index=str(frame.index.name or "id")).reset_index()
        frame = frame.rename(columns=str)
        onto = is_effectors(tuple(frame.columns))
        headers += [] if onto else [list(frame.columns)]
        with readable(Path(name)):
            renamed = {} if onto else renamings(list(frame.columns), reading.columns)
            table = Table(name, renamed, frame=_arrow(frame))
        (effectors if onto else tables)[table] = read_header(table)
    refuse_unfound(reading.columns, headers, made_by)
    circuit = read_source(
        Source(Path(f"<{made_by}>"), tuple(tables), tables, reading=reading, effectors=effectors),
        None if signs is None else sign_policy(signs),
    )
    first, *rest = circuit.provenance.steps
    step = {**first, "arguments": {"made by": made_by, **(about or {}), **arguments_of(first)}}
    record = Provenance(dataset=provenance) if isinstance(provenance, str) else provenance
    return replace(circuit, provenance=replace(record, steps=(*record.steps, step, *rest)))


def from_edges(
    edges: Iterable[Edge],
    neurons: pd.DataFrame | None,
    gap_junctions: Iterable[Edge] | None,
    neuromuscular: Iterable[Edge] | None,
) -> dict[str, pd.DataFrame | None]:
    """Return the tables of `Circuit.from_edges`."""
    return {
        "neurons": neurons,
        "connections": _rows(edges, ("pre", "post", "count"), "edges"),
        "gap_junctions": None if gap_junctions is None else _rows(gap_junctions, ("a", "b", "count"), "gap_junctions"),
        "neuromuscular": None
        if neuromuscular is None
        else _rows(neuromuscular, ("pre", EFFECTOR, "count"), "neuromuscular"),
    }


def from_arrays(
    synapses: Matrix,
    ids: Sequence[int | str] | np.ndarray | None,
    neurons: pd.DataFrame | None,
    gap_junctions: Matrix | None,
    scale: float | None,
) -> dict[str, pd.DataFrame | None]:
    """Return the tables of `Circuit.from_arrays`."""
    counts, pre, sign = signed_counts(_matrix(synapses), "synapses", scale)
    size = counts.shape[0]
    if neurons is None:
        neurons = pd.DataFrame(index=pd.RangeIndex(size))
    if ids is None and "id" not in neurons and isinstance(neurons.index, pd.RangeIndex):
        ids = np.arange(1, size + 1)
    if ids is not None:
        neurons = neurons.reset_index(drop=True).assign(id=list(ids))[["id", *(n for n in neurons if n != "id")]]
    elif "id" not in neurons:
        neurons = neurons.rename_axis(index="id").reset_index()
    if len(neurons) != size:
        raise PremotorError(f"synapses are of {size} neurons, but there are {len(neurons)} ids or rows of neurons")
    keys = neurons["id"].to_numpy()
    if (sign < 0).any():
        neurons = neurons.assign(sign=signs_of_rows(pre, sign, keys, "synapses"))
    gaps = None
    if gap_junctions is not None:
        electrical = coo_array(triu(signed_counts(_matrix(gap_junctions), "gap_junctions", scale)[0]))
        gaps = edge_table(electrical, keys, ("a", "b"))
    return {
        "neurons": neurons,
        "connections": edge_table(coo_array(counts), keys, ("pre", "post")),
        "gap_junctions": gaps,
    }


def links_of_arrays(
    synapses: Matrix | None,
    junctions: Matrix | None,
    effectors: pd.DataFrame | Sequence[str] | None,
    neurons: pd.DataFrame | None,
) -> dict[str, pd.DataFrame | None]:
    """Return the tables of what reaches effectors, of `Circuit.from_arrays`; nothing where there is nothing."""
    matrices = {"neuromuscular": synapses, "muscle_junctions": junctions}
    given = {name: coo_array(_matrix(matrix)) for name, matrix in matrices.items() if matrix is not None}
    if not given or effectors is None:
        if given or effectors is not None:
            raise PremotorError("neuromuscular and muscle_junctions need effectors, the names of their columns")
        return {}
    assert neurons is not None
    if not isinstance(effectors, pd.DataFrame):
        effectors = effector_table(effectors, MUSCLE)
    ids, names = neurons["id"].to_numpy(), effectors.index.astype("str")
    parts = []
    for name, matrix in given.items():
        if matrix.shape != (ids.size, names.size):
            raise PremotorError(
                f"{name} has the shape {matrix.shape}; of {ids.size} neurons and {names.size} effectors "
                f"{(ids.size, names.size)} is needed"
            )
        matrix.eliminate_zeros()
        kind = "synapse" if name == "neuromuscular" else "gap_junction"
        part = {"pre": ids[matrix.row], EFFECTOR: names[matrix.col].array, "count": matrix.data, KIND: kind}
        parts.append(pd.DataFrame(part))
    return {"effectors": effectors.rename_axis(index=EFFECTOR), "neuromuscular": pd.concat(parts, ignore_index=True)}


def from_networkx(graph: "networkx.Graph") -> dict[str, pd.DataFrame | None]:
    """Return the tables of `Circuit.from_networkx`.

    Raises:
        PremotorError: the graph is undirected or has no edges.
    """
    if not graph.is_directed():
        raise PremotorError("the graph is undirected; synapses have a direction: graph.to_directed() takes both")
    if not graph.number_of_edges():
        raise PremotorError("the graph has no edges")
    moved = {node: data for node, data in graph.nodes(data=True) if data.get(EFFECTOR) == node}
    nodes = pd.DataFrame([{**data, "id": node} for node, data in graph.nodes(data=True) if node not in moved])
    numbered = all(isinstance(node, (int, np.integer)) for node in graph.nodes if node not in moved)
    if any(pre in moved for pre, _ in graph.edges()):
        raise PremotorError("the graph has an edge from an effector; neurons reach effectors, not the other way")
    kind: Literal["int64", "str"] = "int64" if numbered else "str"
    edges = list(graph.edges(data=True))
    rows = pd.DataFrame([{**data, "pre": pre, "post": post} for pre, post, data in edges if post not in moved])
    for frame, ends in ((nodes, ["id"]), (rows, ["pre", "post"])):
        for end in ends:
            frame[end] = frame[end].astype(kind)
    frames: dict[str, pd.DataFrame | None] = {"neurons": nodes, "connections": rows}
    if moved:
        links = [{**data, "pre": pre, EFFECTOR: post} for pre, post, data in edges if post in moved]
        onto = pd.DataFrame(links or {"pre": [], EFFECTOR: [], "count": []})
        onto = onto.astype({"pre": kind, EFFECTOR: "str"} | ({} if links else {"count": np.int64}))
        frames |= {"effectors": pd.DataFrame([{EFFECTOR: node, **data} for node, data in moved.items()])}
        frames["neuromuscular"] = onto
    return frames


def to_networkx(circuit: "Circuit") -> "networkx.DiGraph":
    """Return what `Circuit.to_networkx` returns."""
    try:
        import networkx
    except ImportError:
        raise missing_library("Circuit.to_networkx", "networkx", "graph") from None

    gaps = circuit.gap_junctions
    several = gaps is not None or circuit.muscle_junctions.nnz
    graph = networkx.MultiDiGraph() if several else networkx.DiGraph()
    graph.graph["provenance"] = circuit.provenance.as_dict()
    effectors = circuit.effectors.assign(**{EFFECTOR: circuit.effectors.index})
    for table in (circuit.neurons, effectors):
        records = table.astype(object).where(table.notna(), None).to_dict("records")
        graph.add_nodes_from(zip(table.index.tolist(), records, strict=True))
    ids, names = circuit.ids, effectors.index.to_numpy(object)
    kinds: list[tuple[sparray | None, np.ndarray, str]] = [
        (circuit.synapses, ids, "synapse"),
        (None if gaps is None else triu(gaps), ids, "gap_junction"),
        (circuit.neuromuscular, names, "synapse"),
        (circuit.muscle_junctions, names, "gap_junction"),
    ]
    for matrix, targets, kind in kinds:
        if matrix is None:
            continue
        entries = coo_array(matrix)
        rows = zip(ids[entries.row].tolist(), targets[entries.col].tolist(), entries.data.tolist(), strict=True)
        data = {"kind": kind} if several else {}
        graph.add_edges_from((pre, post, {"count": count, **data}) for pre, post, count in rows)
    return graph


def _arrow(frame: pd.DataFrame) -> pa.Table:
    mixed = [name for name in frame if frame[name].dtype == object]
    texts = {str(name): pd.array([None if _missing(v) else str(v) for v in frame[name]], dtype="str") for name in mixed}
    return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _rows(edges: Iterable[Edge], names: tuple[str, str, str], where: str) -> pd.DataFrame:
    rows = [tuple(row) for row in edges]
    wrong = next((row for row in rows if len(row) not in (2, 3)), None)
    if wrong is not None or not rows:
        raise PremotorError(f"{where} holds {wrong!r}; (pre, post) or (pre, post, count) are needed")
    return pd.DataFrame([row if len(row) == 3 else (*row, 1) for row in rows], columns=list(names))


def _matrix(values: Matrix) -> np.ndarray | csr_array:
    return csr_array(values) if hasattr(values, "tocsr") else np.asarray(values)
