"""Edges among chosen neurons, out of tables that are larger than they need to be in memory.

The male CNS publishes the connections of every segment (a gigabyte), of which a small part joins two neurons:
feather and parquet files are read batch by batch, keeping only these.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from premotor.connectome.edges import Edges, positions
from premotor.connectome.readers.columns import edges_of, read_edges
from premotor.connectome.tables import ARROW_SUFFIXES, PARQUET_SUFFIXES, checked, readable
from premotor.errors import PremotorError


def read_edges_among(path: Path, pre: str, post: str, count: str, ids: np.ndarray) -> tuple[Edges, dict[str, int]]:
    """Read the rows whose two ends are among `ids`; also return what was left out, as `count_matrix` says it.

    Raises:
        PremotorError: a bad id or count anywhere in the table.
    """
    parts: list[Edges] = []
    rows = synapses = 0
    order = np.sort(ids)
    for part in _parts(path, pre, post, count):
        known = (positions(order, part.pre) >= 0) & (positions(order, part.post) >= 0)
        rows += int((~known).sum())
        synapses += int(part.count[~known].sum())
        parts.append(Edges(part.pre[known], part.post[known], part.count[known]))
    if not parts:
        raise PremotorError(f"{path} has a header but no connections")
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
