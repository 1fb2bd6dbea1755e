"""Releases of whole brains: connections among far more segments than there are neurons, and annotations of these.

| source | tables | columns |
|---|---|---|
| FlyWire Codex | connections*.csv.gz | pre_root_id, post_root_id, neuropil, syn_count, nt_type; a row per neuropil |
| | neurons, classification, consolidated_cell_types | root_id; nt_type …; super_class, class, side …; primary_type |
| male CNS | connectome-weights-* | body_pre, body_post, weight |
| | body-annotations-*, body-neurotransmitters-* | bodyId, type, superclass, class, somaSide …; body, consensus_nt … |
| CAVE | synapses or connections | pre_pt_root_id, post_pt_root_id; with counts or a row a synapse |
| | cells | pt_root_id or root_id |

The neurons are those of the annotations; connections with other segments are left out and counted. FlyWire's display
headers (Root ID, Predicted NT type) become the same names in lower case with underscores. `class` is the canonical word
of super_class; FlyWire's own class is in `source_class`. A threshold (``min_synapses``) applies to the total of a pair.
Of FlyWire's tables those with several rows per neuron (coordinates, labels) are not read, which the record says; of
several rows of one cell in CAVE (several nuclei) the first counts. In CAVE root id 0 is a synapse on nothing that was
segmented: such rows are left out and counted.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from premotor.connectome.assemble import assemble, bare_neurons, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import RELEASE_ENDS, Header, count_column, first, is_connections, only
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import parse_ids
from premotor.connectome.neuron_table import join, read_neurons, united
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.rows import Rows, read_rows
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import read_table
from premotor.connectome.vocabulary import listed, plain
from premotor.errors import PremotorError

_SEVERAL_ROWS = {
    *("position", "supervoxelid", "label", "labels", "processedlabels", "userid", "connectivitytag"),
}
_OF_SYNAPSES = {
    "size",
    "score",
    "cleftscore",
    "connectionscore",
    "supercededid",
    *("gaba", "ach", "glut", "oct", "ser", "da"),
}


def snake(name: str) -> str:
    """Return a display header as a plain name: "Super Class" → super_class."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


