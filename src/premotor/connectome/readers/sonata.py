"""SONATA circuits: nodes and edges in HDF5, types in CSV, alone in a folder or tied by circuit_config.json.

An edge counts as many synapses as its attribute `nsyns` says (of the edge, else of its type), one without
it. With one population of nodes the ids are the attribute `id` where there is one, else node_id; with several,
nodes are numbered from 0, and the columns `population` and `node_id` say which is which. Attributes of nodes
and of their types become columns: pop_name, mtype or model_name is the type, `ei` (e, i) or synapse_class
(EXC, INH) gives the sign; without these, negative values of `syn_weight` do. Electrical edge populations (by
configuration, by an ending "electrical", or by is_gap_junction of their types) are gap junctions. A population of nodes
`effectors` with the attribute `effector`, their names, holds muscles or motor modules.
`dynamics_params` and data of several dimensions are not read.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import COUNT_NAMES, EFFECTOR, is_connections
from premotor.connectome.edges import Edges, positions
from premotor.connectome.identifiers import MAX_COUNT, unique_ids
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.effectors import tables_of, with_effectors
from premotor.connectome.readers.sonata_files import config_of, find, is_hdf5, opened, read_types
from premotor.connectome.readers.sonata_tables import Population, frame_of, read_populations
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy, signs_of_rows
from premotor.connectome.storage import PROVENANCE, read_record, restore_types
from premotor.connectome.vocabulary import listed, plain
from premotor.errors import PremotorError
from premotor.settings import note

_TYPE_NAMES = ("pop_name", "mtype", "model_name")
_SIGN_NAMES = ("ei", "synapse_class")
_SIGN_OF = {"e": 1, "exc": 1, "excitatory": 1, "i": -1, "inh": -1, "inhibitory": -1}
_COUNTED = {plain(name) for name in COUNT_NAMES} - {"weight", "weights", "value", "strength"} | {"nsyns"}
"""In SONATA weights are conductances."""


def _attribute(name: str) -> str:
    """Return by what name an attribute of edges is known, or "" where it is not read."""
    return "nsyns" if plain(name) in _COUNTED else name if name in ("syn_weight", "is_gap_junction") else ""


@READERS.register("sonata")
class Sonata(Reader):
    """SONATA: nodes and edges in HDF5 (premotor[sonata]), a folder or circuit_config.json."""

    description = "SONATA: nodes and edges in HDF5 (premotor[sonata]), a folder or circuit_config.json"
    priority = 100

    def matches(self, source: Source) -> bool:
        """Return whether there is a configuration, or an HDF5 file with the group nodes or edges."""
        if config_of(source) is not None:
            return True
        files = [file for file in source.files if is_hdf5(file)]
        if not files or any(is_connections(header) for header in source.tables.values()):
            return False
        if source.path.is_file():
            return True
        try:
            with opened(files[0]):
                pass
        except PremotorError:
            return True  # reading will say what is wrong with it
        return any(_has_tables(file) for file in files)

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read all populations as one circuit."""
        files = find(source)
        where = str(source.path)
        nodes: list[Population] = []
        edges: list[Population] = []
        for file, types in files.nodes:
            nodes += read_populations(file, "nodes", read_types(types, "node_type_id") if types else {})
        for file, types in files.edges:
            read_edge_types = read_types(types, "edge_type_id") if types else {}
            edges += read_populations(file, "edges", read_edge_types, _attribute)
        unread = dict.fromkeys(name for population in edges for name in population.unread)
        if unread:
            note(f"{source.path.name}: attributes of edges not used: {listed(unread, 20)}")
        moved = [
            population for population in nodes if population.name == "effectors" and EFFECTOR in population.columns
        ]
        onto = [
            population for population in edges if moved and population.ends and population.ends[1][0] == "effectors"
        ]
        nodes = [population for population in nodes if population not in moved]
        edges = [population for population in edges if population not in onto]
        names = [population.name for population in nodes]
        if not nodes or not edges or len(set(names)) < len(names) or not sum(p.ids.size for p in nodes):
            raise PremotorError(f"{where} has no nodes, no edges, or two populations of nodes with one name")
        provenance, column_types = _record(source, nodes, "column_types")
        frame = _neurons(nodes, column_types, where)
        starts = dict(zip(names, np.cumsum([0, *(p.ids.size for p in nodes)]).tolist(), strict=False))
        chemical, electrical, strangers = [], [], 0
        for population in edges:
            part = _edges(population, nodes, starts, frame.index.to_numpy())
            if part is None:
                strangers += population.ids.size
            elif population.name in files.electrical or _is_electrical(population):
                electrical.append((population, part))
            else:
                chemical.append((population, part))
        counted = "nsyns" if any("nsyns" in population.columns for population in edges) else "rows"
        if counted == "rows":
            note(f"{source.path.name}: no edge has the attribute nsyns: each is one synapse")
        frame = _signed(frame, [*chemical], where)
        neurons = canonical_columns(frame, where)
        if column_types:
            neurons = restore_types(neurons[[name for name in column_types if name in neurons]], column_types, where)
        populations = [population.name for population in (*nodes, *moved, *edges, *onto)]
        arguments = {"files": files.names(), "populations": populations, "counted": counted}
        circuit = assemble(
            neurons,
            _together([part for _, part in chemical]),
            provenance,
            reader="sonata",
            where=where,
            gap_junctions=_together([part for _, part in electrical]) if electrical else None,
            strict=True,
            signs=signs,
            dropped={"edges of other populations": strangers},
            arguments=arguments,
        )
        if not moved:
            return circuit
        kinds = _record(source, nodes, "effector_types")[1]
        tables = _effectors(moved[0], onto, nodes, starts, frame.index.to_numpy(), files.electrical, kinds)
        return with_effectors(circuit, tables, kinds)


