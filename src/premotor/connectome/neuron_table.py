"""A source's neuron table in premotor's columns: id, type, class, transmitter, side; the rest as it is."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from premotor.connectome.identifiers import parse_ids, unique_ids
from premotor.connectome.words import (
    canonical_class,
    canonical_side,
    canonical_transmitter,
    listed,
    translate,
)
from premotor.errors import PremotorError

ID_NAMES = ("id", "neuron_id", "bodyId", "body", "body_id", "root_id", "pt_root_id", "Root ID")
ALIASES = {
    "type": ("type", "cell_type", "primary_type", "Primary Cell Type"),
    "class": ("class", "superclass", "super_class", "Super Class"),
    "transmitter": (
        "transmitter",
        "predictedNt",
        "consensus_nt",
        "consensusNt",
        "predicted_nt",
        "nt_type",
        "Predicted NT type",
    ),
    "side": ("side", "somaSide", "soma_side", "Side"),
}
REQUIRED = ("type", "class", "transmitter", "sign", "side")
_TEXT_COLUMNS = {"type", "name", "instance", "hemilineage", "source_class"}
_WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"
_NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"


def id_column(header: tuple[str, ...]) -> str | None:
    """Return the name of the id column of a neuron table, or None where there is none."""
    return next((name for name in ID_NAMES if name in header), None)


def neuron_table(table: pa.Table, path: object) -> pd.DataFrame:
    """Turn a source's table into a neuron table with index "id" (int64) and canonical columns.

    The source's own words for class stay in `source_class`; its other columns keep name and content: text,
    int64, Int64 where whole numbers are missing, or float64. Column `sign` is taken over where it is there
    (−1, 0, +1) and absent otherwise.

    Raises:
        PremotorError: no id column, no rows, bad or repeated ids, or a sign other than −1, 0, +1.
    """
    key = id_column(tuple(table.column_names))
    if key is None:
        raise PremotorError(
            f"{path} has no column with neuron ids: one of {', '.join(ID_NAMES)} is needed, "
            f"found {listed(table.column_names)}"
        )
    if table.num_rows == 0:
        raise PremotorError(f"{path} has a header but no neurons")
    ids = parse_ids(table[key], f"{path}, column {key}")
    unique_ids(ids, f"{path}, column {key}")
    data = {name: _column(table[name], name) for name in table.column_names if name != key}
    frame = pd.DataFrame(data, index=pd.Index(ids, name="id"))
    return canonical_columns(frame, path)


def canonical_columns(frame: pd.DataFrame, path: object) -> pd.DataFrame:
    """Add or translate the columns type, class, transmitter and side of a frame indexed by id."""
    found = {word: next((name for name in names if name in frame), None) for word, names in ALIASES.items()}
    blank = pd.Series("", index=frame.index, dtype="str")

    def source(word: str) -> pd.Series:
        name = found[word]
        return blank if name is None else frame[name].astype("str").fillna("")

    words = source("class")
    columns = {
        "type": source("type"),
        "class": translate(words, canonical_class),
        "transmitter": translate(source("transmitter"), canonical_transmitter),
        **({"sign": _signs(frame["sign"], path)} if "sign" in frame else {}),
        "side": translate(source("side"), canonical_side),
    }
    if "source_class" not in frame and not words.equals(columns["class"]):
        columns["source_class"] = words
    rest = frame.drop(columns=[name for name in columns if name in frame])
    return pd.concat([pd.DataFrame(columns, index=frame.index), rest], axis=1)


def bare_neurons(ids: np.ndarray) -> pd.DataFrame:
    """Return a neuron table for ids (int64, sorted) of which nothing else is known."""
    return canonical_columns(pd.DataFrame(index=pd.Index(ids, name="id", dtype=np.int64)), "")


def _signs(column: pd.Series, path: object) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    good = numbers.isin([-1, 0, 1])
    if not good.all():
        raise PremotorError(f"{path}, column sign, holds {column[~good].iloc[0]}; allowed are -1, 0 and 1")
    return numbers.astype(np.int8)


def _column(column: pa.ChunkedArray, name: str) -> np.ndarray | ExtensionArray:
    """Return one column as pandas sees it; text that is all numbers becomes numbers."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return _typed(column)
    text = column.cast(pa.large_string()) if pa.types.is_dictionary(column.type) else column
    text = pc.fill_null(text, "")
    if name not in _TEXT_COLUMNS:
        numbers = _numbers(text)
        if numbers is not None:
            return numbers
    return pd.array(text.to_pylist(), dtype="str")


def _typed(column: pa.ChunkedArray) -> np.ndarray | ExtensionArray:
    if pa.types.is_integer(column.type) and column.null_count:
        return pd.array(column.cast(pa.int64()).to_pylist(), dtype="Int64")
    return column.to_pandas().to_numpy()


def _numbers(text: pa.ChunkedArray) -> np.ndarray | ExtensionArray | None:
    """Return the numbers of a text column, or None where some value is neither a number nor missing."""
    missing = pc.or_(pc.equal(text, ""), pc.match_substring_regex(text, r"^[nN][aA][nN]$"))
    if pc.all(missing).as_py():
        return None
    filled = pc.if_else(missing, pa.scalar("0", text.type), text)
    if pc.all(pc.match_substring_regex(filled, _WHOLE)).as_py():
        whole = filled.cast(pa.int64()).to_numpy()
        if not pc.any(missing).as_py():
            return whole
        return pd.arrays.IntegerArray(whole.copy(), missing.to_numpy().copy())
    if pc.all(pc.match_substring_regex(filled, _NUMBER)).as_py():
        # numpy reads decimals exactly; pandas' own parser can be one unit in the last place off.
        values = np.asarray(filled.to_pylist(), dtype="U").astype(np.float64)
        return np.where(missing.to_numpy(), np.nan, values)
    return None
