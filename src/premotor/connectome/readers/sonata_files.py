"""Which files a SONATA circuit consists of: from circuit_config.json, or from the HDF5 files of a folder."""

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from premotor.connectome.readers.source import Source
from premotor.errors import PremotorError, missing_library
from premotor.files import read_bytes, refuse_unpacked

if TYPE_CHECKING:
    import h5py

Types = dict[tuple[str, str], dict[str, str]]
"""Attributes of a type by population (empty where the file names none) and type id."""


@dataclass(frozen=True)
class SonataFiles:
    """HDF5 files with the CSV file of types beside each (None where there is none), and electrical populations."""

    nodes: tuple[tuple[Path, Path | None], ...]
    edges: tuple[tuple[Path, Path | None], ...]
    electrical: frozenset[str] = frozenset()
    config: Path | None = None

    def names(self) -> list[str]:
        """Return the names of all files."""
        files = [self.config, *(file for pair in (*self.nodes, *self.edges) for file in pair)]
        return [file.name for file in files if file is not None]


def config_of(source: Source) -> Path | None:
    """Return the JSON file with SONATA's section "networks", or None."""
    return next((file for file in source.files if file.suffix.lower() == ".json" and _configuration(file)), None)


def find(source: Source) -> SonataFiles:
    """Return the circuit's files.

    Raises:
        PremotorError: a file that the configuration names is missing, or nodes or edges are.
    """
    config = config_of(source)
    if config is not None:
        return _configured(config)
    found: dict[str, list[tuple[Path, Path | None]]] = {"nodes": [], "edges": []}
    for file in source.files:
        if is_hdf5(file):
            with opened(file) as content:
                kinds = [kind for kind in found if kind in content]
            for kind in kinds:
                found[kind].append((file, _types_beside(source, file, kind)))
    for kind, files in found.items():
        if not files:
            raise PremotorError(f"{source.path} holds no HDF5 file with the group /{kind}, which SONATA needs")
    return SonataFiles(tuple(found["nodes"]), tuple(found["edges"]))


