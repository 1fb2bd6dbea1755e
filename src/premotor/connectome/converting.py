"""Circuits from tables, edges, arrays and graphs in memory, and back: read as files are, with the same checks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_array, csr_array, triu

from premotor.connectome.arrays import signed_counts
from premotor.connectome.columns import column_names, refuse_unfound, renamings
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.source import Reading, Source
from premotor.connectome.signs import SignPolicy, sign_policy, signs_of_rows
from premotor.connectome.storage import edge_table
from premotor.connectome.tables import Table, read_header, readable
from premotor.errors import PremotorError, missing_library

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit


def from_frames(
    frames: Mapping[str, pd.DataFrame | None],
    made_by: str,
    provenance: Provenance | str,
    signs: SignPolicy | str | None,
    columns: Mapping[str, str] | str | None = None,
    scale: float | None = None,
    about: Mapping[str, Any] | None = None,
) -> "Circuit":
    """Return the circuit of tables by name (neurons, connections, gap_junctions); see `Circuit.from_pandas`."""
    from premotor.connectome.load import read_source

    reading = Reading(column_names(columns or {}), scale=scale)
    tables: dict[Path, tuple[str, ...]] = {}
    headers: list[list[str]] = []
    for name, frame in frames.items():
        if frame is None:
            continue
        if frame.index.name is not None or not isinstance(frame.index, pd.RangeIndex):
            frame = frame.rename_axis(index=str(frame.index.name or "id")).reset_index()
        frame = frame.rename(columns=str)
        headers.append(list(frame.columns))
        with readable(Path(name)):
            table = Table(name, renamings(list(frame.columns), reading.columns), frame=_arrow(frame))
        tables[table] = read_header(table)
    refuse_unfound(reading.columns, headers, made_by)
    circuit = read_source(
        Source(Path(f"<{made_by}>"), tuple(tables), tables, reading=reading),
        None if signs is None else sign_policy(signs),
    )
    first, *rest = circuit.provenance.steps
    step = {**first, "arguments": {"made by": made_by, **(about or {}), **first["arguments"]}}
    record = Provenance(dataset=provenance) if isinstance(provenance, str) else provenance
    return replace(circuit, provenance=replace(record, steps=(*record.steps, step, *rest)))


def from_edges(
    edges: Iterable[Sequence[Any]], neurons: pd.DataFrame | None, gap_junctions: Iterable[Sequence[Any]] | None
) -> dict[str, pd.DataFrame | None]:
    """Return the tables of `Circuit.from_edges`."""
    return {
        "neurons": neurons,
        "connections": _rows(edges, ("pre", "post", "count"), "edges"),
        "gap_junctions": None if gap_junctions is None else _rows(gap_junctions, ("a", "b", "count"), "gap_junctions"),
    }


def from_arrays(
    synapses: Any, ids: Sequence[Any] | np.ndarray | None, neurons: pd.DataFrame | None, gap_junctions: Any, scale: Any
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


def from_networkx(graph: Any) -> dict[str, pd.DataFrame | None]:
    """Return the tables of `Circuit.from_networkx`.

    Raises:
        PremotorError: the graph is undirected or has no edges.
    """
    if not graph.is_directed():
        raise PremotorError("the graph is undirected; synapses have a direction: graph.to_directed() takes both")
    if not graph.number_of_edges():
        raise PremotorError("the graph has no edges")
    nodes = pd.DataFrame([{**data, "id": node} for node, data in graph.nodes(data=True)])
    rows = pd.DataFrame([{**data, "pre": pre, "post": post} for pre, post, data in graph.edges(data=True)])
    numbered = all(isinstance(node, (int, np.integer)) for node in graph.nodes)
    for frame, ends in ((nodes, ["id"]), (rows, ["pre", "post"])):
        frame[ends] = frame[ends].astype(np.int64 if numbered else "str")
    return {"neurons": nodes, "connections": rows}


def to_networkx(circuit: "Circuit") -> Any:
    """Return what `Circuit.to_networkx` returns."""
    try:
        import networkx
    except ImportError:
        raise missing_library("Circuit.to_networkx", "networkx", "graph") from None

    gaps = circuit.gap_junctions
    graph = networkx.DiGraph() if gaps is None else networkx.MultiDiGraph()
    graph.graph["provenance"] = circuit.provenance.as_dict()
    records = circuit.neurons.astype(object).where(circuit.neurons.notna(), None).to_dict("records")
    graph.add_nodes_from((number, data) for number, data in zip(circuit.ids.tolist(), records, strict=True))
    kinds = [(coo_array(circuit.synapses), {} if gaps is None else {"kind": "synapse"})]
    if gaps is not None:
        kinds.append((coo_array(triu(gaps)), {"kind": "gap_junction"}))
    for matrix, kind in kinds:
        pre, post = circuit.ids[matrix.row].tolist(), circuit.ids[matrix.col].tolist()
        rows = zip(pre, post, matrix.data.tolist(), strict=True)
        graph.add_edges_from((a, b, {"count": count, **kind}) for a, b, count in rows)
    return graph


def _arrow(frame: pd.DataFrame) -> pa.Table:
    mixed = [name for name in frame if frame[name].dtype == object]
    texts = {str(name): pd.array([None if _missing(v) else str(v) for v in frame[name]], dtype="str") for name in mixed}
    return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _rows(edges: Iterable[Sequence[Any]], names: tuple[str, str, str], where: str) -> pd.DataFrame:
    rows = [tuple(row) for row in edges]
    wrong = next((row for row in rows if len(row) not in (2, 3)), None)
    if wrong is not None or not rows:
        raise PremotorError(f"{where} holds {wrong!r}; (pre, post) or (pre, post, count) are needed")
    return pd.DataFrame([row if len(row) == 3 else (*row, 1) for row in rows], columns=list(names))


def _matrix(values: Any) -> np.ndarray | csr_array:
    return csr_array(values) if hasattr(values, "tocsr") else np.asarray(values)
