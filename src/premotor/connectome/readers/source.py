"""What the user pointed at: a file or a folder, with the header of every table in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from premotor.connectome.circuit import Circuit
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import TABLE_SUFFIXES, is_table, read_header
from premotor.errors import PremotorError

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

    def file(self, name: str) -> Path | None:
        """Return the file of this name, or None."""
        return next((file for file in self.files if file.name == name), None)


@dataclass(frozen=True)
class Reader:
    """One source format: how it is recognised, and how it becomes a circuit.

    Attributes:
        name: one word for the record.
        description: one line: source, files, what is read.
        matches: whether a source is in this format; looks at headers, never at row contents.
        read: reads it, with the signs of a policy, or the reader's own rules where it is None.
    """

    name: str
    description: str
    matches: Callable[[Source], bool]
    read: Callable[[Source, SignPolicy | None], Circuit]


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
    return Source(path, files, {file: read_header(file) for file in files if is_table(file)}, part)
