"""GraphML, as networkx, igraph, Gephi and Cytoscape write it: directed edges, data on nodes and edges.

Node ids that are whole numbers are the neurons' ids; others (n0, AVAL) are numbered from 1 in the order of
the file and become the column `name` (`node`, where nodes have a name besides). Node data become columns. An edge's
count is its weight, count, synapses or the like; without any, every edge is one synapse; several edges between two
neurons are summed. Edges whose data `kind` says so are gap junctions. Nodes whose data `effector` is their own name are
muscles or motor modules. Files may be gzipped. A record that premotor wrote with the graph is read.
"""

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import EFFECTOR, ignored, refuse_unfound, renamings
from premotor.connectome.edges import Edges, positions
from premotor.connectome.identifiers import parse_ids, unique_ids
from premotor.connectome.neuron_table import typed_column
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.effectors import tables_of, with_effectors
from premotor.connectome.readers.rows import read_rows, signed_by_weights
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import parse_record, restore_types
from premotor.connectome.tables import Table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.files import refuse_unpacked
from premotor.settings import note

_ENDS = ("source node", "target node")
_MOST_BYTES = 2**29
_NO_EDGES = Edges(*(np.zeros(0, np.int64) for _ in range(3)))


@READERS.register("graphml")
class GraphML(Reader):
    """GraphML with directed edges; data on nodes become columns."""

    description = "GraphML with directed edges; data on nodes become columns"
    priority = 80

    def matches(self, source: Source) -> bool:
        """Return whether the source is one GraphML file."""
        return len(source.files) == 1 and source.files[0].name.lower().endswith((".graphml", ".graphml.gz"))

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
        keys = _keys(declared, source, path)
        every = [element for element in graphs[0] if _tag(element) == "node"]
        moved: list[ElementTree.Element] = []
        nodes: list[ElementTree.Element] = []
        for node in every:
            (moved if _data(node, keys["node"]).get(EFFECTOR) == node.get("id") else nodes).append(node)
        labels = [node.get("id", "") for node in nodes]
        if not labels or len(set(labels)) < len(labels):
            raise PremotorError(f"{path} has no nodes, or two nodes of one id")
        ids, columns = _named(labels, path)
        record = _data(graphs[0], keys["graph"]).get("provenance")
        name = path.name.split(".")[0]
        provenance, types = (Provenance(dataset=name), {}) if record is None else parse_record(record, path)
        about_effectors = {} if record is None else parse_record(record, path, "effector_types")[1]
        data = [_data(node, keys["node"]) for node in nodes]
        for name in dict.fromkeys((*types, *(word for row in data for word in row))):
            values = [row.get(name, "") for row in data]
            text = types.get(name) == "str"
            if name == "name" and "name" in columns and values != labels:
                columns["node"] = columns["name"]
            columns[name] = pd.array(values, dtype="str") if text else typed_column(pa.chunked_array([values]), name)
        if record is None and not any(_tag(element) == "edge" for element in graphs[0]):
            raise PremotorError(f"{path} has no edges")
        kinds = any(key.get("for") == "edge" and key.get("attr.name") == "kind" for key in declared)
        effectors = [node.get("id", "") for node in moved]
        known = frozenset(effectors)
        elements: list[ElementTree.Element] = []
        onto: list[ElementTree.Element] = []
        for element in (element for element in graphs[0] if _tag(element) == "edge"):
            (onto if element.get("target") in known else elements).append(element)
        number = dict(zip(labels, ids, strict=True))
        edges, gaps, sign, about = _edges(elements, number, keys["edge"], path, source.reading.scale)
        frame = pd.DataFrame(columns, index=pd.Index(ids, name="id"))
        frame = signed_by_weights(frame, positions(ids, edges.pre), sign, str(path))
        neurons = canonical_columns(frame, path)
        circuit = assemble(
            restore_types(neurons, types, path),
            edges,
            provenance,
            reader="graphml",
            where=str(path),
            gap_junctions=_NO_EDGES if gaps is None and record is not None and kinds else gaps,
            strict=True,
            signs=signs,
            arguments={"files": [path.name], **about},
        )
        if not moved:
            return circuit
        rows = [_data(node, keys["node"]) for node in moved]
        table: dict[str, list[str] | np.ndarray | ExtensionArray] = {EFFECTOR: effectors}
        for name in dict.fromkeys((*about_effectors, *(word for row in rows for word in row if word != EFFECTOR))):
            values = [row.get(name, "") for row in rows]
            text = about_effectors.get(name) == "str"
            table[name] = pd.array(values, dtype="str") if text else typed_column(pa.chunked_array([values]), name)
        if any(element.get("source") in known for element in onto):
            raise PremotorError(
                f"{path} has an edge from an effector; neurons reach effectors, and not the other way round"
            )
        ends = _ends_of(onto, {**number, **{name: name for name in effectors}}, path)
        links = pd.DataFrame(
            {
                "pre": np.array([pre for pre, _ in ends], np.int64),
                EFFECTOR: pd.array([name for _, name in ends], dtype="str"),
            }
        )
        data = [_data(element, keys["edge"]) for element in onto]
        for name in dict.fromkeys(name for row in data for name in row):
            links[name] = pd.array([row.get(name, "") for row in data], dtype="str")
        tables = tables_of(path, pd.DataFrame(table), links)
        return with_effectors(circuit, tables, about_effectors, source.reading.scale)


