"""How directly a circuit leads from where it senses, or is commanded, to its motor neurons."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from premotor.connectome.paths import hop_distances

if TYPE_CHECKING:
    import pandas as pd

    from premotor.connectome.circuit import Circuit

STARTS = ("sensory", "ascending", "descending")
"""Classes where paths begin; the first that a circuit has counts."""


@dataclass(frozen=True)
class Pathways:
    """Shortcuts and path lengths of chemical synapses."""

    start: str
    """The class where paths begin."""
    direct: float
    """Fraction of all synapses that go straight from such a neuron to a motor neuron."""
    direct_edges: float
    """The same of connected pairs."""
    length: float
    """Mean over motor neurons of the fewest synapses from any such neuron; NaN where none is reached."""
    reached: float
    """Fraction of motor neurons that are reached at all."""


def starting_class(neurons: "pd.DataFrame") -> str | None:
    """The class where paths begin; None without any, or without motor neurons."""
    word = neurons["class"].to_numpy()
    return next((start for start in STARTS if (word == "motor").any() and (word == start).any()), None)


def pathways(circuit: "Circuit") -> Pathways | None:
    """Shortcuts and path lengths; None where the circuit has no motor neurons, or no neurons before them.

    Null models that keep degrees alone turn many connections into shortcuts, which may do better than the connectome
    for that reason; those that keep classes (`rewired`) do not.
    """
    start = starting_class(circuit.neurons)
    if start is None:
        return None
    word = circuit.neurons["class"].to_numpy()
    edges = circuit.synapses.tocoo()
    straight = (word[edges.row] == start) & (word[edges.col] == "motor")
    hops = hop_distances(circuit.synapses, word == start)[word == "motor"]
    reached = hops[hops > 0]
    total = max(int(edges.data.sum()), 1)
    return Pathways(
        start,
        float(edges.data[straight].sum() / total),
        float(straight.sum() / max(edges.nnz, 1)),
        float(reached.mean()) if len(reached) else float("nan"),
        float(np.mean(hops > 0)),
    )
