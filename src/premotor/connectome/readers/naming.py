"""Tables of neurons beside connections between names: which column holds the names, and what ids neurons get."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from premotor.connectome.columns import Header, id_column
from premotor.connectome.edges import positions
from premotor.connectome.identifiers import are_names, parse_ids, unique_ids
from premotor.connectome.neuron_table import join, table_of_neurons
from premotor.connectome.tables import as_table, read_table
from premotor.errors import PremotorError


def named_neurons(
    tables: Mapping[Path, Header], names: np.ndarray, where: object, *, own: bool = False
) -> tuple[pd.DataFrame, np.ndarray, dict[str, int], list[Path]]:
    """Return the neurons of connections between names, with what tables beside say about them.

    A table belongs to them where one of its columns holds names; of several the shortest with every name, or the
    longest, says which neurons there are. Ids are those of that table where it has numbers, else 1, 2, … in its order.

    Args:
        tables: what may be tables of neurons, with their columns.
        names: the different names, an object array (names,).
        where: the table of connections, for errors.
        own: the neurons are those of `names`, in their order, whatever tables say.

    Returns:
        The neuron table (index "id", column `name`), the id of each of `names`, int64 (names,), what was left out, and
        the tables that were used.

    Raises:
        PremotorError: a table repeats a name or lacks one.
    """
    frames: list[pd.DataFrame] = []
    used: list[Path] = []
    for path, header in tables.items():
        table = read_table(path, used=False)
        key = _key(table, header, names)
        if key is None:
            as_table(
                path
            ).unused = (
                f"none of its columns holds the names of the neurons in {Path(str(where)).name}, such as {names[0]!r}"
            )
            continue
        as_table(path).read.update(header)
        frame = table_of_neurons(table, path, key=key, named=True)
        numbered = id_column(header)
        if numbered not in (None, key) and not are_names([table[numbered]]):
            ids = parse_ids(table[numbered], f"{path}, column {numbered}")
            unique_ids(ids, f"{path}, column {numbered}")
            frame = frame.drop(columns="source_id" if numbered == "id" else numbered).assign(**{_ID: ids})
        if key != "name" and "name" in frame:
            frame[key if key != "id" else "source_id"] = pd.array(list(frame.index), dtype="str")
        frames.append(frame)
        used.append(path)
    if own or not frames:
        base, others = pd.DataFrame(index=pd.Index(names, dtype=object)), frames
    else:
        holding = [frame for frame in frames if np.isin(names, frame.index).all()]
        base = min(holding, key=len) if holding else max(frames, key=len)
        others = [frame for frame in frames if frame is not base]
    frame, dropped = join(base, others)
    keys = frame.index.to_numpy(dtype=object)
    place = positions(keys, names)
    if (place < 0).any():
        lacking = used[next(number for number, some in enumerate(frames) if some is base)]
        raise PremotorError(
            f"{where} names neuron {names[np.argmin(place)]!r}, which the neuron table {lacking.name} lacks"
        )
    ids = np.arange(1, len(keys) + 1, dtype=np.int64)
    if _ID in frame:
        given = frame.pop(_ID)
        if not given.isna().any() and given.is_unique:
            ids = given.to_numpy(np.int64)
    if "name" not in frame:
        frame.insert(0, "name", pd.Series(list(keys), index=frame.index, dtype="str"))
    return frame.set_axis(pd.Index(ids, name="id")), ids[place], dropped, used


_ID = "\0id"


def _key(table: pa.Table, header: Header, names: np.ndarray) -> str | None:
    """Return the column that holds names of the neurons: the id column if it does, else that with most of them."""
    best, most = None, 0
    wanted = pa.array(list(names), pa.large_string())
    for name in dict.fromkeys([word for word in (id_column(header), *header) if word]):
        if are_names([table[name]]):
            words = pc.unique(pc.utf8_trim_whitespace(pc.fill_null(table[name].cast(pa.large_string()), "")))
            found = pc.sum(pc.is_in(wanted, words)).as_py() or 0
            if found > most:
                best, most = name, found
            if name == id_column(header) and found:
                break
    return best
