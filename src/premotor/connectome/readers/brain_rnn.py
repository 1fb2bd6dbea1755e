"""Graphs of the BrainRNN project: JSON ``{name: {"matrix": [[…]], "layers": [[…]]}}``, rows presynaptic.

Neurons are numbered from 0, as in the layers. Column `layer` is the first layer that lists the neuron, −1
where none does. A file with several graphs needs the name of one: ``adj_matrices.json:standard_leg``.
"""

import json

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from premotor.connectome.arrays import signed_counts
from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.selection import closest
from premotor.connectome.signs import SignPolicy, signs_of_rows
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.files import read_bytes
from premotor.settings import note

_MOST_BYTES = 2**25
"""A matrix of about 4,000 neurons; as Python's lists it takes some ten times as much."""


@READERS.register("brain_rnn")
class BrainRnn(Reader):
    """BrainRNN graphs: JSON {name: {"matrix": …, "layers": …}}, rows presynaptic."""

    description = 'BrainRNN graphs: JSON {name: {"matrix": …, "layers": …}}, rows presynaptic'
    priority = 90

    def matches(self, source: Source) -> bool:
        """Return whether the source is one JSON file."""
        return len(source.files) == 1 and source.files[0].suffix.lower() == ".json"

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the one graph of a file, or the one that the source's part names."""
        path = source.files[0]
        name, graph = _graph(source)
        where = f"{path}, graph {name!r}, matrix"
        matrix = _matrix(graph.get("matrix"), where)
        left = [key for key in graph if key not in ("matrix", "layers")]
        if left:
            note(f"{where.removesuffix(', matrix')}: not used: {listed(left, 20)}")
        counts, pre, sign = signed_counts(matrix, where, source.reading.scale)
        ids = np.arange(counts.shape[0], dtype=np.int64)
        columns = {"layer": _layers(graph.get("layers", []), ids.size, f"{path}, graph {name!r}")}
        if (sign < 0).any():
            columns["sign"] = signs_of_rows(pre, sign, ids, where)
        entries = coo_array(counts)
        return assemble(
            canonical_columns(pd.DataFrame(columns, index=pd.Index(ids, name="id")), path),
            Edges(ids[entries.row], ids[entries.col], entries.data),
            Provenance(dataset=name),
            reader="brain_rnn",
            where=where,
            strict=True,
            signs=signs,
            arguments={"files": [path.name], **source.reading.scaled()},
        )


def _graph(source: Source) -> tuple[str, dict[str, object]]:
    path = source.files[0]
    try:
        graphs = json.loads(read_bytes(path, _MOST_BYTES).decode())
    except PremotorError:
        raise
    except (ValueError, RecursionError) as error:
        raise PremotorError(f"{path} is not valid JSON: {error}") from None
    if isinstance(graphs, dict) and "networks" in graphs:
        raise PremotorError(
            f"{path} is a SONATA configuration without edges: networks.nodes and networks.edges are needed"
        )
    if not isinstance(graphs, dict) or not graphs or not all(isinstance(graph, dict) for graph in graphs.values()):
        raise PremotorError(f'{path} holds no graphs: {{name: {{"matrix": rows, "layers": lists}}}} is needed')
    name = source.part or (next(iter(graphs)) if len(graphs) == 1 else None)
    if name is None:
        raise PremotorError(
            f"{path} holds {len(graphs)} graphs ({listed(graphs, 20)}); name one, as in "
            f"{path.name}:{next(iter(graphs))}"
        )
    if name not in graphs:
        raise PremotorError(f"{path} has no graph {name!r}{closest(name, graphs)}; it has {listed(graphs, 20)}")
    return name, graphs[name]


def _matrix(rows: object, where: str) -> np.ndarray:
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(rows) for row in rows):
        raise PremotorError(f"{where} has to be a square list of lists of numbers")
    for row in rows:
        for value in row:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise PremotorError(f"{where} holds {value!r}; counts are whole numbers")
    try:
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(rows))
    except OverflowError:
        raise PremotorError(f"{where} holds a number too large for a count") from None


def _layers(layers: object, size: int, where: str) -> np.ndarray:
    """Return the first layer of each neuron, int64 (neurons,); −1 where it is in none."""
    result = np.full(size, -1, np.int64)
    if not isinstance(layers, list) or not all(isinstance(layer, list) for layer in layers):
        raise PremotorError(f"{where}: layers has to be a list of lists of neurons")
    for number, layer in reversed(list(enumerate(layers))):
        for neuron in layer:
            if isinstance(neuron, bool) or not isinstance(neuron, int) or not 0 <= neuron < size:
                raise PremotorError(f"{where}: layers names the neuron {neuron!r}; they are 0 to {size - 1}")
            result[neuron] = number
    return result
