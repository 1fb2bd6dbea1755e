"""Rows of connection tables, the same for every reader: ends by number or name, counts, kinds of edges."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from premotor.connectome.columns import COUNT_NAMES, KIND_NAMES, Header, count_column, first, refuse_uncounted
from premotor.connectome.edges import Edges, positions, tell_lost
from premotor.connectome.identifiers import are_names, parse_counts, parse_ids, parse_names, parse_weights
from premotor.connectome.neuron_table import is_numeric, typed_column
from premotor.connectome.signs import signs_of_rows
from premotor.connectome.tables import read_batches, read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.settings import note

_KINDS = {
    **dict.fromkeys(("", "chemical", "chem", "synapse", "chemical synapse", "cs", "directed"), "chemical"),
    **dict.fromkeys(
        ("electrical", "electric", "gap", "gap junction", "gap_junction", "gapjunction", "gj", "ej"), "gap"
    ),
}


@dataclass(frozen=True)
class Rows:
    """Rows of a connection table.

    Attributes:
        edges: chemical edges between ids, or between positions in `names`.
        gaps: electrical ones, or None without any.
        names: of the neurons, sorted, an object array; None where the table has ids.
        ends: of every row of the table, whatever became of it: presynaptic and postsynaptic, (rows,) each.
        sign: of the weights of the chemical edges, −1 or +1, (rows,); None where they are counts.
        dropped: what was left out, by reason.
        about: how it was read, for the record.
    """

    edges: Edges
    gaps: Edges | None
    names: np.ndarray | None
    ends: tuple[np.ndarray, np.ndarray]
    sign: np.ndarray | None
    dropped: dict[str, int]
    about: dict[str, object]

    def ids(self) -> np.ndarray:
        """Return the different ids (or positions in `names`) of all edges, sorted."""
        return self.edges.ids() if self.gaps is None else np.union1d(self.edges.ids(), self.gaps.ids())

    def numbered(self, ids: np.ndarray) -> "Rows":
        """Return the rows with the ids (names,) in place of positions in `names`."""
        chemical, electrical = (
            None if edges is None else Edges(ids[edges.pre], ids[edges.post], edges.count)
            for edges in (self.edges, self.gaps)
        )
        assert chemical is not None
        return replace(self, edges=chemical, gaps=electrical, names=None)

    def __or__(self, gaps: "Rows") -> "Rows":
        """Return the rows with those of a table of gap junctions as gap junctions.

        Raises:
            PremotorError: the one names neurons, the other numbers them, or both hold gap junctions.
        """
        if self.gaps is not None:
            raise PremotorError("the table of connections holds electrical ones, and another table gap junctions")
        if (self.names is None) != (gaps.names is None) and self.edges.count.size and gaps.edges.count.size:
            raise PremotorError("of the tables of connections and of gap junctions one has ids, the other has names")
        if self.names is None or gaps.names is None:
            return replace(self, gaps=gaps.edges)
        names = np.union1d(self.names, gaps.names)
        one, other = (r.numbered(positions(names, r.names)) for r in (self, gaps) if r.names is not None)
        return replace(one, gaps=other.edges, names=names)

    def signed(self, frame: pd.DataFrame, where: str) -> pd.DataFrame:
        """Return a neuron table with the signs of the weights, where some are negative.

        Raises:
            PremotorError: a neuron has weights of both signs.
        """
        if self.sign is None:
            return frame
        return signed_by_weights(frame, positions(frame.index.to_numpy(), self.edges.pre), self.sign, where)


def read_rows(
    path: Path,
    header: Header,
    ends: Sequence[str],
    *,
    counted: str | None = None,
    uncounted: bool = False,
    among: np.ndarray | None = None,
    scale: float | None = None,
    empty: bool = False,
) -> Rows:
    """Read the rows of a connection table, whose ends are two columns of ids or of names.

    Args:
        path: the table.
        header: its columns.
        ends: the presynaptic and the postsynaptic column.
        counted: the column of counts; None: the first of `COUNT_NAMES`.
        uncounted: whether every row is one synapse where there is none and no other column holds numbers.
        among: ids; rows with other ends are left out and counted, batch by batch.
        scale: multiplies weights, which are then rounded to counts; None: counts are whole.
        empty: whether there may be no rows.

    Raises:
        PremotorError: no rows, a bad id, count or kind; the message names file, column, row and value.
    """
    counted = counted or first(COUNT_NAMES, header)
    kind = first(KIND_NAMES, header)
    if counted is None:
        others = [name for name in header if name not in (*ends, kind)]
        if not uncounted:
            count_column(path, header)
        table = read_table(path, used=False)
        numeric = [name for name in others if is_numeric(table[name], name)]
        refuse_uncounted(path, [name for name in numeric if name or not _numbers_rows(table[name])])
    columns = tuple(dict.fromkeys(name for name in (*ends, counted, kind) if name is not None))
    parts: list[tuple[np.ndarray, ...]] = []
    names: np.ndarray | None = None
    every, lost, synapses, seen = 0, 0, 0, np.zeros(0, np.int64)
    for table in read_batches(path, columns, held=among is None):
        if among is None and are_names([table[name] for name in ends]):
            table = read_table(path, columns)
            names, places = _named(table, path, ends)
            parts = [(*places, *parse_values(table, path, counted, kind, scale))]
            break
        pre, post = (parse_ids(table[name], f"{path}, column {name}") for name in ends)
        part: tuple[np.ndarray, ...] = (pre, post, *parse_values(table, path, counted, kind, scale))
        every += pre.size
        if among is not None:
            known = (positions(among, pre) >= 0) & (positions(among, post) >= 0)
            lost, synapses = lost + int((~known).sum()), synapses + int(part[2][~known].sum())
            seen = np.union1d(seen, np.union1d(pd.unique(pre), pd.unique(post)))
            part = tuple(values[known] for values in part)
        parts.append(part)
    if not sum(part[0].size for part in parts) and not every:
        if not empty:
            raise PremotorError(f"{path} has a header but no connections")
        parts = [tuple(np.zeros(0, kind) for kind in (np.int64, np.int64, np.int64, np.int8, bool))]
    if among is not None:
        tell_lost(path, among, seen, every, lost)
    pre, post, count, sign, gap = (np.concatenate([part[place] for part in parts]) for place in range(5))
    everything = (pre, post)
    dropped = {"rows of unknown neurons": lost, "their synapses": synapses} if among is not None else {}
    about: dict[str, object] = {"counted": counted or "rows"}
    if counted is None:
        note(f"{path} has no column with synapse counts: each of its rows is one synapse")
    if scale is not None:
        about["scale"] = scale
        dropped["weights rounded to 0"] = int((count == 0).sum())
        note(
            f"{path}, column {counted}: weights were multiplied by {scale:g} and rounded; "
            f"{dropped['weights rounded to 0']} of {count.size} became 0 and are left out"
        )
        kept = count > 0
        pre, post, count, sign, gap = (values[kept] for values in (pre, post, count, sign, gap))
    chemical, electrical = (Edges(pre[of], post[of], count[of]) for of in (~gap, gap))
    return Rows(
        chemical,
        electrical if gap.any() else None,
        names,
        everything,
        None if scale is None else sign[~gap],
        dropped,
        about,
    )


def parse_values(
    table: pa.Table, path: Path, counted: str | None, kind: str | None, scale: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return counts, their signs, and which rows are electrical."""
    sign = np.ones(table.num_rows, np.int8)
    if counted is None:
        count = np.ones(table.num_rows, np.int64)
    elif scale is None:
        count = parse_counts(table[counted], f"{path}, column {counted}")
    else:
        count, sign = parse_weights(table[counted], f"{path}, column {counted}", scale)
    gap = np.zeros(table.num_rows, bool)
    if kind is not None:
        gap = are_electrical(table[kind].cast(pa.large_string()).to_pandas(), f"{path}, column {kind}")
    return count, sign, gap