def _has_tables(file: Path) -> bool:
    with opened(file) as content:
        return "nodes" in content or "edges" in content


def _record(source: Source, nodes: list[Population], types_of: str) -> tuple[Provenance, dict[str, str]]:
    if source.path.is_dir() and source.file(PROVENANCE) is not None:
        return read_record(source.file(PROVENANCE), source.path.resolve().name, types_of)
    beside = source.path.with_name(PROVENANCE)
    if source.path.is_file() and beside.is_file():
        return read_record(beside, source.path.parent.resolve().name, types_of)
    return Provenance(dataset="+".join(population.name for population in nodes)), {}


def _effectors(
    effectors: Population,
    edges: list[Population],
    nodes: list[Population],
    starts: dict[str, int],
    ids: np.ndarray,
    electrical: frozenset[str],
    types: dict[str, str],
) -> dict[Path, tuple[str, ...]]:
    """Return tables of the effectors and of the edges onto them, as `with_effectors` takes them."""
    frame = frame_of([effectors], frozenset([EFFECTOR, *(name for name, kind in types.items() if kind == "str")]))
    names = [str(name) for name in frame.pop(EFFECTOR)]
    columns = [name for name in types if name in frame] if types else list(frame)
    none = np.zeros(0, np.int64)
    parts = [pd.DataFrame({"pre": none, EFFECTOR: none.astype(str), "count": none, "kind": none.astype(str)})]
    for population in edges:
        assert population.ends is not None
        ends = (population.ends[0], ("effectors", population.ends[1][1]))
        found = _edges(
            replace(population, ends=ends),
            [*nodes, effectors],
            {**starts, "effectors": ids.size},
            np.concatenate([ids, np.arange(len(names))]),
        )
        assert found is not None
        kind = "gap_junction" if population.name in electrical or _is_electrical(population) else "synapse"
        part = {"pre": found.pre, EFFECTOR: np.array(names, object)[found.post], "count": found.count, "kind": kind}
        parts.append(pd.DataFrame(part))
    table = pd.concat([pd.DataFrame({EFFECTOR: names}), frame[columns]], axis=1)
    return tables_of(effectors.where, table, pd.concat(parts[1:] or parts))


