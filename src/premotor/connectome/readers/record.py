"""provenance.json beside the tables: the record, and the column types that it restores."""

import json
from typing import Any

import numpy as np
import pandas as pd

from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.source import Source
from premotor.connectome.storage import PROVENANCE
from premotor.errors import PremotorError

_NUMPY_TYPES = ("int8", "int16", "int32", "int64", "uint8", "float32", "float64")
_RESTORED = (*_NUMPY_TYPES, "Int64", "Float64", "boolean", "bool", "str")


def read_record(source: Source) -> tuple[Provenance, dict[str, str]]:
    """Return the record and the column types; without a file a record with the source's name.

    Raises:
        PremotorError: the file is unreadable or is no such record.
    """
    path = source.file(PROVENANCE)
    if path is None:
        return Provenance(dataset=source.path.resolve().name), {}
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
