"""Wiring as data: circuits, readers, selection, signs, and null models.

Everywhere rows are presynaptic and columns postsynaptic, ids are int64, and counts are int64.
"""

from premotor.connectome import nulls, weights
from premotor.connectome.builtin import circuit_names
from premotor.connectome.circuit import Circuit
from premotor.connectome.layers import colour_layers, layer_numbers
from premotor.connectome.load import load_circuit
from premotor.connectome.provenance import Provenance
from premotor.connectome.signs import DEFAULT_POLICY, KUNERT_2014, SIGN_POLICIES, SignPolicy

__all__ = [
    "DEFAULT_POLICY",
    "KUNERT_2014",
    "SIGN_POLICIES",
    "Circuit",
    "Provenance",
    "SignPolicy",
    "circuit_names",
    "load_circuit",
    "colour_layers",
    "layer_numbers",
    "nulls",
    "weights",
]
