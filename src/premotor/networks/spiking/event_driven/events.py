"""The event loop: a calendar of buckets, opened and sorted one after another.

A bucket is shorter than the shortest delay, so nothing can arrive in the bucket that is open: every event of it is
known when it is opened. It consists of `SLOTS` lists of events, so that few have to be sorted at a time. Events at the
same time come in the order in which they were sent.

Indices of arrays are unsigned where it counts: of signed ones numba asks each time whether they count from the end,
which took a quarter of the time.
"""

from collections.abc import Callable
from functools import cache
from math import log
from typing import NamedTuple

import numpy as np

from premotor.compiling import Floats, Ints, Keys, Shorts, kernel, part, swapped
from premotor.networks.spiking.event_driven.conductance_cell import receive
from premotor.networks.spiking.random_numbers import uniform

BUCKET, LENGTH, PLACE, FREE, SPIKES, COUNTED, TRAIN, ACTIVE, EVENTS, CURSORS = range(10)
"""Entries of `State.cursor`: open bucket, events in it, next of them, first free node of the pool, spikes recorded,
how many of them have been counted, next spike of the trains, sources that are on, events delivered so far."""

NEVER = -1e300
"""A time before every other (ms)."""

DEAD = 0.1
"""ms; two spikes of a random train are at least so far apart, so that the events under way have a bound."""

SLOTS = 8
"""Lists of events of a bucket, of equal length in time; a power of 2, so that rounding is that of buckets."""

index = np.uint64


class Wiring(NamedTuple):
    """What does not change: cells and the synapses that leave each node (cells, then sources, then random trains)."""

    table: Floats
    """Parameters of cell types, see `SpikingCell`."""
    kind: Shorts
    """Type of each cell, (cells,)."""
    first: Ints
    """Where each node's synapses begin, (nodes + 1,)."""
    target: Shorts
    """Postsynaptic cells, (synapses,)."""
    receptor: Shorts
    """(synapses,)"""
    delay: Floats
    """ms, (synapses,)"""
    noise: Floats
    """Mean interval of each random train beyond `DEAD`, ms."""
    width: float
    """Of a bucket, ms."""


class State(NamedTuple):
    """Everything that changes; all arrays."""

    cells: Floats
    """(cells, columns), see `SpikingCell`."""
    weight: Floats
    """mV, (synapses,)"""
    cursor: Ints
    head: Ints
    """First node of each slot's list in the pool, −1 where it is empty; a ring, (buckets · SLOTS,)."""
    tail: Ints
    pool_next: Ints
    pool_time: Floats
    pool_synapse: Shorts
    open_time: Floats
    """Events of the open bucket in their order, (synapses + 1,)."""
    open_synapse: Shorts
    interval: Floats
    """Of the sources' regular trains, ms; inf: off, (sources,)."""
    fired: Floats
    """When each source last fired, ms."""
    due: Floats
    """When each source fires next, ms."""
    active: Ints
    """Sources that are on, the first cursor[ACTIVE] entries."""
    noise_due: Floats
    """When each random train fires next, ms."""
    noise_count: Ints
    """Intervals that each has drawn."""
    noise_key: Keys
    """Random key of each, uint64."""
    train_time: Floats
    """Given spikes of sources, rising, ms."""
    train_node: Ints
    spike_time: Floats
    """Spikes of cells since the record was last cleared, the first cursor[SPIKES] entries, ms."""
    spike_cell: Shorts


@part
def send(wiring: Wiring, state: State, node: int | np.uint64, t: float) -> None:
    """Put an event into the calendar for every synapse of a node that fires at `t`."""
    cursor, head, tail = state.cursor, state.head, state.tail
    pool_next, pool_time, pool_synapse = state.pool_next, state.pool_time, state.pool_synapse
    delay, scale, mask = wiring.delay, SLOTS / wiring.width, len(head) - 1
    free, following = cursor[FREE], (cursor[BUCKET] + 1) * SLOTS
    for synapse in range(wiring.first[node], wiring.first[node + 1]):
        arrival = t + delay[index(synapse)]
        slot = index(max(int(arrival * scale), following) & mask)  # rounding must not put it into the open bucket
        here = free
        free = pool_next[here]
        pool_time[here] = arrival
        pool_synapse[here] = synapse
        pool_next[here] = -1
        if head[slot] < 0:
            head[slot] = here
        else:
            pool_next[tail[slot]] = here
        tail[slot] = here
    cursor[FREE] = free


@part
def draw_interval(wiring: Wiring, state: State, number: int) -> None:
    """Draw when a random train fires next: after `DEAD` and an exponential time."""
    chance = uniform(state.noise_key[number], state.noise_count[number])
    state.noise_due[number] += DEAD - log(1.0 - chance) * wiring.noise[number]
    state.noise_count[number] += 1


