"""Wiring as data: circuits, readers, selection, signs, and null models.

Everywhere rows are presynaptic and columns postsynaptic, ids are int64, and counts are int64.
"""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome import nulls, weights
    from premotor.connectome.builtin import circuit_names
    from premotor.connectome.circuit import Circuit
    from premotor.connectome.exporting import FORMATS, export_circuit
    from premotor.connectome.layers import colour_layers, layer_numbers
    from premotor.connectome.legs import six_legs
    from premotor.connectome.load import load_circuit
    from premotor.connectome.provenance import Provenance
    from premotor.connectome.servers import SERVERS, cache_folder, cached, clear_cache, server_of
    from premotor.connectome.signs import DEFAULT_POLICY, KUNERT_2014, SIGN_POLICIES, SignPolicy
    from premotor.connectome.sonata_writer import write_sonata
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "DEFAULT_POLICY",
    "FORMATS",
    "KUNERT_2014",
    "SERVERS",
    "SIGN_POLICIES",
    "Circuit",
    "Provenance",
    "SignPolicy",
    "cache_folder",
    "cached",
    "circuit_names",
    "clear_cache",
    "export_circuit",
    "load_circuit",
    "colour_layers",
    "layer_numbers",
    "nulls",
    "server_of",
    "weights",
    "write_sonata",
    "six_legs",
]
