"""Plastic synapses: tags left by pairs of spikes, the change of weight by a reward, and homeostasis.

Nearest neighbours: a postsynaptic spike soon after the last presynaptic one leaves a Hebbian tag, a presynaptic spike
soon after the last postsynaptic one an anti-Hebbian tag. A tag is a time; the next one takes its place.
"""

from typing import NamedTuple

import numpy as np

from premotor.compiling import Floats, Ints, kernel
from premotor.networks.spiking.event_driven.events import COUNTED, NEVER, SPIKES, State
from premotor.networks.spiking.event_driven.network import SpikingNetwork


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
    soft: bool = False
    """Whether changes shrink towards these ends."""
    stdp_hebbian: float = 0.0
    """Change by a pair of spikes alone, mV, fading with the time between them."""
    stdp_anti_hebbian: float = 0.0
    """The same, taken away."""
    stdp_length: float = 10.0
    """ms"""
    stdp_anti_length: float = 10.0


class Balance(NamedTuple):
    """Output balancing: a cell whose outputs have grown gets less of a reward, and more of a punishment."""

    mode: int
    """0: none; 1: so; 2: inverted, and by the sign of the reward alone, as in the original program."""
    least: float
    most: float
    """Limits of the factor."""
    goal: Floats
    """Mean plastic weight from each cell at the start, mV, (cells,)."""


class Plastic(NamedTuple):
    """The plastic synapses of a network, numbered in the order of the network's synapses, and their tags."""

    synapse: Ints
    """Where each is in the event loop's arrays, (plastic,)."""
    pre: Ints
    post: Ints
    incoming: Ints
    """Plastic synapses by postsynaptic cell, (plastic,)."""
    incoming_first: Ints
    """Where those of each cell begin, (cells + 1,)."""
    outgoing: Ints
    outgoing_first: Ints
    hebbian: Floats
    """Time of the last Hebbian tag, ms, (plastic,)."""
    anti_hebbian: Floats
    last: Floats
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


@kernel
def changed(rule: Tagging, weight: float, change: float) -> float:
    """A weight (mV) after a change, within its limits."""
    if rule.soft:
        change *= 1.0 - weight / rule.highest if change >= 0.0 else weight / rule.highest
    return min(max(weight + change, 0.0), rule.highest)


@kernel
def observe(plastic: Plastic, rule: Tagging, state: State, t: float) -> None:
    """Let the recorded spikes that have reached the synapses by `t` leave tags, and drop them from the record.

    Where the rule has plain STDP, the pairs also change the weights.
    """
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
                since = time - last[pre[number]]
                if rule.shortest < since <= rule.longest:
                    hebbian[number] = arrival
                if rule.stdp_hebbian != 0.0 and since > rule.shortest:
                    one = plastic.synapse[number]
                    more = rule.stdp_hebbian * np.exp(-since / rule.stdp_length)
                    state.weight[one] = changed(rule, state.weight[one], more)
            for place in range(outgoing_first[cell], outgoing_first[cell + 1]):
                number = outgoing[place]
                since = time - last[post[number]]
                if rule.shortest < since <= rule.longest:
                    anti_hebbian[number] = arrival
                if rule.stdp_anti_hebbian != 0.0 and since > rule.shortest:
                    one = plastic.synapse[number]
                    less = rule.stdp_anti_hebbian * np.exp(-since / rule.stdp_anti_length)
                    state.weight[one] = changed(rule, state.weight[one], -less)
        last[cell] = time
        seen += 1
    for place in range(seen, count):
        times[place - seen] = times[place]
        cells[place - seen] = cells[place]
    cursor[SPIKES] = cursor[COUNTED] = count - seen


@kernel
def remaining(age: float, length: float, exponential: bool) -> float:
    """What is left of a tag of this age."""
    if exponential:
        return np.exp(-age / length)
    return 1.0 if age <= length else 0.0


