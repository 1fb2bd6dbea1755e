"""Tables from files: CSV and TSV (plain or .gz), feather and parquet, as arrow tables."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

from premotor.errors import PremotorError

TEXT_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
ARROW_SUFFIXES = (".feather", ".arrow")
PARQUET_SUFFIXES = (".parquet", ".pq")
TABLE_SUFFIXES = TEXT_SUFFIXES + ARROW_SUFFIXES + PARQUET_SUFFIXES
_SMALL = 64 * 2**20
_HEADER_BYTES = 2**20
# A first line of numbers is no header: it is the first row of a matrix.
_NUMBER = re.compile(r"-?[0-9]+\.?[0-9]*")


def is_table(path: Path) -> bool:
    """Return whether the file's name ends like a table that `read_table` reads."""
    return path.name.lower().endswith(TABLE_SUFFIXES)


def read_header(path: Path) -> tuple[str, ...]:
    """Return a table's column names without reading its rows.

    Raises:
        PremotorError: the file is unreadable, empty, not text, or its header has empty or repeated names.
    """
    name = path.name.lower()
    with readable(path):
        if name.endswith(PARQUET_SUFFIXES):
            return tuple(pa.parquet.read_schema(path).names)
        if name.endswith(ARROW_SUFFIXES):
            # Feather version 1 has no schema that can be read alone.
            with pa.memory_map(str(path)) as source:
                return tuple(pa.feather.read_table(source, memory_map=True).schema.names)
        return _text_header(path)


def read_table(path: Path, columns: tuple[str, ...] | None = None, *, named: bool = True) -> pa.Table:
    """Read a table, all of it or some columns. Text columns of text files come dictionary-encoded.

    Without `named` the first line of a text file is a row like the others.

    Raises:
        PremotorError: the file is unreadable or empty, rows and header differ in length, or it is not UTF-8.
    """
    name = path.name.lower()
    wanted = None if columns is None else list(columns)
    with readable(path):
        if name.endswith(PARQUET_SUFFIXES):
            return checked(pa.parquet.read_table(path, columns=wanted))
        if name.endswith(ARROW_SUFFIXES):
            return checked(pa.feather.read_table(path, columns=wanted))
        return _read_text(path, wanted, named)


def checked(table: pa.Table) -> pa.Table:
    """Return a table of a binary file whose every value can be read; damage that is not found here is a crash later.

    Raises:
        pyarrow.ArrowInvalid: text that is not UTF-8, or places of values that do not exist.
    """
    table.validate(full=True)
    return table


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a reading library says about a damaged or unreadable file into one sentence that names it.

    Raises:
        PremotorError: instead of the library's error.
    """
    try:
        yield
    except OSError as error:
        raise PremotorError(f"cannot read {path}: {_brief(error.strerror or error)}") from None
    except (pa.ArrowException, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise PremotorError(f"cannot read {path}: {_brief(error)}") from None


def _text_header(path: Path) -> tuple[str, ...]:
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        return _names(path, file.read(_HEADER_BYTES))[0]


def _names(path: Path, head: bytes, unique: bool = True) -> tuple[tuple[str, ...], str]:
    """Return the column names and the delimiter (a tab where the header has tabs and no comma)."""
    if not head.strip():
        raise PremotorError(f"{path} is empty; a table starts with a line of column names")
    first = head.split(b"\n", 1)[0]
    if b"\0" in first or len(first) >= _HEADER_BYTES:
        raise PremotorError(f"{path} is not a text table: its first line is no list of column names")
    line = first.decode("utf-8-sig").rstrip("\r")
    delimiter = "\t" if "\t" in line and "," not in line else ","
    try:
        words = next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise PremotorError(f"{path} has no readable first line of column names: {line[:60]!r}") from None
    names = tuple(word.strip() for word in words)
    if len(names) == 1 and ";" in line:
        raise PremotorError(f"{path} is separated by semicolons; write it with commas or tabs")
    if unique and len(set(names)) < len(names) and not all(_NUMBER.fullmatch(name) for name in names):
        name, times = Counter(names).most_common(1)[0]
        raise PremotorError(f"{path} has {times} columns called {name!r}; every one needs its own name")
    return names, delimiter


def _read_text(path: Path, columns: list[str] | None, named: bool) -> pa.Table:
    with pa.input_stream(str(path), compression="gzip" if path.name.lower().endswith(".gz") else None) as stream:
        head = stream.read(_HEADER_BYTES)
        names, delimiter = _names(path, head, named)  # before the rest: a few bytes may unpack to gigabytes
        data = head + stream.read()
    if not named:
        names = tuple(str(number) for number in range(len(names)))
    if data.count(b'"') % 2:
        # The parser would take everything up to the end of the file for one value.
        raise PremotorError(f"{path} has a quotation mark that is never closed")
    encoded = pa.dictionary(pa.int32(), pa.string())
    return pa.csv.read_csv(
        pa.BufferReader(data),
        # Column names were read above: they may be trimmed, and header and rows have to agree in length.
        read_options=pa.csv.ReadOptions(column_names=names, skip_rows=int(named)),
        # Text over several lines is rare and slow to split: only small tables (of neurons) may have it.
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=len(data) < _SMALL),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, encoded),
            include_columns=columns,
            null_values=[],
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )


def _brief(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else text[:157] + "..."
