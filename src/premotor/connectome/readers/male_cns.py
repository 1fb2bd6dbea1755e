"""The male CNS release: three feather files with three names for one key.

| table | columns |
|---|---|
| connectome-weights-* | body_pre, body_post, weight |
| body-annotations-* | bodyId, type, superclass, class, somaSide, exitNerve, status, … |
| body-neurotransmitters-* | body, predicted_nt, consensus_nt, … |

The neurons are those of the annotations; connections with other segments are left out and counted.
`class` is the canonical word of superclass, transmitter that of consensus_nt.
"""

import pandas as pd

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.neuron_table import join, read_neurons, united
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.columns import count_column, is_neurons, only, read_edges, read_edges_among
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

_PAIR = {"body_pre", "body_post"}


@READERS.register("male_cns")
class MaleCns(Reader):
    """Male CNS: connectome-weights with body-annotations and body-neurotransmitters."""

    description = "male CNS: connectome-weights with body-annotations and body-neurotransmitters"
    priority = 40

    def matches(self, source: Source) -> bool:
        """Return whether some table lists connections between bodies of the release."""
        return any(set(header) >= _PAIR for header in source.tables.values())

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the connections among the annotated bodies."""
        found = [path for path, header in source.tables.items() if set(header) >= _PAIR]
        connections = only(found, "connection tables", source.path)
        count = count_column(connections, source.tables[connections])
        tables = [path for path, header in source.tables.items() if is_neurons(header) and path != connections]
        named = [path for path in tables if "bodyId" in source.tables[path]] or tables
        neurons: pd.DataFrame | None = None
        dropped: dict[str, int] = {}
        if named:
            frames = {path: read_neurons(path) for path in tables}
            base = united([frames[path] for path in named])
            others = [*(frames[path] for path in named), *(frames[path] for path in tables if path not in named)]
            frame, dropped = join(base, others)
            neurons = canonical_columns(frame, listed(path.name for path in tables))
            ids = frame.index.to_numpy()
            edges, strangers = read_edges_among(connections, "body_pre", "body_post", count, ids)
            dropped.update(strangers)
        else:
            edges = _all(read_edges(connections, "body_pre", "body_post", count), connections)
        return assemble(
            neurons,
            edges,
            Provenance(dataset="male-cns"),
            reader="male_cns",
            where=str(connections),
            signs=signs,
            dropped=dropped,
            arguments={"files": [path.name for path in (connections, *tables)]},
        )


def _all(edges: Edges, path: object) -> Edges:
    if not edges.count.size:
        raise PremotorError(f"{path} has a header but no connections")
    return edges
