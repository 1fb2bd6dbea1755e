"""The last steps of every reader: canonical columns (type, class, transmitter, sign, side), and the circuit itself."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges, count_matrix, symmetric
from premotor.connectome.effectors import modules_of
from premotor.connectome.provenance import Provenance
from premotor.connectome.signs import DEFAULT_POLICY, SignPolicy
from premotor.connectome.vocabulary import (
    TRANSMITTERS,
    UNKNOWN,
    canonical_class,
    canonical_side,
    canonical_transmitter,
    listed,
    plain,
    text_of,
    translate,
)
from premotor.errors import PremotorError
from premotor.settings import note

# The broad class first where a source has a broad and a fine one (super_class and class of FlyWire).
_BROAD_CLASS = ("superclass", "super_class")
_TYPE = ("type", "cell_type", "primary_type", "primary_cell_type")
_TRANSMITTER = (
    "transmitter",
    "consensusNt",
    "consensus_nt",
    "predictedNt",
    "predicted_nt",
    "nt_type",
    "predicted_nt_type",
    "top_nt",
    "nt",
    "neurotransmitter",
    "predicted_neurotransmitter",
    "neurotransmitter_predicted",
    "predicted_transmitter",
    "transmitter_predicted",
    "nt_prediction",
    "consensus_neurotransmitter",
)
_SIDE = ("side", "somaSide", "soma_side", "root_side", "rootSide", "hemisphere", "hemi")
# Hemibrain publishes a probability for each; the largest is the prediction.
_PROBABILITIES = ("gaba", "acetylcholine", "glutamate", "serotonin", "octopamine", "dopamine", "neither")


def canonical_columns(frame: pd.DataFrame, path: object) -> pd.DataFrame:
    """Put type, class, transmitter and side, in canonical words, before the other columns of a frame.

    The source's own word for class stays in `source_class`; its other columns keep name and content. A column
    `sign` (−1, 0, +1) is taken over where there is one. `path` is for errors.

    Raises:
        PremotorError: a sign other than −1, 0, +1.
    """
    frame = _with_transmitter(frame)
    # A table that was here before has source_class, and its class is canonical already.
    broad = () if "source_class" in frame else _BROAD_CLASS
    class_words = _first(frame, (*broad, "class", *_BROAD_CLASS))
    columns = {
        "type": _first(frame, _TYPE),
        "class": translate(class_words, canonical_class),
        "transmitter": translate(_first(frame, _TRANSMITTER), canonical_transmitter),
        **({"sign": _signs(frame["sign"], path)} if "sign" in frame else {}),
        "side": translate(_first(frame, _SIDE), canonical_side),
    }
    if "source_class" not in frame:
        own = frame["class"].astype("str").fillna("") if "class" in frame else class_words
        if not own.equals(columns["class"]):
            columns["source_class"] = own
    rest = frame.drop(columns=[name for name in columns if name in frame])
    return pd.concat([pd.DataFrame(columns, index=frame.index), rest], axis=1)


def bare_neurons(ids: np.ndarray) -> pd.DataFrame:
    """Return a neuron table for ids (int64, sorted) of which nothing else is known."""
    return canonical_columns(pd.DataFrame(index=pd.Index(ids, name="id", dtype=np.int64)), "")


def _first(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """Return the first value of each neuron in these columns, as text; empty text where it has none."""
    found = [""] * len(frame)
    words = [plain(word) for word in names]
    columns = [name for name in frame.columns if plain(str(name)) in words]
    for name in sorted(columns, key=lambda name: words.index(plain(str(name)))):
        found = [
            mine if mine and mine.strip() else other for mine, other in zip(found, text_of(frame[name]), strict=True)
        ]
    return pd.Series(pd.array(found, dtype="str"), index=frame.index)


def _with_transmitter(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the most probable transmitter and its probability, where the source gives probabilities only."""
    if {plain(str(name)) for name in frame} & {plain(name) for name in _TRANSMITTER}:
        return frame
    found = [name for name in _PROBABILITIES if name in frame and pd.api.types.is_float_dtype(frame[name])]
    if len(found) < 4:
        return frame
    values = np.nan_to_num(frame[found].to_numpy(np.float64))
    best = values.max(axis=1)
    words = np.where(best > 0, np.array(found, dtype=object)[values.argmax(axis=1)], UNKNOWN)
    return frame.assign(transmitter=pd.array(words, dtype="str"), transmitter_confidence=best)


def _signs(column: pd.Series, path: object) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    good = numbers.isin([-1, 0, 1])
    if not good.all():
        raise PremotorError(f"{path}, column sign, holds {column[~good].iloc[0]}; allowed are -1, 0 and 1")
    return numbers.astype(np.int8)


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
    arguments: Mapping[str, object] | None = None,
) -> Circuit:
    """Return the circuit of a neuron table (see `neuron_table`) and the rows of a connection table.

    Without a neuron table the neurons are the ids in the edges. Rows whose ends the table lacks are an error
    when `strict`, else left out and counted. Signs come from the policy; where none is given, from the
    table's column `sign`, else from the default policy.
    """
    if neurons is None:
        ids = edges.ids() if gap_junctions is None else np.union1d(edges.ids(), gap_junctions.ids())
        neurons = bare_neurons(ids)
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
    arguments = {"reader": reader, **(arguments or {}), **_not_understood(neurons)}
    circuit = Circuit(neurons, synapses, gaps, provenance, **modules_of(neurons))
    record = provenance.with_step("load", arguments, size=circuit.size, dropped=lost)
    circuit = replace(circuit, provenance=record)
    if signs is None and signed:
        return circuit
    return circuit.with_signs(signs or DEFAULT_POLICY)


def _not_understood(neurons: pd.DataFrame) -> dict[str, str]:
    """Return words for transmitters and classes that are no known ones, with how many neurons have them."""
    strange = {
        "transmitters not understood": [w for w in text_of(neurons["transmitter"]) if w not in TRANSMITTERS],
        "classes taken as other": [],
    }
    if "source_class" in neurons:
        pairs = zip(text_of(neurons["source_class"]), text_of(neurons["class"]), strict=True)
        strange["classes taken as other"] = [word for word, kind in pairs if kind == "other"]
    counts = {what: Counter(w for w in words if w.lower() != "other").most_common() for what, words in strange.items()}
    said = {what: listed(f"{word} ({n})" for word, n in of) for what, of in counts.items() if of}
    for what, words in said.items():
        note(f"{what}: {words}")
    return said