def _root(path: Path) -> ElementTree.Element:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        # A tag takes about 100 bytes in memory, however short it is.
        parsed = len(text) + 100.0 * text.count(b"<")
        refuse_unpacked(path, parsed, int(path.stat().st_size * parsed / max(len(text), 1)))
    except (OSError, EOFError, zlib.error) as error:
        raise PremotorError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(text) > _MOST_BYTES:
        raise PremotorError(f"{path} holds more than {_MOST_BYTES >> 20} MB of XML; write its edges as a table")
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        # Entities can blow a small file up to gigabytes, and no writer of GraphML needs them.
        raise PremotorError(f"{path} declares XML entities or a DOCTYPE, which GraphML does not need")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise PremotorError(f"{path} is not well-formed XML: {error}") from None


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


@dataclass(frozen=True)
class _Keys:
    """Names and default values of the data of nodes, of edges, or of the graph, by the id of their key."""

    names: dict[str, str]
    defaults: dict[str, str]


def _keys(declared: list[ElementTree.Element], source: Source, path: Path) -> dict[str, _Keys]:
    """Return the keys of nodes, edges and graph, with the names that the user gives, "" for what is ignored."""
    result, headers = {}, []
    for kind in ("node", "edge", "graph"):
        own = [key for key in declared if key.get("for", "all") in (kind, "all")]
        names = {key.get("id", ""): key.get("attr.name", key.get("id", "")) for key in own}
        headers.append(tuple(names.values()))
        left_out = ignored(headers[-1], source.reading.columns)
        renamed = renamings(headers[-1], source.reading.columns, edges=kind == "edge")
        names = {key: "" if name in left_out else renamed.get(name, name) for key, name in names.items()}
        defaults = {
            names[key.get("id", "")]: (child.text or "").strip()
            for key in own
            for child in key
            if _tag(child) == "default" and names[key.get("id", "")]
        }
        result[kind] = _Keys(names, defaults)
    refuse_unfound(source.reading.columns, headers, path)
    return result


def _data(element: ElementTree.Element, keys: _Keys) -> dict[str, str]:
    own = {
        keys.names.get(child.get("key", ""), child.get("key", "")): (child.text or "").strip()
        for child in element
        if _tag(child) == "data"
    }
    return {name: value for name, value in {**keys.defaults, **own}.items() if name}


def _named(labels: list[str], path: Path) -> tuple[np.ndarray, dict]:
    if all(re.fullmatch(r"[0-9]+", label) for label in labels):
        ids = parse_ids(pa.chunked_array([labels]), f"{path}, node ids")
        unique_ids(ids, f"{path}, node ids")
        return ids, {}
    return np.arange(1, len(labels) + 1, dtype=np.int64), {"name": pd.array(labels, dtype="str")}


def _ends_of[End](elements: list[ElementTree.Element], ids: Mapping[str, End], path: Path) -> list[tuple[End, End]]:
    """Return the two ends of directed edges by the labels of nodes."""
    ends = [(element.get("source", ""), element.get("target", "")) for element in elements]
    for end in (end for pair in ends for end in pair):
        if end not in ids:
            raise PremotorError(f"{path} has an edge of the node {end!r}, which it lacks")
    if any(element.get("directed") == "false" for element in elements):
        raise PremotorError(f"{path} has an undirected edge; synapses have a direction")
    return [(ids[pre], ids[post]) for pre, post in ends]


def _edges(
    elements: list[ElementTree.Element], ids: dict[str, int], keys: _Keys, path: Path, scale: float | None
) -> tuple[Edges, Edges | None, np.ndarray, dict[str, object]]:
    """Return chemical and electrical edges, the signs of the chemical ones' weights, and how they were read."""
    ends = _ends_of(elements, ids, path)
    data = [_data(element, keys) for element in elements]
    names = tuple(dict.fromkeys(name for row in data for name in row))
    columns = {name: pa.array([row.get(name, "") for row in data], pa.string()) for name in names}
    for place, end in enumerate(_ENDS):
        columns[end] = pa.array([pair[place] for pair in ends], pa.int64())
    table = Table(path, frame=pa.table(columns))
    rows = read_rows(table, tuple(columns), _ENDS, uncounted=True, scale=scale, empty=True)
    unused = [name for name in names if name not in table.read]
    if unused:
        note(f"{path.name}: data of edges not used: {listed(unused, 20)}")
    sign = np.ones(rows.edges.count.size, np.int8) if rows.sign is None else rows.sign
    return rows.edges, rows.gaps, sign, {**rows.about, **({"columns not used": listed(unused)} if unused else {})}
