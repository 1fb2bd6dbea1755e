"""The event-driven loop of the LIF network: neurons that something reaches and that may fire; and changes of loops."""

from functools import partial

import numpy as np

from premotor.compiling import Floats, kernel, part
from premotor.networks.spiking.clock_driven.state import NEVER, Cell, Decay, Inputs, State, Wiring
from premotor.networks.spiking.random_numbers import event_count

MARGIN = 1e-9
"""A neuron that may come so close to its threshold (mV) is watched step by step."""


@partial(part, counted=True)
def advance(cell: Cell, slow: Floats, fast: Floats, coupling: Floats, cells: Floats, i: int, step: int) -> bool:
    """Bring a neuron to the end of `step`, in closed form; False if it is refractory in this step."""
    last = cells[i, 3]
    if last < -1.0:
        if step < -last - 2.0:
            return False
        last = -last - 3.0
    k = int(step - last)
    if k <= 0:
        return True
    if k < len(slow):
        goal, g = cells[i, 2], cells[i, 1]
        cells[i, 0] = goal + (cells[i, 0] - goal) * slow[k] + g * coupling[k]
        cells[i, 1] = g * fast[k]
    else:
        leap(cell, cells, i, k)
    cells[i, 3] = step
    return True


@partial(part, counted=True)
def leap(cell: Cell, cells: Floats, i: int, k: int) -> None:
    """As `advance`, over more steps than the tables hold."""
    goal, g = cells[i, 2], cells[i, 1]
    slow, fast = np.exp(-k * cell.slow), np.exp(-k * cell.fast)
    cells[i, 0] = goal + (cells[i, 0] - goal) * slow + g * cell.ratio * (slow - fast)
    cells[i, 1] = g * fast


@partial(part, counted=True)
def may_fire(cell: Cell, v: float, g: float, goal: float) -> bool:
    """Whether v can exceed the threshold later without further input: a bound that is quick to find."""
    highest = max(v - goal, 0.0)
    if g > 0:
        highest = min(max(v - goal, g), highest + g * cell.peak)
    return goal + highest > cell.threshold - MARGIN


@partial(kernel, counted=True)
def run_event(cell: Cell, decay: Decay, wiring: Wiring, inputs: Inputs, state: State, step: int, end: int) -> int:
    """Steps from `step` to `end`, or until the record of spikes is full; returns the first step not made."""
    # Arrays are taken out of the tuples once: doing so in a loop costs a count of references each time.
    cells, watched, watch = state.cells, state.watched, state.watch
    spike, start, refractory = state.spike, state.start, state.refractory
    slow, fast, coupling = decay.slow, decay.fast, decay.coupling
    first, target, count, scale = wiring.first, wiring.target, wiring.synapses, wiring.scale
    table, guide, key, receiver, sources = inputs.table, inputs.guide, inputs.key, inputs.neuron, inputs.first
    begin, finish, size, synaptic = inputs.begin, inputs.end, inputs.size, inputs.onto_synapse
    sample, recorded = state.sample, state.recorded
    change, fired, watching, touched = state.cursor[0], state.cursor[1], state.cursor[2], 0
    column = 0 if cell.onto_potential else 1
    while step < end and len(spike) - fired >= len(watched):
        while change < len(inputs.change_step) and inputs.change_step[change] <= step:
            i = inputs.change_neuron[change]
            advance(cell, slow, fast, coupling, cells, i, step - 1)
            cells[i, 2] = inputs.change_value[change]
            awake = cells[i, 3] > -NEVER and not watched[i]
            if awake and may_fire(cell, cells[i, 0], cells[i, 1], cells[i, 2]):
                watched[i], watch[watching], watching = True, i, watching + 1
            change += 1
        old, place = fired, 0
        start[step] = old
        touched += watching
        while place < watching:
            i = watch[place]
            stay = True
            if advance(cell, slow, fast, coupling, cells, i, step):
                if cells[i, 0] > cell.threshold:
                    spike[fired], fired = i, fired + 1
                    cells[i, 0], cells[i, 1], cells[i, 3] = cell.reset, 0.0, -(step + refractory[i] + 2.0)
                stay = may_fire(cell, cells[i, 0], cells[i, 1], cells[i, 2])
            if stay:
                place += 1
            else:
                watching -= 1
                watched[i], watch[place] = False, watch[watching]
        if fired - old > 1:
            spike[old:fired].sort()
        past = step - cell.delay
        if past >= 0:
            for number in range(start[past], start[past + 1]):
                source = spike[number]
                begin_edge, end_edge, weight = first[source], first[source + 1], scale[source]
                touched += end_edge - begin_edge
                for edge in range(begin_edge, end_edge):
                    i = target[edge]
                    if advance(cell, slow, fast, coupling, cells, i, step):
                        cells[i, column] += weight * count[edge]
                        if not watched[i] and may_fire(cell, cells[i, 0], cells[i, 1], cells[i, 2]):
                            watched[i], watch[watching], watching = True, i, watching + 1
        for drive in range(len(size)):
            if begin[drive] <= step < finish[drive]:
                amount, chances, hints = size[drive], table[drive], guide[drive]
                onto = column if synaptic[drive] else 0
                for source in range(sources[drive], sources[drive + 1]):
                    number = event_count(key[source], step, chances, hints)
                    i = receiver[source]
                    if number and advance(cell, slow, fast, coupling, cells, i, step):
                        cells[i, onto] += amount * number
                        if not watched[i] and may_fire(cell, cells[i, 0], cells[i, 1], cells[i, 2]):
                            watched[i], watch[watching], watching = True, i, watching + 1
        if len(recorded) and (step + 1) % state.every == 0:
            for place in range(len(recorded)):
                i = recorded[place]
                ready = advance(cell, slow, fast, coupling, cells, i, step)
                sample[(step + 1) // state.every, place] = cells[i, 0] if ready else cell.reset
        step += 1
        start[step] = fired
    state.cursor[0], state.cursor[1], state.cursor[2], state.cursor[3] = change, fired, watching, touched
    return step


@partial(kernel, counted=True)
def to_event(cell: Cell, state: State, step: int) -> None:
    """Between the loops: after dense steps, before event-driven ones from `step` on."""
    cells, watched, watch, watching = state.cells, state.watched, state.watch, 0
    v, g, goal, wake = state.v, state.g, state.goal, state.wake
    for i in range(len(v)):
        held = step <= wake[i]
        cells[i, 0] = cell.reset if held else v[i]
        cells[i, 1] = 0.0 if held else g[i]
        cells[i, 2] = goal[i]
        cells[i, 3] = -(wake[i] + 2.0) if held else step - 1
        watched[i] = wake[i] < NEVER and may_fire(cell, cells[i, 0], cells[i, 1], goal[i])
        if watched[i]:
            watch[watching], watching = i, watching + 1
    state.cursor[2] = watching


@partial(kernel, counted=True)
def to_dense(cell: Cell, decay: Decay, state: State, step: int) -> None:
    """Between the loops: after event-driven steps, before dense ones from `step` on."""
    cells, slow, fast, coupling = state.cells, decay.slow, decay.fast, decay.coupling
    v, g, goal, wake = state.v, state.g, state.goal, state.wake
    for i in range(len(v)):
        ready = advance(cell, slow, fast, coupling, cells, i, step - 1)
        wake[i] = -1 if ready else np.int32(-cells[i, 3] - 2.0)
        v[i], g[i], goal[i] = cells[i, 0], cells[i, 1], cells[i, 2]
