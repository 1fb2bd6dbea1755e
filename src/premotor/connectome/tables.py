"""Tables from files: CSV, TSV, text (plain or .gz), feather, parquet and Excel sheets, as arrow tables."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

from premotor.connectome.text_tables import TEXT_SUFFIXES, read_text, text_header
from premotor.connectome.unpacking import parquet_batches, refuse_large_arrow
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError, missing_library
from premotor.files import size_text
from premotor.settings import note

ARROW_SUFFIXES = (".feather", ".arrow")
PARQUET_SUFFIXES = (".parquet", ".pq")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
_MOST_BYTES, _MOST_CELLS = 2**27, 2 * 10**7
"""Of a workbook: more takes minutes to read."""
TABLE_SUFFIXES = TEXT_SUFFIXES + ARROW_SUFFIXES + PARQUET_SUFFIXES + EXCEL_SUFFIXES


class Table(Path):
    """The path of a table, how it is to be read, and which of its columns were read.

    Attributes:
        renamed: names by which columns are known, by the name in the file.
        ignored: columns that are left out, by the name in the file.
        header: whether the first line names the columns; those of a table without are called 1, 2, …
        frame: the table itself, where it comes from no file.
        sheet: of a workbook; the first where it is empty.
        read: columns that `read_table` gave out.
        unused: why the reader left the table out, where it did and knows.
    """

    def __init__(
        self,
        path: str | Path,
        renamed: Mapping[str, str] | None = None,
        *,
        ignored: Iterable[str] = (),
        header: bool = True,
        frame: pa.Table | None = None,
        sheet: str = "",
    ):
        super().__init__(path)
        self.renamed, self.ignored = dict(renamed or {}), frozenset(ignored)
        self.header, self.frame, self.sheet = header, frame, sheet
        self.read: set[str] = set()
        self.unused = ""

    def with_segments(self, *segments: str | Path) -> Path:  # type: ignore[override]
        """Return a path that is no table: a parent, or another name."""
        return Path(*segments)


def is_table(path: Path) -> bool:
    """Return whether the file's name ends like a table that `read_table` reads."""
    return path.name.lower().endswith(TABLE_SUFFIXES)


def read_header(path: Path) -> tuple[str, ...]:
    """Return a table's column names without reading its rows.

    Raises:
        PremotorError: the file is unreadable, empty, not text, or its header has empty or repeated names.
    """
    table, name = as_table(path), path.name.lower()
    with readable(path):
        if table.frame is not None:
            names = tuple(table.frame.column_names)
        elif name.endswith(PARQUET_SUFFIXES):
            names = tuple(pa.parquet.read_schema(path).names)
        elif name.endswith(ARROW_SUFFIXES):
            batched = _is_batched(path)
            with pa.memory_map(str(path)) as source:
                # Feather version 1 has no schema that can be read alone.
                table_in = pa.ipc.open_file(source) if batched else pa.feather.read_table(source, memory_map=True)
                names = tuple(table_in.schema.names)
        elif name.endswith(EXCEL_SUFFIXES):
            names = tuple(_read_excel(table).column_names)
        else:
            names = text_header(path, table.header)
    return tuple(table.renamed.get(word, word) for word in names if word not in table.ignored)


def read_table(
    path: Path, columns: tuple[str, ...] | None = None, *, named: bool = True, used: bool = True
) -> pa.Table:
    """Read a table, all of it or some columns. Text columns of text files come dictionary-encoded.

    Without `named` the first line of a text file is a row like the others; without `used` it is only looked at.

    Raises:
        PremotorError: the file is unreadable or empty, rows and header differ in length, or it is not UTF-8.
    """
    table, name = as_table(path), path.name.lower()
    wanted = None if columns is None else _own_names(table, columns)
    with readable(path):
        if table.frame is not None:
            result = table.frame if wanted is None else table.frame.select(wanted)
        elif name.endswith(PARQUET_SUFFIXES):
            schema = pa.parquet.read_schema(path)
            schema = schema if wanted is None else pa.schema([schema.field(word) for word in wanted])
            result = checked(pa.Table.from_batches(parquet_batches(path, wanted), schema))
        elif name.endswith(ARROW_SUFFIXES):
            if _is_batched(path):  # the first version is not compressed
                refuse_large_arrow(path, wanted)
            result = checked(pa.feather.read_table(path, columns=wanted))
        elif name.endswith(EXCEL_SUFFIXES):
            result = _read_excel(table, named)
            result = result if wanted is None else result.select(wanted)
        else:
            result = read_text(path, wanted, named and table.header)
    return _known_names(table, result, used)