@part
def fire_sources(wiring: Wiring, state: State, limit: float) -> None:
    """Let the sources fire that are due before `limit`, which lies in the open bucket."""
    cursor, due, active = state.cursor, state.due, state.active
    cells = len(wiring.kind)
    for number in range(cursor[ACTIVE]):
        source = active[number]
        while due[source] < limit:
            send(wiring, state, cells + source, due[source])
            state.fired[source] = due[source]
            due[source] += state.interval[source]
    for number in range(len(state.noise_due)):
        while state.noise_due[number] < limit:
            send(wiring, state, cells + len(due) + number, state.noise_due[number])
            draw_interval(wiring, state, number)
    place = cursor[TRAIN]
    while place < len(state.train_time) and state.train_time[place] < limit:
        send(wiring, state, state.train_node[place], state.train_time[place])
        place += 1
    cursor[TRAIN] = place


@part
def open_next(state: State) -> None:
    """Take the next bucket's events out of the calendar, in the order of their times."""
    cursor, head, tail = state.cursor, state.head, state.tail
    pool_next, pool_time, pool_synapse = state.pool_next, state.pool_time, state.pool_synapse
    time, synapse = state.open_time, state.open_synapse
    cursor[BUCKET] += 1
    begin = cursor[BUCKET] * SLOTS & (len(head) - 1)
    count = 0
    for number in range(begin, begin + SLOTS):
        slot = index(number)
        node, first = head[slot], count
        if node < 0:
            continue
        while node >= 0:
            # Insertion keeps equal times in the order of the list.
            value, place = pool_time[index(node)], count
            while place > first and time[index(place - 1)] > value:
                time[index(place)] = time[index(place - 1)]
                synapse[index(place)] = synapse[index(place - 1)]
                place -= 1
            time[index(place)] = value
            synapse[index(place)] = pool_synapse[index(node)]
            count += 1
            node = pool_next[index(node)]
        pool_next[tail[slot]] = cursor[FREE]
        cursor[FREE] = head[slot]
        head[slot] = -1
    cursor[LENGTH] = count
    cursor[PLACE] = 0


@kernel
def advance(wiring: Wiring, state: State, until: float) -> None:
    """Deliver every event before `until` (ms). The record of spikes has to have room for them."""
    cursor, cells, weight = state.cursor, state.cells, state.weight
    table, kind, target, receptor = wiring.table, wiring.kind, wiring.target, wiring.receptor
    spike_time, spike_cell = state.spike_time, state.spike_cell
    while True:
        end = (cursor[BUCKET] + 1) * wiring.width
        limit = min(end, until)
        fire_sources(wiring, state, limit)
        time, synapses = state.open_time, state.open_synapse
        place, length = cursor[PLACE], cursor[LENGTH]
        while place < length and (end <= until or time[place] < until):
            now, synapse = time[index(place)], index(synapses[index(place)])
            cell = index(target[synapse])
            place += 1
            if receive(table, index(kind[cell]), cells, cell, now, receptor[synapse], weight[synapse]):
                spike_time[cursor[SPIKES]] = now
                spike_cell[cursor[SPIKES]] = cell
                cursor[SPIKES] += 1
                send(wiring, state, cell, now)
        cursor[EVENTS] += place - cursor[PLACE]
        cursor[PLACE] = place
        if end > until:
            return
        open_next(state)


@kernel
def set_intervals(state: State, interval: Floats, t: float, restart: bool) -> None:
    """Give the sources other intervals (ms, inf: off) from time `t` on.

    A source whose interval becomes shorter fires at once, one whose interval becomes longer as late as it says. With
    `restart` every source that is on fires at once, as if all had been switched off just before.
    """
    count = 0
    for source in range(len(interval)):
        if interval[source] < np.inf:
            if restart or interval[source] < state.interval[source]:
                state.due[source] = t
            elif interval[source] > state.interval[source]:
                state.due[source] = max(t, state.fired[source] + interval[source])
            state.active[count] = source
            count += 1
        state.interval[source] = interval[source]
    state.cursor[ACTIVE] = count


Loop = Callable[[Wiring, State, float], None]
"""An event loop: (wiring, state, until)."""


@cache
def loop_with(receive_event: Callable[..., bool]) -> Loop:
    """`advance` for the cells whose `receive` is given; compiled anew for others than the package's first."""
    return advance if receive_event is receive else swapped(advance, receive=receive_event)


@kernel
def encode(observation: Floats, edges: Floats, first: Ints, period: float, interval: Floats) -> None:
    """Drive the input of the bin that each variable lies in every `period` ms, and no other.

    Args:
        observation: (variables,).
        edges: of all variables.
        first: where each variable's edges begin, (variables + 1,).
        period: ms.
        interval: ms, written here, (inputs,).
    """
    interval[:] = np.inf
    for variable in range(len(first) - 1):
        place = first[variable]
        while place < first[variable + 1] and observation[variable] >= edges[place]:
            place += 1
        interval[place + variable] = period
