"""GraphML, as networkx, igraph, Gephi and Cytoscape write it: directed edges, data on nodes and edges.

Node ids that are whole numbers are the neurons' ids; others (n0, AVAL) are numbered from 1 in the order of
the file and become the column `name`. Node data become columns. An edge's count is its weight, count,
synapses or n_synapses; without any, every edge is one synapse; several edges between two neurons are summed.
Edges whose data `kind` is gap_junction are gap junctions. A record that premotor wrote with the graph is read.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow as pa

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import parse_counts, parse_ids, unique_ids
from premotor.connectome.neuron_table import is_numeric, typed_column
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.columns import (
    COUNT_NAMES,
    KIND_NAMES,
    first,
    refuse_uncounted,
    split_kinds,
)
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import parse_record, restore_types
from premotor.errors import PremotorError

_NO_EDGES = Edges(*(np.zeros(0, np.int64) for _ in range(3)))


@READERS.register("graphml")
class GraphML(Reader):
    """GraphML with directed edges; data on nodes become columns."""

    description = "GraphML with directed edges; data on nodes become columns"
    priority = 80

    def matches(self, source: Source) -> bool:
        """Return whether the source is one GraphML file."""
        return len(source.files) == 1 and source.files[0].suffix.lower() == ".graphml"

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the one graph of a file."""
        path = source.files[0]
        root = _root(path)
        graphs = [element for element in root if _tag(element) == "graph"]
        if _tag(root) != "graphml" or len(graphs) != 1:
            raise PremotorError(f"{path} holds {len(graphs)} graphs; a GraphML file with one is needed")
        if graphs[0].get("edgedefault") != "directed":
            raise PremotorError(f"{path} is an undirected graph; synapses have a direction")
        declared = [element for element in root if _tag(element) == "key"]
        keys = {key.get("id", ""): key.get("attr.name", key.get("id", "")) for key in declared}
        nodes = [element for element in graphs[0] if _tag(element) == "node"]
        labels = [node.get("id", "") for node in nodes]
        if not labels or len(set(labels)) < len(labels):
            raise PremotorError(f"{path} has no nodes, or two nodes of one id")
        ids, columns = _named(labels, path)
        record = _data(graphs[0], keys).get("provenance")
        provenance, types = (Provenance(dataset=path.stem), {}) if record is None else parse_record(record, path)
        data = [_data(node, keys) for node in nodes]
        for name in dict.fromkeys((*types, *(word for row in data for word in row))):
            values = [row.get(name, "") for row in data]
            text = types.get(name) == "str"
            columns[name] = pd.array(values, dtype="str") if text else typed_column(pa.chunked_array([values]), name)
        if record is None and not any(_tag(element) == "edge" for element in graphs[0]):
            raise PremotorError(f"{path} has no edges")
        kinds = any(key.get("for") == "edge" and key.get("attr.name") == "kind" for key in declared)
        edges, gaps, counted = _edges(graphs[0], dict(zip(labels, ids, strict=True)), keys, path)
        neurons = canonical_columns(pd.DataFrame(columns, index=pd.Index(ids, name="id")), path)
        return assemble(
            restore_types(neurons, types, path),
            edges,
            provenance,
            reader="graphml",
            where=str(path),
            gap_junctions=_NO_EDGES if gaps is None and record is not None and kinds else gaps,
            strict=True,
            signs=signs,
            arguments={"files": [path.name], "counted": counted or "edges"},
        )


def _root(path: Path) -> ElementTree.Element:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise PremotorError(f"cannot read {path}: {error.strerror or error}") from None
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        # Entities can blow a small file up to gigabytes, and no writer of GraphML needs them.
        raise PremotorError(f"{path} declares XML entities or a DOCTYPE, which GraphML does not need")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise PremotorError(f"{path} is not well-formed XML: {error}") from None


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _data(element: ElementTree.Element, keys: dict[str, str]) -> dict[str, str]:
    return {
        keys.get(child.get("key", ""), child.get("key", "")): (child.text or "").strip()
        for child in element
        if _tag(child) == "data"
    }


def _named(labels: list[str], path: Path) -> tuple[np.ndarray, dict]:
    if all(re.fullmatch(r"[0-9]+", label) for label in labels):
        ids = parse_ids(pa.chunked_array([labels]), f"{path}, node ids")
        unique_ids(ids, f"{path}, node ids")
        return ids, {}
    return np.arange(1, len(labels) + 1, dtype=np.int64), {"name": pd.array(labels, dtype="str")}


def _edges(
    graph: ElementTree.Element, ids: dict[str, int], keys: dict[str, str], path: Path
) -> tuple[Edges, Edges | None, str | None]:
    rows = [element for element in graph if _tag(element) == "edge"]
    ends = [(row.get("source", ""), row.get("target", "")) for row in rows]
    for end in (end for pair in ends for end in pair):
        if end not in ids:
            raise PremotorError(f"{path} has an edge of the node {end!r}, which it lacks")
    if any(row.get("directed") == "false" for row in rows):
        raise PremotorError(f"{path} has an undirected edge; synapses have a direction")
    data = [_data(row, keys) for row in rows]
    names = tuple(dict.fromkeys(name for row in data for name in row))
    counted, kind = first(COUNT_NAMES, names), first(KIND_NAMES, names)
    count = np.ones(len(rows), np.int64)
    if counted is None:
        columns = {name: pa.chunked_array([[row.get(name, "") for row in data]]) for name in names if name != kind}
        refuse_uncounted(path, [name for name, values in columns.items() if is_numeric(values, name)])
    else:
        column = pa.chunked_array([[row.get(counted, "") for row in data]])
        count = parse_counts(column, f"{path}, edge data {counted}")
    pre, post = (np.array([ids[pair[side]] for pair in ends], dtype=np.int64) for side in (0, 1))
    edges = Edges(pre, post, count)
    if kind is None:
        return edges, None, counted
    return *split_kinds(edges, pd.Series([row.get(kind, "") for row in data]), f"{path}, edge data {kind}"), counted