def read_types(path: Path, key: str) -> Types:
    """Read a file of node or edge types: columns separated by spaces, NULL for nothing.

    Raises:
        PremotorError: unreadable, no column `key`, or a row of another length.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file, delimiter=" ", skipinitialspace=True) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PremotorError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if rows and len(rows[0]) == 1 and "," in rows[0][0]:
        raise PremotorError(f"{path} is separated by commas; SONATA's types are separated by spaces")
    rows = [row[:-1] if row[-1] == "" else row for row in rows]
    if not rows or key not in rows[0]:
        raise PremotorError(f"{path} has no column {key!r}")
    header = rows[0]
    types: Types = {}
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise PremotorError(f"{path}, row {number}, has {len(row)} values for {len(header)} columns")
        values = {name: "" if value == "NULL" else value for name, value in zip(header, row, strict=True)}
        types[values.pop("population", ""), values.pop(key)] = values
    return types


def _configuration(path: Path) -> tuple[dict[str, object], dict[str, object]] | None:
    """Return the sections "manifest" and "networks"; None where the file is no configuration of SONATA."""
    try:
        data = json.loads(read_bytes(path, 2**26).decode())
    except (PremotorError, ValueError, RecursionError):
        return None
    networks, manifest = (data.get(key) if isinstance(data, dict) else None for key in ("networks", "manifest"))
    if not isinstance(networks, dict) or not {"nodes", "edges"} <= set(networks):
        return None
    return dict(manifest) if isinstance(manifest, dict) else {}, networks


def _configured(config: Path) -> SonataFiles:
    sections = _configuration(config)
    assert sections is not None
    variables, networks = sections
    variables["${configdir}"] = str(config.parent)
    found: dict[str, tuple[tuple[Path, Path | None], ...]] = {}
    electrical: set[str] = set()
    for kind in ("nodes", "edges"):
        entries = networks[kind]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise PremotorError(f"{config}: networks.{kind} has to be a list of objects")
        pairs = []
        for entry in entries:
            file = _resolved(entry.get(f"{kind}_file"), variables, config)
            if file is None:
                raise PremotorError(f"{config}: an entry of networks.{kind} names no {kind}_file")
            pairs.append((file, _resolved(entry.get(f"{kind[:-1]}_types_file"), variables, config)))
            populations = entry.get("populations", {})
            for name, properties in populations.items() if isinstance(populations, dict) else ():
                if isinstance(properties, dict) and properties.get("type") == "electrical":
                    electrical.add(name)
        if not pairs:
            raise PremotorError(f"{config}: networks.{kind} is empty")
        found[kind] = tuple(pairs)
    return SonataFiles(found["nodes"], found["edges"], frozenset(electrical), config)


def _resolved(value: object, variables: dict[str, object], config: Path) -> Path | None:
    if value in (None, "", "NULL"):
        return None
    if not isinstance(value, str):
        raise PremotorError(f"{config}: {value!r} is no name of a file")
    text = value
    for _ in range(len(variables) + 1):  # variables may be made of others
        for name in sorted(variables, key=len, reverse=True):
            text = text.replace(name, str(variables[name]))
    path = config.parent / text
    if "\0" in text or not path.is_file():
        raise PremotorError(f"{config} names the file {value!r}, but there is no {path}")
    return path


def _types_beside(source: Source, nodes_or_edges: Path, kind: str) -> Path | None:
    """Return the file of types of an HDF5 file: the only one, or that of its name (net_nodes, net_node_types)."""
    key = f"{kind[:-1]}_type_id"
    found = [file for file, header in source.tables.items() if key in " ".join(header).split()]
    if len(found) < 2:
        return found[0] if found else None
    own = nodes_or_edges.stem.replace(kind, f"{kind[:-1]}_types")
    named = [file for file in found if file.stem == own]
    if not named:
        names = ", ".join(file.name for file in found)
        raise PremotorError(
            f"{source.path} has several files of types ({names}), none of them {own}.csv for {nodes_or_edges.name}"
        )
    return named[0]


_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DAMAGED = (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, OverflowError, MemoryError)
"""What h5py raises on damaged files."""


def is_hdf5(path: Path) -> bool:
    """Return whether a file starts like an HDF5 file; a file that cannot be read does not."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> "Iterator[h5py.File]":
    """Open an HDF5 file for reading.

    Raises:
        PremotorError: h5py is not installed, or the file is unreadable or damaged.
    """
    try:
        import h5py
    except ImportError:
        raise missing_library(f"reading {path}", "h5py", "sonata") from None
    try:
        with h5py.File(path, "r") as file:
            yield file
    except PremotorError:
        raise
    except _DAMAGED as error:
        text = " ".join(str(error).split())[:160]
        raise PremotorError(f"cannot read {path}: {text or 'a damaged HDF5 file'}") from None


def refuse_unwritten(datasets: "Iterable[h5py.Dataset]") -> None:
    """Refuse data sets that are larger than the machine, or far larger than their file.

    Raises:
        PremotorError: with the estimate.
    """
    sizes = [(set_.file.filename, max(set_.nbytes, 8 * set_.size)) for set_ in datasets]
    if sizes:
        refuse_unpacked(Path(sizes[0][0]), float(sum(size for _, size in sizes)))


def column(dataset: "h5py.Dataset", where: str) -> np.ndarray:
    """Return a data set of one dimension: numbers, or an object array of text.

    Raises:
        PremotorError: it has another number of dimensions, or holds neither numbers nor text.
    """
    import h5py

    if dataset.ndim != 1:
        raise PremotorError(f"{where} has the shape {dataset.shape}; one value a row is needed")
    refuse_unwritten([dataset])
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return np.array(dataset.asstr()[:], dtype=object)
    if dataset.dtype.kind not in "iufb":
        raise PremotorError(f"{where} holds {dataset.dtype}; numbers or text are needed")
    return dataset[:]


def whole(dataset: "h5py.Dataset", where: str) -> np.ndarray:
    """Return a data set of whole numbers from 0 as int64.

    Raises:
        PremotorError: other numbers, or text.
    """
    values = column(dataset, where)
    if values.dtype.kind not in "iu":
        raise PremotorError(f"{where} holds {values.dtype}; whole numbers are needed")
    if values.size and (values.min() < 0 or values.max() > np.iinfo(np.int64).max):
        bad = values.min() if values.min() < 0 else values.max()
        raise PremotorError(f"{where} holds {bad}; whole numbers from 0 to 2^63-1 are needed")
    return values.astype(np.int64)
