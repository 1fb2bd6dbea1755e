"""FlyWire Codex downloads: connections, neurons, classification, consolidated_cell_types, in any combination.

| table | columns |
|---|---|
| connections*.csv.gz | pre_root_id, post_root_id, neuropil, syn_count, nt_type; a row per neuropil, summed |
| neurons | root_id, group, nt_type, nt_type_score, … |
| classification | root_id, flow, super_class, class, sub_class, hemilineage, side, nerve |
| consolidated_cell_types | root_id, primary_type |

Newer exports with display headers (Root ID, Super Class, Predicted NT type) become the same names in lower
case with underscores. `class` is the canonical word of super_class; FlyWire's own class is in `source_class`.
A threshold (``min_synapses``) applies to the total of a pair, over all neuropils. Tables with several rows
per neuron (coordinates, labels) are not read, which the record says; of tables with columns of such, the rows decide.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.identifiers import parse_ids
from premotor.connectome.neuron_table import join, read_neurons, united
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.columns import only, read_edges, read_edges_among
from premotor.connectome.readers.source import READERS, Header, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

_SEVERAL_ROWS = {
    "position",
    "supervoxel_id",
    "label",
    "labels",
    "processed_labels",
    "user_id",
    "connectivity_tag",
}


def snake(name: str) -> str:
    """Return a display header as a plain name: "Super Class" → super_class."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


@READERS.register("flywire")
class FlyWire(Reader):
    """FlyWire Codex: connections by root id, with neurons, classification and cell types."""

    description = "FlyWire Codex: connections by root id, with neurons, classification and cell types"
    priority = 60

    def matches(self, source: Source) -> bool:
        """Return whether some table lists connections between root ids."""
        return any(_column(header, "pre_root_id") for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the connections and every table of annotations."""
        found = [path for path, header in source.tables.items() if _column(header, "pre_root_id")]
        connections = only(found, "connection tables", source.path)
        names = [_needed(connections, source.tables[connections], word) for word in ("pre_root_id", "post_root_id")]
        names.append(_needed(connections, source.tables[connections], "syn_count"))
        tables = {path: {snake(name) for name in header} for path, header in source.tables.items()}
        annotations = [
            path
            for path, words in tables.items()
            if "root_id" in words and (not words & _SEVERAL_ROWS or _one_row_each(path, source.tables[path]))
        ]
        files = [path.name for path in (connections, *annotations)]
        arguments: dict[str, Any] = {"files": files}
        unread = [path.name for path in source.tables if path.name not in files]
        if unread:
            arguments["not_read"] = unread
        neurons: pd.DataFrame | None = None
        dropped: dict[str, int] = {}
        if annotations:
            frames = [read_neurons(path).rename(columns=snake) for path in annotations]
            frame, dropped = join(united(frames), frames)
            neurons = canonical_columns(frame, listed(path.name for path in annotations))
            edges, strangers = read_edges_among(connections, names[0], names[1], names[2], frame.index.to_numpy())
            dropped.update(strangers)
        else:
            edges = read_edges(connections, names[0], names[1], names[2])
            if not edges.count.size:
                raise PremotorError(f"{connections} has a header but no connections")
        return assemble(
            neurons,
            edges,
            Provenance(dataset="flywire"),
            reader="flywire",
            where=str(connections),
            signs=signs,
            dropped=dropped,
            arguments=arguments,
        )


def _column(header: Header, word: str) -> str | None:
    return next((name for name in header if snake(name) == word), None)


def _one_row_each(path: Path, header: Header) -> bool:
    """Return whether no neuron has several rows, as it has in tables of coordinates or of labels."""
    key = _column(header, "root_id")
    assert key is not None
    ids = parse_ids(read_table(path, (key,))[key], f"{path}, column {key}")
    return bool(np.unique(ids).size == ids.size)


def _needed(path: Path, header: Header, word: str) -> str:
    name = _column(header, word)
    if name is None:
        raise PremotorError(f"{path} has no column {word!r}; found {listed(header)}")
    return name
