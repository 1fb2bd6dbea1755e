"""What the compiled loops of the LIF network share: constants, wiring, inputs, state."""

from typing import Any, NamedTuple

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

    slow: Any
    """exp(−k dt / τ_m)"""
    fast: Any
    """exp(−k dt / τ_s)"""
    coupling: Any
    """Effect on v after k steps of g = 1 mV now."""


class Wiring(NamedTuple):
    """Edges by presynaptic neuron, see `LIFNetwork`."""

    first: Any
    target: Any
    count: Any
    scale: Any
    slot: Any
    """See `Parts`; the event-driven loop has no use for these."""
    block: int
    delays: int


class Parts(NamedTuple):
    """Parts of each neuron's edges that the dense loop takes at once: those to a block of neurons, or of one delay."""

    slot: Any
    """Where they begin and end among the neuron's edges, (neurons, parts + 1)."""
    block: int
    """Neurons in a block."""
    delays: int
    """How many delays there are; 1 where parts are of blocks."""


class Inputs(NamedTuple):
    """Currents and random events from outside."""

    change_step: Any
    change_neuron: Any
    change_value: Any
    """From this step on the neuron tends to this potential, mV."""
    neuron: Any
    """Receiver of each random source, one drive after the other."""
    key: Any
    """Random key of each source."""
    first: Any
    """Where each drive's sources begin, (drives + 1,)."""
    size: Any
    """mV of one event of each drive."""
    begin: Any
    """First step with events of each drive."""
    end: Any
    """The step after the last one."""
    onto_synapse: Any
    """Whether a drive's events arrive as a spike does, or change the potential; (drives,)."""
    table: Any
    """Probabilities of at most 0, 1, … events in a step, (drives, numbers)."""
    guide: Any
    """Events of a random number whose first 8 bits are these and the others 0, (drives, 256): where to begin in the
    table, so that one look is nearly always enough (Chen & Asau 1974, AIIE Transactions 6:163-166)."""


class State(NamedTuple):
    """Everything that changes in a replicate."""

    v: Any
    """mV; v, g, goal and wake are the dense loop's."""
    g: Any
    """mV"""
    goal: Any
    """v_rest + I, mV."""
    wake: Any
    """First step in which the neuron is integrated again after a spike; until then it stays at reset."""
    cells: Any
    """The event-driven loop's: v, g, goal and the step to whose end they are current, (neurons, 4), so that a
    neuron is one stretch of memory. A neuron that is refractory until step w has −(w + 2) as its step."""
    watched: Any
    """Whether a neuron is on the list of those that may fire."""
    watch: Any
    """Those neurons, the first cursor[2] entries."""
    refractory: Any
    """Steps."""
    cursor: Any
    """Next change of current, spikes recorded, neurons watched, synapses and neurons touched by the last call."""
    spike: Any
    """Neurons in the order of their spikes. The record doubles as the delay line: what arrives in a step is
    what was recorded `delay` steps before."""
    start: Any
    """Where each step's spikes begin, (steps + 1,)."""
    sample: Any
    """Recorded potentials, (samples, recorded)."""
    recorded: Any
    """Positions of the recorded neurons."""
    every: int
    """Steps between two samples."""
    room: int
    """How many spikes there can be at most in the steps that the dense loop makes at once."""
