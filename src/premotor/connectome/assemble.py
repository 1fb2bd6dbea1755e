"""The last step of every reader: a neuron table and edges become a circuit; the record says what was lost."""

from typing import Any

import numpy as np
import pandas as pd

from premotor.connectome.canonical import bare_neurons
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges, count_matrix, symmetric
from premotor.connectome.provenance import Provenance
from premotor.connectome.signs import DEFAULT_POLICY, SignPolicy


def assemble(
    neurons: pd.DataFrame | None,
    edges: Edges,
    provenance: Provenance,
    *,
    reader: str,
    where: str,
    gap_junctions: Edges | None = None,
    strict: bool = False,
    signs: SignPolicy | None = None,
    dropped: dict[str, int] | None = None,
    arguments: dict[str, Any] | None = None,
) -> Circuit:
    """Return the circuit of a neuron table (see `neuron_table`) and the rows of a connection table.

    Without a neuron table the neurons are the ids in the edges. Rows whose ends the table lacks are an error
    when `strict`, else left out and counted. Signs come from the policy; where none is given, from the
    table's column `sign`, else from the default policy.
    """
    if neurons is None:
        neurons = bare_neurons(edges.ids())
    ids = neurons.index.to_numpy()
    lost = dict(dropped or {})
    synapses, strangers = count_matrix(ids, edges, where, strict=strict)
    lost.update(strangers)
    gaps = None
    if gap_junctions is not None:
        gaps, strangers = symmetric(ids, gap_junctions, f"{where} (gap junctions)", strict=strict)
        lost.update({f"gap-junction {key}": value for key, value in strangers.items()})
    neurons = neurons.copy()
    signed = "sign" in neurons
    if not signed:
        neurons.insert(list(neurons.columns).index("side"), "sign", np.zeros(len(ids), np.int8))
    size = {"neurons": len(ids), "edges": synapses.nnz, "synapses": int(synapses.sum())}
    record = provenance.with_step("load", {"reader": reader, **(arguments or {})}, size=size, dropped=lost)
    circuit = Circuit(neurons, synapses, gaps, record)
    if signs is None and signed:
        return circuit
    return circuit.with_signs(signs or DEFAULT_POLICY)
