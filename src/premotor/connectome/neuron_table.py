"""Tables of neurons: ids as index, every other column with the type that its contents have."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from premotor.connectome.columns import ID_NAMES, id_column
from premotor.connectome.edges import positions
from premotor.connectome.identifiers import NUMBER, parse_ids, parse_names, unique_ids
from premotor.connectome.tables import Table, read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

_TEXT_COLUMNS = {"type", "name", "instance", "hemilineage", "source_class"}
_WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"


def read_neurons(
    path: Path, *, key: str | None = None, repeated: bool = False, types: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Read a table of neurons with index "id" (int64), in the order of the file.

    The other columns keep their names: text, int64, Int64 where whole numbers are missing, float64, bool.
    Lists (regions of a neuron) become text with semicolons; a nameless column (pandas' index) is left out.
    `key` is the id column, by default the first of `ID_NAMES`; a column "id" beside it becomes "source_id".
    With `repeated` the first row of each id counts, and the others are left out. Columns whose recorded `types` say
    "str" stay text, whatever they hold.

    Raises:
        PremotorError: no id column, no rows, bad or repeated ids.
    """
    table = read_table(path)
    key = key or id_column(tuple(table.column_names))
    if key is None:
        raise PremotorError(
            f"{path} has no column with neuron ids: one of {', '.join(ID_NAMES)} is needed, "
            f"found {listed(table.column_names)}"
        )
    if table.num_rows == 0:
        raise PremotorError(f"{path} has a header but no neurons")
    return table_of_neurons(table, path, key=key, repeated=repeated, types=types)


def table_of_neurons(
    table: pa.Table,
    where: object,
    *,
    key: str = "id",
    repeated: bool = False,
    named: bool = False,
    types: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return what `read_neurons` makes of a table that has been read; `where` is for errors.

    With `named` the index holds names.

    Raises:
        PremotorError: bad or repeated ids.
    """
    ids = (parse_names if named else parse_ids)(table[key], f"{where}, column {key}")
    if not repeated:
        unique_ids(ids, f"{where}, column {key}")
    # What is text in memory stays text; in a file nothing else says what a column is.
    text = isinstance(where, Table) and where.frame is not None
    texts = {name for name in table.column_names if text or (types or {}).get(name) == "str"}
    data = {
        name: typed_column(table[name], name, name in texts) for name in table.column_names if name not in (key, "")
    }
    frame = pd.DataFrame(data, index=pd.Index(ids, name="id")).rename(columns={"id": "source_id"})
    return frame[~frame.index.duplicated()] if repeated else frame


def typed_column(column: pa.ChunkedArray, name: str, text_stays: bool = False) -> np.ndarray | ExtensionArray:
    """Return one column as pandas sees it; text that is all numbers becomes numbers, unless it is to stay text."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not pa.types.is_string(kind.value_type):
            column = column.cast(pa.list_(pa.string()))
        column, kind = pc.binary_join(column, ";"), pa.string()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = pc.fill_null(column.cast(pa.large_string()), "")
        numbers = None if text_stays or name in _TEXT_COLUMNS else _numbers(text)
        return pd.array(text.to_pylist(), dtype="str") if numbers is None else numbers
    if pa.types.is_integer(kind) and column.null_count:
        return pd.array(column.cast(pa.int64()).to_pylist(), dtype="Int64")
    if pa.types.is_boolean(kind) and column.null_count:
        return pd.array(column.to_pylist(), dtype="boolean")
    return column.to_pandas().to_numpy()


def is_numeric(column: pa.ChunkedArray, name: str) -> bool:
    """Return whether every value of a column is a number, or missing, and some are."""
    return pd.api.types.is_numeric_dtype(typed_column(column, name).dtype)


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
    if pc.all(pc.match_substring_regex(filled, NUMBER)).as_py():
        # numpy reads decimals exactly; pandas' own parser can be one unit in the last place off.
        values = np.asarray(filled.to_pylist(), dtype="U").astype(np.float64)
        return np.where(missing.to_numpy(), np.nan, values)
    return None


def join(base: pd.DataFrame, others: list[pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Add the columns of other tables to the neurons of `base`, whose own values win unless empty.

    Returns the frame and what was left out: rows of the others about neurons that `base` does not hold.
    """
    frame = base
    strangers = 0
    for other in others:
        strangers += int((positions(frame.index.to_numpy(), other.index.to_numpy()) < 0).sum())
        columns = {name: _aligned(other[name], frame.index) for name in other.columns}
        for name, column in columns.items():
            frame = frame.assign(**{name: _filled(frame[name], column) if name in frame else column})
    return frame, {"annotations of other neurons": strangers} if strangers else {}


def covering(
    paths: list[Path], ids: np.ndarray, types: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Read neuron tables, the one that names the neurons first: the shortest with all `ids` or the longest.

    Releases publish the traced neurons in one table and annotations of every segment in others.
    """
    frames = [read_neurons(path, types=types) for path in paths]
    holding = [frame for frame in frames if (positions(frame.index.to_numpy(), ids) >= 0).all()]
    base = min(holding, key=len) if holding else max(frames, key=len)
    return base, [frame for frame in frames if frame is not base]


def united(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return an empty table of the neurons of all, in the order of the first, then of the next."""
    index = frames[0].index
    for frame in frames[1:]:
        index = index.append(frame.index[~frame.index.isin(index)])
    return pd.DataFrame(index=pd.Index(index, name="id", dtype=np.int64))


def _aligned(column: pd.Series, index: pd.Index) -> pd.Series:
    """Return the column for these neurons; empty text, NaN or NA where it has none."""
    whole = pd.api.types.is_integer_dtype(column) and not index.isin(column.index).all()
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("boolean")
    result = (column.astype("Int64") if whole else column).reindex(index)
    return result.fillna("") if pd.api.types.is_string_dtype(column) else result


def _filled(mine: pd.Series, theirs: pd.Series) -> pd.Series:
    """Return my values, theirs where mine are empty; mine where the two are of different kinds."""
    empty = mine.isna()
    if pd.api.types.is_string_dtype(mine):
        empty |= mine == ""
    if not empty.any() or pd.api.types.is_string_dtype(mine) != pd.api.types.is_string_dtype(theirs):
        return mine
    return mine.where(~empty, theirs)
