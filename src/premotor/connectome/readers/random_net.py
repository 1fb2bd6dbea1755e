"""Brain regions of the RandomNet project: a folder of arrays.

| file | contents |
|---|---|
| adjacency_scc.npy | counts (neurons, neurons), rows **postsynaptic**: the project transposes it on reading |
| ei_neuron_types.npy | 1 excitatory, 0 inhibitory, (neurons,) |
| nid_scc.npy | body ids, (neurons,) |
| neurotransmitter_assignments.pkl | {body id: transmitter, as a word or as the project's number} |
| cell_body_fiber_assignments.pkl | {body id: cell-body fibre, as a word or a number} |

The two pickles are optional; they are read without executing anything. Signs are those of ei_neuron_types.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray
from scipy.sparse import coo_array

from premotor.connectome.arrays import read_array, signed_counts
from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges
from premotor.connectome.identifiers import unique_ids
from premotor.connectome.provenance import Provenance
from premotor.connectome.readers.plain_pickle import read_plain_pickle
from premotor.connectome.readers.source import READERS, Reader, Source
from premotor.connectome.signs import SignPolicy
from premotor.errors import PremotorError

MATRIX, TYPES, IDS = "adjacency_scc.npy", "ei_neuron_types.npy", "nid_scc.npy"
_TRANSMITTERS = "neurotransmitter_assignments.pkl"
_FIBRES = "cell_body_fiber_assignments.pkl"
_FILES = (MATRIX, TYPES, IDS, _TRANSMITTERS, _FIBRES)
_NUMBERED = ("gaba", "acetylcholine", "glutamate", "serotonin", "octopamine", "dopamine", "neither")


@READERS.register("random_net")
class RandomNet(Reader):
    """RandomNet regions: adjacency_scc.npy, ei_neuron_types.npy, nid_scc.npy and two pickles."""

    description = "RandomNet regions: adjacency_scc.npy, ei_neuron_types.npy, nid_scc.npy and two pickles"
    priority = 110

    def matches(self, source: Source) -> bool:
        """Return whether the folder holds the adjacency array of a region."""
        return source.file(MATRIX) is not None and source.path.is_dir()

    def read(self, source: Source, signs: SignPolicy | None) -> Circuit:
        """Read the arrays of a region."""
        paths = {name: source.file(name) for name in (MATRIX, TYPES, IDS)}
        missing = [name for name, path in paths.items() if path is None]
        if missing:
            raise PremotorError(f"{source.path} holds {MATRIX} but no {missing[0]}")
        matrix, kinds, ids = (read_array(path) for path in paths.values() if path is not None)
        counts, _, sign = signed_counts(matrix.T, str(paths[MATRIX]))
        if (sign < 0).any():
            raise PremotorError(f"{paths[MATRIX]} holds negative counts; signs belong into {TYPES}")
        size = counts.shape[0]
        for name, array in ((TYPES, kinds), (IDS, ids)):
            if array.shape != (size,) or array.dtype.kind not in "iub":
                raise PremotorError(
                    f"{paths[name]} holds {array.dtype} of shape {array.shape}; "
                    f"{size} whole numbers are needed, one a neuron"
                )
        if not np.isin(kinds, (0, 1)).all():
            raise PremotorError(f"{paths[TYPES]} holds {kinds[~np.isin(kinds, (0, 1))][0]}; allowed are 0 and 1")
        if ids.min() < 0 or ids.max() > np.iinfo(np.int64).max:
            raise PremotorError(f"{paths[IDS]} holds the id {ids.min() if ids.min() < 0 else ids.max()}")
        ids = ids.astype(np.int64)
        unique_ids(ids, str(paths[IDS]))
        columns: dict[str, np.ndarray | ExtensionArray] = {"sign": np.where(kinds == 1, 1, -1).astype(np.int8)}
        _add(columns, "transmitter", source.file(_TRANSMITTERS), ids, _NUMBERED)
        _add(columns, "cell_body_fiber", source.file(_FIBRES), ids, ())
        frame = pd.DataFrame(columns, index=pd.Index(ids, name="id"))
        entries = coo_array(counts)
        return assemble(
            canonical_columns(frame, source.path),
            Edges(ids[entries.row], ids[entries.col], entries.data),
            Provenance(dataset=source.path.resolve().name),
            reader="random_net",
            where=str(paths[MATRIX]),
            strict=True,
            signs=signs,
            arguments={"files": [name for name in _FILES if source.file(name) is not None]},
        )


def _add(
    columns: dict[str, np.ndarray | ExtensionArray],
    name: str,
    path: Path | None,
    ids: np.ndarray,
    words: tuple[str, ...],
) -> None:
    """Add a column of text from a pickled dict by neuron id; neurons that it lacks get empty text."""
    if path is None:
        return
    table = read_plain_pickle(path)
    if not isinstance(table, dict):
        raise PremotorError(f"{path} holds {type(table).__name__}; a dict by neuron id is needed")
    columns[name] = pd.array([_word(table.get(int(number), ""), words) for number in ids], dtype="str")


def _word(value: object, words: tuple[str, ...]) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(words):
        return words[value]
    return "" if value is None else str(value)
