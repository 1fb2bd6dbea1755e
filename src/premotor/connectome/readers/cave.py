"""CAVE exports: synapses or connections by pre_pt_root_id and post_pt_root_id.

A table of synapses has one row a synapse (rows of a pair are counted); a table of connections has a count
(syn_count, synapse_count, n_syn, count or weight). Root id 0 is a synapse on nothing that was segmented: such
rows are left out and counted. Cell tables by pt_root_id or root_id add columns and say which neurons there
are; of several rows of one cell (several nuclei) the first counts.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import parse_counts, parse_ids
from premotor.connectome.neuron_table import join, read_neurons, united
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.columns import COUNT_NAMES, first, only
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import read_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

_PAIR = ("pre_pt_root_id", "post_pt_root_id")
_KEYS = ("pt_root_id", "root_id")


@READERS.register("cave")
class Cave(Reader):
    """CAVE: synapses or connections by pre_pt_root_id and post_pt_root_id, with cell tables."""

    description = "CAVE: synapses or connections by pre_pt_root_id and post_pt_root_id, with cell tables"
    priority = 50

    def matches(self, source: Source) -> bool:
        """Return whether some table has CAVE's two root ids."""
        return any(set(_PAIR) <= set(header) for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the synapses, and the cell tables beside them."""
        found = [path for path, header in source.tables.items() if set(_PAIR) <= set(header)]
        path = only(found, "tables of synapses", source.path)
        counted = first(COUNT_NAMES[:-2], source.tables[path])
        table = read_table(path, _PAIR if counted is None else (*_PAIR, counted))
        pre, post = (parse_ids(table[name], f"{path}, column {name}") for name in _PAIR)
        if counted is None:
            count = np.ones(pre.size, np.int64)
        else:
            count = parse_counts(table[counted], f"{path}, column {counted}")
        real = (pre != 0) & (post != 0)
        if not real.any():
            raise PremotorError(f"{path} has no row with two root ids that are not 0")
        dropped = {"rows of unassigned segments": int((~real).sum())}
        tables = {
            other: key
            for other, header in source.tables.items()
            if other != path and (key := first(_KEYS, header)) is not None
        }
        neurons = None
        if tables:
            neurons, strangers = _cells(source, tables)
            dropped.update(strangers)
        return assemble(
            neurons,
            Edges(pre[real], post[real], count[real]),
            Provenance(dataset="cave"),
            reader="cave",
            where=str(path),
            signs=signs,
            dropped=dropped,
            arguments={"files": [other.name for other in (path, *tables)], "counted": counted or "rows"},
        )


def _cells(source: Source, tables: dict[Path, str]) -> tuple[pd.DataFrame, dict[str, int]]:
    frames = [read_neurons(table, key=key, repeated=True) for table, key in tables.items()]
    frames = [frame[frame.index != 0] for frame in frames]
    frame, dropped = join(united(frames), frames)
    if frame.empty:
        raise PremotorError(f"{source.path}: the cell tables hold no root id that is not 0")
    return canonical_columns(frame, listed(table.name for table in tables)), dropped
