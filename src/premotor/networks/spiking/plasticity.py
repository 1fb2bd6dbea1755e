"""Plastic synapses: tags left by pairs of spikes, and the change of weight that a reward makes of them.

Nearest neighbours: a postsynaptic spike soon after the last presynaptic one leaves a Hebbian tag, a presynaptic spike
soon after the last postsynaptic one an anti-Hebbian tag. A tag is a time; the next one takes its place.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from premotor.networks.spiking.compiling import COMPILED
from premotor.networks.spiking.events import COUNTED, NEVER, SPIKES
from premotor.networks.spiking.network import SpikingNetwork


class Tagging(NamedTuple):
    """Constants of the rule, ms and mV."""

    shortest: float = 1.0
    """A pair counts where the spikes lie more than this apart …"""
    longest: float = 3.0
    """… and at most this."""
    lag: float = 1.0
    """So late a spike reaches the synapse."""
    begin: float = 1000.0
    """No tags before."""
    hebbian: float = 0.04
    """Change by a reward of 1, mV."""
    anti_hebbian: float = 0.04
    """The same, taken away."""
    hebbian_length: float = 250.0
    """So long a tag counts, or the time constant with which it fades."""
    anti_hebbian_length: float = 250.0
    exponential: bool = False
    """Whether tags fade exponentially; else they count fully until they end."""
    highest: float = 400.0
    """Weights stay between 0 and this."""


class Plastic(NamedTuple):
    """The plastic synapses of a network, numbered in the order of the network's synapses, and their tags."""

    synapse: Any
    """Where each is in the event loop's arrays, (plastic,)."""
    pre: Any
    post: Any
    incoming: Any
    """Plastic synapses by postsynaptic cell, (plastic,)."""
    incoming_first: Any
    """Where those of each cell begin, (cells + 1,)."""
    outgoing: Any
    outgoing_first: Any
    hebbian: Any
    """Time of the last Hebbian tag, ms, (plastic,)."""
    anti_hebbian: Any
    last: Any
    """Last spike of each cell that has reached its synapses, ms, (cells,)."""


def plastic_synapses(network: SpikingNetwork) -> Plastic:
    """The plastic synapses of `network`, without tags."""
    place = np.empty(len(network.pre), np.int64)
    place[network.order] = np.arange(len(network.pre))
    chosen = np.flatnonzero(network.plastic)
    pre, post = network.pre[chosen], network.post[chosen]
    count, cells = len(chosen), network.cells
    return Plastic(
        synapse=place[chosen],
        pre=pre,
        post=post,
        incoming=np.argsort(post, kind="stable"),
        incoming_first=_starts(post, cells),
        outgoing=np.argsort(pre, kind="stable"),
        outgoing_first=_starts(pre, cells),
        hebbian=np.full(count, NEVER),
        anti_hebbian=np.full(count, NEVER),
        last=np.full(cells, NEVER),
    )


def _starts(cells: np.ndarray, count: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=count))]).astype(np.int64)


@njit(**COMPILED)
def observe(plastic: Any, rule: Any, state: Any, t: float) -> None:
    """Let the recorded spikes that have reached the synapses by `t` leave tags, and drop them from the record."""
    cursor, times, cells = state.cursor, state.spike_time, state.spike_cell
    pre, post, last = plastic.pre, plastic.post, plastic.last
    hebbian, anti_hebbian = plastic.hebbian, plastic.anti_hebbian
    incoming, incoming_first = plastic.incoming, plastic.incoming_first
    outgoing, outgoing_first = plastic.outgoing, plastic.outgoing_first
    count, seen = cursor[SPIKES], 0
    while seen < count and times[seen] + rule.lag <= t:
        time, cell = times[seen], cells[seen]
        arrival = time + rule.lag
        if arrival >= rule.begin:
            for place in range(incoming_first[cell], incoming_first[cell + 1]):
                number = incoming[place]
                if rule.shortest < time - last[pre[number]] <= rule.longest:
                    hebbian[number] = arrival
            for place in range(outgoing_first[cell], outgoing_first[cell + 1]):
                number = outgoing[place]
                if rule.shortest < time - last[post[number]] <= rule.longest:
                    anti_hebbian[number] = arrival
        last[cell] = time
        seen += 1
    for place in range(seen, count):
        times[place - seen] = times[place]
        cells[place - seen] = cells[place]
    cursor[SPIKES] = cursor[COUNTED] = count - seen


@njit(**COMPILED)
def remaining(age: float, length: float, exponential: bool) -> float:
    """What is left of a tag of this age."""
    if exponential:
        return np.exp(-age / length)
    return 1.0 if age <= length else 0.0


@njit(**COMPILED)
def reward_synapses(plastic: Any, rule: Any, weight: Any, group: Any, gain: Any, reward: float, t: float) -> None:
    """Change the weights by a reward at time `t` (ms); a synapse gets it times the `gain` of its `group`."""
    for number in range(len(plastic.synapse)):
        amount = reward * gain[group[number]]
        if amount == 0.0:
            continue
        good = rule.hebbian * remaining(t - plastic.hebbian[number], rule.hebbian_length, rule.exponential)
        bad = rule.anti_hebbian * remaining(
            t - plastic.anti_hebbian[number], rule.anti_hebbian_length, rule.exponential
        )
        synapse = plastic.synapse[number]
        weight[synapse] = min(max(weight[synapse] + amount * (good - bad), 0.0), rule.highest)


@njit(**COMPILED)
def forget(plastic: Any) -> None:
    """Take all tags away."""
    plastic.hebbian[:] = NEVER
    plastic.anti_hebbian[:] = NEVER
