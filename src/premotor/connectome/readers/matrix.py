"""An adjacency matrix: .npy, .npz, .csv or .xlsx, rows presynaptic; alone, or in a folder with tables of neurons.

Entries are counts; negative ones are those of inhibitory neurons (all of a row, or none). Neurons are
numbered from 1, unless labels or a neuron table give them ids. A CSV or Excel matrix is bare numbers, or has the same
labels in its first line and its first column: ids, or names for the column `name`; in a .npz file an array ids,
node_ids or neuron_ids labels. Tables of neurons are joined by the labels; without labels there may be one, which has a
row a neuron, in the order of the matrix. A .npz file holds one square array, or what `scipy.sparse.save_npz` writes,
and, where premotor wrote it, an array gap_junctions of rows (position, position, count).
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array, csr_array

from premotor.connectome.arrays import read_array, read_arrays, signed_counts, sparse_of
from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import Header, id_column, is_connections, is_neurons, only
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import FRACTIONS, MAX_COUNT, NUMBER, are_names, parse_names, unique_ids
from premotor.connectome.neuron_table import join, read_neurons
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.naming import named_neurons
from premotor.connectome.readers.rows import signed_by_weights
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import PROVENANCE, read_record, restore_types
from premotor.connectome.tables import as_table, read_table, readable
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.settings import note

_IDS = ("ids", "node_ids", "neuron_ids")
_SPARSE = (*_IDS, "format", "shape", "data", "indices", "indptr", "row", "col", "_is_array", "gap_junctions")


@READERS.register("matrix")
class Matrix(Reader):
    """An adjacency matrix (.npy, .npz, .csv), rows presynaptic, with or without a neuron table."""

    description = "an adjacency matrix (.npy, .npz, .csv), rows presynaptic, with or without a neuron table"
    priority = 10

    def matches(self, source: Source) -> bool:
        """Return whether there is an array file, or a CSV file whose header is that of a matrix."""
        return bool(_files(source))

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the matrix, and the neuron table beside it."""
        path = only(_files(source), "matrices", source.path)
        matrix, labels, gaps = _matrix(path, source)
        counts, pre, sign = signed_counts(matrix, str(path), source.reading.scale)
        recorded = source.path.is_dir() and source.file(PROVENANCE) is not None
        provenance, types = (
            read_record(source.file(PROVENANCE), source.path.resolve().name)
            if recorded
            else (Provenance(dataset=path.stem), {})
        )
        frame, dropped, tables = _neurons(source, path, labels, counts.shape[0], types)
        ids = frame.index.to_numpy()
        frame = signed_by_weights(frame, pre, sign, str(path))
        entries = coo_array(counts)
        return assemble(
            restore_types(canonical_columns(frame, path), types, source.path),
            Edges(ids[entries.row], ids[entries.col], entries.data),
            provenance,
            reader="matrix",
            where=str(path),
            gap_junctions=None if gaps is None else _gap_junctions(gaps, ids, path),
            strict=True,
            signs=signs,
            dropped=dropped,
            arguments={
                "files": [file.name for file in (path, *tables)],
                **source.reading.scaled(),
            },
        )


def _files(source: Source) -> list[Path]:
    arrays = [file for file in source.files if file.suffix.lower() in (".npy", ".npz")]
    tables = [] if arrays else [file for file, header in source.tables.items() if is_matrix(file, header)]
    if len(tables) > 1:
        for file in tables:
            _refuse_headerless(file, source.tables[file])
    return arrays or tables


