"""Null model: the same graph, but which neuron sits where in it is random."""

import numpy as np

from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import tidy
from premotor.connectome.nulls.blocks import codes, null_circuit
from premotor.connectome.selection import closest
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError


def shuffled_identities(circuit: Circuit, seed: int = 0, *, within: str | None = None) -> Circuit:
    """Return the circuit with its neurons' identities permuted over the nodes of the graph.

    Kept exactly: the neuron table, in its order, and the graph of chemical synapses and gap junctions with
    its counts, up to the names of its nodes. A neuron takes its type, class, transmitter and sign along, so
    that a sensory neuron may sit where a motor neuron was. With `within`, the name of a column ("class",
    "sign"), only neurons that are equal in it change places.

    Raises:
        PremotorError: the neuron table has no such column.
    """
    rng = np.random.default_rng(seed)
    if within is not None and within not in circuit.neurons:
        names = [str(name) for name in circuit.neurons.columns]
        raise PremotorError(
            f"the neuron table has no column {within!r}{closest(within, names)}; it has {listed(names)}"
        )
    kind = np.zeros(len(circuit), np.int64) if within is None else codes(circuit.neurons[within].astype("str"))
    node = np.empty(len(circuit), np.int64)
    node[np.argsort(kind, kind="stable")] = np.lexsort((rng.random(len(circuit)), kind))
    synapses = tidy(circuit.synapses[node][:, node])
    gaps = None if circuit.gap_junctions is None else tidy(circuit.gap_junctions[node][:, node])
    arguments = {"seed": seed} if within is None else {"seed": seed, "within": within}
    return null_circuit(circuit, synapses, gaps, "shuffled_identities", arguments)
