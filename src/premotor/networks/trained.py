"""Parameters of a trained network as named arrays, and a network that starts from them."""

from collections.abc import Mapping
from operator import attrgetter
from typing import ClassVar, Protocol

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from premotor.errors import PremotorError


class Parametrised(Protocol):
    """A network whose parameters have names: `Network`, `RandomRateNetwork`."""

    parameters: ClassVar[Mapping[str, str]]
    edge_fields: ClassVar[tuple[str, ...]]

    @property
    def inert(self) -> tuple[str, ...]:
        """Kinds of `parameters` that play no part."""


def field_of(network: Parametrised, kind: str) -> str:
    """Name of a network's array behind a kind of parameter.

    Raises:
        PremotorError: the network has none, or its activation makes no use of it.
    """
    if kind in network.inert:
        raise PremotorError(
            f"trainable.{kind} is on, but the activation tanh has no {kind}; choose stretched_tanh or positive_tanh"
        )
    if kind not in network.parameters:
        raise PremotorError(f"trainable.{kind} is on, but a {type(network).__name__} has no {kind}")
    return network.parameters[kind]


def network_arrays(network: Parametrised, ids: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Parameters, signs and edges of a network by name, and the ids of its neurons."""
    names = (*network.parameters.values(), "sign", *network.edge_fields)
    arrays = {name: np.asarray(attrgetter(name)(network)) for name in names}
    return arrays if ids is None else {**arrays, "ids": np.asarray(ids)}


def started_from[N: Parametrised](network: N, arrays: Mapping[str, np.ndarray], ids: np.ndarray, source: str) -> N:
    """A network with the parameters that `network_arrays` gave for another one of the same circuit.

    Args:
        network: whose parameters are replaced.
        arrays: from `network_arrays`.
        ids: of the network's neurons.
        source: names the arrays in errors.

    Raises:
        PremotorError: the arrays are of another kind of network, of other neurons, or of other edges.
    """
    own, edges = set(network.parameters.values()), network.edge_fields
    missing = sorted({*own, *edges, "ids"} - set(arrays))
    if missing:
        raise PremotorError(f"{source} holds no {missing[0]}: it is of another kind of network")
    if not np.array_equal(arrays["ids"], ids):
        raise PremotorError(f"{source} is of {len(arrays['ids'])} other neurons than this circuit's {len(ids)}")
    for name in sorted(edges):
        if not np.array_equal(arrays[name], np.asarray(attrgetter(name)(network))):
            raise PremotorError(f"{source} is of other edges than this circuit's ({name} differs)")
    for name in sorted(own):
        present = attrgetter(name)(network)
        network = eqx.tree_at(attrgetter(name), network, jnp.asarray(arrays[name], present.dtype))
    return network
