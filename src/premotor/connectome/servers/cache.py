"""Downloads are kept: one folder each, with the tables and a file that says what they are.

The folder of all is premotor/ in the user's folder of caches: $XDG_CACHE_HOME, else ~/.cache (Linux),
~/Library/Caches (macOS) or %LOCALAPPDATA% (Windows). Removing any of it is safe.
"""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

import numpy as np

from premotor.errors import PremotorError
from premotor.files import cache_folder as cache_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from premotor.connectome.edges import Edges

NEURONS, CONNECTIONS, ABOUT = "neurons.parquet", "connections.parquet", "about.json"
_FORM = 1
"""Number of the form of an entry; a new form does not read the old one's."""


class Query(TypedDict):
    """What was asked of a server: the conditions, as JSON holds them, and the least number of synapses of a pair."""

    select: dict[str, object]
    min_synapses: int


class Origin(TypedDict):
    """Which data of a server."""

    server: str
    dataset: str
    version: str
    citation: str
    cells: NotRequired[str]
    """The table of cells, and that of synapses, of a server that has several of each."""
    synapses: NotRequired[str]


class Answer(Origin):
    """What came back: of what, when, and how much."""

    date: str
    neurons: int
    connections: int


class About(Answer):
    """What the file ``about.json`` of a download says."""

    form: int
    source: str
    query: Query


@dataclass(frozen=True)
class Entry:
    """One download: its folder, and what about.json says of it."""

    folder: Path
    about: About

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(file.stat().st_size for file in self.folder.iterdir())


def cached() -> list[Entry]:
    """Return every download that is kept, by folder."""
    root = cache_folder()
    folders = sorted(root.iterdir()) if root.is_dir() else []
    found = ((folder, _about(folder)) for folder in folders if folder.is_dir() and folder.name[0] != ".")
    return [Entry(folder, about) for folder, about in found if about is not None]


def clear_cache() -> int:
    """Remove every download that is kept; return how many.

    Raises:
        PremotorError: one can not be removed.
    """
    entries = cached()
    for entry in entries:
        _remove(entry.folder)
    return len(entries)


def find(source: str, query: Query) -> Entry | None:
    """Return the download that answers a query, or None."""
    folder = _place(source, query)
    about = _about(folder)
    return None if about is None else Entry(folder, about)


def keep(source: str, query: Query, neurons: "pa.Table", edges: "Edges", about: Answer) -> Entry:
    """Keep a download in place of an older one; a reader finds the old one or the new, never half of one.

    Raises:
        PremotorError: the disk refuses.
    """
    import pyarrow as pa
    from pyarrow import parquet

    from premotor.connectome.storage import write_folder

    folder = _place(source, query)
    text = {"form": _FORM, "source": source, "query": query, **about}

    def write(aside: Path) -> None:
        parquet.write_table(neurons, aside / NEURONS)
        parquet.write_table(pa.table({"pre": edges.pre, "post": edges.post, "count": edges.count}), aside / CONNECTIONS)
        (aside / ABOUT).write_text(json.dumps(text, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    if folder.exists():
        _remove(folder)
    return Entry(write_folder(folder, write, "the download"), json.loads(json.dumps(text)))


def edges_of(entry: Entry) -> "Edges":
    """Return the connections of a download."""
    from pyarrow import parquet

    from premotor.connectome.edges import Edges

    table = parquet.read_table(entry.folder / CONNECTIONS)
    return Edges(*(table[name].to_numpy().astype(np.int64) for name in ("pre", "post", "count")))


def _place(source: str, query: Query) -> Path:
    key = json.dumps([_FORM, source, query], sort_keys=True)
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", source).strip(".-")[:80]
    return cache_folder() / f"{word}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _about(folder: Path) -> About | None:
    """Return what an entry says of itself, or None where it is none, or of another form."""
    try:
        about: About = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = (folder / NEURONS).is_file() and (folder / CONNECTIONS).is_file()
    return about if whole and isinstance(about, dict) and about.get("form") == _FORM else None


def _remove(folder: Path) -> None:
    # Renamed first: nobody finds half an entry, even if removing is cut short.
    away = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    try:
        folder.rename(away)
        shutil.rmtree(away)
    except OSError as error:
        raise PremotorError(f"cannot remove {folder}: {error.strerror or error}") from None