def _neurons(nodes: list[Population], column_types: dict[str, str], where: str) -> pd.DataFrame:
    texts = frozenset(name for name, kind in column_types.items() if kind == "str")
    frame = frame_of(nodes, texts)
    if len(nodes) > 1:
        ids = np.arange(sum(population.ids.size for population in nodes), dtype=np.int64)
        frame["population"] = pd.array([p.name for p in nodes for _ in range(p.ids.size)], dtype="str")
        frame["node_id"] = np.concatenate([population.ids for population in nodes])
    else:
        ids = nodes[0].ids
        if "id" in frame and pd.api.types.is_integer_dtype(frame["id"]) and not frame["id"].isna().any():
            ids = frame.pop("id").to_numpy(np.int64)
    if ids.min() < 0:
        raise PremotorError(f"{where} holds the id {ids.min()}; ids are whole numbers from 0 to 2^63-1")
    unique_ids(ids, f"{where}, nodes")
    for name, kind in column_types.items():
        if kind == "bool" and name in frame and frame[name].isin([0, 1]).all():
            frame[name] = frame[name].astype(bool)
    frame = frame.set_index(pd.Index(ids, name="id")).rename(columns={"id": "source_id"})
    found = next((name for name in _TYPE_NAMES if name in frame), None)
    if found is not None and not {"type", "cell_type"} & set(frame):
        frame = frame.assign(type=frame[found].astype("str"))
    return frame


def _edges(population: Population, nodes: list[Population], starts: dict[str, int], ids: np.ndarray) -> Edges | None:
    """Return the edges between ids, or None where a side is a population that is not there."""
    assert population.ends is not None
    by_name = {node.name: node for node in nodes}
    ends = []
    for name, node_ids in population.ends:
        if not name and len(nodes) == 1:
            name = nodes[0].name
        if not name:
            raise PremotorError(f"{population.where} does not say which node_population its ids are of")
        if name not in by_name:
            return None
        place = positions(by_name[name].ids, node_ids)
        if (place < 0).any():
            row = int(np.argmin(place >= 0))
            raise PremotorError(f"{population.where}, row {row}, names the node {node_ids[row]}, which {name} lacks")
        ends.append(ids[place + starts[name]])
    return Edges(ends[0], ends[1], _counts(population))


def _counts(population: Population) -> np.ndarray:
    values = population.columns.get("nsyns")
    if values is None:
        return np.ones(population.ids.size, np.int64)
    numbers = _numbers(values, f"{population.where}, nsyns", empty=1.0)
    good = (numbers >= 1) & (numbers <= MAX_COUNT) & (numbers == np.floor(numbers))
    if not good.all():
        row = int(np.argmin(good))
        raise PremotorError(f"{population.where}, nsyns, row {row}, holds {values[row]!r}; counts are whole, from 1")
    return numbers.astype(np.int64)


def _numbers(values: np.ndarray, where: str, empty: float) -> np.ndarray:
    if values.dtype != object:
        return values.astype(np.float64)
    numbers = pd.to_numeric(pd.Series(values).replace("", str(empty)), errors="coerce").to_numpy(np.float64)
    if np.isnan(numbers).any():
        raise PremotorError(f"{where}, row {int(np.argmax(np.isnan(numbers)))}, holds no number")
    return numbers


def _is_electrical(population: Population) -> bool:
    if population.name.lower().endswith("electrical"):
        return True
    flags = population.columns.get("is_gap_junction")
    return flags is not None and {str(flag).lower() for flag in flags} <= {"true", "1"} and flags.size > 0


def _signed(frame: pd.DataFrame, chemical: list[tuple[Population, Edges]], where: str) -> pd.DataFrame:
    if "sign" in frame or "transmitter" in frame:
        return frame
    name = next((name for name in _SIGN_NAMES if name in frame), None)
    if name is not None:
        words = frame[name].astype("str").str.lower().map(_SIGN_OF)
        return frame.assign(sign=words.fillna(0).astype(np.int8))
    weights = [(p, e, p.columns["syn_weight"]) for p, e in chemical if "syn_weight" in p.columns]
    pre = [positions(frame.index.to_numpy(), edges.pre) for _, edges, _ in weights]
    values = [np.sign(np.nan_to_num(_numbers(v, f"{p.where}, syn_weight", empty=0.0))) for p, _, v in weights]
    if not any((value < 0).any() for value in values):
        return frame
    sign = signs_of_rows(
        np.concatenate(pre), np.concatenate(values).astype(np.int64), frame.index.to_numpy(), f"{where}, syn_weight"
    )
    return frame.assign(sign=sign)


def _together(parts: list[Edges]) -> Edges:
    empty = np.zeros(0, np.int64)
    columns = ([empty, *(getattr(part, name) for part in parts)] for name in ("pre", "post", "count"))
    return Edges(*(np.concatenate(column) for column in columns))
