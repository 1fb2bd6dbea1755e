"""A neuron table and a connection table, or a list of edges alone.

| source | tables |
|---|---|
| premotor | neurons.csv, connections.csv, gap_junctions.csv, provenance.json, as `Circuit.save` writes them |
| neuPrint | neurons.csv + total-connections.csv or roi-connections.csv (rows of regions are summed) |
| neuPrint, one table | bodyId_pre, bodyId_post, weight, type_pre, type_post … (fetch_simple_connections) |
| MANC, hemibrain | traced-neurons.csv, traced-connections.csv, any tables of annotations by bodyId |
| an edge list | source, target (from, to; pre_name, post_name) and, where there is one, a count |

Where a table of totals lies beside one of regions, only the totals are read. With several neuron tables the
shortest that holds every connected neuron says which neurons there are; the others add columns. Neurons may have names
in place of ids: they are numbered from 1, in the order of the neuron table or else of the names.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import (
    ID_NAMES,
    POST_NAMES,
    PRE_NAMES,
    REGION_NAMES,
    Header,
    first,
    gap_columns,
    id_column,
    is_connections,
    is_neurons,
    only,
)
from premotor.connectome.neuron_table import covering, join, typed_column
from premotor.connectome.readers.naming import named_neurons
from premotor.connectome.readers.rows import Rows, read_rows
from premotor.connectome.readers.source import READERS, Reader, Source, not_looked_into
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import PROVENANCE, read_record, restore_types
from premotor.connectome.tables import read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

_ENDS = (("", "_pre", "", "_post"), ("pre_", "", "post_", ""), ("source_", "", "target_", ""))


@READERS.register("tables")
class Tables(Reader):
    """Neurons and connections, by id or name: premotor's folders, neuPrint exports, MANC, hemibrain, edge lists."""

    description = "neurons and connections, by id or name: premotor's folders, neuPrint, MANC, hemibrain, edge lists"
    priority = 20

    def matches(self, source: Source) -> bool:
        """Return whether some table lists connections."""
        return any(is_connections(header) for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the tables of a folder, or one connection table alone."""
        connections = _connections(source)
        header = source.tables[connections]
        folder = source.whole()
        name = source.path.resolve().name if folder else source.path.name.split(".")[0]
        provenance, types = read_record(source.file(PROVENANCE) if folder else None, name)
        said = provenance.steps[-1].get("edges") if provenance.steps else 0 if types else None
        ends = tuple(word for names in (PRE_NAMES, POST_NAMES) if (word := first(names, header)) is not None)
        rows = read_rows(
            connections, header, ends, uncounted=not source.path.is_dir(), scale=source.reading.scale, empty=said == 0
        )
        gaps = _gap_tables(source)
        pairs = _neurons_of_pairs(connections, header, ends, rows) if len(source.tables) == 1 else None
        if gaps:
            rows = rows | _gap_rows(only(gaps, "tables of gap junctions", source.path), source)
        dropped: dict[str, int] = {}
        if rows.names is None:
            files = _neuron_files(source)
            if files:
                base, others = covering(files, rows.ids(), types)
                frame, dropped = join(base, others)
            else:
                frame = pd.DataFrame(index=pd.Index(rows.ids(), name="id")) if pairs is None else pairs
        else:
            beside = {path: columns for path, columns in source.tables.items() if not _is_edges(path, columns)}
            frame, ids, dropped, files = named_neurons(beside, rows.names, connections)
            if pairs is not None:
                frame, _ = join(frame, [pairs.set_axis(ids[pairs.index])])
            rows = rows.numbered(ids)
        frame = rows.signed(frame, str(connections))
        neurons = restore_types(canonical_columns(frame, listed(path.name for path in files)), types, source.path)
        return assemble(
            neurons,
            rows.edges,
            provenance,
            reader="tables",
            where=str(connections),
            gap_junctions=rows.gaps,
            strict=True,
            signs=signs,
            dropped={**dropped, **rows.dropped},
            arguments={"files": [path.name for path in (*files, connections, *gaps)], **rows.about},
        )


def _is_gaps(path: Path, header: Header) -> bool:
    """Return whether a table lists gap junctions: by its columns a and b, or by its name."""
    name = path.name.lower().replace("_", "").replace("-", "")
    return gap_columns(header) is not None or (is_connections(header) and name.startswith(("gap", "electrical")))


def _is_edges(path: Path, header: Header) -> bool:
    return is_connections(header) or _is_gaps(path, header)


def _connections(source: Source) -> Path:
    found = [path for path, header in source.tables.items() if is_connections(header)]
    if source.whole():
        found = [path for path in found if not _is_gaps(path, source.tables[path])]
    if not found:
        raise PremotorError(f"{source.path} holds gap junctions but no connection table")
    totals = [path for path in found if first(REGION_NAMES, source.tables[path]) is None]
    return only(totals or found, "connection tables", source.path)


def _gap_tables(source: Source) -> list[Path]:
    if not source.whole():
        return []
    return [path for path, header in source.tables.items() if _is_gaps(path, header)]


def _gap_rows(path: Path, source: Source) -> Rows:
    header = source.tables[path]
    columns = gap_columns(header)
    if columns is not None:
        return read_rows(path, header, columns[:2], counted=columns[2], scale=source.reading.scale, empty=True)
    ends = tuple(word for names in (PRE_NAMES, POST_NAMES) if (word := first(names, header)) is not None)
    rows = read_rows(path, header, ends, scale=source.reading.scale, empty=True)
    if rows.gaps is not None and rows.edges.count.size:
        raise PremotorError(f"{path} is named as a table of gap junctions, but holds chemical connections, too")
    return rows


def _neuron_files(source: Source) -> list[Path]:
    found = [path for path, header in source.tables.items() if is_neurons(header)]
    if not found and source.whole():
        others = [path for path, header in source.tables.items() if not is_connections(header)]
        raise PremotorError(
            f"{source.path} holds no neuron table: one of the columns {', '.join(ID_NAMES)} is needed (or --columns "
            "id=NAME); a table that lies elsewhere by --also FILE"
            + (f" ({others[0].name} has {listed(source.tables[others[0]])})" if others else "")
            + not_looked_into(source)
        )
    return found


def _neurons_of_pairs(path: Path, header: Header, ends: tuple[str, ...], rows: Rows) -> pd.DataFrame:
    """Return the neurons of a connection table, with its columns x_pre and x_post as their column x.

    The index holds ids, or positions in the names. Columns in which a neuron has several values are left out.
    """
    neurons, row, of = np.unique(np.concatenate(rows.ends), return_index=True, return_inverse=True)
    frame = pd.DataFrame(index=pd.Index(neurons, name="id"))
    for before, after, other_before, other_after in _ENDS:
        for pre in header:
            word = pre.removeprefix(before).removesuffix(after)
            post = f"{other_before}{word}{other_after}"
            if pre != f"{before}{word}{after}" or post not in header or not word or {pre, post} & set(ends):
                continue
            table = read_table(path, (pre, post), used=False)
            both = [table[name].cast(pa.large_string()) for name in (pre, post)]
            values = pa.chunked_array([chunk for part in both for chunk in part.chunks])
            codes = pd.factorize(np.array(values.to_pylist(), dtype=object))[0]
            if id_column((word,)) is None and (codes == codes[row][of]).all():
                read_table(path, (pre, post))
                frame[word] = pd.Series(typed_column(values, word)).iloc[row].array
    return frame
