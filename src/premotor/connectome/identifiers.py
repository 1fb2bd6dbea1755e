"""Neuron ids and synapse counts out of table columns: exact, or an error that shows the first bad value.

Ids go up to 2⁶³ − 1 and real ones (FlyWire's 720575940…) exceed the 2⁵³ that a float holds, so nothing here
ever passes through a float. Text columns are dictionary-encoded first: 15 million rows hold only as many
different ids as there are neurons, and only those are checked and converted.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from premotor.errors import PremotorError

MAX_COUNT = 2**31 - 1
"""The largest synapse count of a row; more is taken for a mistake."""
_MAX_ID = str(np.iinfo(np.int64).max)


def parse_ids(column: pa.ChunkedArray, where: str) -> np.ndarray:
    """Return a column of neuron ids as int64 (rows,); `where` names file and column in errors.

    Raises:
        PremotorError: a missing id, a float ("1.0", 1e10), a sign, a letter, or a number beyond 2⁶³ − 1.
    """
    rule = "neuron ids are whole numbers from 0 to 2^63-1, written in digits only"
    if pa.types.is_integer(column.type):
        _refuse_nulls(column, where, rule)
        low = pc.min(column).as_py()
        high = pc.max(column).as_py()
        if low is not None and (low < 0 or high > np.iinfo(np.int64).max):
            raise PremotorError(f"{where} holds the id {low if low < 0 else high}; {rule}")
        return column.cast(pa.int64()).to_numpy()
    codes, words = _encoded(column, where, rule)
    bad = pc.invert(pc.match_substring_regex(words, r"^(0|[1-9][0-9]{0,18})$"))
    long = pc.and_(pc.equal(pc.utf8_length(words), len(_MAX_ID)), pc.greater(words, pa.scalar(_MAX_ID)))
    _refuse(words, codes, pc.or_(bad, long), where, rule)
    return words.cast(pa.int64()).to_numpy()[codes]


def parse_counts(column: pa.ChunkedArray, where: str) -> np.ndarray:
    """Return a column of synapse counts as int64 (rows,); `where` names file and column in errors.

    Whole numbers written as floats ("5.0") are taken, since spreadsheets and pandas write them so.

    Raises:
        PremotorError: a missing, zero, negative, fractional or enormous count, or no number at all.
    """
    rule = f"synapse counts are whole numbers from 1 to {MAX_COUNT}"
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        _refuse_nulls(column, where, rule)
        values = column.to_numpy()
        with np.errstate(invalid="ignore"):
            good = (values >= 1) & (values <= MAX_COUNT) & (values == np.floor(values))
        if not good.all():
            row = int(np.argmin(good))
            raise PremotorError(f"{where}, row {row + 1}, holds {values[row]}; {rule}")
        return values.astype(np.int64)
    codes, words = _encoded(column, where, rule)
    bad = pc.invert(pc.match_substring_regex(words, r"^[0-9]{1,10}(\.0*)?$"))
    _refuse(words, codes, bad, where, rule)
    values = pc.replace_substring_regex(words, r"\.0*$", "").cast(pa.int64())
    wrong = pc.or_(pc.less(values, 1), pc.greater(values, MAX_COUNT))
    _refuse(words, codes, wrong, where, rule)
    return values.to_numpy()[codes]


def unique_ids(ids: np.ndarray, where: str) -> None:
    """Refuse a repeated id.

    Raises:
        PremotorError: naming the first repeated id and how often it occurs.
    """
    values, counts = np.unique(ids, return_counts=True)
    if values.size != ids.size:
        first = int(np.argmax(counts > 1))
        raise PremotorError(
            f"{where} holds the id {values[first]} {counts[first]} times; every neuron needs an id of its own"
        )


def _encoded(column: pa.ChunkedArray, where: str, rule: str) -> tuple[np.ndarray, pa.Array]:
    """Return the row's codes and the different trimmed words of a text column."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise PremotorError(f"{where} is stored as {kind}; {rule}")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    _refuse_nulls(column, where, rule)
    if column.num_chunks == 0:
        return np.zeros(0, np.int64), pa.array([], pa.string())
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    return codes, pc.utf8_trim_whitespace(column.chunk(0).dictionary)


def _refuse_nulls(column: pa.ChunkedArray, where: str, rule: str) -> None:
    if column.null_count:
        raise PremotorError(f"{where} has {column.null_count} missing values; {rule}")


def _refuse(words: pa.Array, codes: np.ndarray, bad: pa.Array, where: str, rule: str) -> None:
    wrong = np.flatnonzero(bad.to_numpy(zero_copy_only=False))
    if wrong.size:
        rows = np.isin(codes, wrong)
        if rows.any():
            row = int(np.argmax(rows))
            value = words[int(codes[row])].as_py()
            shown = repr(value if len(value) <= 40 else value[:37] + "...") if value else "nothing"
            raise PremotorError(f"{where}, row {row + 1}, holds {shown}; {rule}")
