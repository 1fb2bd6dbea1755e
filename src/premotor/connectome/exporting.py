"""A circuit in other programs' formats, by name; `load_circuit` reads each of them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
from scipy.sparse import coo_array, triu

from premotor.connectome.columns import EFFECTOR
from premotor.connectome.sonata_writer import write_sonata
from premotor.connectome.storage import record_text, write_around, write_folder
from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit

_GAP_JUNCTION = "gap_junction"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export_circuit(circuit: "Circuit", folder: str | Path, format: str = "csv") -> Path:
    """Write a circuit into a new folder and return what `load_circuit` reads back: the folder or a file in it.

    Formats: ``csv`` (as `Circuit.save`), ``sonata`` (see `write_sonata`), ``npz`` (synapses.npz as
    `scipy.sparse.save_npz` writes it, with ids and gap junctions beside, and neurons.csv) and ``graphml``
    (circuit.graphml; gap junctions are edges whose `kind` is gap_junction, one a pair). Each comes back with
    the same neurons, synapses, gap junctions, effectors and record: in csv and npz effectors are tables beside, in
    sonata a population, in graphml nodes whose `effector` is their own name.

    Raises:
        PremotorError: an unknown format, the folder exists and is not empty, a library is missing, or the
            format can not hold a value.
    """
    if format not in FORMATS:
        raise PremotorError(f"there is no format {format!r} to export to; there are {', '.join(FORMATS)}")
    return FORMATS[format](circuit, Path(folder))


def _write_npz(circuit: "Circuit", folder: Path) -> Path:
    def write(aside: Path) -> None:
        matrix = circuit.synapses
        arrays: dict[str, Any] = {
            "format": np.array(b"csr"),
            "shape": np.array(matrix.shape),
            "data": matrix.data,
            "indices": matrix.indices,
            "indptr": matrix.indptr,
            "_is_array": np.array(True),
            "ids": circuit.ids,
        }
        if circuit.gap_junctions is not None:
            gaps = coo_array(triu(circuit.gap_junctions))
            arrays["gap_junctions"] = np.stack([gaps.row, gaps.col, gaps.data], axis=1).astype(np.int64)
        np.savez_compressed(aside / "synapses.npz", **arrays)
        write_around(aside, circuit)

    return write_folder(folder, write, "the circuit")


def _write_graphml(circuit: "Circuit", folder: Path) -> Path:
    text = _graphml(circuit)

    def write(aside: Path) -> None:
        (aside / "circuit.graphml").write_text(text, encoding="utf-8")

    return write_folder(folder, write, "the circuit") / "circuit.graphml"


def _graphml(circuit: "Circuit") -> str:
    root = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    keys: dict[tuple[str, str, str], str] = {}

    def key(kind: str, name: str, type_: str) -> str:
        if _NO_XML.search(name):
            raise PremotorError(f"GraphML cannot hold a column called {name!r}; rename it")
        found = keys.get((kind, name, type_))
        if found is None:
            found = keys[kind, name, type_] = f"k{len(keys)}"
            named = {"id": found, "for": kind, "attr.name": name, "attr.type": type_}
            ElementTree.SubElement(root, "key", named)
        return found

    def put(element: ElementTree.Element, kind: str, name: str, type_: str, value: str) -> None:
        bad = _NO_XML.search(value)
        if bad:
            raise PremotorError(f"GraphML cannot hold the character {bad.group()!r} of the column {name!r}")
        ElementTree.SubElement(element, "data", key=key(kind, name, type_)).text = value

    graph = ElementTree.Element("graph", edgedefault="directed")
    put(graph, "graph", "provenance", "string", json.dumps(json.loads(record_text(circuit)), ensure_ascii=False))
    effectors = circuit.effectors.assign(**{EFFECTOR: circuit.effectors.index})
    for table, labels in ((circuit.neurons, circuit.ids.astype(str)), (effectors, effectors.index)):
        types = {str(name): _xml_type(kind) for name, kind in table.dtypes.items()}
        columns = {str(name): table[name].astype("str").where(table[name].notna(), "").to_numpy() for name in table}
        for name, type_ in types.items() if len(table) else ():
            key("node", name, type_)
        for row, label in enumerate(labels):
            node = ElementTree.SubElement(graph, "node", id=label)
            for name, type_ in types.items():
                value = columns[name][row]
                if value != "" or type_ == "string":
                    put(node, "node", name, type_, value)
    ids = circuit.ids.astype(str)
    names = effectors.index.to_numpy()
    kinds = [(coo_array(circuit.synapses), ids, "kind", "")]
    if circuit.gap_junctions is not None:
        key("edge", "kind", "string")
        kinds = [
            (kinds[0][0], ids, "kind", "synapse"),
            (coo_array(triu(circuit.gap_junctions)), ids, "kind", _GAP_JUNCTION),
        ]
    kinds += [
        (coo_array(circuit.neuromuscular), names, "edge_type", "synapse"),
        (coo_array(circuit.muscle_junctions), names, "edge_type", _GAP_JUNCTION),
    ]
    for matrix, targets, word, kind in kinds:
        for pre, post, count in zip(ids[matrix.row], targets[matrix.col], matrix.data, strict=True):
            edge = ElementTree.SubElement(graph, "edge", source=pre, target=post)
            put(edge, "edge", "count", "long", str(count))
            if kind:
                put(edge, "edge", word, "string", kind)
    root.append(graph)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml_type(kind: object) -> str:
    name = str(kind).lower()
    if name.startswith(("int", "uint")):
        return "long"
    return "double" if name.startswith("float") else "string"


FORMATS: dict[str, Callable[["Circuit", Path], Path]] = {
    "csv": lambda circuit, folder: circuit.save(folder),
    "sonata": write_sonata,
    "npz": _write_npz,
    "graphml": _write_graphml,
}
