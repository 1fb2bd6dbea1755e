"""Learning played again from a recorded experiment: given inputs, rewards and actions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError
from premotor.learning.plasticity.agent import SpikingAgent
from premotor.learning.plasticity.loop import count_groups, keep_house, reinforce
from premotor.learning.plasticity.settings import InterfaceSettings, PlasticitySettings
from premotor.networks.spiking.event_driven.coding import IntervalFields
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.event_driven.plasticity import forget, observe


class Replay(NamedTuple):
    """What a replay gives."""

    time: NDArray[np.float64]
    """Spikes of the cells, ms, (spikes,)."""
    cell: NDArray[np.int32]
    weights: NDArray[np.float64]
    """Plastic weights after every step, mV, (steps, plastic)."""


def replay(
    network: SpikingNetwork,
    votes: NDArray[np.int64],
    trains: tuple[ArrayLike, ArrayLike],
    rewards: ArrayLike,
    actions: ArrayLike,
    plasticity: PlasticitySettings | None = None,
    *,
    ended: ArrayLike | None = None,
    step: float = 50.0,
) -> Replay:
    """Run a network under given spikes of its sources, and let given rewards change its plastic synapses.

    Args:
        network: the network.
        votes: for which action each cell votes, −1 for none, (cells,).
        trains: spikes of the sources: times (ms) and numbers.
        rewards: at the end of every step, (steps,).
        actions: that the rewards are for, −1 for a tie, (steps,).
        plasticity: the rule.
        ended: steps with which an episode ended, (steps,); by default none.
        step: ms.

    Raises:
        PremotorError: rewards and actions of different lengths, or an action that no cell votes for.
    """
    reward, action = np.asarray(rewards, np.float64), np.asarray(actions, np.int64)
    over = np.zeros(len(reward), bool) if ended is None else np.asarray(ended, bool)
    if not len(reward) == len(action) == len(over):
        raise PremotorError(f"there are {len(reward)} rewards, {len(action)} actions and {len(over)} ends; one a step")
    if len(action) and (action.min() < -1 or action.max() > votes.max()):
        raise PremotorError(f"actions go from {action.min()} to {action.max()}; allowed are -1 to {votes.max()}")
    # The agent's own input is not used: the sources fire as given.
    silent = InterfaceSettings(fields=(IntervalFields(at=tuple(map(float, range(network.sources - 1)))),), step=step)
    agent = SpikingAgent(network, votes, silent, plasticity)
    state = network.start(trains)
    plastic, lessons = agent.plastic, agent.lessons
    times, cells, weights = [np.empty(0)], [np.empty(0, np.int32)], []
    for number in range(len(reward)):
        end = (number + 1) * step
        network.advance(network.wiring, state, end)
        count_groups(state, lessons, step / 1000.0)
        new = slice(state.cursor[COUNTED], state.cursor[SPIKES])
        times.append(state.spike_time[new].copy())
        cells.append(state.spike_cell[new].copy())
        observe(plastic, lessons.rule, state, end)
        if reward[number] != 0.0:
            tie = action[number] < 0
            reinforce(plastic, lessons, state, max(int(action[number]), 0), tie, reward[number], end)
        if over[number] and lessons.forget:
            forget(plastic)
        keep_house(plastic, lessons, state.weight, number + 1, step / 1000.0)
        weights.append(state.weight[plastic.synapse])
    return Replay(np.concatenate(times), np.concatenate(cells), np.array(weights).reshape(len(reward), -1))
