"""What the compiled loops of the LIF network share: constants, wiring, inputs, state."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Flags, Floats, Ints, Keys, Shorts

NEVER = 2**31 - 1
"""`wake` of a neuron that is silenced."""


class Cell(NamedTuple):
    """Constants of the neurons."""

    threshold: float
    reset: float
    delay: int
    """Steps, of the shortest delay."""
    onto_potential: bool
    """Whether arriving spikes add to the potential (delta synapses) or to g."""
    keep_current: bool
    """Whether g goes on in refractory neurons."""
    peak: float
    """The greatest effect on v of g = 1 mV."""
    slow: float
    """dt / τ_m"""
    fast: float
    """dt / τ_s"""
    ratio: float
    """τ_s / (τ_m − τ_s)"""


class Decay(NamedTuple):
    """What is left after k = 0, 1, … steps, (steps,) each."""

    slow: Floats
    """exp(−k dt / τ_m)"""
    fast: Floats
    """exp(−k dt / τ_s)"""
    coupling: Floats
    """Effect on v after k steps of g = 1 mV now."""


class Wiring(NamedTuple):
    """Edges by presynaptic neuron, see `LIFNetwork`."""

    first: Ints
    target: Shorts
    synapses: NDArray[np.signedinteger]
    """Of each edge."""
    scale: Floats
    slot: Shorts
    """See `Parts`; the event-driven loop has no use for these."""
    block: int
    delays: int


class Parts(NamedTuple):
    """Parts of each neuron's edges that the dense loop takes at once: those to a block of neurons, or of one delay."""

    slot: Shorts
    """Where they begin and end among the neuron's edges, (neurons, parts + 1)."""
    block: int
    """Neurons in a block."""
    delays: int
    """How many delays there are; 1 where parts are of blocks."""


class Inputs(NamedTuple):
    """Currents and random events from outside."""

    change_step: Ints
    change_neuron: Shorts
    change_value: Floats
    """From this step on the neuron tends to this potential, mV."""
    neuron: Shorts
    """Receiver of each random source, one drive after the other."""
    key: Keys
    """Random key of each source."""
    first: Ints
    """Where each drive's sources begin, (drives + 1,)."""
    size: Floats
    """mV of one event of each drive."""
    begin: Ints
    """First step with events of each drive."""
    end: Ints
    """The step after the last one."""
    onto_synapse: Flags
    """Whether a drive's events arrive as a spike does, or change the potential; (drives,)."""
    table: Floats
    """Probabilities of at most 0, 1, … events in a step, (drives, numbers)."""
    guide: Ints
    """Events of a random number whose first 8 bits are these and the others 0, (drives, 256): where to begin in the
    table, so that one look is nearly always enough (Chen & Asau 1974, AIIE Transactions 6:163-166)."""


class State(NamedTuple):
    """Everything that changes in a replicate."""

    v: Floats
    """mV; v, g, goal and wake are the dense loop's."""
    g: Floats
    """mV"""
    goal: Floats
    """v_rest + I, mV."""
    wake: Shorts
    """First step in which the neuron is integrated again after a spike; until then it stays at reset."""
    cells: Floats
    """The event-driven loop's: v, g, goal and the step to whose end they are current, (neurons, 4), so that a
    neuron is one stretch of memory. A neuron that is refractory until step w has −(w + 2) as its step."""
    watched: Flags
    """Whether a neuron is on the list of those that may fire."""
    watch: Shorts
    """Those neurons, the first cursor[2] entries."""
    refractory: Shorts
    """Steps."""
    cursor: Ints
    """Next change of current, spikes recorded, neurons watched, synapses and neurons touched by the last call."""
    spike: Shorts
    """Neurons in the order of their spikes. The record doubles as the delay line: what arrives in a step is
    what was recorded `delay` steps before."""
    start: Ints
    """Where each step's spikes begin, (steps + 1,)."""
    sample: NDArray[np.float32]
    """Recorded potentials, (samples, recorded)."""
    recorded: Ints
    """Positions of the recorded neurons."""
    every: int
    """Steps between two samples."""
    room: int
    """How many spikes there can be at most in the steps that the dense loop makes at once."""
