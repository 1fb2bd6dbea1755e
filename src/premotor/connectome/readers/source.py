"""What the user pointed at: a file or a folder, with the header of every table in it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import (
    Header,
    ignored,
    is_effectors,
    is_known,
    refuse_unfound,
    renamings,
)
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import TABLE_SUFFIXES, Table, is_table, read_header
from premotor.connectome.text_tables import is_number
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.registry import Registry, derived_from


@dataclass(frozen=True)
class Reading:
    """What the user says about a source.

    Attributes:
        columns: its names of columns, by premotor's word (see `column_names`).
        header: whether tables begin with a line of column names.
        scale: multiplies weights that are no counts, which are then rounded; None: there are only counts.
        also: further files, or folders of files, that belong to it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    header: bool = True
    scale: float | None = None
    also: tuple[Path, ...] = ()

    def scaled(self) -> dict[str, float]:
        """Return the scale for the record, where there is one."""
        return {} if self.scale is None else {"scale": self.scale}


@dataclass(frozen=True)
class Source:
    """A file or folder and its tables.

    Attributes:
        path: what the user named.
        files: the file itself, or the visible files directly in the folder, sorted by name; then further ones. Tables
            of effectors are not among them.
        tables: column names of those files that are tables of neurons or of what connects them.
        effectors: column names of those that are tables of effectors, or of synapses onto them.
        part: which of several circuits in the file, from ``file:part``.
        damaged: files of a folder that look like tables and are none, with the reason.
        reading: what the user says about it.
    """

    path: Path
    files: tuple[Path, ...]
    tables: dict[Path, Header]
    part: str = ""
    damaged: Mapping[Path, str] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    effectors: Mapping[Path, Header] = field(default_factory=dict)

    def file(self, name: str) -> Path | None:
        """Return the file of this name, or None."""
        return next((file for file in self.files if file.name == name), None)

    def whole(self) -> bool:
        """Return whether the source is a folder, or several files: then a table of neurons may lie beside."""
        return self.path.is_dir() or len(self.files) != 1


