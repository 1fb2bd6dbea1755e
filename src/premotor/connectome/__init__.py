"""Wiring as data: circuits, readers, selection, signs, and null models.

Everywhere rows are presynaptic and columns postsynaptic, ids are int64, and counts are int64.
"""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome import nulls as nulls, weights as weights
    from premotor.connectome.builtin import circuit_names as circuit_names
    from premotor.connectome.circuit import Circuit as Circuit
    from premotor.connectome.exporting import FORMATS as FORMATS, export_circuit as export_circuit
    from premotor.connectome.layers import colour_layers as colour_layers, layer_numbers as layer_numbers
    from premotor.connectome.legs import six_legs as six_legs
    from premotor.connectome.load import load_circuit as load_circuit
    from premotor.connectome.pathways import Pathways as Pathways, pathways as pathways
    from premotor.connectome.provenance import Provenance as Provenance
    from premotor.connectome.servers import (
        SERVERS as SERVERS,
        cache_folder as cache_folder,
        cached as cached,
        clear_cache as clear_cache,
        server_of as server_of,
    )
    from premotor.connectome.signs import (
        DEFAULT_POLICY as DEFAULT_POLICY,
        KUNERT_2014 as KUNERT_2014,
        SIGN_POLICIES as SIGN_POLICIES,
        SignPolicy as SignPolicy,
    )
    from premotor.connectome.sonata_writer import write_sonata as write_sonata
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
