"""What the user pointed at: a file or a folder, with the header of every table in it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from premotor.connectome.circuit import Circuit
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import TABLE_SUFFIXES, is_table, read_header
from premotor.errors import PremotorError
from premotor.registry import Registry, derived_from

Header = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A file or folder and its tables.

    Attributes:
        path: what the user named.
        files: the file itself, or the visible files directly in the folder, sorted by name.
        tables: column names of those files that are tables.
        part: which of several circuits in the file, from ``file:part``.
    """

    path: Path
    files: tuple[Path, ...]
    tables: dict[Path, Header]
    part: str = ""
    damaged: Mapping[Path, str] = field(default_factory=dict)
    """Files of a folder that look like tables and are none, with the reason."""

    def file(self, name: str) -> Path | None:
        """Return the file of this name, or None."""
        return next((file for file in self.files if file.name == name), None)


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


READERS: Registry[type[Reader]] = Registry(
    "reader",
    {
        name: f"premotor.connectome.readers.{name}"
        for name in (
            "random_net",
            "sonata",
            "brain_rnn",
            "graphml",
            "shiu",
            "flywire",
            "cave",
            "male_cns",
            "edge_list",
            "tables",
            "matrix",
        )
    },
    check=derived_from(Reader),
)
"""Every format by name, in the package and in the files of a user."""


def reader_of(source: Source) -> Reader | None:
    """Return the reader of the highest priority that knows a source, or None; of equals, that registered last."""
    ordered = sorted(reversed(list(READERS.values())), key=lambda kind: -kind.priority)
    return next((reader for reader in (kind() for kind in ordered) if reader.matches(source)), None)


def open_source(path: Path, part: str = "") -> Source:
    """Look at a path: which files, which tables, which columns.

    Raises:
        PremotorError: nothing there, not readable, or a table without a usable header.
    """
    try:
        if path.is_dir():
            files = tuple(sorted(file for file in path.iterdir() if file.is_file() and file.name[0] != "."))
        elif path.is_file():
            files = (path,)
        elif path.exists():
            raise PremotorError(f"{path} is neither a file nor a folder")
        else:
            raise PremotorError(f"there is no file or folder {path}")
    except (OSError, ValueError) as error:
        if isinstance(error, PremotorError):
            raise
        raise PremotorError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if path.is_dir() and not files:
        raise PremotorError(f"{path} holds no files; a circuit needs tables ({', '.join(TABLE_SUFFIXES)})")
    tables, damaged = {}, {}
    for file in files:
        if is_table(file):
            try:
                tables[file] = read_header(file)
            except PremotorError as error:
                damaged[file] = str(error)
    if damaged and not tables:
        raise PremotorError(next(iter(damaged.values())))
    return Source(path, files, tables, part, damaged)
