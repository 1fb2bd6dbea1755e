"""A circuit: neurons, synapse counts, gap junctions, and where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from premotor.connectome.conversions import Conversions
from premotor.connectome.edges import positions, tidy
from premotor.connectome.effectors import (
    KIND,
    MUSCLE,
    check_counts,
    check_effectors,
    no_effectors,
    reached_effectors,
)
from premotor.connectome.paths import Direction, hop_distances, on_paths
from premotor.connectome.provenance import Provenance
from premotor.connectome.selection import Condition, describe, from_files, matching_neurons, not_found
from premotor.connectome.signs import SignPolicy, sign_policy, signs_of, unknown_neurons
from premotor.connectome.storage import save_tables
from premotor.connectome.summary import as_html, summarise
from premotor.errors import PremotorError

_REQUIRED = ("type", "class", "transmitter", "sign", "side")


@dataclass(frozen=True, eq=False)
class Circuit(Conversions):
    """Wiring as data. Build one with `load_circuit`; every method returns a new circuit.

    Attributes:
        neurons: one row a neuron, index "id" (int64, unique). Columns `type`, `class`, `transmitter`, `sign`
            (int8: +1, −1, 0 unknown) and `side` in canonical words, then the source's other columns.
        synapses: int64 counts (neurons, neurons), presynaptic × postsynaptic, in the order of `neurons`.
        gap_junctions: symmetric int64 counts (neurons, neurons), or None where the source has none.
        provenance: dataset, version, citation and every step so far.
        effectors: what the neurons move, one row a muscle or motor module, index "effector" (its name, such as
            MDL01); column `kind` ("muscle" or "motor module", one a circuit), then the source's (quadrant, number).
            Empty where the source has none.
        neuromuscular: int64 counts of synapses (neurons, effectors), in the order of `neurons` and `effectors`; 1
            for each motor neuron of a module, whose synapses are not known.
        muscle_junctions: int64 counts of gap junctions (neurons, effectors).
    """

    neurons: pd.DataFrame
    synapses: csr_array
    gap_junctions: csr_array | None
    provenance: Provenance
    effectors: pd.DataFrame = field(default_factory=no_effectors)
    neuromuscular: csr_array = None  # None: no synapses
    muscle_junctions: csr_array = None  # None: no gap junctions

    def __post_init__(self) -> None:
        """Check that the parts fit together.

        Raises:
            PremotorError: a wrong index, column, shape, type, a count below 1, or asymmetric gap junctions.
        """
        index = self.neurons.index
        if index.dtype != np.int64 or not index.is_unique:
            raise PremotorError("a circuit's neurons need an index of unique int64 ids")
        missing = [name for name in _REQUIRED if name not in self.neurons]
        if missing:
            raise PremotorError(f"a circuit's neuron table lacks the column {missing[0]!r}")
        size = (len(index), len(index))
        for name, matrix in (("synapses", self.synapses), ("gap_junctions", self.gap_junctions)):
            if matrix is not None:
                check_counts(f"{len(index)} neurons", name, matrix, size)
        if self.gap_junctions is not None and (self.gap_junctions != self.gap_junctions.T).nnz:
            raise PremotorError("gap_junctions has to be symmetric")
        matrices = {"neuromuscular": self.neuromuscular, "muscle_junctions": self.muscle_junctions}
        for name, matrix in matrices.items():
            if matrix is None:
                matrices[name] = csr_array((len(index), len(self.effectors)), dtype=np.int64)
                object.__setattr__(self, name, matrices[name])
        check_effectors(len(index), self.effectors, matrices)

    def __len__(self) -> int:
        """Return the number of neurons."""
        return len(self.neurons)

    def __repr__(self) -> str:
        """Return one line: the dataset, what was done to it, and its size."""
        gaps = ""
        if self.gap_junctions is not None:
            # Each pair stands in the symmetric matrix twice, a cell with itself once.
            entries = self.gap_junctions.tocoo()
            gaps = f", {np.count_nonzero(entries.row <= entries.col):,} gap junctions"
        kinds = self.effectors[KIND].unique()
        changes = f" ({self.provenance.changes})" if self.provenance.changes else ""
        muscles = f", {len(self.effectors):,} {kinds[0]}s" if len(kinds) else ""
        return (
            f"Circuit({self.provenance.dataset!r}{changes}: {len(self):,} neurons, {self.synapses.nnz:,} edges, "
            f"{int(self.synapses.sum()):,} synapses{gaps}{muscles})"
        )

    def _repr_html_(self) -> str:
        """Return the same with the neurons by class and sign, for notebooks."""
        return as_html(self)

    @property
    def ids(self) -> np.ndarray:
        """Neuron ids, int64 (neurons,), in the order of every matrix."""
        return self.neurons.index.to_numpy()

    @property
    def muscles(self) -> pd.DataFrame:
        """The effectors that are muscles, in the order of the columns of `neuromuscular`; empty for motor modules."""
        return self.effectors if (self.effectors[KIND] == MUSCLE).all() else self.effectors.iloc[:0]

    @property
    def size(self) -> dict[str, int]:
        """Numbers of neurons, edges and synapses, and of effectors and the synapses onto them where there are any."""
        size = {"neurons": len(self), "edges": self.synapses.nnz, "synapses": int(self.synapses.sum())}
        if len(self.effectors):
            size |= {"effectors": len(self.effectors), "neuromuscular synapses": int(self.neuromuscular.sum())}
        return size

    @property
    def digest(self) -> str:
        """SHA-256 of the wiring among neurons: ids, classes, signs, synapses and gap junctions, in their order."""
        arrays = [self.ids, self.neurons["sign"].to_numpy()]
        matrices = [self.synapses] if self.gap_junctions is None else [self.synapses, self.gap_junctions]
        return _digest(self.neurons["class"], arrays, matrices)

    @property
    def neuromuscular_digest(self) -> str:
        """SHA-256 of the wiring onto effectors: ids, names of effectors, synapses and gap junctions."""
        return _digest(self.effectors.index, [self.ids], [self.neuromuscular, self.muscle_junctions])

    def select(self, *, min_synapses: int | None = None, **conditions: Condition) -> Circuit:
        """Keep the neurons that meet every condition on a column, then the pairs with enough synapses.

        A condition is a text with wildcards (``type="IN*|MN*"``: ``*`` any text, ``?`` one character, ``|``
        or), a number, True or False, a list of exact values, or ``"@FILE"``, whose lines (or column of that name) are
        exact values; ``id`` selects by id. Capitals matter. `min_synapses` removes the ordered pairs of neurons with
        fewer synapses; gap junctions, and all synapses onto effectors, are kept. Effectors stay that a kept neuron
        reaches.

        Raises:
            PremotorError: an unknown column (with the closest name), a condition of the wrong kind, nothing
                left, or `min_synapses` below 1.
        """
        circuit = self
        if conditions:
            conditions = from_files(conditions)
            keep = matching_neurons(self.neurons, conditions)
            why = "" if keep.any() else not_found(self.neurons, conditions)
            circuit = self._kept(np.flatnonzero(keep), "select", describe(conditions), why)
        if min_synapses is not None:
            circuit = circuit._thresholded(min_synapses)
        return circuit

    def subset(self, ids: Iterable[int]) -> Circuit:
        """Keep the neurons with these ids, in this order, and the effectors that they reach.

        Raises:
            PremotorError: an id that the circuit does not hold, a repeated one, or none at all.
        """
        wanted = np.asarray(list(ids))
        if wanted.size == 0:
            raise PremotorError("subset() was given no ids")
        if wanted.dtype.kind not in "iu":
            raise PremotorError(f"subset() takes neuron ids as whole numbers, not {wanted.flat[0]!r}")
        where = positions(self.ids, wanted.astype(np.int64))
        if (where < 0).any():
            raise PremotorError(f"the circuit has no neuron with the id {wanted[np.argmin(where >= 0)]}")
        if np.unique(where).size != where.size:
            raise PremotorError("subset() was given an id more than once")
        return self._kept(where, "subset", {"ids": f"{wanted.size} ids"})

    def neighbours(
        self,
        hops: int = 1,
        direction: Direction = "both",
        *,
        gap_junctions: bool = False,
        **conditions: Condition,
    ) -> Circuit:
        """Keep the neurons that meet the conditions (see `select`) and those within so many synapses of them.

        `direction` is "downstream", "upstream" or "both" (either way at every step); with `gap_junctions`
        these count as steps too.

        Raises:
            PremotorError: as `select`; `hops` below 0; an unknown direction.
        """
        if hops < 0:
            raise PremotorError(f"hops is {hops!r}; it has to be 0 or more")
        sources = self._chosen(conditions)
        distance = hop_distances(self.synapses, sources, direction, self.gap_junctions if gap_junctions else None)
        arguments = {"hops": hops, "direction": direction, **describe(conditions)}
        return self._kept(np.flatnonzero((distance >= 0) & (distance <= hops)), "neighbours", arguments)

    def between(
        self, sources: Mapping[str, Condition], targets: Mapping[str, Condition], most: int | None = None
    ) -> Circuit:
        """Keep the neurons on paths of synapses from the sources to the targets, both included.

        `sources` and `targets` are conditions as of `select`: ``{"class": "sensory"}``. With `most`, only
        paths of at most so many synapses count.

        Raises:
            PremotorError: as `select`; no path leads from the sources to the targets.
        """
        keep = on_paths(self.synapses, self._chosen(sources), self._chosen(targets), most)
        arguments = {"sources": describe(sources), "targets": describe(targets), "most": most}
        return self._kept(np.flatnonzero(keep), "between", arguments)

    def with_signs(self, policy: SignPolicy | str) -> Circuit:
        """Set every neuron's sign by a policy, or by the name of one ("default", "kunert2014").

        Raises:
            PremotorError: an unknown name, a column the policy needs is missing, or it drops every neuron.
        """
        policy = sign_policy(policy)
        circuit = self
        if policy.unknown == "drop":
            keep = np.flatnonzero(~unknown_neurons(self.neurons, policy))
            if keep.size < len(self):
                circuit = self._kept(keep, "drop unknown transmitters", {"policy": policy.name})
        neurons = circuit.neurons.assign(sign=signs_of(circuit.neurons, policy))
        arguments = {"policy": policy.name, **policy.model_dump(exclude={"name"})}
        provenance = circuit.provenance.with_step("signs", arguments, size=circuit.size)
        return replace(circuit, neurons=neurons, provenance=provenance)

    def save(self, folder: str | Path) -> Path:
        """Write the circuit as a folder that `load_circuit` reads back to the same circuit; return its path.

        Raises:
            PremotorError: the folder exists and is not empty, or it can not be written.
        """
        return save_tables(Path(folder), self)

    def summary(self) -> str:
        """Return a page of text: counts by class, transmitter and side, wiring, effectors, and what was dropped."""
        return summarise(self)

    def _chosen(self, conditions: Mapping[str, Condition]) -> np.ndarray:
        keep = matching_neurons(self.neurons, conditions)
        if not keep.any():
            raise PremotorError(
                f"no neuron of the circuit meets {describe(conditions)}{not_found(self.neurons, conditions)}"
            )
        return keep

    def _kept(self, where: np.ndarray, operation: str, arguments: Mapping[str, object], why: str = "") -> Circuit:
        if where.size == 0:
            words = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
            raise PremotorError(f"{operation} ({words}) leaves none of the circuit's {len(self)} neurons{why}")
        synapses = tidy(self.synapses[where][:, where])
        gaps = None if self.gap_junctions is None else tidy(self.gap_junctions[where][:, where])
        parts = {"synapses": synapses, "gap_junctions": gaps, **reached_effectors(self, where)}
        return self._followed(operation, arguments, replace(self, neurons=self.neurons.iloc[where], **parts))

    def _thresholded(self, least: int) -> Circuit:
        if isinstance(least, bool) or not isinstance(least, (int, np.integer)) or least < 1:
            raise PremotorError(f"min_synapses is {least!r}; it has to be a whole number from 1")
        synapses = self.synapses.copy()
        synapses.data[synapses.data < least] = 0
        return self._followed("threshold", {"min_synapses": int(least)}, replace(self, synapses=tidy(synapses)))

    def _followed(self, operation: str, arguments: Mapping[str, object], circuit: Circuit) -> Circuit:
        """Return a part of this circuit with the step that made it in its record."""
        dropped = {key: value - circuit.size.get(key, 0) for key, value in self.size.items()}
        provenance = self.provenance.with_step(operation, arguments, size=circuit.size, dropped=dropped)
        return replace(circuit, provenance=provenance)


def _digest(words: Iterable[str], arrays: list[np.ndarray], matrices: list[csr_array]) -> str:
    result = hashlib.sha256(" ".join(words).encode())
    for array in [*arrays, *(part for matrix in matrices for part in (matrix.indptr, matrix.indices, matrix.data))]:
        result.update(array.astype("<i8").tobytes())
    return result.hexdigest()
