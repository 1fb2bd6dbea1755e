"""The synapses of a spiking network as matrices: which spikes reach which cells after how many ticks."""

from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.networks.spiking.event_driven.cell import RECEPTORS
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.surrogate_gradient.cells import HEAVIEST, Cells
from premotor.on_device import Numbers, on_device

Source = tuple[int, int]
"""A population of presynaptic cells by number, and a lag in ticks."""


class Projection(eqx.Module):
    """All synapses of some presynaptic cells on one receptor of the inner cells."""

    receptor: str = eqx.field(static=True)
    sources: tuple[Source, ...] = eqx.field(static=True)
    """Blocks of columns."""
    width: int = eqx.field(static=True)
    """Columns."""
    synapse: Int[Array, " synapses"]
    """Position among all synapses."""
    row: Int[Array, " synapses"]
    """Postsynaptic cell."""
    column: Int[Array, " synapses"]

    def matrix(self, weight: Float[Array, " all"], cells: Cells) -> Float[Array, "cells columns"]:
        """What a spike of each column brings (see `cells.received`), of the weights of all synapses (mV)."""
        amount = weight[self.synapse]
        if self.receptor.startswith("AM"):
            amount = jnp.log1p(-jnp.minimum(amount / jnp.asarray(cells.ampa)[self.row, 0], HEAVIEST))
        return jnp.zeros((len(cells.rest), self.width)).at[self.row, self.column].add(amount)


class Synapses(NamedTuple):
    """Synapses of a spiking network between its cells."""

    weight: np.ndarray
    """At the start, mV, (synapses,)."""
    pre: np.ndarray
    """Cells by their numbers in the network, (synapses,)."""
    post: np.ndarray
    inhibits: np.ndarray
    """(synapses,)"""
    plastic: np.ndarray
    """Positions of those that learn, (plastic,)."""
    inner: tuple[Projection, ...]
    """Among the inner cells, one for each receptor."""
    entering: tuple[Projection, ...]
    """From the input cells, one for each receptor and lag."""
    depths: tuple[int, ...]
    """The longest lag of each inner population, ticks; 0 where nothing leaves it."""
    most: dict[str, np.ndarray]
    """For each GABA receptor what events of one tick bring at most, mV, (cells, 1)."""


def synapses_of(network: SpikingNetwork, inputs: str, clock: float, cells: Cells) -> Synapses:
    """Sort the synapses of a network.

    Args:
        network: whose populations are runs of cells.
        inputs: the population of input cells; all others are inner cells, in their order.
        clock: ms of a tick.
        cells: the inner ones.
    """
    between = np.flatnonzero(network.pre < network.cells)
    pre, post, receptor = network.pre[between], network.post[between], network.receptor[between]
    lag = np.maximum(1, np.round(network.delay[between] / clock)).astype(np.int64)
    names = [name for name in network.populations if name != inputs]
    inner = np.concatenate([network.populations[name] for name in names])
    place = np.full(network.cells, -1)
    place[inner] = np.arange(len(inner))
    place[network.populations[inputs]] = np.arange(len(network.populations[inputs]))
    population = np.full(network.cells, -1)
    for number, name in enumerate(names):
        population[network.populations[name]] = number
    first = np.cumsum([0, *(len(network.populations[name]) for name in names)])
    sizes = np.diff(first)
    local = place - np.where(population >= 0, first[population], 0)

    def projection(kind: int, chosen: np.ndarray, sources: Sequence[Source], widths: Sequence[int]) -> Projection:
        begin = dict(zip(sources, np.cumsum([0, *widths[:-1]]), strict=True))
        column = [begin[int(population[pre[k]]), int(lag[k])] + local[pre[k]] for k in chosen]
        index = (on_device(values, np.int32) for values in (chosen, place[post[chosen]], column))
        return Projection(RECEPTORS[kind], tuple(sources), int(sum(widths)), *index)

    within, entering = [], []
    for kind in np.unique(receptor):
        mine = receptor == kind
        chosen = np.flatnonzero(mine & (population[pre] >= 0))
        if len(chosen):
            sources = sorted({(int(population[pre[k]]), int(lag[k])) for k in chosen})
            within.append(projection(int(kind), chosen, sources, [int(sizes[number]) for number, _ in sources]))
        for ticks in np.unique(lag[mine & (population[pre] < 0)]):
            chosen = np.flatnonzero(mine & (population[pre] < 0) & (lag == ticks))
            size = len(network.populations[inputs])
            entering.append(projection(int(kind), chosen, [(-1, int(ticks))], [size]))
    most: dict[str, np.ndarray] = {}
    for kind in np.unique(receptor):
        if (name := RECEPTORS[kind]).startswith("GA"):
            largest = -np.asarray(cells.gaba, np.float32)
            np.maximum.at(largest[:, 0], place[post[receptor == kind]], network.weight[between][receptor == kind])
            most[name] = largest
    depths = [int(lag[population[pre] == number].max(initial=0)) for number in range(len(names))]
    return Synapses(
        weight=network.weight[between],
        pre=pre,
        post=post,
        inhibits=np.array([RECEPTORS[kind].startswith("GA") for kind in receptor]),
        plastic=np.flatnonzero(network.plastic[between]),
        inner=tuple(within),
        entering=tuple(entering),
        depths=tuple(depths),
        most=most,
    )


def arriving(history: Sequence[Sequence[Numbers]], sources: Sequence[Source], xp: ModuleType) -> Numbers:
    """Spikes of the columns of a projection, (columns, environments), from those of the last ticks.

    Args:
        history: of each inner population, (lags, cells, environments), the last tick first.
        sources: blocks of columns.
        xp: `numpy` or `jax.numpy`.
    """
    return xp.concatenate([history[number][lag - 1] for number, lag in sources])
