"""What a circuit moves: the muscles of a worm, the motor modules of a leg, and the synapses that reach them.

Muscles are cells that the reconstruction holds, with a count of synapses an edge. Motor modules are groups of muscles
of which only the motor neurons are known: each of these reaches its module by one.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray
from scipy.sparse import coo_array, csr_array

from premotor.connectome.columns import EFFECTOR
from premotor.connectome.edges import tidy
from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit

KIND = "kind"
MUSCLE, MODULE = "muscle", "motor module"
MODULE_COLUMNS = ("motor module", "motor_module")
"""Columns of a neuron table that may name the module of motor neurons."""
_OF_MODULES = ("leg", "joint", "direction")
"""Columns of a neuron table, and of effectors, that say more of a module; `six_legs` makes them."""


class Effectors(TypedDict, total=False):
    """A circuit's attributes about effectors; empty where it has none."""

    effectors: pd.DataFrame
    neuromuscular: csr_array
    muscle_junctions: csr_array


def effector_table(
    names: Iterable[str], kind: str, columns: Mapping[str, ExtensionArray] | None = None
) -> pd.DataFrame:
    """Return a table of effectors: index "effector" (text), `kind`, then further columns."""
    index = pd.Index(pd.array(list(names), dtype="str"), name=EFFECTOR)
    return pd.DataFrame({KIND: pd.array([kind] * len(index), dtype="str"), **(columns or {})}, index=index)


def no_effectors() -> pd.DataFrame:
    """Return the table of a circuit without effectors."""
    return effector_table([], MUSCLE)


def effector_matrix(
    neurons: int, effectors: int, row: np.ndarray, column: np.ndarray, count: np.ndarray | None = None
) -> csr_array:
    """Return int64 counts (neurons, effectors) of entries, by default of 1; those of one place are summed."""
    count = np.ones(row.size, np.int64) if count is None else count
    return tidy(coo_array((count, (row, column)), shape=(neurons, effectors)))


def check_effectors(neurons: int, table: pd.DataFrame, matrices: dict[str, csr_array]) -> None:
    """Check a circuit's effectors and the counts (neurons, effectors) by name.

    Raises:
        PremotorError: an index that is not of different names, no or several kinds, a wrong shape, type or count.
    """
    names = table.index
    texts = pd.api.types.is_string_dtype(names) and not names.isna().any()
    if not texts or not names.is_unique or any(not name.strip() or name.strip().isdigit() for name in names):
        raise PremotorError("a circuit's effectors need an index of different names, which are texts and no numbers")
    if KIND not in table:
        raise PremotorError(f"a circuit's table of effectors lacks the column {KIND!r}")
    kinds = sorted(set(table[KIND]))
    if len(kinds) > 1:
        raise PremotorError(f"a circuit's effectors are of one kind, not of {', '.join(map(str, kinds))}")
    size = (neurons, len(table))
    for name, matrix in matrices.items():
        check_counts(f"{neurons} neurons and {len(table)} effectors", name, matrix, size)


def check_counts(what: str, name: str, matrix: csr_array, size: tuple[int, int]) -> None:
    """Check the shape, type and counts of a matrix of a circuit of `what`.

    Raises:
        PremotorError: one is wrong.
    """
    if matrix.shape != size or matrix.dtype != np.int64:
        raise PremotorError(
            f"a circuit of {what} needs {name} as int64 of shape {size}, not {matrix.dtype} of shape {matrix.shape}"
        )
    if matrix.nnz and matrix.data.min() < 1:
        raise PremotorError(f"{name} has a count of {matrix.data.min()}; counts are 1 or more")


def reached_effectors(circuit: "Circuit", where: np.ndarray) -> Effectors:
    """Return the effectors that the neurons at these positions reach, as the attributes of a circuit of them."""
    synapses, junctions = circuit.neuromuscular[where], circuit.muscle_junctions[where]
    reached = np.flatnonzero((synapses.sum(0) + junctions.sum(0)).ravel())
    return {
        "effectors": circuit.effectors.iloc[reached],
        "neuromuscular": tidy(synapses[:, reached]),
        "muscle_junctions": tidy(junctions[:, reached]),
    }


