"""An edge list with neurons by name or number: columns source and target, with or without a count.

Names are sorted and numbered from 1; column `name` holds them. Without a count column every row is one
synapse.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import parse_counts, parse_ids
from premotor.connectome.neuron_table import is_numeric
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.columns import COUNT_NAMES, KIND_NAMES, first, refuse_uncounted, split_kinds
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

_ENDS = (("source", "target"), ("from", "to"), ("pre_name", "post_name"))
_LIKE_A_NUMBER = r"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$"


@READERS.register("edge_list")
class EdgeList(Reader):
    """An edge list: source, target and, where there is one, a count; neurons by name or number."""

    description = "an edge list: source, target and, where there is one, a count; neurons by name or number"
    priority = 30

    def matches(self, source: Source) -> bool:
        """Return whether the source is one table with a column for each end of an edge."""
        return len(source.tables) == 1 and source.path.is_file() and _ends(source) is not None

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the edges, and number the neurons where they have names."""
        ends = _ends(source)
        assert ends is not None
        return self.read_ends(source, ends, signs)

    def read_ends(self, source: Source, ends: tuple[str, str], signs: SignPolicy | None) -> Circuit:
        """Read the edges between the neurons in two columns."""
        ((path, header),) = source.tables.items()
        counted, kind = first(COUNT_NAMES, header), first(KIND_NAMES, header)
        table = read_table(path)
        if not table.num_rows:
            raise PremotorError(f"{path} has a header but no connections")
        if counted is None:
            others = [name for name in header if name not in (*ends, kind)]
            refuse_uncounted(path, [name for name in others if is_numeric(table[name], name)])
            count = np.ones(table.num_rows, np.int64)
        else:
            count = parse_counts(table[counted], f"{path}, column {counted}")
        columns = [table[name] for name in ends]
        neurons = None
        if named(columns):
            words = [_words(column, f"{path}, column {end}") for column, end in zip(columns, ends, strict=True)]
            where, names = pd.factorize(pd.Index(words[0] + words[1], dtype="str"), sort=True)
            pre, post = np.split(where.astype(np.int64) + 1, 2)
            index = pd.Index(np.arange(1, len(names) + 1, dtype=np.int64), name="id")
            neurons = canonical_columns(pd.DataFrame({"name": pd.array(list(names), dtype="str")}, index=index), path)
        else:
            pre, post = (parse_ids(column, f"{path}, column {n}") for column, n in zip(columns, ends, strict=True))
        edges, gaps = Edges(pre, post, count), None
        if kind is not None:
            edges, gaps = split_kinds(edges, table[kind].cast(pa.string()).to_pandas(), f"{path}, column {kind}")
        unused = [name for name in header if name and name not in (*ends, counted, kind)]
        return assemble(
            neurons,
            edges,
            Provenance(dataset=path.name.split(".")[0]),
            reader="edge_list",
            where=str(path),
            strict=True,
            signs=signs,
            gap_junctions=gaps,
            arguments={
                "files": [path.name],
                "counted": counted or "rows",
                **({"columns not used": listed(unused)} if unused else {}),
            },
        )


def _ends(source: Source) -> tuple[str, str] | None:
    (header,) = source.tables.values()
    for pair in _ENDS:
        one, other = (first((name,), header) for name in pair)
        if one is not None and other is not None:
            return one, other
    return None


def named(columns: list[pa.ChunkedArray]) -> bool:
    """Return whether neurons have names: text, of which nothing looks like a number."""
    kinds = [c.type.value_type if pa.types.is_dictionary(c.type) else c.type for c in columns]
    if not all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in kinds):
        return False
    words = [pc.unique(column.cast(pa.large_string())) for column in columns]
    return not any(pc.any(pc.match_substring_regex(word, _LIKE_A_NUMBER)).as_py() for word in words)


def _words(column: pa.ChunkedArray, where: str) -> list[str]:
    text = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.large_string()), ""))
    if pc.any(pc.equal(text, "")).as_py():
        raise PremotorError(f"{where} has a row without a name")
    return text.to_pylist()
