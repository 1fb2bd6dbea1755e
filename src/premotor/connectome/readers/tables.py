"""A neuron table and a connection table: premotor's folders, neuPrint exports, MANC and hemibrain releases.

A folder that `Circuit.save` wrote also has gap_junctions.csv and provenance.json, and comes back the same.
Connection tables with one row per region are summed over regions; where a table of totals lies beside them,
only the totals are read.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.connectome.assemble import assemble
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.neuron_table import ID_NAMES, neuron_table
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.columns import (
    POST_NAMES,
    PRE_NAMES,
    REGION_NAMES,
    count_column,
    first,
    is_connections,
    is_gap_junctions,
    is_neurons,
    only,
    read_edges,
)
from premotor.connectome.readers.source import Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import GAP_JUNCTIONS, PROVENANCE
from premotor.connectome.tables import read_table
from premotor.connectome.words import listed
from premotor.errors import PremotorError

_NUMPY_TYPES = ("int8", "int16", "int32", "int64", "uint8", "float32", "float64")
_RESTORED = (*_NUMPY_TYPES, "Int64", "Float64", "boolean", "bool", "str")


def matches(source: Source) -> bool:
    """Return whether some table lists connections."""
    return any(is_connections(header) for header in source.tables.values())


def read(source: Source, signs: SignPolicy | None) -> Circuit:
    """Read the tables of a folder, or one connection table alone."""
    connections = _connections(source)
    header = source.tables[connections]
    pre, post = first(PRE_NAMES, header), first(POST_NAMES, header)
    assert pre is not None and post is not None
    edges = read_edges(connections, pre, post, count_column(connections, header))
    provenance, types = _provenance(source)
    if edges.count.size == 0 and not (provenance.steps and provenance.steps[-1].get("edges") == 0):
        raise PremotorError(f"{connections} has a header but no connections")
    neuron_file = _neuron_file(source)
    neurons = None if neuron_file is None else _neurons(neuron_file, types)
    gaps = _gap_junctions(source)
    return assemble(
        neurons,
        edges,
        provenance,
        reader="tables",
        where=str(connections),
        gap_junctions=gaps,
        strict=True,
        signs=signs,
        arguments={"files": [path.name for path in (neuron_file, connections) if path is not None]},
    )


def _connections(source: Source) -> Path:
    found = [
        path
        for path, header in source.tables.items()
        if is_connections(header) and not path.name.startswith(Path(GAP_JUNCTIONS).stem)
    ]
    if not found:
        raise PremotorError(f"{source.path} holds gap junctions but no connection table")
    totals = [path for path in found if first(REGION_NAMES, source.tables[path]) is None]
    return only(totals or found, "connection tables", source.path)


def _neuron_file(source: Source) -> Path | None:
    found = [path for path, header in source.tables.items() if is_neurons(header)]
    if found:
        return only(found, "neuron tables", source.path)
    if source.path.is_dir():
        others = [path.name for path, header in source.tables.items() if not is_connections(header)]
        raise PremotorError(
            f"{source.path} holds no neuron table: one of the columns {', '.join(ID_NAMES)} is needed"
            + (f" ({others[0]} has {listed(source.tables[source.path / others[0]])})" if others else "")
        )
    return None


def _neurons(path: Path, types: dict[str, str]) -> pd.DataFrame:
    neurons = neuron_table(read_table(path), path)
    for name, kind in types.items():
        if name in neurons and kind in _RESTORED and str(neurons[name].dtype) != kind:
            try:
                neurons[name] = _restored(neurons[name], kind)
            except (TypeError, ValueError, OverflowError):
                raise PremotorError(f"{path}, column {name}, is not {kind}, as {PROVENANCE} says") from None
    return neurons


def _restored(column: pd.Series, kind: str) -> pd.Series:
    if kind == "bool":
        return column.map({"True": True, "False": False}).astype("boolean").astype(bool)
    return column.astype(np.dtype(kind)) if kind in _NUMPY_TYPES else column.astype(kind)  # type: ignore[call-overload]


def _gap_junctions(source: Source) -> Edges | None:
    found = [path for path, header in source.tables.items() if is_gap_junctions(header)]
    if not found:
        return None
    return read_edges(only(found, "tables of gap junctions", source.path), "a", "b", "count")


def _provenance(source: Source) -> tuple[Provenance, dict[str, str]]:
    """Return the record beside the tables and the column types it restores."""
    path = source.file(PROVENANCE)
    if path is None:
        return Provenance(dataset=source.path.resolve().name), {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PremotorError(f"cannot read {path}: {error}") from None
    provenance = Provenance.from_json(text, str(path))
    types: Any = json.loads(text).get("column_types", {})
    if not isinstance(types, dict) or not all(isinstance(kind, str) for kind in types.values()):
        raise PremotorError(f"{path}: column_types has to be an object of column names and types")
    return provenance, types


READER = Reader(
    name="tables",
    description="neurons and connections, by id: premotor's folders, neuPrint exports, MANC, hemibrain",
    matches=matches,
    read=read,
)
