"""Circuits from what is in memory, and back: tables, edges, arrays and graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, triu

from premotor.connectome.effectors import link_table
from premotor.connectome.provenance import Provenance
from premotor.connectome.signs import SignPolicy
from premotor.connectome.storage import edge_table

if TYPE_CHECKING:
    import networkx

    from premotor.connectome.circuit import Circuit
    from premotor.connectome.converting import Edge, Matrix


class Conversions:
    """What a `Circuit` is made from besides files, and what it can be turned into."""

    if TYPE_CHECKING:
        neurons: pd.DataFrame
        synapses: csr_array
        gap_junctions: csr_array | None
        effectors: pd.DataFrame

        @property
        def ids(self) -> np.ndarray: ...  # noqa: D102

    @classmethod
    def from_pandas(
        cls,
        neurons: pd.DataFrame | None,
        connections: pd.DataFrame,
        gap_junctions: pd.DataFrame | None = None,
        effectors: pd.DataFrame | None = None,
        neuromuscular: pd.DataFrame | None = None,
        *,
        columns: Mapping[str, str] | str | None = None,
        scale: float | None = None,
        provenance: Provenance | str = "unnamed",
        signs: SignPolicy | str | None = None,
    ) -> Circuit:
        """Return the circuit of tables, which are read and checked as those of a folder are.

        ``Circuit.from_pandas(*circuit.to_pandas())`` is the same circuit again.

        Args:
            neurons: ids in the index or a column, and what is known of each; None: those of the connections.
            connections: presynaptic and postsynaptic ids or names, counts.
            gap_junctions: a, b and count.
            effectors: names of muscles or motor modules in the index or the first column, which is called "effector",
                and what is known of each; None: those of `neuromuscular`.
            neuromuscular: pre (ids or names), effector, count, and, where some are gap junctions, kind.
            columns: names of columns, as of `load_circuit`.
            scale: multiplies weights that are no counts, as of `load_circuit`.
            provenance: the record that this step is added to, or a name for the dataset.
            signs: a policy, or the name of one.

        Raises:
            PremotorError: as `load_circuit`.
        """
        from premotor.connectome.converting import from_frames

        frames = {
            "neurons": neurons,
            "connections": connections,
            "gap_junctions": gap_junctions,
            "effectors": effectors,
            "neuromuscular": neuromuscular,
        }
        return from_frames(frames, "Circuit.from_pandas", provenance, signs, columns, scale)

    @classmethod
    def from_edges(
        cls,
        edges: Iterable[Edge],
        neurons: pd.DataFrame | None = None,
        gap_junctions: Iterable[Edge] | None = None,
        neuromuscular: Iterable[Edge] | None = None,
        *,
        provenance: Provenance | str = "unnamed",
        signs: SignPolicy | str | None = None,
    ) -> Circuit:
        """Return the circuit of edges ``(pre, post)`` or ``(pre, post, count)`` between ids or names.

        Those of `neuromuscular` are ``(pre, effector)`` or ``(pre, effector, count)``, from neurons onto muscles.
        `neurons`, `provenance` and `signs` are those of `from_pandas`.

        Raises:
            PremotorError: as `load_circuit`.
        """
        from premotor.connectome import converting

        frames = converting.from_edges(edges, neurons, gap_junctions, neuromuscular)
        return converting.from_frames(frames, "Circuit.from_edges", provenance, signs)

    @classmethod
    def from_arrays(
        cls,
        synapses: Matrix,
        ids: Sequence[int | str] | np.ndarray | None = None,
        neurons: pd.DataFrame | None = None,
        gap_junctions: Matrix | None = None,
        neuromuscular: Matrix | None = None,
        effectors: pd.DataFrame | Sequence[str] | None = None,
        muscle_junctions: Matrix | None = None,
        *,
        scale: float | None = None,
        provenance: Provenance | str = "unnamed",
        signs: SignPolicy | str | None = None,
    ) -> Circuit:
        """Return the circuit of a matrix (neurons, neurons), presynaptic × postsynaptic, dense or sparse.

        Entries are counts, negative ones those of inhibitory neurons. `ids` are numbers or names, by default those of
        `neurons` (one row a neuron, in the order of the matrix), else 1, 2, …; see `from_pandas`. `neuromuscular` and
        `muscle_junctions` are whole counts (neurons, effectors) of synapses and gap junctions, and need `effectors`:
        their names, or a table with these in its index.

        Raises:
            PremotorError: as `load_circuit`, or numbers of neurons that differ.
        """
        from premotor.connectome import converting

        frames = converting.from_arrays(synapses, ids, neurons, gap_junctions, scale)
        frames |= converting.links_of_arrays(neuromuscular, muscle_junctions, effectors, frames["neurons"])
        return converting.from_frames(
            frames, "Circuit.from_arrays", provenance, signs, about={} if scale is None else {"scale": scale}
        )

    @classmethod
    def from_networkx(
        cls,
        graph: networkx.Graph,
        *,
        columns: Mapping[str, str] | str | None = None,
        scale: float | None = None,
        provenance: Provenance | str = "unnamed",
        signs: SignPolicy | str | None = None,
    ) -> Circuit:
        """Return the circuit of a directed networkx graph; its data of nodes become columns.

        Nodes whose data `effector` is their own name are muscles or motor modules. Data of edges are counts and kinds,
        named as in tables; the rest is as of `from_pandas`.

        Raises:
            PremotorError: as `load_circuit`, or an undirected graph.
        """
        from premotor.connectome import converting

        frames = converting.from_networkx(graph)
        return converting.from_frames(frames, "Circuit.from_networkx", provenance, signs, columns, scale)

    def to_pandas(
        self,
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None, pd.DataFrame | None, pd.DataFrame | None]:
        """Return five tables, None for what the circuit has none of.

        Neurons (index "id"); pre, post, count; a, b, count of gap junctions; effectors (index "effector"); pre,
        effector, count (and kind) of what reaches them.
        """
        gaps = self.gap_junctions
        electrical = None if gaps is None else edge_table(coo_array(triu(gaps)), self.ids, ("a", "b"))
        chemical = edge_table(coo_array(self.synapses), self.ids, ("pre", "post"))
        if not len(self.effectors):
            return self.neurons.copy(), chemical, electrical, None, None
        return self.neurons.copy(), chemical, electrical, self.effectors.copy(), link_table(self)  # type: ignore[arg-type]

    def to_networkx(self) -> networkx.DiGraph:
        """Return a networkx DiGraph, or with gap junctions (one edge a pair, `kind` gap_junction) a MultiDiGraph.

        Muscles and motor modules are nodes, too, whose data `effector` is their own name.

        Raises:
            PremotorError: networkx is not installed.
        """
        from premotor.connectome.converting import to_networkx

        return to_networkx(self)  # type: ignore[arg-type]
