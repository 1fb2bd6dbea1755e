"""Neuron ids and synapse counts out of table columns: exact, or an error that shows the first bad value.

Ids go up to 2⁶³ − 1 and real ones (FlyWire's 720575940…) exceed the 2⁵³ that a float holds, so nothing here
ever passes through a float. Text columns are dictionary-encoded first: 15 million rows hold only as many
different ids as there are neurons, and only those are checked and converted.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from premotor.errors import PremotorError

MAX_COUNT = 2**31 - 1
"""The largest synapse count of a row; more is taken for a mistake."""
NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"
"""What a number in text looks like."""
FRACTIONS = "for weights that are no counts give a scale (--scale 100): they are multiplied by it and rounded"
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
            weight = np.isfinite(values[row]) and (values[row] != np.floor(values[row]) or values[row] < 0)
            raise PremotorError(
                f"{where}, row {row + 1}, holds {values[row]}; {rule}" + (f"; {FRACTIONS}" if weight else "")
            )
        return values.astype(np.int64)
    codes, words = _encoded(column, where, rule)
    bad = pc.invert(pc.match_substring_regex(words, r"^[0-9]{1,10}(\.0*)?$"))
    weights = r"^(-?[0-9]*\.[0-9]*[1-9][0-9]*([eE]-?[0-9]+)?|-[0-9]+(\.0*)?)$"
    fractions = pc.any(pc.match_substring_regex(words, weights)).as_py()
    _refuse(words, codes, bad, where, f"{rule}; {FRACTIONS}" if fractions else rule)
    values = pc.replace_substring_regex(words, r"\.0*$", "").cast(pa.int64())
    wrong = pc.or_(pc.less(values, 1), pc.greater(values, MAX_COUNT))
    _refuse(words, codes, wrong, where, rule)
    return values.to_numpy()[codes]


def parse_weights(column: pa.ChunkedArray, where: str, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of weights as counts, times `scale` and rounded, int64 (rows,), and their signs, int8 (rows,).

    Raises:
        PremotorError: a missing value, no number, or a product beyond the largest count.
    """
    rule = "weights are numbers"
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        _refuse_nulls(column, where, rule)
        values = column.to_numpy().astype(np.float64)
    else:
        codes, words = _encoded(column, where, rule)
        _refuse(words, codes, pc.invert(pc.match_substring_regex(words, NUMBER)), where, rule)
        values = np.asarray(words.to_pylist(), dtype="U").astype(np.float64)[codes]
    return scaled(values, where, scale), np.sign(values).astype(np.int8)


def scaled(values: np.ndarray, where: str, scale: float) -> np.ndarray:
    """Return the absolute values times `scale`, rounded, int64 and of the same shape.

    Raises:
        PremotorError: one that is not finite, or too large.
    """
    counts = np.rint(np.abs(values.astype(np.float64)) * scale)
    good = counts <= MAX_COUNT
    if not good.all():
        raise PremotorError(
            f"{where} holds {values[~good].flat[0]}; times the scale {scale:g} weights are numbers up to {MAX_COUNT}"
        )
    return counts.astype(np.int64)


def are_names(columns: Sequence[pa.ChunkedArray]) -> bool:
    """Return whether columns hold names of neurons: text, of which nothing looks like a number."""
    kinds = [c.type.value_type if pa.types.is_dictionary(c.type) else c.type for c in columns]
    if not all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in kinds):
        return False
    words = [pc.unique(column.cast(pa.large_string())) for column in columns]
    like_a_number = r"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$"
    return any(len(word) for word in words) and not any(
        pc.any(pc.match_substring_regex(word, like_a_number)).as_py() for word in words
    )


def parse_names(column: pa.ChunkedArray, where: str) -> np.ndarray:
    """Return a column of names, trimmed, as an object array (rows,).

    Raises:
        PremotorError: a row without a name.
    """
    text = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.large_string()), ""))
    if pc.any(pc.equal(text, "")).as_py():
        raise PremotorError(f"{where} has a row without a name")
    return np.array(text.to_pylist(), dtype=object)


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
