"""The dense loop of the LIF network: every neuron in every step."""

from typing import Any

from numba import njit

from premotor.networks.spiking.clock_driven.state import event_count

TINY = 1e-30
"""Smaller deviations (mV) are set to 0: they have no effect, but denormal numbers are slow."""


@njit(nogil=True, cache=True)
def run_dense(cell: Any, decay: Any, wiring: Any, inputs: Any, state: Any, step: int, end: int) -> int:
    """Steps from `step` to `end`, or until the record of spikes is full; returns the first step not made."""
    # Arrays are taken out of the tuples once: doing so in a loop costs a count of references each time.
    v, g, goal, wake, spike, start = state.v, state.g, state.goal, state.wake, state.spike, state.start
    first, target, count, scale = wiring.first, wiring.target, wiring.count, wiring.scale
    table, guide, key, receiver, sources = inputs.table, inputs.guide, inputs.key, inputs.neuron, inputs.first
    begin, finish, size = inputs.begin, inputs.end, inputs.size
    sample, recorded, refractory = state.sample, state.recorded, state.refractory
    change, fired, touched = state.cursor[0], state.cursor[1], 0
    arriving = v if cell.onto_potential else g
    while step < end and len(spike) - fired >= len(v):
        while change < len(inputs.change_step) and inputs.change_step[change] <= step:
            goal[inputs.change_neuron[change]] = inputs.change_value[change]
            change += 1
        start[step] = fired
        if integrate(cell, decay, v, g, goal, wake, step):
            for i in range(len(v)):
                if v[i] > cell.threshold:
                    spike[fired] = i
                    fired += 1
                    wake[i] = step + refractory[i]
        past = step - cell.delay
        if past >= 0:
            for number in range(start[past], start[past + 1]):
                source = spike[number]
                edges = slice(first[source], first[source + 1])
                onto, synapses, weight = target[edges], count[edges], scale[source]
                touched += len(onto)
                # What reaches a refractory neuron is wiped out by `integrate` before it is used.
                for edge in range(len(onto)):
                    arriving[onto[edge]] += weight * synapses[edge]
        for drive in range(len(size)):
            if begin[drive] <= step < finish[drive]:
                amount, chances, hints = size[drive], table[drive], guide[drive]
                for source in range(sources[drive], sources[drive + 1]):
                    v[receiver[source]] += amount * event_count(key[source], step, chances, hints)
        if len(recorded) and (step + 1) % state.every == 0:
            for column in range(len(recorded)):
                i = recorded[column]
                sample[(step + 1) // state.every, column] = cell.reset if step < wake[i] else v[i]
        step += 1
        start[step] = fired
    state.cursor[0], state.cursor[1], state.cursor[3] = change, fired, touched
    return step


@njit(nogil=True, cache=True)
def integrate(cell: Any, decay: Any, v: Any, g: Any, goal: Any, wake: Any, step: int) -> int:
    """One step of every neuron; gives the number above threshold. Written so that it becomes vector code."""
    slow, fast, coupling = decay.slow[1], decay.fast[1], decay.coupling[1]
    reset, threshold = cell.reset, cell.threshold
    above = 0
    for i in range(len(v)):
        x = (v[i] if step > wake[i] else reset) - goal[i]
        y = g[i] if step > wake[i] else 0.0
        x = x if abs(x) > TINY else 0.0
        y = y if abs(y) > TINY else 0.0
        new = goal[i] + x * slow + y * coupling
        v[i] = new if step >= wake[i] else reset
        g[i] = y * fast if step >= wake[i] else 0.0
        above += v[i] > threshold
    return above