class Release(Reader):
    """What the releases have in common.

    Attributes:
        name: of the reader and the dataset.
        ends: the presynaptic and the postsynaptic column.
        keys: columns that hold the ids in tables of neurons; those with the first say which neurons there are.
        repeated: whether of several rows of a neuron the first counts; else a table with such is not read.
        rows_count: whether a table without counts has a row a synapse.
    """

    name: ClassVar[str]
    ends: ClassVar[tuple[str, str]]
    keys: ClassVar[tuple[str, ...]]
    repeated: ClassVar[bool] = False
    rows_count: ClassVar[bool] = False

    def matches(self, source: Source) -> bool:
        """Return whether some table has the two columns of ids."""
        return any(_ends(self.ends[:1], header) for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the connections among the neurons of the tables beside them."""
        found = [path for path, header in source.tables.items() if _ends(self.ends[:1], header)]
        path = only(found, "connection tables", source.path)
        header = source.tables[path]
        ends = _ends(self.ends, header)
        if len(ends) < 2:
            raise PremotorError(f"{path} has no column {self.ends[1]!r}; found {listed(header)}")
        if not self.rows_count:
            count_column(path, header)
        keyed = {
            other: key
            for other, words in source.tables.items()
            if other != path and not is_connections(words) and (key := first(self.keys, words)) is not None
        }
        tables = {
            other: key
            for other, key in keyed.items()
            if self.repeated
            or not {plain(word) for word in source.tables[other]} & _SEVERAL_ROWS
            or _one_row_each(other, key)
        }
        neurons: pd.DataFrame | None = None
        dropped: dict[str, int] = {}
        if tables:
            frames = {other: read_neurons(other, key=key, repeated=self.repeated) for other, key in tables.items()}
            frames = {other: self.neurons(frame) for other, frame in frames.items()}
            naming = [other for other, key in tables.items() if key == first(self.keys[:1], (key,))] or list(tables)
            order = [*naming, *(other for other in tables if other not in naming)]
            frame, dropped = join(united([frames[other] for other in naming]), [frames[other] for other in order])
            if not len(frame):
                raise PremotorError(f"{source.path}: no id in {listed(p.name for p in tables)} is other than 0")
            neurons = canonical_columns(frame, listed(other.name for other in tables))
        rows = self.rows(
            read_rows(
                path,
                tuple(word for word in header if not _measured(word)),
                ends,
                uncounted=self.rows_count,
                among=None if neurons is None or self.rows_count else neurons.index.to_numpy(),
                scale=source.reading.scale,
            ),
            path,
        )
        neurons = rows.signed(bare_neurons(rows.ids()) if neurons is None else neurons, str(path))
        arguments = {"files": [other.name for other in (path, *tables)], **rows.about}
        unread = [other.name for other in source.tables if other not in (path, *tables)]
        return assemble(
            neurons,
            rows.edges,
            Provenance(dataset=self.name.replace("_", "-")),
            reader=self.name,
            where=str(path),
            gap_junctions=rows.gaps,
            signs=signs,
            dropped={**dropped, **rows.dropped},
            arguments={**arguments, **({"not_read": unread} if unread else {})},
        )

    def neurons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a table of neurons as it is used."""
        return frame

    def rows(self, rows: Rows, path: Path) -> Rows:
        """Return the rows as they are used."""
        return rows


@READERS.register("flywire")
class FlyWire(Release):
    """FlyWire Codex: connections by root id, with neurons, classification and cell types."""

    description = "FlyWire Codex: connections by root id, with neurons, classification and cell types"
    priority = 60
    name, ends, keys = "flywire", RELEASE_ENDS[0], ("root_id",)

    def neurons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the table with plain names."""
        return frame.rename(columns=snake)


@READERS.register("cave")
class Cave(Release):
    """CAVE: synapses or connections by pre_pt_root_id and post_pt_root_id, with cell tables."""

    description = "CAVE: synapses or connections by pre_pt_root_id and post_pt_root_id, with cell tables"
    priority = 50
    name, ends, keys = "cave", RELEASE_ENDS[1], ("pt_root_id", "root_id")
    repeated, rows_count = True, True

    def neurons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the table without segment 0."""
        return frame[frame.index != 0]

    def rows(self, rows: Rows, path: Path) -> Rows:
        """Return the rows without those of segment 0."""
        real = (rows.edges.pre != 0) & (rows.edges.post != 0)
        edges, lost = _assigned(rows.edges)
        gaps, lost_gaps = (None, 0) if rows.gaps is None else _assigned(rows.gaps)
        if not edges.count.size and (gaps is None or not gaps.count.size):
            raise PremotorError(f"{path} has no row with two root ids that are not 0")
        dropped = {"rows of unassigned segments": lost + lost_gaps, **rows.dropped}
        sign = None if rows.sign is None else rows.sign[real]
        return replace(rows, edges=edges, gaps=gaps, sign=sign, dropped=dropped)


@READERS.register("male_cns")
class MaleCns(Release):
    """Male CNS: connectome-weights with body-annotations and body-neurotransmitters."""

    description = "male CNS: connectome-weights with body-annotations and body-neurotransmitters"
    priority = 40
    name, ends, keys = "male_cns", RELEASE_ENDS[2], ("bodyId", "body", "id")


def _assigned(edges: Edges) -> tuple[Edges, int]:
    """Return the edges without those of segment 0, and how many these are."""
    real = (edges.pre != 0) & (edges.post != 0)
    return Edges(edges.pre[real], edges.post[real], edges.count[real]), int((~real).sum())


def _measured(name: str) -> bool:
    """Return whether a column holds numbers about a synapse that are no counts."""
    word = plain(name)
    return word in _OF_SYNAPSES or word.endswith("supervoxelid") or "position" in word


def _ends(words: tuple[str, ...], header: Header) -> tuple[str, ...]:
    return tuple(name for word in words if (name := first((word,), header)) is not None)


def _one_row_each(path: Path, key: str) -> bool:
    """Return whether no neuron has several rows, as it has in tables of coordinates or of labels."""
    ids = parse_ids(read_table(path, (key,), used=False)[key], f"{path}, column {key}")
    return bool(np.unique(ids).size == ids.size)
