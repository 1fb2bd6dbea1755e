"""Null models: circuits that keep some properties of a wiring and randomise the rest.

Each is a function of a circuit and a seed that returns a circuit; the same seed gives the same result. To add
one, write a file with one function and name it in `NULL_MODELS`.
"""

from collections.abc import Callable

from premotor.connectome.circuit import Circuit
from premotor.connectome.nulls.random_graph import random_graph
from premotor.connectome.nulls.rewired import rewired
from premotor.connectome.nulls.shuffled_identities import shuffled_identities
from premotor.connectome.nulls.shuffled_weights import shuffled_weights
from premotor.connectome.selection import closest
from premotor.errors import PremotorError

NULL_MODELS: dict[str, Callable[..., Circuit]] = {
    "rewired": rewired,
    "shuffled_weights": shuffled_weights,
    "random_graph": random_graph,
    "shuffled_identities": shuffled_identities,
}
"""Every null model by name; each takes (circuit, seed)."""


def null_model(name: str) -> Callable[..., Circuit]:
    """Return the null model of this name.

    Raises:
        PremotorError: there is none; the message gives the names.
    """
    if name not in NULL_MODELS:
        raise PremotorError(
            f"there is no null model {name!r}{closest(name, NULL_MODELS)}; there are {', '.join(NULL_MODELS)}"
        )
    return NULL_MODELS[name]


__all__ = [
    "NULL_MODELS",
    "null_model",
    "random_graph",
    "rewired",
    "shuffled_identities",
    "shuffled_weights",
]
