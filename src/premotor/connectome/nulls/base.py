"""Null models by name: functions of a circuit and a seed, which say in the record what they did."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.registry import Registry

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from premotor.connectome.circuit import Circuit


def _check(name: str, make: Callable[..., object]) -> None:
    """Refuse what can not be called with a circuit and a seed."""
    try:
        inspect.signature(make).bind(None, 0)
    except (TypeError, ValueError):
        called = getattr(make, "__name__", repr(make))
        raise PremotorError(
            f"the null model {name!r} ({called}) has to be a function of a circuit and a seed: {called}(circuit, seed)"
        ) from None


NULL_MODELS: Registry[Callable[..., "Circuit"]] = Registry(
    "null model",
    {
        "rewired": "premotor.connectome.nulls.rewired",
        "rewired_degree": "premotor.connectome.nulls.rewired",
        "rewired_reciprocal": "premotor.connectome.nulls.reciprocal",
        "rewired_triads": "premotor.connectome.nulls.triads",
        "rewired_hemilineage": "premotor.connectome.nulls.rewired",
        "rewired_distance": "premotor.connectome.nulls.rewired",
        "shuffled_weights": "premotor.connectome.nulls.shuffled",
        "random_graph": "premotor.connectome.nulls.random_graph",
        "shuffled_identities": "premotor.connectome.nulls.shuffled",
        "rewired_neuromuscular": "premotor.connectome.nulls.neuromuscular",
        "rewired_all": "premotor.connectome.nulls.neuromuscular",
        "shuffled_weights_all": "premotor.connectome.nulls.neuromuscular",
    },
    check=_check,
)
"""Every null model by name; each is a function of (circuit, seed)."""


def make_null(circuit: "Circuit", name: str, seed: int) -> "Circuit":
    """Return a null model of a circuit; the same seed gives the same.

    Raises:
        PremotorError: there is none of this name (the message gives the names), or it returns something else.
    """
    from premotor.connectome.circuit import Circuit

    null = NULL_MODELS[name](circuit, seed)
    if not isinstance(null, Circuit):
        raise PremotorError(f"the null model {name!r} returns {type(null).__name__}; it has to return a Circuit")
    return null


def null_circuit(
    circuit: "Circuit",
    synapses: "csr_array",
    gaps: "csr_array | None",
    name: str,
    arguments: Mapping[str, object],
    *,
    onto_effectors: "tuple[csr_array, csr_array] | None" = None,
) -> "Circuit":
    """Return a circuit with the same neurons and effectors and other wiring, recording how much of it is other.

    Args:
        circuit: the original.
        synapses: int64 counts (neurons, neurons), presynaptic × postsynaptic.
        gaps: symmetric int64 counts (neurons, neurons), or None.
        name: of the null model.
        arguments: what it was made with, for the record.
        onto_effectors: synapses and gap junctions, int64 counts (neurons, effectors) each; None: as they were, which
            is recorded where there are any. Where they alone are other, that is recorded, too.
    """
    arguments = {**arguments, "edges_moved": round(_moved(circuit.synapses, synapses), 4)}
    if gaps is not None and circuit.gap_junctions is not None:
        arguments["gap_junctions_moved"] = round(_moved(circuit.gap_junctions, gaps), 4)
    null = replace(circuit, synapses=synapses, gap_junctions=gaps)
    if onto_effectors is not None:
        if (synapses != circuit.synapses).nnz == 0 and gaps is circuit.gap_junctions:
            arguments["among_neurons"] = "kept"
        arguments["neuromuscular_moved"] = round(_moved(circuit.neuromuscular, onto_effectors[0]), 4)
        null = replace(null, neuromuscular=onto_effectors[0], muscle_junctions=onto_effectors[1])
    elif len(circuit.effectors):
        arguments["neuromuscular"] = "kept"
    record = circuit.provenance.with_step(f"null model {name}", arguments, size=null.size)
    return replace(null, provenance=record)


def _moved(before: "csr_array", after: "csr_array") -> float:
    """Return the fraction of the edges of `after` that `before` does not have (0 where there are none)."""
    shared = before.astype(bool).multiply(after.astype(bool)).nnz
    return 1.0 - shared / after.nnz if after.nnz else 0.0
