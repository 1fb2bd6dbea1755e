"""The two ends of a spiking network on a clock: receptive fields, and votes."""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.coding import Fields, field_edges
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.surrogate_gradient.spike import step
from premotor.on_device import Numbers, on_device

COIN = 1e-3
"""Spikes by which an undecided vote is decided."""
TURNS = (1.0, 3.0)
"""How far a spike of the first and of the last cell turn the coin, rad."""


class ReceptiveFields(eqx.Module):
    """Which input cells an observation drives: those of the bin that each variable lies in."""

    edges: Float[Array, "edges 1"]
    """Where the bins end."""
    variable: Int[Array, " edges"]
    """The variable that each edge is of."""
    enter: Float[Array, "inputs edges"]
    """1 where passing an edge enters a cell's bin, −1 where it leaves it."""
    lowest: Float[Array, "inputs 1"]
    """1 for the cells of the lowest bins, which are driven until an edge is passed."""
    variables: int = eqx.field(static=True)

    @classmethod
    def of(cls, fields: Sequence[Fields], network: SpikingNetwork, driven: np.ndarray) -> Self:
        """The fields of some settings, before the sources of a network that drive the cells `driven`."""
        edges, first = field_edges(fields)
        variables, count = len(fields), len(edges)
        variable = np.repeat(np.arange(variables), np.diff(first))
        enter, lowest = np.zeros((count + variables, count)), np.zeros((count + variables, 1))
        lowest[first[:-1] + np.arange(variables)] = 1.0
        number = np.arange(count)
        enter[number + variable, number] = -1.0
        enter[number + variable + 1, number] = 1.0
        outside = network.pre >= network.cells
        source = np.zeros(len(driven), np.int64)
        source[network.post[outside] - driven[0]] = network.pre[outside] - network.cells
        return cls(
            edges=on_device(edges[:, None], np.float32),
            variable=on_device(variable, np.int32),
            enter=on_device(enter[source], np.float32),
            lowest=on_device(lowest[source], np.float32),
            variables=variables,
        )

    def driven(self, observation: Numbers, xp: ModuleType) -> Numbers:
        """1 for each input cell that is driven, (inputs, environments), by observations (variables, environments)."""
        passed = 1.0 - step(self.edges - observation[: self.variables][self.variable], xp)
        return self.enter @ passed + self.lowest


class Votes(eqx.Module):
    """Which cell votes for which action.

    The action of most votes is preferred. After an undecided vote the tied actions are told apart by a sine of the
    number of spikes, which is as good as a coin and needs no random numbers.
    """

    cells: Int[Array, " voters"]
    action: Int[Array, " voters"]
    """Of each."""
    turn: Float[Array, "cells 1"]
    """How far a spike of each cell of the network turns the coin, rad."""
    phase: Float[Array, "actions 1"]
    """Of the coin."""
    actions: int = eqx.field(static=True)

    @classmethod
    def of(cls, network: SpikingNetwork, voting: tuple[str, ...], actions: int) -> Self:
        """Votes of populations: one for each action, or one in equal parts for all.

        Raises:
            PremotorError: they do not fit the number of actions.
        """
        populations: Mapping[str, np.ndarray] = network.populations
        if len(voting) == 1:
            parts = np.array_split(populations[voting[0]], actions)
        else:
            parts = [populations[name] for name in voting]
        if len(parts) != actions or min(len(part) for part in parts) == 0:
            raise PremotorError(
                f"network.wiring.outputs ({', '.join(voting)}) are {sum(map(len, parts))} cells in "
                f"{len(voting)} populations, which does not do for the {actions} actions of the task"
            )
        return cls(
            cells=on_device(np.concatenate(parts), np.int32),
            action=on_device(np.repeat(np.arange(actions), [len(part) for part in parts]), np.int32),
            turn=on_device(np.linspace(*TURNS, network.cells)[:, None], np.float32),
            phase=on_device(2 * np.pi * np.arange(actions)[:, None] / actions, np.float32),
            actions=actions,
        )

    def coins(self, counts: Numbers, xp: ModuleType) -> Numbers:
        """A number between −1 and 1 for each action, (actions, environments), of spikes (cells, environments)."""
        return xp.sin((counts * self.turn).sum(axis=0)[None] + self.phase)

    def preferences(self, sharpness: float) -> Float[Array, "actions outputs"]:
        """What a vote, and a coin, add to each action: its own votes less the mean of all actions'."""
        own = jnp.eye(self.actions)[:, self.action]
        return sharpness * jnp.concatenate([own - own.mean(0), COIN * jnp.eye(self.actions)], axis=1)