def _matrix(path: Path, source: Source) -> tuple[np.ndarray | csr_array, np.ndarray | None, np.ndarray | None]:
    """Return the matrix, the labels of its rows and the gap junctions, None where there are none."""
    if path.suffix.lower() == ".npy":
        return read_array(path), None, None
    if path.suffix.lower() != ".npz":
        return *read_matrix(path, source.tables[path], source.reading.scale is not None), None
    arrays = read_arrays(path)
    labels = next((arrays[name] for name in _IDS if name in arrays), None)
    sparse = sparse_of(arrays, path)
    square = [name for name, array in arrays.items() if array.ndim == 2 and array.shape[0] == array.shape[1]]
    used = _SPARSE if sparse is not None else (*_IDS, *square)
    left = [name for name in arrays if name not in used]
    if left:
        note(f"{path.name}: arrays not used: {listed(left, 20)}")
    if sparse is not None:
        return sparse, labels, arrays.get("gap_junctions")
    if len(square) != 1:
        found = ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:10]) or "nothing"
        raise PremotorError(f"{path} has to hold one square array; it holds {found}")
    return arrays[square[0]], labels, None


def _gap_junctions(rows: np.ndarray, ids: np.ndarray, path: Path) -> Edges:
    where = f"{path}, gap_junctions"
    if rows.ndim != 2 or rows.shape[1] != 3 or rows.dtype.kind not in "iu":
        raise PremotorError(f"{where} is {rows.dtype} of shape {rows.shape}; rows of three whole numbers are needed")
    rows = rows.astype(np.int64)
    if rows.size and (rows[:, :2].min() < 0 or rows[:, :2].max() >= ids.size):
        raise PremotorError(f"{where} names a neuron beyond the {ids.size} of the matrix")
    if rows.size and not 1 <= rows[:, 2].min() <= rows[:, 2].max() <= MAX_COUNT:
        raise PremotorError(f"{where} holds a count that is not from 1 to {MAX_COUNT}")
    return Edges(ids[rows[:, 0]], ids[rows[:, 1]], rows[:, 2])


def _neurons(
    source: Source, path: Path, labels: np.ndarray | None, size: int, types: dict[str, str]
) -> tuple[pd.DataFrame, dict[str, int], list[Path]]:
    """Return the neurons of a matrix, what of the tables beside it was left out, and which of these were used."""
    beside = {file: header for file, header in source.tables.items() if file != path and not is_connections(header)}
    tables = [file for file, header in beside.items() if is_neurons(header)]
    if labels is None:
        if not tables:
            return pd.DataFrame(index=pd.Index(np.arange(1, size + 1, dtype=np.int64), name="id")), {}, []
        table = only(tables, "neuron tables", source.path)
        if are_names([read_table(table, used=False)[str(id_column(source.tables[table]))]]):
            names = parse_names(read_table(table)[str(id_column(source.tables[table]))], str(table))
            frame = named_neurons({table: source.tables[table]}, names, table)[0]
        else:
            frame = read_neurons(table)
        if len(frame) != size:
            raise PremotorError(f"{table} has {len(frame)} neurons, but {path} is of {size}")
        note(f"{path.name} has no labels: its rows are taken for the neurons of {table.name}, in that order")
        return frame, {}, tables
    if labels.shape != (size,):
        raise PremotorError(f"{path} has {labels.size} labels for {size} neurons")
    if labels.dtype.kind in "iu":
        if labels.min() < 0 or labels.max() > np.iinfo(np.int64).max:
            raise PremotorError(f"{path} labels a neuron {labels.min()}; ids are whole numbers from 0 to 2^63-1")
        ids = labels.astype(np.int64)
        unique_ids(ids, f"{path}, labels")
        frames = {file: read_neurons(file, types=types) for file in tables}
        for file, frame in list(frames.items()):
            if not np.isin(ids, frame.index).any():
                as_table(file).unused = f"none of its ids is among those of {path.name}, such as {ids[0]}"
                del frames[file]
        frame, dropped = join(pd.DataFrame(index=pd.Index(ids, name="id")), list(frames.values()))
        return frame, dropped, list(frames)
    if labels.dtype.kind not in "UO":
        raise PremotorError(f"{path} labels its neurons with {labels.dtype}; ids are whole numbers")
    names = np.array([str(label) for label in labels], dtype=object)
    if len(set(names)) < size:
        raise PremotorError(f"{path} has a label more than once; every neuron needs its own")
    frame, _, dropped, used = named_neurons(beside, names, path, own=True)
    return frame, dropped, used


