"""Rows of a connection table as a sparse matrix: presynaptic × postsynaptic, int64, one entry a pair.

The orientation of the whole package is decided here and nowhere else: rows are presynaptic, columns
postsynaptic.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, sparray

from premotor.errors import PremotorError
from premotor.settings import note


@dataclass(frozen=True)
class Edges:
    """Rows of a connection table: presynaptic and postsynaptic ids and counts, int64 (rows,) each."""

    pre: np.ndarray
    post: np.ndarray
    count: np.ndarray

    def ids(self) -> np.ndarray:
        """Return the different ids in both columns, sorted."""
        return np.union1d(pd.unique(self.pre), pd.unique(self.post))


def positions(index: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return where each id stands in `index` (unique, any order), or −1; int64 (ids,)."""
    if index.size == 0:
        return np.full(ids.shape, -1, np.int64)
    order = np.argsort(index, kind="stable")
    place = np.searchsorted(index[order], ids)
    place = order[np.minimum(place, index.size - 1)]
    return np.where(index[place] == ids, place, -1)


def count_matrix(ids: np.ndarray, edges: Edges, where: str, *, strict: bool) -> tuple[csr_array, dict[str, int]]:
    """Sum the rows of each ordered pair into a matrix (neurons, neurons) in the order of `ids`.

    Returns the matrix and what was left out: rows and synapses with an end that `ids` does not hold.

    Raises:
        PremotorError: `strict`, and an end is unknown.
    """
    pre = positions(ids, edges.pre)
    post = positions(ids, edges.post)
    known = (pre >= 0) & (post >= 0)
    dropped: dict[str, int] = {}
    count = edges.count
    if not known.all():
        if strict:
            row = int(np.argmin(known))
            stranger = edges.pre[row] if pre[row] < 0 else edges.post[row]
            raise PremotorError(f"{where}, row {row + 1}, names neuron {stranger}, which the neuron table lacks")
        dropped = {"rows of unknown neurons": int((~known).sum()), "their synapses": int(count[~known].sum())}
        tell_lost(where, ids, edges.ids(), known.size, int((~known).sum()))
        pre, post, count = pre[known], post[known], count[known]
    matrix = coo_array((count, (pre, post)), shape=(ids.size, ids.size)).tocsr()
    return tidy(matrix), dropped


def tell_lost(where: object, ids: np.ndarray, wanted: np.ndarray, rows: int, lost: int) -> None:
    """Say what is lost where connections name other neurons than the table, most with examples; all is an error.

    Args:
        where: the table of connections.
        ids: of the neuron table, int64.
        wanted: different ids in the connections, int64.
        rows: how many rows of connections there are.
        lost: how many of them name a neuron that the table lacks.

    Raises:
        PremotorError: every row does.
    """
    if not lost:
        return
    if 2 * lost <= rows:
        note(f"{lost:,} of {rows:,} rows of {where} are left out: they name neurons that the neuron table lacks")
        return
    strange = wanted[positions(ids, wanted) < 0]
    every = (
        f"none of the {2 * rows:,} ids of {where} ({wanted.size:,} different, such as {_some(strange)}) is among the"
    )
    some = (
        f"{strange.size:,} of the {wanted.size:,} different ids of {where} (such as {_some(strange)}) are not among the"
    )
    table = f"{ids.size:,} of the neuron table (such as {_some(ids)})"
    counts = f"{every if strange.size == wanted.size else some} {table}"
    rounded = "".join(
        f"; ids of {name} end in 000 and look rounded, as by a spreadsheet or a float"
        for name, some in (("the neuron table", ids), ("the connections", wanted))
        if some.size and some.max() > 2**53 and (some % 1000 == 0).all()
    )
    if lost == rows:
        raise PremotorError(f"{counts}, so that no connection is left{rounded}")
    note(f"{lost:,} of {rows:,} rows are left out: {counts}{rounded}")


def _some(ids: np.ndarray) -> str:
    return " and ".join(str(number) for number in ids[:2])


def tidy(matrix: sparray) -> csr_array:
    """Return a CSR matrix of int64 with summed duplicates, sorted indices and no explicit zeros."""
    result = csr_array(matrix, dtype=np.int64)
    result.sum_duplicates()
    result.eliminate_zeros()
    result.sort_indices()
    return result


def symmetric(ids: np.ndarray, edges: Edges, where: str, *, strict: bool) -> tuple[csr_array, dict[str, int]]:
    """Return gap junctions as a symmetric matrix, from rows that name each pair once or in both directions.

    Raises:
        PremotorError: a pair is given in both directions with different counts, or an end is unknown.
    """
    matrix, dropped = count_matrix(ids, edges, where, strict=strict)
    other = tidy(matrix.T)
    # Where both directions are given they have to agree; where one is, it stands for both.
    clash = coo_array(matrix.minimum(other).sign() * (matrix - other))
    clash.eliminate_zeros()
    if clash.nnz:
        a, b = int(clash.row[0]), int(clash.col[0])
        raise PremotorError(
            f"{where}: the gap junction between {ids[a]} and {ids[b]} has {matrix[a, b]} in one direction "
            f"and {matrix[b, a]} in the other; a gap junction is symmetric"
        )
    return tidy(matrix.maximum(other)), dropped
