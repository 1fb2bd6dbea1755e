"""Null models: circuits that keep some properties of a wiring and randomise the rest.

Each is a function of a circuit and a seed that returns a circuit, with ``@NULL_MODELS.register("name")``, here or in a
file of the user's; the same seed gives the same result.
"""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome.nulls.base import (
        NULL_MODELS as NULL_MODELS,
        make_null as make_null,
        null_circuit as null_circuit,
    )
    from premotor.connectome.nulls.neuromuscular import (
        rewired_all as rewired_all,
        rewired_neuromuscular as rewired_neuromuscular,
        shuffled_weights_all as shuffled_weights_all,
    )
    from premotor.connectome.nulls.random_graph import random_graph as random_graph
    from premotor.connectome.nulls.reciprocal import rewired_reciprocal as rewired_reciprocal
    from premotor.connectome.nulls.rewired import (
        rewired as rewired,
        rewired_degree as rewired_degree,
        rewired_distance as rewired_distance,
        rewired_hemilineage as rewired_hemilineage,
    )
    from premotor.connectome.nulls.shuffled import (
        shuffled_identities as shuffled_identities,
        shuffled_weights as shuffled_weights,
    )
    from premotor.connectome.nulls.triads import rewired_triads as rewired_triads
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
