"""The dense loop of the LIF network: every neuron in every step, a block of neurons for several steps at a time."""

from functools import partial

import numpy as np

from premotor.compiling import Floats, Ints, Shorts, kernel, part
from premotor.networks.spiking.clock_driven.arrivals import STRETCH, arrive, drive
from premotor.networks.spiking.clock_driven.state import Cell, Decay, Inputs, State, Wiring

TINY = 1e-30
"""Smaller deviations (mV) are set to 0: they have no effect, but denormal numbers are slow."""
STRIP = 256
"""Neurons that are integrated before those above threshold are looked for, in pieces."""
PIECE = 64
"""Neurons of a strip that are looked through together."""
WIDEST = 64
"""Steps that a block makes at most before the next one."""


@partial(kernel, counted=True)
def run_dense(cell: Cell, decay: Decay, wiring: Wiring, inputs: Inputs, state: State, step: int, end: int) -> int:
    """Steps from `step` to `end`, or until the record of spikes is full; returns the first step not made.

    What arrives within the shortest delay is known when it begins, so blocks of neurons make its steps one after the
    other.
    """
    # Arrays are taken out of the tuples once: doing so in a loop costs a count of references each time.
    v, g, goal, wake, spike, start = state.v, state.g, state.goal, state.wake, state.spike, state.start
    sample, recorded, refractory = state.sample, state.recorded, state.refractory
    change_step, begin, finish = inputs.change_step, inputs.begin, inputs.end
    change, fired, touched = state.cursor[0], state.cursor[1], 0
    onto = v if cell.onto_potential else g
    delay, size, block, delays = cell.delay, len(v), wiring.block, wiring.delays
    width = min(delay, WIDEST)
    most = state.room
    alike = len(change_step) == 0  # all neurons tend to the same potential
    found, edge = np.empty(most + 1, np.int32), np.empty((size // block + 1, width + 1), np.int64)
    chance, parts = np.empty(STRETCH), sources_of_blocks(inputs, size, block)
    # Neurons at rest after a spike are put back from a list, so that the others need no look at `wake`.
    held, holding = np.empty(size, np.int32), np.zeros(size // block + 1, np.int64)
    for i in range(size):
        if step <= wake[i]:
            number = i // block
            held[number * block + holding[number]] = i
            holding[number] += 1
    while step < end and len(spike) - fired >= most:
        while change < len(change_step) and change_step[change] <= step:
            goal[inputs.change_neuron[change]] = inputs.change_value[change]
            change += 1
        until = min(step + width, end)
        if change < len(change_step):
            until = min(until, change_step[change])
        place = 0
        for number in range(0, (size + block - 1) // block):
            low, high = number * block, min((number + 1) * block, size)
            for now in range(step, until):
                kept, old = low, place
                edge[number, now - step] = place
                for k in range(low, low + holding[number]):
                    i = held[k]
                    put_back(cell, v, g, i)  # what has arrived is lost, unless currents go on
                    if now < wake[i]:
                        held[kept] = i
                        kept += 1
                place = integrate(cell, decay, v, g, goal, alike, wake, low, high, now, found, place)
                for k in range(low, kept):
                    put_back(cell, v, g, held[k])
                for k in range(old, place):
                    i = found[k]
                    wake[i] = now + refractory[i]
                    held[kept] = i
                    kept += 1
                holding[number] = kept - low
                # What reaches a refractory neuron is wiped out in the next step before it is used.
                for later in range(min(delays, now - delay + 1)):
                    past = now - delay - later
                    touched += arrive(wiring, spike, start[past], start[past + 1], number + later, onto)
                for k in range(len(begin)):
                    if begin[k] <= now < finish[k]:
                        into = onto if inputs.onto_synapse[k] else v
                        drive(inputs, k, parts[k, number], parts[k, number + 1], now, chance, into)
                if len(recorded) and (now + 1) % state.every == 0:
                    row = (now + 1) // state.every
                    for column in range(len(recorded)):
                        i = recorded[column]
                        if low <= i < high:
                            sample[row, column] = cell.reset if now < wake[i] else v[i]
            edge[number, until - step] = place
        for now in range(step, until):
            start[now] = fired
            for number in range(0, (size + block - 1) // block):
                for k in range(edge[number, now - step], edge[number, now - step + 1]):
                    spike[fired] = found[k]
                    fired += 1
        step = until
        start[step] = fired
    state.cursor[0], state.cursor[1], state.cursor[3] = change, fired, touched
    return step


@partial(part)
def put_back(cell: Cell, v: Floats, g: Floats, i: int) -> None:
    """Hold a refractory neuron where it is."""
    v[i] = cell.reset
    if not cell.keep_current:
        g[i] = 0.0


@partial(part, counted=True)
def sources_of_blocks(inputs: Inputs, size: int, block: int) -> Ints:
    """Where the sources of each drive whose receivers are in each block begin, (drives, blocks + 1)."""
    blocks = (size + block - 1) // block
    parts = np.empty((len(inputs.begin), blocks + 1), np.int64)
    for number in range(len(inputs.begin)):
        place, last = inputs.first[number], inputs.first[number + 1]
        for k in range(blocks):
            parts[number, k] = place
            while place < last and inputs.neuron[place] < (k + 1) * block:
                place += 1
        parts[number, blocks] = place
    return parts


@partial(part)
def integrate(
    cell: Cell,
    decay: Decay,
    v: Floats,
    g: Floats,
    goal: Floats,
    alike: bool,
    wake: Shorts,
    low: int,
    high: int,
    now: int,
    found: Shorts,
    place: int,
) -> int:
    """One step of the neurons from `low` to `high`; writes those that fire to `found` from `place` on."""
    threshold = cell.threshold
    for begin in range(low, high, STRIP):
        end = min(begin + STRIP, high)
        if alike:
            fired = step_alike(decay.slow[1], decay.fast[1], decay.coupling[1], threshold, v, g, goal[0], begin, end)
        else:
            fired = step_strip(decay.slow[1], decay.fast[1], decay.coupling[1], threshold, v, g, goal, begin, end)
        if fired:
            for piece in range(begin, end, PIECE):
                last = min(piece + PIECE, end)
                if above(v, piece, last, threshold):
                    for i in range(np.uint64(piece), np.uint64(last)):
                        found[place] = i  # without a branch, which would be guessed wrong; found has room for it
                        place += v[i] > threshold and now >= wake[i]
    return place


@partial(part)
def above(v: Floats, low: int, high: int, threshold: float) -> int:
    """How many neurons are above threshold; vector code."""
    number = 0
    for i in range(np.uint64(low), np.uint64(high)):
        number += v[i] > threshold
    return number


@partial(part)
def step_strip(
    slow: float, fast: float, coupling: float, threshold: float, v: Floats, g: Floats, goal: Floats, low: int, high: int
) -> bool:
    """One step of neurons, none at rest after a spike; tells whether any is above threshold.

    Written so that it becomes vector code, which needs indices without a sign.
    """
    above = False
    for i in range(np.uint64(low), np.uint64(high)):
        new, left = stepped(slow, fast, coupling, v[i], g[i], goal[i])
        v[i], g[i] = new, left
        above |= new > threshold
    return above


@partial(part)
def step_alike(
    slow: float, fast: float, coupling: float, threshold: float, v: Floats, g: Floats, goal: float, low: int, high: int
) -> bool:
    """The same for neurons that tend to one potential, which saves a third of what is read."""
    above = False
    for i in range(np.uint64(low), np.uint64(high)):
        new, left = stepped(slow, fast, coupling, v[i], g[i], goal)
        v[i], g[i] = new, left
        above |= new > threshold
    return above


@partial(part)
def stepped(slow: float, fast: float, coupling: float, v: float, g: float, goal: float) -> tuple[float, float]:
    """v and g after one step."""
    x = v - goal
    x = x if abs(x) > TINY else 0.0
    y = g if abs(g) > TINY else 0.0
    return goal + x * slow + y * coupling, y * fast