def _numbers_rows(column: pa.ChunkedArray) -> bool:
    """Return whether a column counts rows from 0 or 1, as that of pandas' index."""
    values = np.asarray(typed_column(column, ""))
    return values.dtype.kind in "iu" and any(np.array_equal(values, np.arange(len(values)) + k) for k in (0, 1))


def _named(table: pa.Table, path: Path, ends: Sequence[str]) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    words = [parse_names(table[name], f"{path}, column {name}") for name in ends]
    codes, names = pd.factorize(np.concatenate(words), sort=True)
    pre, post = np.split(codes.astype(np.int64), 2)
    return np.asarray(names, dtype=object), (pre, post)


def signed_by_weights(frame: pd.DataFrame, pre: np.ndarray, sign: np.ndarray, where: str) -> pd.DataFrame:
    """Return a neuron table with the signs of the weights in its column `sign`, where some are negative.

    Args:
        frame: the neurons.
        pre: position of the presynaptic neuron of each edge.
        sign: of each edge, −1 or +1.
        where: the weights, for errors.

    Raises:
        PremotorError: a neuron has weights of both signs.
    """
    if not (sign < 0).any():
        return frame
    signs = signs_of_rows(pre, sign.astype(np.int64), frame.index.to_numpy(), where)
    said = pd.to_numeric(frame["sign"], errors="coerce") if "sign" in frame else None
    if said is not None and (clash := int(((said != signs) & (said != 0) & (signs != 0)).sum())):
        note(f"{where}: the signs of its weights stand; {clash} neurons have another one in the neuron table")
    return frame.assign(sign=signs)


def are_electrical(words: pd.Series, where: str) -> np.ndarray:
    """Return which rows of a column of kinds are electrical, bool (rows,).

    Raises:
        PremotorError: a word that is neither chemical nor electrical.
    """
    text = words.astype("str").fillna("").str.strip().str.lower()
    kinds = text.map({word: _KINDS.get(word) for word in text.unique()})
    if kinds.isna().any():
        strange = text[kinds.isna()].value_counts()
        raise PremotorError(
            f"{where} holds {listed(f'{word!r} ({count} rows)' for word, count in list(strange.items())[:5])}; "
            "an edge is chemical or electrical (gap junction); a column of something else is left out by --columns "
            "ignore=NAME"
        )
    return (kinds == "gap").to_numpy()
