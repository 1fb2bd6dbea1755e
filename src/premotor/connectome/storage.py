"""A circuit as a folder of CSV files and provenance.json.

| file | columns |
|---|---|
| neurons.csv | id, type, class, transmitter, sign, side, the source's other columns |
| connections.csv | pre, post, count |
| gap_junctions.csv (where there are any) | a, b, count; each pair once, a not after b in neurons.csv |
| effectors.csv (where there are any) | effector, kind, the source's other columns |
| neuromuscular.csv (likewise) | pre, effector, count, and kind (synapse, gap_junction) where there are gap junctions |
| provenance.json | dataset, version, citation, steps; column_types and effector_types restore the columns exactly |
"""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, triu

from premotor.connectome.columns import EFFECTOR
from premotor.connectome.effectors import link_table
from premotor.connectome.provenance import Provenance
from premotor.errors import PremotorError
from premotor.files import read_bytes

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit

NEURONS = "neurons.csv"
CONNECTIONS = "connections.csv"
GAP_JUNCTIONS = "gap_junctions.csv"
EFFECTORS = "effectors.csv"
NEUROMUSCULAR = "neuromuscular.csv"
PROVENANCE = "provenance.json"


def save_tables(folder: Path, circuit: "Circuit") -> Path:
    """Write a circuit's files aside, then give them their name in one step; return the folder.

    Raises:
        PremotorError: the folder exists and is not empty, or the disk refuses.
    """

    def write(aside: Path) -> None:
        ids = circuit.ids
        _write_edges(aside / CONNECTIONS, coo_array(circuit.synapses), ids, ("pre", "post"))
        if circuit.gap_junctions is not None:
            _write_edges(aside / GAP_JUNCTIONS, coo_array(triu(circuit.gap_junctions)), ids, ("a", "b"))
        write_around(aside, circuit)

    return write_folder(folder, write, "the circuit")


def write_around(folder: Path, circuit: "Circuit") -> None:
    """Write the tables of neurons and of effectors, and the record, beside connections in any format."""
    _write_table(folder / NEURONS, circuit.neurons, "id")
    if len(circuit.effectors):
        _write_table(folder / EFFECTORS, circuit.effectors, EFFECTOR)
        link_table(circuit).to_csv(folder / NEUROMUSCULAR, index=False, lineterminator="\n")
    (folder / PROVENANCE).write_text(record_text(circuit), encoding="utf-8")


def record_text(circuit: "Circuit") -> str:
    """Return provenance.json: the record, and the types of the columns of neurons and effectors."""
    record = circuit.provenance.as_dict()
    record["column_types"] = {str(name): str(kind) for name, kind in circuit.neurons.dtypes.items()}
    if len(circuit.effectors):
        record["effector_types"] = {str(name): str(kind) for name, kind in circuit.effectors.dtypes.items()}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _write_table(path: Path, table: pd.DataFrame, label: str) -> None:
    # The csv module of Python leaves a lone carriage return without quotes, which ends a line for readers.
    words = [table[name] for name in table if pd.api.types.is_string_dtype(table[name])]
    returns = any(column.astype("str").str.contains("\r", regex=False).any() for column in words)
    table.to_csv(
        path,
        index_label=label,
        lineterminator="\n",
        quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL,
    )


def _write_edges(path: Path, matrix: coo_array, ids: np.ndarray, names: tuple[str, str]) -> None:
    edge_table(matrix, ids, names).to_csv(path, index=False, lineterminator="\n")


def edge_table(matrix: coo_array, ids: np.ndarray, names: tuple[str, str]) -> pd.DataFrame:
    """Return a matrix of counts as a table of its entries: two columns of ids, and count."""
    return pd.DataFrame({names[0]: ids[matrix.row], names[1]: ids[matrix.col], "count": matrix.data})


_NUMPY_TYPES = ("int8", "int16", "int32", "int64", "uint8", "float32", "float64")
_RESTORED = (*_NUMPY_TYPES, "Int64", "Float64", "boolean", "bool", "str")


def read_record(path: Path | None, dataset: str, types_of: str = "column_types") -> tuple[Provenance, dict[str, str]]:
    """Return the record in a file and the column types; without a file a record with the name of the dataset.

    Raises:
        PremotorError: the file is unreadable or is no such record.
    """
    if path is None:
        return Provenance(dataset=dataset), {}
    try:
        text = read_bytes(path, 2**26).decode()
    except UnicodeDecodeError as error:
        raise PremotorError(f"cannot read {path}: {error}") from None
    return parse_record(text, path, types_of)


def parse_record(text: str, path: object, types_of: str = "column_types") -> tuple[Provenance, dict[str, str]]:
    """Return the record and the types of columns (of neurons, or ``effector_types``) in a text; `path` is for errors.

    Raises:
        PremotorError: it is no such record.
    """
    provenance = Provenance.from_json(text, str(path))
    types = json.loads(text).get(types_of, {})
    if not isinstance(types, dict) or not all(isinstance(kind, str) for kind in types.values()):
        raise PremotorError(f"{path}: {types_of} has to be an object of column names and types")
    return provenance, types


def restore_types(neurons: pd.DataFrame, types: dict[str, str], path: object) -> pd.DataFrame:
    """Return the neuron table with the recorded column types.

    Raises:
        PremotorError: a column can not have its recorded type.
    """
    columns = {}
    for name, kind in types.items():
        if name in neurons and kind in _RESTORED and str(neurons[name].dtype) != kind:
            try:
                columns[name] = _restored(neurons[name], kind)
            except (TypeError, ValueError, OverflowError):
                raise PremotorError(f"{path}, column {name}, is not {kind}, as {PROVENANCE} says") from None
    return neurons.assign(**columns)


def _restored(column: pd.Series, kind: str) -> pd.Series:
    if kind in _NUMPY_TYPES:
        return column.astype(np.dtype(kind))
    if kind in ("bool", "boolean"):
        flags = column.map({"True": True, "False": False}).astype("boolean")
        return flags.astype(bool) if kind == "bool" else flags
    return column.astype(pd.api.types.pandas_dtype(kind))


def write_folder(folder: Path, write: Callable[[Path], None], what: str) -> Path:
    """Make a folder of what `write` puts into the folder that it is given; return its path.

    Raises:
        PremotorError: the folder exists and is not empty, or the disk refuses.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PremotorError(f"{folder} exists and is not empty; {what} is saved into a new folder")
    aside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        write(aside)
        # mkdtemp makes a private folder; a saved one has the rights of any new folder.
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o777 & ~umask)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    except OSError as error:
        raise PremotorError(f"cannot write {what} to {folder}: {error.strerror or error}") from None
    finally:
        if aside is not None and aside.exists():
            shutil.rmtree(aside)
    return folder
