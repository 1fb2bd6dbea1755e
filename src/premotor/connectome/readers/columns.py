"""Column names of connection tables, across all sources, and reading the columns into edges."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from premotor.connectome.edges import Edges, positions, tell_lost
from premotor.connectome.identifiers import parse_counts, parse_ids
from premotor.connectome.neuron_table import id_column
from premotor.connectome.readers.source import Header
from premotor.connectome.tables import ARROW_SUFFIXES, PARQUET_SUFFIXES, checked, read_table, readable
from premotor.connectome.vocabulary import listed, plain
from premotor.errors import PremotorError

PRE_NAMES = ("pre", "pre_id", "bodyId_pre", "source", "presynaptic", "source_id")
POST_NAMES = ("post", "post_id", "bodyId_post", "target", "postsynaptic", "target_id")
COUNT_NAMES = (
    *(
        "count",
        "counts",
        "weight",
        "weights",
        "synapses",
        "syn_count",
        "synapse_count",
        "n_synapses",
        "n_syn",
        "n_syns",
    ),
    *("num_synapses", "number_of_synapses", "value", "strength"),
)
KIND_NAMES = ("type", "kind", "edge_type", "synapse_type", "connection_type")
_KINDS = {
    **dict.fromkeys(("", "chemical", "chem", "synapse", "chemical synapse", "cs", "directed"), "chemical"),
    **dict.fromkeys(
        ("electrical", "electric", "gap", "gap junction", "gap_junction", "gapjunction", "gj", "ej"), "gap"
    ),
}
_NO_COUNT = {"", "id", "edgeid", "key", "index", "label", "row"}
REGION_NAMES = ("roi", "neuropil")
GAP_NAMES = ("a", "b", "count")


def first(names: tuple[str, ...], header: Sequence[str]) -> str | None:
    """Return the header's word for the first of `names` that it has, whatever its capitals and underscores, or None."""
    words = {plain(word): word for word in reversed(header)}
    return next((words[plain(name)] for name in names if plain(name) in words), None)


def refuse_uncounted(path: object, numeric: Sequence[str]) -> None:
    """Refuse to count every row as one synapse where a column holds numbers that nothing explains.

    Raises:
        PremotorError: naming the first such column.
    """
    strange = [name for name in numeric if plain(name) not in _NO_COUNT]
    if strange:
        raise PremotorError(
            f"{path} has no column with synapse counts ({', '.join(COUNT_NAMES)}), but its column {strange[0]!r} holds "
            "numbers: call it count if it counts synapses, and take it out if it does not"
        )


def split_kinds(edges: Edges, words: pd.Series, where: str) -> tuple[Edges, Edges | None]:
    """Return the chemical and the electrical rows, None without any of these; `words` has one a row.

    Raises:
        PremotorError: a word that is neither.
    """
    text = words.astype("str").fillna("").str.strip().str.lower()
    kinds = text.map(_KINDS)
    if kinds.isna().any():
        strange = text[kinds.isna()].value_counts()
        raise PremotorError(
            f"{where} holds {listed(f'{word!r} ({count} rows)' for word, count in list(strange.items())[:5])}; "
            "an edge is chemical or electrical (gap junction)"
        )
    gap = (kinds == "gap").to_numpy()
    if not gap.any():
        return edges, None
    chemical, electrical = (Edges(edges.pre[of], edges.post[of], edges.count[of]) for of in (~gap, gap))
    return chemical, electrical


def is_connections(header: Header) -> bool:
    """Return whether a table lists connections: a presynaptic and a postsynaptic column."""
    return first(PRE_NAMES, header) is not None and first(POST_NAMES, header) is not None


def is_gap_junctions(header: Header) -> bool:
    """Return whether a table is premotor's own list of gap junctions."""
    return set(GAP_NAMES) <= set(header)


def is_neurons(header: Header) -> bool:
    """Return whether a table lists neurons: an id column, and no connections."""
    return id_column(header) is not None and not is_connections(header)


def read_edges(path: Path, pre: str, post: str, count: str) -> Edges:
    """Read three columns of a connection table.

    Raises:
        PremotorError: a bad id or count; the message names file, column, row and value.
    """
    table = read_table(path, (pre, post, count))
    return edges_of(table, path, pre, post, count)


def edges_of(table: pa.Table, path: object, pre: str, post: str, count: str) -> Edges:
    """Return three columns of a table as edges; `path` is for errors."""
    return Edges(
        parse_ids(table[pre], f"{path}, column {pre}"),
        parse_ids(table[post], f"{path}, column {post}"),
        parse_counts(table[count], f"{path}, column {count}"),
    )


def count_column(path: object, header: Header) -> str:
    """Return the name of the count column.

    Raises:
        PremotorError: there is none.
    """
    name = first(COUNT_NAMES, header)
    if name is None:
        raise PremotorError(
            f"{path} has no column with synapse counts: one of {', '.join(COUNT_NAMES)} is needed, "
            f"found {listed(header)}"
        )
    return name


def only(paths: list[Path], what: str, where: Path) -> Path:
    """Return the one path of a list.

    Raises:
        PremotorError: there are several, so that it is not clear which is meant.
    """
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise PremotorError(f"{where} holds {len(paths)} {what} ({names}); keep one of them in the folder")
    return paths[0]


def read_edges_among(path: Path, pre: str, post: str, count: str, ids: np.ndarray) -> tuple[Edges, dict[str, int]]:
    """Read the rows whose two ends are among `ids`; also return what was left out, as `count_matrix` says it.

    Raises:
        PremotorError: a bad id or count anywhere in the table.
    """
    parts: list[Edges] = []
    rows = synapses = every = 0
    seen = np.zeros(0, np.int64)
    order = np.sort(ids)
    for part in _parts(path, pre, post, count):
        known = (positions(order, part.pre) >= 0) & (positions(order, part.post) >= 0)
        rows += int((~known).sum())
        synapses += int(part.count[~known].sum())
        every += known.size
        seen = np.union1d(seen, part.ids())
        parts.append(Edges(part.pre[known], part.post[known], part.count[known]))
    if not parts:
        raise PremotorError(f"{path} has a header but no connections")
    tell_lost(path, order, seen, every, rows)
    joined = (np.concatenate([getattr(part, name) for part in parts]) for name in ("pre", "post", "count"))
    return Edges(*joined), {"rows of unknown neurons": rows, "their synapses": synapses}


def _parts(path: Path, pre: str, post: str, count: str) -> Iterator[Edges]:
    name = path.name.lower()
    columns = [pre, post, count]
    if name.endswith(PARQUET_SUFFIXES):
        with readable(path):
            for batch in pa.parquet.ParquetFile(path).iter_batches(2**20, columns=columns):
                yield edges_of(checked(pa.Table.from_batches([batch])), path, pre, post, count)
    elif name.endswith(ARROW_SUFFIXES) and _is_batched(path):
        with readable(path), pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                table = checked(pa.Table.from_batches([reader.get_batch(number)]).select(columns))
                yield edges_of(table, path, pre, post, count)
    else:
        edges = read_edges(path, pre, post, count)
        if edges.count.size:
            yield edges


def _is_batched(path: Path) -> bool:
    """Return whether a feather file is of version 2, an arrow file of record batches."""
    with readable(path), path.open("rb") as file:
        return file.read(6) == b"ARROW1"
