"""What the compiled loops of the LIF network share: constants, wiring, inputs, state, random numbers."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

NEVER = 2**31 - 1
"""`wake` of a neuron that is silenced."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31, _S56 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(56)

_UNIT = 2.0**-53


class Cell(NamedTuple):
    """Constants of the neurons."""

    threshold: float
    reset: float
    delay: int
    onto_potential: bool
    """Whether arriving spikes add to the potential (delta synapses) or to g."""
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


@njit
def random_bits(key: Any, step: Any) -> Any:
    """64 random bits for a source and a step: SplitMix64 (Steele et al. 2014), random access."""
    z = key + np.uint64(step) * _GOLDEN
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@njit
def uniform(key: Any, step: int) -> float:
    """A number in [0, 1) for a source and a step."""
    return np.float64(np.int64(random_bits(key, step) >> _S11)) * _UNIT  # of a signed number: quicker


@njit
def event_count(key: Any, step: int, table: Any, guide: Any) -> int:
    """Events of a source in a step: its table inverted at the number that `uniform` gives."""
    bits = random_bits(key, step)
    chance = np.float64(np.int64(bits >> _S11)) * _UNIT
    number = guide[bits >> _S56]
    while number < len(table) and chance >= table[number]:
        number += 1
    return number