def read_batches(path: Path, columns: tuple[str, ...], held: bool = True) -> Iterator[pa.Table]:
    """Read some columns of a table of any length, in parts of it where its format has any.

    `held`: whether the parts are kept, so that all of it has to fit in memory.

    Raises:
        PremotorError: as of `read_table`.
    """
    table, name = as_table(path), path.name.lower()
    wanted = _own_names(table, columns)
    if table.frame is None and name.endswith(PARQUET_SUFFIXES):
        with readable(path):
            for batch in parquet_batches(path, wanted, held):
                yield _known_names(table, checked(pa.Table.from_batches([batch])))
    elif table.frame is None and name.endswith(ARROW_SUFFIXES) and _is_batched(path):
        with readable(path), pa.memory_map(str(path)) as file:
            refuse_large_arrow(path, wanted, held)
            names = pa.ipc.open_file(file).schema.names
            places = [names.index(word) for word in wanted]
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=places))
            for number in range(reader.num_record_batches):
                batch = pa.Table.from_batches([reader.get_batch(number)])
                yield _known_names(table, checked(batch.select(wanted)))
    else:
        yield read_table(path, columns)


def as_table(path: Path) -> Table:
    """Return the table itself, or one that is read in the usual way."""
    return path if isinstance(path, Table) else Table(path)


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


def _own_names(table: Table, columns: tuple[str, ...]) -> list[str]:
    own = {known: name for name, known in table.renamed.items()}
    return [own.get(name, name) for name in columns]


def _known_names(table: Table, result: pa.Table, used: bool = True) -> pa.Table:
    if table.ignored:
        result = result.select([name for name in result.column_names if name not in table.ignored])
    names = [table.renamed.get(name, name) for name in result.column_names]
    if used:
        table.read.update(names)
    return result.rename_columns(names) if table.renamed else result


def _is_batched(path: Path) -> bool:
    """Return whether a feather file is of version 2, an arrow file of record batches."""
    with readable(path), path.open("rb") as file:
        return file.read(6) == b"ARROW1"


def _read_excel(path: Table, named: bool = True) -> pa.Table:
    """Return a sheet as text: the first that has anything in it, or the one that is named."""
    try:
        import openpyxl
    except ImportError:
        raise missing_library(f"reading {path}", "openpyxl", "excel") from None
    import warnings
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > _MOST_BYTES:
            raise PremotorError(
                f"{path} would unpack to {size_text(unpacked)}; of a workbook at most {size_text(_MOST_BYTES)} are "
                "read; save it as .csv"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions of the workbook that openpyxl does not know
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        if path.sheet and path.sheet not in book.sheetnames:
            raise PremotorError(f"{path} has no sheet {path.sheet!r}; it has {', '.join(book.sheetnames)}")
        sheet = book[path.sheet] if path.sheet else book.worksheets[0]
        if not path.sheet and len(book.sheetnames) > 1:
            note(
                f"{path}: only its first sheet, {sheet.title!r}, is read, not {listed(book.sheetnames[1:], 20)} "
                f"(read as {path.name}:{book.sheetnames[1]})"
            )
        rows, size = [], 0
        for row in sheet.iter_rows(values_only=True):
            size += len(row)
            if size > _MOST_CELLS:
                raise PremotorError(f"{path} has more than {_MOST_CELLS:,} cells; save it as .csv")
            if any(cell is not None for cell in row):
                rows.append(["" if cell is None else str(cell).strip() for cell in row])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, SyntaxError) as error:
        if isinstance(error, PremotorError):
            raise
        raise PremotorError(f"cannot read {path}: it is no Excel workbook that openpyxl reads") from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise PremotorError(f"{path} is empty; a table starts with a line of column names")
    widths = [max(place for place, cell in enumerate(row, 1) if cell) for row in rows]
    width, named = max(widths), named and path.header
    if named and width > widths[0]:
        raise PremotorError(f"{path} has a value in its column {width}, for which its first line has no name")
    names = rows.pop(0)[:width] if named else [str(number) for number in range(1, width + 1)]
    if len(set(names)) < len(names):
        raise PremotorError(f"{path} has several columns of one name in its first line; every one needs its own name")
    columns = [[row[place] if place < len(row) else "" for row in rows] for place in range(width)]
    return pa.table([pa.array(column, pa.string()) for column in columns], names=names)


def _brief(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else text[:157] + "..."
