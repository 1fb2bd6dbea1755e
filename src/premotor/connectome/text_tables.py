"""Tables in text files: the line of column names, what separates the columns, comments, and the rows."""

import csv
import gzip
import io
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from premotor.connectome.identifiers import NUMBER
from premotor.errors import PremotorError
from premotor.files import refuse_unpacked

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
_SMALL = 64 * 2**20
_HEADER_BYTES = 2**20
_SERIAL = 2**20  # threads take longer to start than so many bytes to be read


def text_header(path: Path, named: bool) -> tuple[str, ...]:
    """Return the column names of a text file, or 1, 2, … where its first line is a row."""
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        names = _first_line(path, file.read(_HEADER_BYTES), named)[0]
    return names if named else _numbered(names)


def read_text(path: Path, columns: list[str] | None, named: bool) -> pa.Table:
    """Return the rows of a text file, each column dictionary-encoded text; without `named` from the first line on."""
    packed = path.name.lower().endswith(".gz")
    with path.open("rb") as file, pa.input_stream(file, compression="gzip" if packed else None) as stream:
        parts = [stream.read(_HEADER_BYTES)]
        # Before the rest, since a few bytes may unpack to gigabytes.
        names, delimiter, skipped = _first_line(path, parts[0], named)
        while parts[-1] and packed:
            parts.append(stream.read(_SMALL))
            refuse_unpacked(path, sum(map(len, parts)), file.tell())
        if not packed:
            refuse_unpacked(path, path.stat().st_size)
            parts.append(stream.read())
        data = b"".join(parts)
    if not named:
        names = _numbered(names)
    if delimiter == " ":
        data = re.sub(rb"[ \t]+", b" ", re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", data))
    if data.count(b'"') % 2:
        # The parser would take everything up to the end of the file for one value.
        raise PremotorError(f"{path} has a quotation mark that is never closed")
    encoded = pa.dictionary(pa.int32(), pa.string())
    return pa.csv.read_csv(
        pa.BufferReader(data),
        # Column names were read above: they may be trimmed, and header and rows have to agree in length.
        read_options=pa.csv.ReadOptions(column_names=names, skip_rows=skipped, use_threads=len(data) > _SERIAL),
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


def is_number(word: str) -> bool:
    """Return whether a word in a first line is a number: then it is no header, but a row of a matrix or of edges."""
    return re.fullmatch(NUMBER, word) is not None


def _numbered(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, len(names) + 1))


def _first_line(path: Path, head: bytes, named: bool) -> tuple[tuple[str, ...], str, int]:
    """Return the words of the first line, the delimiter, and how many lines come before the rows.

    Lines that begin with # are comments; the last of them names the columns where the line after it is of numbers.
    Empty lines before the first are left out, too.
    """
    if not head.strip():
        raise PremotorError(f"{path} is empty; a table starts with a line of column names")
    lines = head.split(b"\n")
    comments = 0
    while comments < len(lines) - 1 and lines[comments].removeprefix(b"\xef\xbb\xbf").strip()[:1] in (b"#", b""):
        comments += 1
    words, delimiter = _words(path, lines[comments])
    if comments and named and any(is_number(word) for word in words):
        title = lines[comments - 1].removeprefix(b"\xef\xbb\xbf").lstrip(b"# ")
        try:
            names, _ = _words(path, title)
        except PremotorError:
            names = ()
        if len(names) == len(words) == len(set(names)):
            return names, delimiter, comments
    if named and len(set(words)) < len(words) and not all(is_number(word) for word in words):
        name, times = Counter(words).most_common(1)[0]
        raise PremotorError(
            f"{path} has {times} columns called {name!r}; every one needs its own name"
            + (" (without a line of column names: --no-header)" if any(is_number(word) for word in words) else "")
        )
    return words, delimiter, comments + named


def _words(path: Path, first: bytes) -> tuple[tuple[str, ...], str]:
    """Return the words of a line and its delimiter: a comma, else a tab (in .tsv first), else blanks in .txt."""
    if b"\0" in first or len(first) >= _HEADER_BYTES:
        raise PremotorError(f"{path} is not a text table: its first line is no list of column names")
    line = first.decode("utf-8-sig").rstrip("\r")
    tsv = path.name.lower().removesuffix(".gz").endswith(".tsv")
    tabs = "\t" in line and (tsv or "," not in line)
    # The only column of a .tsv may hold commas.
    delimiter = "\t" if tabs or (tsv and "," not in line) else ","
    if "," not in line and "\t" not in line and path.name.lower().removesuffix(".gz").endswith(".txt"):
        delimiter, line = " ", " ".join(line.split())
    try:
        words = next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise PremotorError(f"{path} has no readable first line of column names: {line[:60]!r}") from None
    names = tuple(word.strip() for word in words)
    if len(names) == 1 and ";" in line:
        raise PremotorError(f"{path} is separated by semicolons; write it with commas or tabs")
    return names, delimiter