def modules_of(neurons: pd.DataFrame) -> Effectors:
    """Return the motor modules that a column of the neuron table names, as attributes of a circuit; else nothing.

    Modules of several legs have the leg in front of their name, ``lf coxa swing``.
    """
    column = next((name for name in MODULE_COLUMNS if name in neurons), None)
    if column is None or not pd.api.types.is_string_dtype(neurons[column]):
        return {}
    words = neurons[column].fillna("").str.strip()
    where = np.flatnonzero(words != "")
    about = [name for name in _OF_MODULES if name in neurons] if len(where) else []
    words = words.iloc[where]
    if "leg" in about:
        words = neurons["leg"].iloc[where].astype("str") + " " + words
    names, first, of = np.unique(words.to_numpy(object).astype(str), return_index=True, return_inverse=True)
    columns = {name: neurons[name].iloc[where[first]].array for name in about}
    return {
        "effectors": effector_table(names, MODULE, columns),
        "neuromuscular": effector_matrix(len(neurons), names.size, where, of),
    }


def main_effectors(circuit: "Circuit") -> np.ndarray:
    """Return the position of the effector that each neuron reaches by most synapses, -1 for none; int64 (neurons,)."""
    result = np.full(len(circuit), -1, np.int64)
    some = np.flatnonzero(np.diff(circuit.neuromuscular.indptr))
    result[some] = np.asarray(circuit.neuromuscular[some].argmax(axis=1)).ravel()
    return result


def link_table(circuit: "Circuit") -> pd.DataFrame:
    """Return synapses and gap junctions onto effectors as a table: pre, effector, count, and kind where both occur."""
    parts = []
    for kind, matrix in (("synapse", circuit.neuromuscular), ("gap_junction", circuit.muscle_junctions)):
        entries = coo_array(matrix)
        names = circuit.effectors.index[entries.col]
        part = {"pre": circuit.ids[entries.row], EFFECTOR: names.array, "count": entries.data}
        parts.append(pd.DataFrame({**part, KIND: pd.array([kind] * entries.nnz, dtype="str")}))
    if not len(parts[1]):
        return parts[0].drop(columns=KIND)
    return pd.concat(parts, ignore_index=True)


def summarise_effectors(circuit: "Circuit", most: int = 12) -> str:
    """Return counts of effectors, by quadrant where they have one, and the types of neurons with most synapses."""
    table = circuit.effectors
    if not len(table):
        return ""
    kind, synapses = table[KIND].iloc[0], circuit.neuromuscular
    unit = "motor neurons" if kind == MODULE else "synapses"
    given = np.asarray(synapses.sum(1)).ravel()
    gaps = circuit.muscle_junctions
    lines = [
        f"{len(table):,} {kind}s, reached by {np.count_nonzero(given):,} neurons: {synapses.nnz:,} edges, "
        f"{int(synapses.sum()):,} {unit}"
        + (f", {gaps.nnz:,} gap-junction edges ({int(gaps.sum()):,} junctions)" if gaps.nnz else "")
    ]
    many = "quadrant" in table
    group = table["quadrant"] if many else table.index.to_series()
    received = pd.Series(np.asarray(synapses.sum(0)).ravel(), index=table.index).groupby(group.to_numpy()).sum()
    sizes = group.groupby(group.to_numpy()).size()
    width = max(len(str(word)) for word in received.index)
    lines += [
        f"  {word:<{width}}  " + (f"{size:>4,} {kind}s  " if many else "") + f"{count:>7,} {unit}"
        for word, size, count in zip(received.index, sizes, received, strict=True)
    ]
    if kind == MODULE:
        return "\n".join(lines)
    by_type = pd.DataFrame(
        {
            "edges": np.diff(synapses.indptr),
            "synapses": given,
            "type": circuit.neurons["type"].replace("", "unknown").array,
            "transmitter": circuit.neurons["transmitter"].array,
        }
    )
    by_type = by_type[given > 0].groupby(["type", "transmitter"], as_index=False).sum()
    by_type = by_type.sort_values(["synapses", "edges", "type"], ascending=[False, False, True])
    lines.append(f"types of neurons with most synapses onto {kind}s ({min(most, len(by_type))} of {len(by_type)})")
    width = max(len(word) for word in by_type["type"].head(most)) if len(by_type) else 0
    lines += [
        f"  {row.type:<{width}}  {row.transmitter:<13}  {row.edges:>6,} edges  {row.synapses:>7,} synapses"
        for row in by_type.head(most).itertuples()
    ]
    return "\n".join(lines)
