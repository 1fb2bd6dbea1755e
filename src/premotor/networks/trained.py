"""Parameters of a trained network as named arrays, and a network that starts from them."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from premotor.errors import PremotorError

EDGES = ("pre", "post", "junction_a", "junction_b")
"""Arrays that say which edge each magnitude belongs to."""
PARAMETERS = ("log_magnitude", "log_conductance", "log_time_constant", "log_gain", "bias", "shift")


def network_arrays(network: Any, ids: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Parameters, signs and edges of a network by name, and the ids of its neurons."""
    names = [name for name in (*PARAMETERS, "sign", *EDGES) if hasattr(network, name)]
    arrays = {name: np.asarray(getattr(network, name)) for name in names}
    return arrays if ids is None else {**arrays, "ids": np.asarray(ids)}


def started_from[Network](network: Network, arrays: Mapping[str, np.ndarray], ids: np.ndarray, source: str) -> Network:
    """A network with the parameters that `network_arrays` gave for another one of the same circuit.

    Args:
        network: whose parameters are replaced.
        arrays: from `network_arrays`.
        ids: of the network's neurons.
        source: names the arrays in errors.

    Raises:
        PremotorError: the arrays are of another kind of network, of other neurons, or of other edges.
    """
    own = {name for name in (*PARAMETERS, *EDGES) if hasattr(network, name)}
    missing = sorted((own | {"ids"}) - set(arrays))
    if missing:
        raise PremotorError(f"{source} holds no {missing[0]}: it is of another kind of network")
    if not np.array_equal(arrays["ids"], ids):
        raise PremotorError(f"{source} is of {len(arrays['ids'])} other neurons than this circuit's {len(ids)}")
    for name in sorted(own & set(EDGES)):
        if not np.array_equal(arrays[name], np.asarray(getattr(network, name))):
            raise PremotorError(f"{source} is of other edges than this circuit's ({name} differs)")
    for name in sorted(own - set(EDGES)):
        present = getattr(network, name)
        network = eqx.tree_at(attrgetter(name), network, jnp.asarray(arrays[name], present.dtype))
    return network
