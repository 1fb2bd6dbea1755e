"""Tables of effectors beside those of a circuit in any format: which there are, and the synapses onto them.

| table | columns |
|---|---|
| synapses onto effectors | pre (ids, or names of the neurons' column `name`), effector, count, perhaps a kind of edge |
| effectors, where there is such a table | effector first, then what is known of each; `kind` is "muscle" by default |
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import csr_array

from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import COUNT_NAMES, EFFECTOR, KIND_NAMES, PRE_NAMES, Header, first
from premotor.connectome.edges import positions
from premotor.connectome.effectors import KIND, MUSCLE, effector_matrix, effector_table
from premotor.connectome.identifiers import are_names, parse_ids, parse_names
from premotor.connectome.neuron_table import table_of_neurons
from premotor.connectome.provenance import arguments_of
from premotor.connectome.readers.rows import parse_values
from premotor.connectome.storage import restore_types
from premotor.connectome.tables import Table, read_table
from premotor.errors import PremotorError
from premotor.settings import note


def tables_of(where: object, effectors: pd.DataFrame, links: pd.DataFrame) -> dict[Path, Header]:
    """Return tables in memory as `with_effectors` takes them; `where` is for errors."""
    frames = {f"{where}, effectors": effectors, f"{where}, edges onto effectors": links}
    return {
        Table(name, frame=pa.Table.from_pandas(frame, preserve_index=False)): tuple(map(str, frame))
        for name, frame in frames.items()
    }


def with_effectors(
    circuit: Circuit,
    tables: Mapping[Path, Header],
    types: Mapping[str, str] | None = None,
    scale: float | None = None,
    *,
    files: Iterable[str] = (),
) -> Circuit:
    """Return a circuit with the effectors of these tables, said in the record of its last step of loading.

    Args:
        circuit: of the neurons.
        tables: of effectors and of synapses onto them, with their columns.
        types: of the columns of the table of effectors, as recorded.
        scale: multiplies weights that are no counts.
        files: names that the record gets besides those that it has.

    Raises:
        PremotorError: two tables of one sort, no synapses, a bad or repeated name, a bad count.
    """
    listing = [path for path, header in tables.items() if header[:1] == (EFFECTOR,)]
    linking = [path for path in tables if path not in listing]
    for paths, what in ((listing, "tables of effectors"), (linking, "tables of synapses onto effectors")):
        if len(paths) > 1:
            raise PremotorError(f"there are {len(paths)} {what} ({', '.join(path.name for path in paths)}); keep one")
    if not linking:
        raise PremotorError(
            f"{listing[0]} lists effectors, but no table has the synapses onto them: columns pre, {EFFECTOR} and count"
        )
    path = linking[0]
    neurons, names, count, gap, dropped = _links(path, tables[path], circuit, scale)
    table = _effectors(listing[0], dict(types or {})) if listing else effector_table(sorted(set(names)), MUSCLE)
    place = table.index.get_indexer(pd.Index(names))
    if (place < 0).any():
        raise PremotorError(
            f"{path} names the effector {names[np.argmin(place)]!r}, which {listing[0].name if listing else path} lacks"
        )
    chemical, electrical = (
        effector_matrix(len(circuit), len(table), neurons[of], place[of], count[of]) for of in (~gap, gap)
    )
    return _recorded(circuit, table, (chemical, electrical), list(files), dropped)


def _links(
    path: Path, header: Header, circuit: Circuit, scale: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, int]]:
    """Return positions of neurons, names of effectors, counts, which are gap junctions, and what was left out."""
    pre, effector = (str(first(names, header)) for names in (PRE_NAMES, (EFFECTOR,)))
    counted, kind = first(COUNT_NAMES, header), first(KIND_NAMES, header)
    table = read_table(path, tuple(name for name in (pre, effector, counted, kind) if name is not None))
    if counted is None:
        note(f"{path} has no column with synapse counts: each of its rows is one synapse")
    count, sign, gap = parse_values(table, path, counted, kind, scale)
    if (sign < 0).any():
        raise PremotorError(
            f"{path}, column {counted}, holds a negative weight; signs belong to neurons, not to synapses"
        )
    names = parse_names(table[effector], f"{path}, column {effector}")
    if are_names([table[pre]]):
        if "name" not in circuit.neurons:
            raise PremotorError(f"{path}, column {pre}, holds names, but the neurons have no column name")
        known = pd.Index(circuit.neurons["name"])
        if not known.is_unique:
            raise PremotorError(f"{path}, column {pre}, holds names, but neurons share a name")
        neurons = known.get_indexer(parse_names(table[pre], f"{path}, column {pre}")).astype(np.int64)
    else:
        neurons = positions(circuit.ids, parse_ids(table[pre], f"{path}, column {pre}"))
    kept = (neurons >= 0) & (count > 0)
    lost = int((neurons < 0).sum())
    if lost:
        note(f"{lost:,} of {neurons.size:,} rows of {path} are left out: they name neurons that the circuit lacks")
    dropped = {
        "neuromuscular rows of unknown neurons": lost,
        "neuromuscular weights rounded to 0": int((count == 0).sum()),
    }
    return neurons[kept], names[kept], count[kept], gap[kept], dropped


def _effectors(path: Path, types: dict[str, str]) -> pd.DataFrame:
    table = read_table(path)
    if table.num_rows == 0:
        raise PremotorError(f"{path} has a header but no effectors")
    names = parse_names(table[EFFECTOR], f"{path}, column {EFFECTOR}")
    if len(set(names)) < names.size:
        raise PremotorError(f"{path} names an effector twice; every one needs its own name")
    frame = table_of_neurons(table, path, key=EFFECTOR, named=True, types=types).rename(columns={"source_id": "id"})
    columns = {str(name): frame[name].array for name in frame}
    kind = columns.pop(KIND, None)
    result = effector_table(names, MUSCLE, columns)
    if kind is not None:
        result[KIND] = pd.array([str(word) for word in kind], dtype="str")
    return restore_types(
        result[[*(name for name in types if name in result), *(n for n in result if n not in types)]], types, path
    )


def _recorded(
    circuit: Circuit,
    table: pd.DataFrame,
    matrices: tuple[csr_array, csr_array],
    files: list[str],
    dropped: dict[str, int],
) -> Circuit:
    result = replace(circuit, effectors=table, neuromuscular=matrices[0], muscle_junctions=matrices[1])
    steps = list(circuit.provenance.steps)
    place = max((number for number, step in enumerate(steps) if step.get("operation") == "load"), default=-1)
    if place >= 0:
        step = steps[place]
        arguments, lost = arguments_of(step), step.get("dropped")
        before = arguments.get("files")
        arguments["files"] = list(dict.fromkeys([*(before if isinstance(before, list) else []), *files]))
        left = {reason: number for reason, number in dropped.items() if number}
        lost = {**(lost if isinstance(lost, dict) else {}), **left}
        size = {name: value for name, value in result.size.items() if name in ("effectors", "neuromuscular synapses")}
        steps[place] = {**step, **size, "arguments": arguments, "dropped": lost}
    return replace(result, provenance=replace(circuit.provenance, steps=tuple(steps)))
