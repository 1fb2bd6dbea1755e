"""Populations of nodes and edges in SONATA's HDF5 files: groups, indices into them, types, enumerations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from premotor.connectome.neuron_table import typed_column
from premotor.connectome.readers.sonata_files import Types, column, opened, refuse_unwritten, whole
from premotor.errors import PremotorError

if TYPE_CHECKING:
    import h5py


@dataclass(frozen=True)
class Population:
    """Rows of a population: their ids (int64) and their attributes by name, text as object arrays."""

    name: str
    where: str
    ids: np.ndarray
    columns: dict[str, np.ndarray]
    ends: tuple[tuple[str, np.ndarray], tuple[str, np.ndarray]] | None = None
    """Of edges: population and node ids of the presynaptic, then of the postsynaptic side."""
    unread: tuple[str, ...] = ()
    """Attributes that were not wanted."""


Wanted = Callable[[str], str]
"""By what name an attribute is read, or "" where it is not."""


def read_populations(path: Path, kind: str, types: Types, wanted: Wanted = str) -> list[Population]:
    """Read every population under /nodes or /edges, of the attributes those that are `wanted`.

    Raises:
        PremotorError: a damaged file, a missing data set, lengths that differ, or an index out of its group.
    """
    with opened(path) as file:
        root = file.get(kind)
        if root is None or not hasattr(root, "keys"):
            raise PremotorError(f"{path} has no group /{kind}")
        return [_population(root[name], name, f"{path}, /{kind}/{name}", kind[:-1], types, wanted) for name in root]


def frame_of(populations: list[Population], texts: frozenset[str]) -> pd.DataFrame:
    """Return the attributes of all populations as columns; those in `texts` stay text whatever they hold."""
    names = dict.fromkeys(name for population in populations for name in population.columns)
    columns = {}
    for name in names:
        parts = [population.columns.get(name) for population in populations]
        sizes = [population.ids.size for population in populations]
        columns[name] = typed(_joined(parts, sizes), name, texts)
    return pd.DataFrame(columns)


def typed(values: np.ndarray, name: str, texts: frozenset[str]) -> "np.ndarray | ExtensionArray":
    """Return a column as pandas sees it; text that is all numbers becomes numbers, unless it is in `texts`."""
    if values.dtype != object:
        return values
    if name in texts:
        return pd.array(values.tolist(), dtype="str")
    return typed_column(pa.chunked_array([pa.array(values.tolist(), pa.string())]), name)


def _population(group: "h5py.Group", name: str, where: str, kind: str, types: Types, wanted: Wanted) -> Population:
    if not hasattr(group, "keys"):
        raise PremotorError(f"{where} is no group")
    ends = None
    if kind == "edge":
        ends = (_end(group, "source_node_id", where), _end(group, "target_node_id", where))
        size = ends[0][1].size
        ids = np.arange(size, dtype=np.int64)
    elif "node_id" in group:
        ids = whole(group["node_id"], f"{where}/node_id")
        size = ids.size
    else:
        size = _size(group, where)
        ids = np.arange(size, dtype=np.int64)
    columns: dict[str, np.ndarray] = {}
    unread: list[str] = []
    if f"{kind}_type_id" in group:
        type_ids = column(group[f"{kind}_type_id"], f"{where}/{kind}_type_id")
        _same_length(type_ids, size, f"{where}/{kind}_type_id")
        columns.update(_of_types(name, type_ids, types, wanted, unread))
        if kind == "node":
            columns[f"{kind}_type_id"] = type_ids
    columns.update(_of_groups(group, size, where, kind, wanted, unread))
    if ends is not None:
        _same_length(ends[1][1], size, f"{where}/target_node_id")
    return Population(name, where, ids, columns, ends, tuple(unread))


def _size(group: "h5py.Group", where: str) -> int:
    for name in ("node_type_id", "node_group_index", "node_group_id"):
        if name in group:
            refuse_unwritten([group[name]])
            return int(group[name].shape[0])
    raise PremotorError(f"{where} has neither node_id nor node_type_id")


def _end(group: "h5py.Group", name: str, where: str) -> tuple[str, np.ndarray]:
    if name not in group:
        raise PremotorError(f"{where} has no data set {name}")
    population = group[name].attrs.get("node_population", "")
    if isinstance(population, np.ndarray):
        population = population.flat[0] if population.size else ""
    if isinstance(population, bytes):
        population = population.decode()
    return str(population), whole(group[name], f"{where}/{name}")


def _of_types(name: str, ids: np.ndarray, types: Types, wanted: Wanted, unread: list[str]) -> dict[str, np.ndarray]:
    """Return the attributes that rows take over from their types."""
    codes, where = np.unique(ids, return_inverse=True)
    rows = [types.get((name, str(code))) or types.get(("", str(code))) or {} for code in codes]
    names = dict.fromkeys(word for row in rows for word in row)
    unread += [word for word in names if not wanted(word)]
    return {
        wanted(word): np.array([row.get(word, "") for row in rows], dtype=object)[where]
        for word in names
        if wanted(word)
    }


def _of_groups(
    group: "h5py.Group", size: int, where: str, kind: str, wanted: Wanted, unread: list[str]
) -> dict[str, np.ndarray]:
    numbers = sorted(name for name in group if name.isdigit() and hasattr(group[name], "keys"))
    member, index = np.zeros(size, np.int64), np.arange(size, dtype=np.int64)
    if f"{kind}_group_id" in group and f"{kind}_group_index" in group:
        member = whole(group[f"{kind}_group_id"], f"{where}/{kind}_group_id")
        index = whole(group[f"{kind}_group_index"], f"{where}/{kind}_group_index")
        _same_length(member, size, f"{where}/{kind}_group_id")
        _same_length(index, size, f"{where}/{kind}_group_index")
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for number in numbers:
        rows = np.flatnonzero(member == int(number))
        for name, values in _attributes(group[number], f"{where}/{number}", wanted, unread).items():
            place = index[rows]
            if place.size and place.max() >= values.size:
                raise PremotorError(f"{where}/{number}/{name} has {values.size} values, but row {place.max()} is asked")
            found.setdefault(name, []).append((rows, values[place]))
    return {name: _scattered(parts, size) for name, parts in found.items()}


def _attributes(group: "h5py.Group", where: str, wanted: Wanted, unread: list[str]) -> dict[str, np.ndarray]:
    """Return the one-dimensional data sets of a group, enumerations as their words."""
    library = group.get("@library", {})
    result = {}
    every = [name for name in group if getattr(group[name], "ndim", 0) == 1]
    unread += [name for name in every if not wanted(unquote(name))]
    names = [name for name in every if wanted(unquote(name))]
    refuse_unwritten(group[name] for name in names)
    for name in names:
        values = column(group[name], f"{where}/{name}")
        if name in library:
            words = column(library[name], f"{where}/@library/{name}")
            if values.dtype.kind not in "iu" or (values.size and not 0 <= values.min() <= values.max() < words.size):
                raise PremotorError(f"{where}/{name} names a word that @library/{name} does not have")
            values = words[values]
        result[wanted(unquote(name))] = values
    return result


def _scattered(parts: list[tuple[np.ndarray, np.ndarray]], size: int) -> np.ndarray:
    """Return one value a row out of several groups'; rows of groups without the attribute stay empty."""
    if sum(rows.size for rows, _ in parts) == size and len({values.dtype for _, values in parts}) == 1:
        result = np.empty(size, parts[0][1].dtype)
    else:
        result = np.full(size, "", dtype=object)
        parts = [(rows, _as_text(values)) for rows, values in parts]
    for rows, values in parts:
        result[rows] = values
    return result


def _joined(parts: list[np.ndarray | None], sizes: list[int]) -> np.ndarray:
    present = [part for part in parts if part is not None]
    if len(present) == len(parts) and len({part.dtype == object for part in present}) == 1:
        return np.concatenate(present)
    texts = [
        np.full(size, "", dtype=object) if part is None else _as_text(part)
        for part, size in zip(parts, sizes, strict=True)
    ]
    return np.concatenate(texts)


def _as_text(values: np.ndarray) -> np.ndarray:
    return np.array([value if isinstance(value, str) else repr(value.item()) for value in values], dtype=object)


def _same_length(values: np.ndarray, size: int, where: str) -> None:
    if values.size != size:
        raise PremotorError(f"{where} has {values.size} values for {size} rows")