class Reader(ABC):
    """One source format: how it is recognised, and how it becomes a circuit.

    Attributes:
        description: one line: source, files, what is read.
        priority: of two readers that know a source the one with the higher number reads it; the package's own have 10
            (a matrix) to 110.
    """

    description: ClassVar[str]
    priority: ClassVar[int] = 1000

    @abstractmethod
    def matches(self, source: Source) -> bool:
        """Return whether a source is in this format; looks at names and headers, never at rows."""

    @abstractmethod
    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read it with the signs of a policy, or by the reader's own rules where it is None.

        Raises:
            PremotorError: bad contents, in one sentence that names file, column and row.
        """


_MOST_FOLDERS = 50
_MODULES = {
    **{name: name for name in ("random_net", "sonata", "brain_rnn", "graphml", "shiu", "tables", "matrix")},
    **dict.fromkeys(("flywire", "cave", "male_cns"), "releases"),
}
READERS: Registry[type[Reader]] = Registry(
    "reader",
    {name: f"premotor.connectome.readers.{module}" for name, module in _MODULES.items()},
    check=derived_from(Reader),
)
"""Every format by name, in the package and in the files of a user."""


def reader_of(source: Source) -> Reader | None:
    """Return the reader of the highest priority that knows a source, or None; of equals, that registered last."""
    ordered = sorted(reversed(list(READERS.values())), key=lambda kind: -kind.priority)
    return next((reader for reader in (kind() for kind in ordered) if reader.matches(source)), None)


def open_source(path: Path, part: str = "", reading: Reading | None = None) -> Source:
    """Look at a path: which files, which tables, which columns.

    Files in folders of a folder count where it has none itself, or none that a reader knows.

    Raises:
        PremotorError: nothing there, not readable, a table without a usable header, or a column that is not there.
    """
    reading = reading or Reading()
    source = _looked_at(path, [path, *reading.also], part, reading)
    folders = subfolders(path)
    bare = not any(file.parent == path for file in source.files)
    if folders and (bare or reader_of(source) is None):
        deeper = _looked_at(path, [path, *folders, *reading.also], part, reading)
        source = deeper if bare or reader_of(deeper) is not None else source
    if not source.files:
        raise PremotorError(f"{path} holds no files; a circuit needs tables ({', '.join(TABLE_SUFFIXES)})")
    broken = [reason for file, reason in source.damaged.items() if not _is_text(file) or path.is_file()]
    if broken and not source.tables:
        raise PremotorError(broken[0])
    return source


def _looked_at(path: Path, places: Iterable[Path], part: str, reading: Reading) -> Source:
    files = [file for place in places for file in _files(place)]
    alone = len(files) == 1 and path.is_file()
    tables: dict[Path, Header] = {}
    damaged: dict[Path, str] = {}
    headers: list[Header] = []
    for file in files:
        if is_table(file):
            try:
                table, header = _table(file, part, reading, alone)
                headers.append(header)
                tables[table] = read_header(table)
            except PremotorError as error:
                damaged[file] = str(error)
    for file in [table for table, header in tables.items() if _is_stray_text(table, header) and not alone]:
        damaged[file] = f"its first line, {' '.join(tables.pop(file))[:60]!r}, names no column that premotor knows"
    if reading.columns and tables:
        refuse_unfound(reading.columns, headers, path)
    own = {Path(table): table for table in tables}
    effectors = {file: tables.pop(file) for file, header in list(tables.items()) if is_effectors(header)}
    others = tuple(own.get(file, file) for file in files if file not in map(Path, effectors))
    return Source(path, others, tables, part, damaged, reading, effectors)


def _table(file: Path, part: str, reading: Reading, alone: bool) -> tuple[Table, Header]:
    """Return a file as a table that is read as the user says, and its own column names."""
    plain = Table(file, sheet=part)
    if reading.header:
        header = read_header(plain)
    else:
        first = Table(file, header=False, sheet=part)
        # In a folder other tables may have a header.
        if not alone and not any(is_number(word) for word in read_header(plain)):
            header = read_header(plain)
        else:
            plain, header = first, read_header(first)
    columns = dict(reading.columns)
    if not plain.header and not columns and len(header) in (2, 3):
        columns = {"pre": "1", "post": "2", **({"count": "3"} if len(header) == 3 else {})}
    if is_effectors(header):
        columns = {}  # the user's names are about neurons and what connects them
    left_out = ignored(header, columns)
    renamed = renamings([name for name in header if name not in left_out], columns)
    return Table(file, renamed, ignored=left_out, header=plain.header, sheet=part), header


def subfolders(path: Path) -> list[Path]:
    """Return the visible folders in a folder, sorted; none where there are very many."""
    if not path.is_dir():
        return []
    found = sorted(folder for folder in path.iterdir() if folder.is_dir() and folder.name[0] != ".")
    return found if len(found) <= _MOST_FOLDERS else []


def not_looked_into(source: Source) -> str:
    """Return the folders of a folder of which no file was seen, in brackets, or nothing where there are none."""
    seen = {file.parent for file in (*source.files, *source.effectors)}
    beside = [folder for folder in subfolders(source.path) if folder not in seen]
    return f" (not looked into: {listed((f'{folder.name}/' for folder in beside), 5)})" if beside else ""


def _is_stray_text(table: Path, header: Header) -> bool:
    """Return whether a .txt file of a folder is no table of a circuit, but a note."""
    return _is_text(table) and not is_known(header)


def _is_text(file: Path) -> bool:
    return file.name.lower().removesuffix(".gz").endswith(".txt")


def _files(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            return sorted(file for file in path.iterdir() if file.is_file() and file.name[0] != ".")
        if path.is_file():
            return [path]
        if path.exists():
            raise PremotorError(f"{path} is neither a file nor a folder")
        raise PremotorError(f"there is no file or folder {path}")
    except (OSError, ValueError) as error:
        if isinstance(error, PremotorError):
            raise
        raise PremotorError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
