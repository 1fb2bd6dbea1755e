"""A control step of a spiking network on a clock, in NumPy or JAX."""

from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.surrogate_gradient.cells import (
    HEAVIEST,
    Cells,
    Potentials,
    Spike,
    cells_of,
    decayed,
    received,
)
from premotor.networks.spiking.surrogate_gradient.settings import SurrogateGradientSettings
from premotor.networks.spiking.surrogate_gradient.wiring import Projection, Synapses, arriving
from premotor.on_device import Numbers, on_device

History = tuple[tuple[Numbers, ...], ...]
"""Spikes of each inner population in the last ticks, the last first: (cells, environments) each."""


class Matrices(NamedTuple):
    """What spikes are multiplied with."""

    inner: tuple[Float[Array, "cells columns"], ...]
    """Of each projection among inner cells."""
    entering: tuple[Float[Array, "cells inputs"], ...]
    """Of each projection of input cells."""


class Flight(NamedTuple):
    """The state of the network between two control steps."""

    inputs: Potentials
    """At the last tick that brought them a spike."""
    inner: Potentials
    history: History


class Dynamics(eqx.Module):
    """Input cells, which only sources drive, and inner cells, which get spikes of both."""

    input_cells: Cells
    cells: Cells
    """The inner ones."""
    drive: Float[Array, "inputs 1"]
    """log(1 − w/E) of the synapse that drives each input cell."""
    inner: tuple[Projection, ...]
    entering: tuple[Projection, ...]
    most: dict[str, Float[Array, "cells 1"]]
    """As in `Synapses`."""
    order: Int[Array, " all"]
    """Places of all cells, in the order of their numbers, among input cells and then inner cells."""
    sizes: tuple[int, ...] = eqx.field(static=True)
    """Cells of the inner populations."""
    depths: tuple[int, ...] = eqx.field(static=True)
    ticks: int = eqx.field(static=True)
    stimuli: tuple[int, ...] = eqx.field(static=True)
    """Ticks at which a driven input cell gets a spike of its source."""
    stimulus: str = eqx.field(static=True)
    """The receptor that it reaches."""

    @classmethod
    def of(cls, network: SpikingNetwork, settings: SurrogateGradientSettings, cells: Cells, synapses: Synapses) -> Self:
        """Of a network whose inner cells and synapses are sorted already."""
        wiring = settings.wiring
        driven = network.populations[wiring.inputs]
        receptor = wiring.stimulus.receptor
        types = [network.cell_types[network.cell_type[k]] for k in driven]
        input_cells = cells_of(types, [receptor], settings.clock)
        inside = inner_cells(network, wiring.inputs)
        return cls(
            input_cells=jax.tree.map(jnp.asarray, input_cells),
            cells=jax.tree.map(jnp.asarray, cells),
            drive=jnp.log1p(-jnp.minimum(wiring.stimulus.weight / jnp.asarray(input_cells.ampa), HEAVIEST)),
            inner=synapses.inner,
            entering=synapses.entering,
            most={name: on_device(value) for name, value in synapses.most.items()},
            order=on_device(np.argsort([*driven, *inside]), np.int32),
            sizes=tuple(len(members) for name, members in network.populations.items() if name != wiring.inputs),
            depths=synapses.depths,
            ticks=settings.ticks,
            stimuli=settings.stimuli(),
            stimulus=receptor,
        )

    @property
    def rows(self) -> int:
        """Numbers in the state of an environment."""
        inner = len(self.cells.rest) * (len(self.cells.decay) + 2)
        way = sum(size * depth for size, depth in zip(self.sizes, self.depths, strict=True))
        return 3 * len(self.drive) + inner + way

    def matrices(self, weight: Float[Array, " synapses"]) -> Matrices:
        """Of all projections, of the weights of all synapses (mV)."""
        parts = (self.inner, self.entering)
        inner, entering = (tuple(one.matrix(weight, self.cells) for one in part) for part in parts)
        return Matrices(inner, entering)

    def advance(
        self, matrices: Matrices, state: Numbers, driven: Numbers, spike: Spike, xp: ModuleType
    ) -> tuple[Numbers, Numbers]:
        """A control step.

        Args:
            matrices: of the projections.
            state: (rows, environments).
            driven: 1 for each input cell that is driven, (inputs, environments).
            spike: of the potential above the threshold.
            xp: `numpy` or `jax.numpy`.

        Returns:
            spikes of each cell in the step, (cells, environments), and the state after it.
        """
        flight = self._unpacked(state)
        inputs, sent = flight.inputs, {}
        count: Numbers | float = 0.0
        last = self.stimuli[-1] - self.ticks
        for tick in self.stimuli:
            before = decayed(self.input_cells, inputs, tick - last)
            inputs, fired = received(self.input_cells, before, {self.stimulus: self.drive * driven}, spike, xp)
            sent[tick], last, count = fired, tick, count + fired
        external = self._external(matrices, sent)
        tick_of = partial(self._tick, matrices, spike=spike, xp=xp)
        carry = flight.inner, flight.history, 0.0 * flight.inner.ahp
        if xp is jnp:
            silent = jnp.zeros_like(flight.inner.ahp)
            rows = [{name: row.get(name, silent) for name in self.cells.decay} for row in external]
            stacked = jax.tree.map(lambda *ticks: jnp.stack(ticks), *rows)
            carry = jax.lax.scan(lambda carry, row: (tick_of(*carry, row), None), carry, stacked)[0]
        else:
            for row in external:
                carry = tick_of(*carry, row)
        inner, history, spikes = carry
        return xp.concatenate([count, spikes])[self.order], self._packed(Flight(inputs, inner, history), xp)

    def _external(self, matrices: Matrices, sent: Mapping[int, Numbers]) -> list[dict[str, Numbers]]:
        """What the input cells' spikes bring to the inner cells at each tick, by receptor."""
        found: list[dict[str, Numbers]] = [{} for _ in range(self.ticks)]
        for projection, matrix in zip(self.entering, matrices.entering, strict=True):
            for tick, fired in sent.items():
                row, name = found[tick + projection.sources[0][1]], projection.receptor
                given = matrix @ fired
                row[name] = row[name] + given if name in row else given
        return found

    def _tick(
        self,
        matrices: Matrices,
        inner: Potentials,
        history: History,
        spikes: Numbers,
        external: Mapping[str, Numbers],
        *,
        spike: Spike,
        xp: ModuleType,
    ) -> tuple[Potentials, History, Numbers]:
        """A tick of the inner cells, and their spikes in the step so far."""
        arrived = dict(external)
        for projection, matrix in zip(self.inner, matrices.inner, strict=True):
            given, name = matrix @ arriving(history, projection.sources, xp), projection.receptor
            arrived[name] = arrived[name] + given if name in arrived else given
        for name, most in self.most.items():
            if name in arrived:
                arrived[name] = xp.minimum(arrived[name], most)
        inner, fired = received(self.cells, decayed(self.cells, inner), arrived, spike, xp)
        first, later = 0, []
        for size, old, depth in zip(self.sizes, history, self.depths, strict=True):
            now = fired[first : first + size]
            later.append((now, *old[: depth - 1]) if depth else ())
            first += size
        return inner, tuple(later), spikes + fired

    def _unpacked(self, state: Numbers) -> Flight:
        place = 0

        def rows(count: int) -> Numbers:
            nonlocal place
            place += count
            return state[place - count : place]

        many, inside = len(self.drive), len(self.cells.rest)
        inputs = Potentials({self.stimulus: rows(many)}, rows(many), rows(many))
        inner = Potentials({name: rows(inside) for name in self.cells.decay}, rows(inside), rows(inside))
        lags = zip(self.sizes, self.depths, strict=True)
        return Flight(inputs, inner, tuple(tuple(rows(size) for _ in range(depth)) for size, depth in lags))

    def _packed(self, flight: Flight, xp: ModuleType) -> Numbers:
        parts: list[Numbers] = []
        for one in (flight.inputs, flight.inner):
            parts += [*one.receptor.values(), one.ahp, one.q]
        return xp.concatenate([*parts, *(spikes for lags in flight.history for spikes in lags)])


def inner_cells(network: SpikingNetwork, inputs: str) -> np.ndarray:
    """Cells of all populations but the inputs, in the order of the populations."""
    return np.concatenate([members for name, members in network.populations.items() if name != inputs])
