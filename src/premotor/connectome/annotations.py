"""Several tables about the same neurons, joined by id."""

from pathlib import Path

import numpy as np
import pandas as pd

from premotor.connectome.edges import positions
from premotor.connectome.neuron_table import read_neurons


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


def covering(paths: list[Path], ids: np.ndarray) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Read neuron tables, the one that names the neurons first: the shortest with all `ids` or the longest.

    Releases publish the traced neurons in one table and annotations of every segment in others.
    """
    frames = [read_neurons(path) for path in paths]
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
