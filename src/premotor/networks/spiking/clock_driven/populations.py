"""LIF networks of populations: how many synapses go from one to another, how strong and how late."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from premotor.errors import PremotorError
from premotor.networks.spiking.clock_driven.network import Delays, LIFNetwork, LIFSettings
from premotor.networks.spiking.random_numbers import source_keys
from premotor.settings import Settings

FINEST = 30_000
"""Counts of the strongest weight that a population's projections can draw: weights are whole multiples of its unit."""
WIRING = 2**31
"""Number of the random stream of edges, beyond those of drives."""


class Projection(Settings):
    """Synapses between two populations: partners drawn at random, each time anew, so that a pair can have several."""

    source: str
    """Presynaptic population."""
    target: str
    """Postsynaptic population."""
    synapses: int = Field(ge=0)
    """How many there are in all."""
    weight: float
    """Mean, mV, signed: what a spike adds to g (or to v, without a synaptic time constant)."""
    weight_spread: float = Field(0.0, ge=0, le=1)
    """SD of weights, normal, over their mean; draws of the other sign are made again."""
    delay: float = Field(gt=0, le=1)
    """Mean, s."""
    delay_spread: float = Field(0.0, ge=0, le=1)
    """SD of delays, normal, over their mean; rounded to steps, and draws of less than half a step are made again."""


def connect_populations(
    sizes: Mapping[str, int], projections: Sequence[Projection], settings: LIFSettings, seed: int = 0
) -> LIFNetwork:
    """A network of populations; neurons stand in the order of `sizes`, and their ids are their positions.

    Weights are kept as whole multiples of a unit of the presynaptic population, which is an 18,750th of its strongest
    mean weight where SDs are 10%. Draws beyond 6 SD are made again. An edge takes 6 bytes, and 4 bytes a neuron and
    delay say where that delay's edges begin.

    Args:
        sizes: neurons of each population.
        projections: synapses between them; those of one population all excite or all inhibit.
        settings: `excitatory_weight`, `inhibitory_weight` and `delay` have no effect.
        seed: of partners, weights and delays.

    Raises:
        PremotorError: a population that is not there or is empty, or whose projections have weights of both signs.
    """
    from premotor.networks.spiking.clock_driven.random_edges import REACH, draw_edges  # numba takes its time to load

    _check(sizes, projections)
    names = list(sizes)
    bounds = dict(zip(names, np.cumsum([0, *sizes.values()])[:-1].tolist(), strict=True))
    total = sum(sizes.values())
    rng = np.random.default_rng([seed, WIRING])
    step = settings.step
    longest = [(1 + REACH * p.delay_spread) * p.delay / step for p in projections if p.synapses]
    earliest = [(1 - REACH * p.delay_spread) * p.delay / step for p in projections if p.synapses]
    shortest = max(1, round(min(earliest, default=1)))
    delays = max(shortest, round(max(longest, default=1))) - shortest + 1
    own = {name: [p for p in projections if p.source == name and p.synapses and sizes[p.target]] for name in names}
    numbers: dict[str, NDArray[np.int32]] = {}
    for name in names:
        even = np.full(sizes[name], 1 / max(1, sizes[name]))
        drawn = [rng.multinomial(p.synapses, even) for p in own[name]]
        numbers[name] = np.stack([*drawn, np.zeros(sizes[name], int)], axis=1)[:, : len(drawn)].astype(np.int32)
    degree = np.concatenate([numbers[name].sum(1, dtype=np.int64) for name in names])
    first = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    target, count = np.empty(first[-1], np.int32), np.empty(first[-1], np.int16)
    slot, scale, ids = np.zeros((total, delays + 1), np.int32), np.zeros(total), np.arange(total)
    keys = source_keys(ids, seed, 0, WIRING)
    for name in names:
        if not own[name]:
            continue
        rows = slice(bounds[name], bounds[name] + sizes[name])
        unit = max(abs(p.weight) * (1 + REACH * p.weight_spread) for p in own[name]) / FINEST or 1.0
        scale[rows] = np.sign(own[name][0].weight) * unit
        rule = np.array([_rule(p, bounds[p.target], sizes[p.target], unit, step) for p in own[name]])
        edges = first[rows.start : rows.stop + 1]
        draw_edges(keys[rows], numbers[name], rule, edges, target, count, slot[rows], shortest)
    return LIFNetwork(first, target, count, scale, ids, settings, np.zeros(total, bool), Delays(shortest, slot))


def _rule(projection: Projection, low: int, size: int, unit: float, step: float) -> tuple[float, ...]:
    mean, delay = abs(projection.weight) / unit, projection.delay / step
    return low, size, mean, mean * projection.weight_spread, delay, delay * projection.delay_spread


def _check(sizes: Mapping[str, int], projections: Sequence[Projection]) -> None:
    for number, projection in enumerate(projections):
        for end in (projection.source, projection.target):
            if end not in sizes:
                raise PremotorError(f"projections.{number} names the population {end!r}; there are {', '.join(sizes)}")
            if sizes[end] < 1 and projection.synapses:
                raise PremotorError(f"projections.{number} has synapses, but the population {end!r} has no neurons")
    for name in sizes:
        weights = [p.weight for p in projections if p.source == name and p.synapses]
        if min(weights, default=0) < 0 < max(weights, default=0):
            raise PremotorError(f"projections of {name!r} have weights of both signs; a population has one")