_WHOLE = r"^-?[0-9]{1,10}(\.0*)?$"


def is_matrix(path: Path, header: Header) -> bool:
    """Return whether a table can be a matrix: all numbers, or labels that are the same in its first line and column."""
    if all(re.fullmatch(NUMBER, name) for name in header):
        return True
    if len(header) < 3 or re.fullmatch(NUMBER, header[0]):
        return False
    if all(re.fullmatch(r"[0-9]+", name) for name in header[1:]):
        return True
    if is_connections(header):
        return False
    if header[0] == "" and id_column(header) is None:
        return True
    # Any word may stand in the corner where the first column repeats the first line.
    return _first_column(path, header) == list(header[1:])


def read_matrix(path: Path, header: Header, fractions: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the numbers of a matrix and, where it has them, its labels (ids as int64, names as objects).

    Without `fractions` only whole numbers are read.

    Raises:
        PremotorError: a cell that is no whole number, or labels that differ between line and column.
    """
    if all(re.fullmatch(NUMBER, name) for name in header):
        # The first line is a row of numbers, which the table reader took for names.
        _refuse_headerless(path, header)
        return _numbers(read_table(path, named=False), path, fractions), None
    labels = _first_column(path, header)
    if labels != list(header[1:]):
        raise PremotorError(f"{path}: the labels of its first line and its first column differ")
    values = _numbers(read_table(path).drop_columns([header[0]]), path, fractions)
    if all(re.fullmatch(r"0|[1-9][0-9]{0,17}", label) for label in labels):
        return values, np.array([int(label) for label in labels], dtype=np.int64)
    return values, np.array(labels, dtype=object)


def _refuse_headerless(path: Path, header: Header) -> None:
    """Refuse a table of numbers alone that can be a list of edges: counts, the last of three columns, are never 0."""
    if len(header) not in (2, 3) or not all(re.fullmatch(NUMBER, name) for name in header):
        return
    if _numbers(read_table(path, named=False), path, True)[:, 2 * (len(header) == 3) :].all():
        words = ("pre", "post", "count")[: len(header)]
        raise PremotorError(
            f"{path} has no header: its first line is {', '.join(header)}. If its columns are {listed(words)}, say "
            f"--columns {','.join(words)} (circuit.columns), or write these words as its first line; if it is a "
            "matrix, give it the labels of its neurons, or save it as .npy"
        )


def _first_column(path: Path, header: Header) -> list[str]:
    column = read_table(path, (header[0],), used=False).column(0)
    return pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.large_string()), "")).to_pylist()


def _numbers(table: pa.Table, path: Path, fractions: bool) -> np.ndarray:
    result = np.empty((table.num_rows, table.num_columns), np.float64)
    blank = 0
    for place, name in enumerate(table.column_names):
        text = pc.utf8_trim_whitespace(pc.fill_null(table[name].cast(pa.large_string()), ""))
        empty = pc.equal(text, "")
        blank += pc.sum(empty).as_py() or 0
        text = pc.if_else(empty, "0", text)
        good = pc.match_substring_regex(text, NUMBER if fractions else _WHOLE)
        if not pc.all(good).as_py():
            row = int(np.argmin(good.to_numpy()))
            word = text[row].as_py()[:40]
            raise PremotorError(
                f"{path}, row {row + 1}, column {place + 1}, holds {word!r}; a matrix of counts holds whole numbers"
                + (f"; {FRACTIONS}" if re.fullmatch(NUMBER, word) else "")
            )
        with readable(path):
            result[:, place] = text.cast(pa.float64()).to_numpy()
    if blank:
        note(f"{path.name}: {blank:,} of {result.size:,} cells are empty and taken for 0")
    return result