@kernel
def reward_synapses(
    plastic: Plastic,
    rule: Tagging,
    weight: Floats,
    group: Ints,
    gain: Floats,
    balance: Balance,
    reward: float,
    t: float,
) -> None:
    """Change the weights by a reward at time `t` (ms).

    Args:
        plastic: the synapses.
        rule: `Tagging`.
        weight: of the event loop, mV, (synapses,).
        group: of each plastic synapse.
        gain: part of the reward that each group gets.
        balance: `Balance`, which scales it by how far the outputs of the presynaptic cell have grown.
        reward: the reward.
        t: ms.
    """
    order, first, synapse = plastic.outgoing, plastic.outgoing_first, plastic.synapse
    for cell in range(len(first) - 1):
        begin, end = first[cell], first[cell + 1]
        if begin == end:
            continue
        more = less = 1.0
        if balance.mode != 0:
            total = 0.0
            for place in range(begin, end):
                total += weight[synapse[order[place]]]
            grown = max(total / (end - begin) / balance.goal[cell], 1e-6)
            more, less = (1.0 / grown, grown) if balance.mode == 1 else (grown, 1.0 / grown)
            more = min(max(more, balance.least), balance.most)
            less = min(max(less, balance.least), balance.most)
        for place in range(begin, end):
            number = order[place]
            amount = reward * gain[group[number]]
            if amount == 0.0:
                continue
            judged = reward if balance.mode == 2 else amount
            amount *= more if judged > 0.0 else less
            good = rule.hebbian * remaining(t - plastic.hebbian[number], rule.hebbian_length, rule.exponential)
            bad = rule.anti_hebbian * remaining(
                t - plastic.anti_hebbian[number], rule.anti_hebbian_length, rule.exponential
            )
            weight[synapse[number]] = changed(rule, weight[synapse[number]], amount * (good - bad))


@kernel
def forget(plastic: Plastic) -> None:
    """Take all tags away."""
    plastic.hebbian[:] = NEVER
    plastic.anti_hebbian[:] = NEVER


def mean_weights(plastic: Plastic, weight: Floats) -> tuple[Floats, Floats]:
    """Mean plastic weight onto each cell and from each cell, mV, (cells,) each; 0 where a cell has none."""
    values, cells = weight[plastic.synapse], len(plastic.last)
    means = []
    for side in (plastic.post, plastic.pre):
        count = np.bincount(side, minlength=cells)
        means.append(np.bincount(side, values, minlength=cells) / np.maximum(count, 1))
    return means[0], means[1]


@kernel
def normalise_inputs(plastic: Plastic, weight: Floats, goal: Floats) -> None:
    """Scale the plastic inputs of every cell so that their mean is the cell's `goal` (mV)."""
    first, order, synapse = plastic.incoming_first, plastic.incoming, plastic.synapse
    for cell in range(len(goal)):
        total = 0.0
        for place in range(first[cell], first[cell + 1]):
            total += weight[synapse[order[place]]]
        if total > 0.0:
            factor = goal[cell] * (first[cell + 1] - first[cell]) / total
            for place in range(first[cell], first[cell + 1]):
                weight[synapse[order[place]]] *= factor


@kernel
def control_gain(
    goal: Floats, group: Ints, spikes: Ints, size: Ints, target: Floats, seconds: float, change: float, band: float
) -> None:
    """Move the goal of every cell by a fraction `change`, up where its group fires less than its target (Hz).

    Args:
        goal: mean plastic weight onto each cell, mV, (cells,).
        group: of each cell, −1 for none, (cells,).
        spikes: of each group.
        size: cells of each group.
        target: Hz, of each group.
        seconds: in which the spikes were counted.
        change: fraction.
        band: so close to the target nothing changes (Hz); 0: down at the target itself.
    """
    for cell in range(len(goal)):
        g = group[cell]
        if g >= 0:
            rate = spikes[g] / (size[g] * seconds)
            if rate < target[g] - band:
                goal[cell] *= 1.0 + change
            elif band == 0.0 or rate > target[g] + band:
                goal[cell] *= 1.0 - change
