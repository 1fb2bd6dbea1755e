"""A circuit as a folder: neurons.csv, connections.csv, gap_junctions.csv and provenance.json.

| file | columns |
|---|---|
| neurons.csv | id, type, class, transmitter, sign, side, the source's other columns |
| connections.csv | pre, post, count |
| gap_junctions.csv (where there are any) | a, b, count; each pair once, a not after b in neurons.csv |
| provenance.json | dataset, version, citation, steps; column_types restores the columns exactly |
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, triu

from premotor.connectome.provenance import Provenance
from premotor.errors import PremotorError

NEURONS = "neurons.csv"
CONNECTIONS = "connections.csv"
GAP_JUNCTIONS = "gap_junctions.csv"
PROVENANCE = "provenance.json"


def save_tables(
    folder: Path, neurons: pd.DataFrame, synapses: csr_array, gap_junctions: csr_array | None, provenance: Provenance
) -> Path:
    """Write a circuit's files aside, then give them their name in one step; return the folder.

    Raises:
        PremotorError: the folder exists and is not empty, or the disk refuses.
    """

    def write(aside: Path) -> None:
        neurons.to_csv(aside / NEURONS, index_label="id", lineterminator="\n")
        ids = neurons.index.to_numpy()
        _write_edges(aside / CONNECTIONS, coo_array(synapses), ids, ("pre", "post"))
        if gap_junctions is not None:
            _write_edges(aside / GAP_JUNCTIONS, coo_array(triu(gap_junctions)), ids, ("a", "b"))
        (aside / PROVENANCE).write_text(record_text(neurons, provenance), encoding="utf-8")

    return write_folder(folder, write, "the circuit")


def record_text(neurons: pd.DataFrame, provenance: Provenance) -> str:
    """Return provenance.json: the record, and the types of the neuron table's columns."""
    record = provenance.as_dict()
    record["column_types"] = {str(name): str(kind) for name, kind in neurons.dtypes.items()}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _write_edges(path: Path, matrix: coo_array, ids: np.ndarray, names: tuple[str, str]) -> None:
    edge_table(matrix, ids, names).to_csv(path, index=False, lineterminator="\n")


def edge_table(matrix: coo_array, ids: np.ndarray, names: tuple[str, str]) -> pd.DataFrame:
    """Return a matrix of counts as a table of its entries: two columns of ids, and count."""
    return pd.DataFrame({names[0]: ids[matrix.row], names[1]: ids[matrix.col], "count": matrix.data})


_NUMPY_TYPES = ("int8", "int16", "int32", "int64", "uint8", "float32", "float64")
_RESTORED = (*_NUMPY_TYPES, "Int64", "Float64", "boolean", "bool", "str")


def read_record(path: Path | None, dataset: str) -> tuple[Provenance, dict[str, str]]:
    """Return the record in a file and the column types; without a file a record with the name of the dataset.

    Raises:
        PremotorError: the file is unreadable or is no such record.
    """
    if path is None:
        return Provenance(dataset=dataset), {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PremotorError(f"cannot read {path}: {error}") from None
    return parse_record(text, path)


def parse_record(text: str, path: object) -> tuple[Provenance, dict[str, str]]:
    """Return the record and the column types in a text; `path` is for errors.

    Raises:
        PremotorError: it is no such record.
    """
    provenance = Provenance.from_json(text, str(path))
    types: Any = json.loads(text).get("column_types", {})
    if not isinstance(types, dict) or not all(isinstance(kind, str) for kind in types.values()):
        raise PremotorError(f"{path}: column_types has to be an object of column names and types")
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
