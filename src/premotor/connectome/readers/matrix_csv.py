"""Matrices in CSV files: bare numbers, or with the same labels in the first line and the first column."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from premotor.connectome.neuron_table import id_column
from premotor.connectome.readers.columns import is_connections
from premotor.connectome.readers.source import Header
from premotor.connectome.tables import read_table, readable
from premotor.errors import PremotorError

_NUMBER = r"^-?[0-9]{1,10}(\.0*)?$"
_CORNER = {"", "id", "name", "neuron"}


def is_matrix(header: Header) -> bool:
    """Return whether a CSV header can be that of a matrix: all numbers, or a corner before the labels."""
    if all(re.fullmatch(_NUMBER, name) for name in header):
        return True
    if len(header) < 3 or header[0].lower() not in _CORNER:
        return False
    if all(re.fullmatch(r"[0-9]+", name) for name in header[1:]):
        return True
    return header[0] == "" and id_column(header) is None and not is_connections(header)


def read_matrix(path: Path, header: Header) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the numbers of a matrix and, where it has them, its labels (ids as int64, names as objects).

    Raises:
        PremotorError: a cell that is no whole number, or labels that differ between line and column.
    """
    if all(re.fullmatch(_NUMBER, name) for name in header):
        # The first line is a row of numbers, which the table reader took for names.
        rows = read_table(path, named=False)
        return _numbers(rows, path), None
    table = read_table(path)
    labels = [str(label) for label in table.column(0).cast(pa.large_string()).to_pylist()]
    if labels != list(header[1:]):
        raise PremotorError(f"{path}: the labels of its first line and its first column differ")
    values = _numbers(table.drop_columns([header[0]]), path)
    if all(re.fullmatch(r"0|[1-9][0-9]{0,17}", label) for label in labels):
        return values, np.array([int(label) for label in labels], dtype=np.int64)
    return values, np.array(labels, dtype=object)


def _numbers(table: pa.Table, path: Path) -> np.ndarray:
    result = np.empty((table.num_rows, table.num_columns), np.float64)
    for place, name in enumerate(table.column_names):
        text = pc.utf8_trim_whitespace(table[name].cast(pa.large_string()))
        good = pc.match_substring_regex(text, _NUMBER)
        if not pc.all(good).as_py():
            row = int(np.argmin(good.to_numpy()))
            raise PremotorError(
                f"{path}, row {row + 1}, column {place + 1}, holds {text[row].as_py()[:40]!r}; "
                "a matrix of counts holds whole numbers"
            )
        with readable(path):
            result[:, place] = text.cast(pa.float64()).to_numpy()
    return result
