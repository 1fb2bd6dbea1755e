"""The fly brain model of Shiu et al. (2024): a parquet file of signed connections by index.

`Presynaptic_Index`, `Postsynaptic_Index` and `Excitatory x Connectivity` (count times +1 or −1), beside
`Completeness_*.csv`, whose first column, nameless, holds the root ids in the order of the index. Without that
file the ids come from the columns Presynaptic_ID and Postsynaptic_ID. Signs are those of the file; a neuron
without outgoing connections has sign 0.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import only
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import parse_counts, parse_ids, unique_ids
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy, signs_of_rows
from premotor.connectome.tables import read_table
from premotor.errors import PremotorError
from premotor.files import refuse_unpacked

_INDEX = ("Presynaptic_Index", "Postsynaptic_Index")
_IDS = ("Presynaptic_ID", "Postsynaptic_ID")
_WEIGHT = "Excitatory x Connectivity"


@READERS.register("shiu")
class Shiu(Reader):
    """Shiu et al. 2024: signed connections by index (parquet) with Completeness_*.csv."""

    description = "Shiu et al. 2024: signed connections by index (parquet) with Completeness_*.csv"
    priority = 70

    def matches(self, source: Source) -> bool:
        """Return whether some table has the columns of the model's connectivity."""
        return any(set(_INDEX) <= set(header) for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the signed connections and the ids of the neurons."""
        found = [path for path, header in source.tables.items() if set(_INDEX) <= set(header)]
        path = only(found, "connection tables", source.path)
        if _WEIGHT not in source.tables[path]:
            raise PremotorError(f"{path} has no column {_WEIGHT!r}")
        table = read_table(path, (*_INDEX, _WEIGHT))
        if not table.num_rows:
            raise PremotorError(f"{path} has a header but no connections")
        pre, post = (parse_ids(table[name], f"{path}, column {name}") for name in _INDEX)
        where = f"{path}, column {_WEIGHT}"
        count, sign_of_edge = _signed_counts(table[_WEIGHT], where)
        ids, files = _ids(source, path, int(max(pre.max(), post.max())) + 1)
        sign = signs_of_rows(pre, sign_of_edge, ids, where)
        frame = pd.DataFrame({"sign": sign}, index=pd.Index(ids, name="id"))
        return assemble(
            canonical_columns(frame, path),
            Edges(ids[pre], ids[post], count),
            Provenance(dataset="shiu", citation="Shiu et al. 2024, A Drosophila computational brain model"),
            reader="shiu",
            where=str(path),
            strict=True,
            signs=signs,
            arguments={"files": files},
        )


def _signed_counts(weight: pa.ChunkedArray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts and the signs (−1, +1) of a column of numbers, or of text where the table is CSV."""
    kind = weight.type.value_type if pa.types.is_dictionary(weight.type) else weight.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return parse_counts(pc.abs(weight), where), np.sign(weight.to_numpy()).astype(np.int64)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise PremotorError(f"{where} is stored as {kind}; it has to hold numbers")
    text = weight.cast(pa.string())
    negative = pc.fill_null(pc.match_substring_regex(text, r"^\s*-[0-9]"), False)
    count = parse_counts(pc.replace_substring_regex(text, r"^\s*-([0-9])", r"\1"), where)
    return count, np.where(negative.to_numpy(), -1, 1).astype(np.int64)


def _ids(source: Source, path: Path, least: int) -> tuple[np.ndarray, list[str]]:
    """Return the root id of every index."""
    beside = [other for other, header in source.tables.items() if header[0] == "" and other != path]
    if beside:
        table = only(beside, "tables of neurons", source.path)
        ids = parse_ids(read_table(table, ("",))[""], f"{table}, first column")
        unique_ids(ids, f"{table}, first column")
        if ids.size < least:
            raise PremotorError(f"{table} holds {ids.size} neurons, but {path} names the index {least - 1}")
        return ids, [table.name, path.name]
    if not set(_IDS) <= set(source.tables[path]):
        raise PremotorError(f"{path} needs Completeness_*.csv beside it, or the columns {' and '.join(_IDS)}")
    table = read_table(path, (*_INDEX, *_IDS))
    refuse_unpacked(path, 8.0 * least)
    ids = np.full(least, -1, np.int64)
    for index, name in zip(_INDEX, _IDS, strict=True):
        place = parse_ids(table[index], f"{path}, column {index}")
        root = parse_ids(table[name], f"{path}, column {name}")
        ids[place] = root
        if (ids[place] != root).any():
            raise PremotorError(f"{path}: one index has two ids in the column {name}")
    if (ids < 0).any():
        raise PremotorError(
            f"{path} names no id for the index {int(np.argmax(ids < 0))}; put Completeness_*.csv beside it"
        )
    unique_ids(ids, f"{path}, columns {' and '.join(_IDS)}")
    return ids, [path.name]
