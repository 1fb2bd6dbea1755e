"""A neuron table and a connection table: premotor's folders, neuPrint exports, MANC and hemibrain releases.

| source | tables |
|---|---|
| premotor | neurons.csv, connections.csv, gap_junctions.csv, provenance.json, as `Circuit.save` writes them |
| neuPrint | neurons.csv + total-connections.csv or roi-connections.csv (rows of regions are summed) |
| neuPrint, one table | bodyId_pre, bodyId_post, weight, type_pre, type_post … (fetch_simple_connections) |
| MANC, hemibrain | traced-neurons.csv, traced-connections.csv, any tables of annotations by bodyId |

Where a table of totals lies beside one of regions, only the totals are read. With several neuron tables the
shortest that holds every connected neuron says which neurons there are; the others add columns.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.neuron_table import ID_NAMES, covering, join, typed_column
from premotor.connectome.readers.columns import (
    KIND_NAMES,
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
    split_kinds,
)
from premotor.connectome.readers.edge_list import EdgeList, named
from premotor.connectome.readers.source import READERS, Header, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import GAP_JUNCTIONS, PROVENANCE, read_record, restore_types
from premotor.connectome.tables import read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError


@READERS.register("tables")
class Tables(Reader):
    """Neurons and connections, by id: premotor's folders, neuPrint exports, MANC, hemibrain."""

    description = "neurons and connections, by id: premotor's folders, neuPrint exports, MANC, hemibrain"
    priority = 20

    def matches(self, source: Source) -> bool:
        """Return whether some table lists connections."""
        return any(is_connections(header) for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the tables of a folder, or one connection table alone."""
        connections = _connections(source)
        header = source.tables[connections]
        pre, post, kind = (first(names, header) for names in (PRE_NAMES, POST_NAMES, KIND_NAMES))
        assert pre is not None and post is not None
        if source.path.is_file() and named(read_table(connections, (pre, post)).columns):
            return EdgeList().read_ends(source, (pre, post), signs)
        rows = read_edges(connections, pre, post, count_column(connections, header))
        edges, gaps = rows, _gap_junctions(source)
        if kind is not None:
            words = read_table(connections, (kind,))[kind].cast(pa.string()).to_pandas()
            edges, electrical = split_kinds(edges, words, f"{connections}, column {kind}")
            if electrical is not None and gaps is not None:
                raise PremotorError(f"{connections} holds electrical connections, and another table gap junctions")
            gaps = gaps if electrical is None else electrical
        provenance, types = read_record(source.file(PROVENANCE), source.path.resolve().name)
        said = provenance.steps[-1].get("edges") if provenance.steps else 0 if types else None
        if rows.count.size == 0 and said != 0:
            raise PremotorError(f"{connections} has a header but no connections")
        files = _neuron_files(source)
        if files:
            base, others = covering(files, edges.ids())
            frame, dropped = join(base, others)
        else:
            frame, dropped = _neurons_of_pairs(connections, header, rows), {}
        neurons = restore_types(canonical_columns(frame, listed(path.name for path in files)), types, source.path)
        return assemble(
            neurons,
            edges,
            provenance,
            reader="tables",
            where=str(connections),
            gap_junctions=gaps,
            strict=True,
            signs=signs,
            dropped=dropped,
            arguments={"files": [path.name for path in (*files, connections, *_gap_files(source))]},
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


def _neuron_files(source: Source) -> list[Path]:
    found = [path for path, header in source.tables.items() if is_neurons(header)]
    if not found and source.path.is_dir():
        others = [path.name for path, header in source.tables.items() if not is_connections(header)]
        raise PremotorError(
            f"{source.path} holds no neuron table: one of the columns {', '.join(ID_NAMES)} is needed"
            + (f" ({others[0]} has {listed(source.tables[source.path / others[0]])})" if others else "")
        )
    return found


def _neurons_of_pairs(path: Path, header: Header, edges: Edges) -> pd.DataFrame:
    """Return the neurons of a connection table, with its columns x_pre and x_post as their column x."""
    ids = edges.ids()
    frame = pd.DataFrame(index=pd.Index(ids, name="id"))
    words = [name.removesuffix("_pre") for name in header if name.endswith("_pre")]
    for word in words:
        names = (f"{word}_pre", f"{word}_post")
        if word == "bodyId" or names[0] in PRE_NAMES or names[1] not in header:
            continue
        table = read_table(path, names)
        both = [table[name].cast(pa.large_string()) for name in names]
        values = typed_column(pa.chunked_array([chunk for part in both for chunk in part.chunks]), word)
        ends = np.concatenate([edges.pre, edges.post])
        _, row = np.unique(ends, return_index=True)
        frame[word] = pd.Series(values).iloc[row].array
    return frame


def _gap_files(source: Source) -> list[Path]:
    return [path for path, header in source.tables.items() if is_gap_junctions(header)]


def _gap_junctions(source: Source) -> Edges | None:
    found = _gap_files(source)
    if not found:
        return None
    return read_edges(only(found, "tables of gap junctions", source.path), "a", "b", "count")
