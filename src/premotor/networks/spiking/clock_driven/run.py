"""Running a LIF network: tables, inputs, replicates over threads, and the choice between the two loops."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from premotor.networks.spiking.clock_driven.dense import WIDEST, run_dense
from premotor.networks.spiking.clock_driven.event import run_event, to_dense, to_event
from premotor.networks.spiking.clock_driven.network import LIFNetwork, Spikes
from premotor.networks.spiking.clock_driven.state import NEVER, Cell, Decay, Inputs, State, Wiring
from premotor.networks.spiking.random_numbers import source_keys

if TYPE_CHECKING:
    from premotor.networks.stimulation import Stimulus

FIRST_CHUNK, CHUNK = 16, 256
"""Steps between two decisions on the loop: at first these, then twice as many each time, up to those."""
TABLE = 4096
"""Steps for which decays are tabled; after longer pauses they are computed."""
NEURON, SYNAPSE, TOUCHED = 0.4, 7.0, 20.0
"""Costs in ns on one core, estimated for 139,000 neurons (their ratios count): a neuron and step, an arriving spike, in
the dense loop; a neuron touched by the event-driven one. They decide which loop runs, and so only the speed."""
RARE = 1e-15


def run(
    network: LIFNetwork,
    stimulus: "Stimulus",
    start: NDArray[np.float64],
    replicates: int,
    seed: int,
    threads: int,
    record: NDArray[np.int64],
    every: int,
) -> Spikes:
    """See `LIFNetwork.simulate`."""
    cell, decay = _constants(network)
    wiring = Wiring(network.first, network.target, network.count, network.scale, np.zeros((0, 2), np.int32), 1, 1)

    def one(replicate: int) -> State:
        inputs = _inputs(network, stimulus, replicate, seed)
        state = _state(network, cell, stimulus, start[:, replicate % start.shape[1]], record, every)
        return _run(network, cell, decay, wiring, inputs, state, stimulus.steps)

    with ThreadPoolExecutor(max_workers=min(threads, replicates)) as pool:
        states = list(pool.map(one, range(replicates)))
    counts = [int(state.cursor[1]) for state in states]
    steps = np.arange(stimulus.steps, dtype=np.int32)
    return Spikes(
        step=np.concatenate([np.repeat(steps, np.diff(state.start)) for state in states]),
        neuron=np.concatenate([state.spike[:n] for state, n in zip(states, counts, strict=True)]),
        replicate=np.repeat(np.arange(replicates, dtype=np.int32), counts),
        steps=stimulus.steps,
        neurons=network.neurons,
        replicates=replicates,
        period=network.period,
        potential=np.stack([state.sample for state in states], axis=2),
    )


def _run(
    network: LIFNetwork, cell: Cell, decay: Decay, wiring: Wiring, inputs: Inputs, state: State, steps: int
) -> State:
    engine = network.settings.engine
    only_dense = network.delays is not None or network.settings.keep_current
    dense = engine == "dense" or only_dense
    if not dense:
        to_event(cell, state, 0)
    step, chunk = 0, FIRST_CHUNK
    while step < steps:
        loop = run_dense if dense else run_event
        if dense and not len(wiring.slot):
            parts = network.parts
            wiring = wiring._replace(slot=parts.slot, block=parts.block, delays=parts.delays)
        end, chunk = min(step + chunk, steps), min(2 * chunk, CHUNK)
        before = step
        step = loop(cell, decay, wiring, inputs, state, step, end)
        if step < end:  # the record is full
            longer = np.empty(2 * len(state.spike), np.int32)
            longer[: state.cursor[1]] = state.spike[: state.cursor[1]]
            state = state._replace(spike=longer)
        if engine == "auto" and not only_dense and step > before and step < steps:
            dense = _choose(cell, decay, state, dense, step, step - before)
    return state


def _choose(cell: Cell, decay: Decay, state: State, dense: bool, step: int, made: int) -> bool:
    """Whether to go on with the dense loop; changes the state over where the loop changes."""
    touched = int(state.cursor[3])
    if not dense:
        if TOUCHED * touched <= 1.5 * (NEURON * len(state.v) * made + SYNAPSE * touched):
            return False
        to_dense(cell, decay, state, step)
        return True
    cost = NEURON * len(state.v) * made + SYNAPSE * touched
    if TOUCHED * touched >= cost:
        return True
    to_event(cell, state, step)
    if TOUCHED * (touched + int(state.cursor[2]) * made) < cost:
        return False
    to_dense(cell, decay, state, step)
    return True


def _constants(network: LIFNetwork) -> tuple[Cell, Decay]:
    settings = network.settings
    k = np.arange(TABLE) * settings.step
    slow = 1 / settings.membrane_time_constant
    delta = settings.synaptic_time_constant is None
    # Without a synaptic variable g stays 0, whatever its time constant.
    fast = slow if settings.synaptic_time_constant is None else 1 / settings.synaptic_time_constant
    if abs(fast - slow) < 1e-9 * slow:  # equal time constants: the limit of the formula below
        fast = slow * (1 + 1e-9)
    ratio = slow / (fast - slow)  # τ_s / (τ_m − τ_s)
    decay = Decay(
        slow=np.exp(-slow * k),
        fast=np.exp(-fast * k),
        coupling=-ratio * np.exp(-slow * k) * np.expm1((slow - fast) * k),
    )
    peak = np.log(fast / slow) / (fast - slow)
    cell = Cell(
        threshold=settings.threshold,
        reset=settings.reset_potential,
        delay=network.delays.shortest if network.delays else max(1, round(settings.delay / settings.step)),
        onto_potential=delta,
        keep_current=settings.keep_current,
        peak=-ratio * np.exp(-slow * peak) * np.expm1((slow - fast) * peak) * (1 + 1e-9),
        slow=slow * settings.step,
        fast=fast * settings.step,
        ratio=ratio,
    )
    return cell, decay


def _state(
    network: LIFNetwork,
    cell: Cell,
    stimulus: "Stimulus",
    start: NDArray[np.float64],
    record: NDArray[np.int64],
    every: int,
) -> State:
    size, settings = network.neurons, network.settings
    refractory = np.full(size, max(1, round(settings.refractory / settings.step)), np.int32)
    for event in stimulus.events:
        if not event.refractory:
            refractory[event.neurons] = 1
    samples = np.zeros((stimulus.steps // every + 1, len(record)), np.float32)
    samples[0] = start[record]
    return State(
        v=start.copy(),
        g=np.zeros(size),
        goal=np.full(size, settings.resting_potential),
        wake=np.where(network.silent, NEVER, -1).astype(np.int32),
        refractory=refractory,
        cells=_aligned(size),
        watched=np.zeros(size, np.bool_),
        watch=np.empty(size, np.int32),
        cursor=np.zeros(4, np.int64),
        spike=np.empty(max(1024, 4 * size), np.int32),
        start=np.zeros(stimulus.steps + 1, np.int64),
        sample=samples,
        recorded=record,
        every=every,
        room=int((-(-min(cell.delay, WIDEST) // refractory)).sum()),
    )


def _aligned(size: int) -> NDArray[np.float64]:
    """Zeros, (size, 4), each row within one 64-byte line of the cache."""
    flat = np.zeros(4 * size + 4)
    offset = -flat.ctypes.data % 32 // 8
    return flat[offset : offset + 4 * size].reshape(size, 4)


def _inputs(network: LIFNetwork, stimulus: "Stimulus", replicate: int, seed: int) -> Inputs:
    step, neuron, value = _changes(network, stimulus, replicate)
    tables = [_cumulative(event.rate * stimulus.period) for event in stimulus.events]
    width = max((len(table) for table in tables), default=1)
    first_bits = np.arange(256) / 256

    # In the order of their receivers, which changes no number: the dense loop takes them block by block.
    events = [replace(e, neurons=np.sort(e.neurons)) for e in stimulus.events]
    keys = [source_keys(network.ids[event.neurons], seed, replicate, number) for number, event in enumerate(events)]
    return Inputs(
        change_step=step,
        change_neuron=neuron,
        change_value=value,
        neuron=np.concatenate([np.empty(0, np.int32), *(e.neurons.astype(np.int32) for e in events)]),
        key=np.concatenate([np.empty(0, np.uint64), *keys]),
        first=np.cumsum([0, *(len(event.neurons) for event in events)], dtype=np.int64),
        size=np.array([event.amplitude for event in events], np.float64),
        begin=np.array([event.first for event in events], np.int64),
        end=np.array([event.last for event in events], np.int64),
        onto_synapse=np.array([event.onto == "synapse" for event in events], np.bool_),
        table=np.array([[*table, *[1.0] * (width - len(table))] for table in tables]).reshape(-1, width),
        guide=np.array([np.searchsorted(table, first_bits, "right") for table in tables], np.int64).reshape(-1, 256),
    )


def _changes(
    network: LIFNetwork, stimulus: "Stimulus", replicate: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """When which neuron gets another current, and the potential that it then tends to; ordered by step."""
    target = stimulus.target[:, :, replicate % stimulus.target.shape[2]]
    moves = np.diff(stimulus.course, axis=0, prepend=0.0) != 0
    parts = []
    for step in np.flatnonzero(moves.any(1)):
        neurons = np.flatnonzero((target[moves[step]] != 0).any(0))
        value = network.settings.resting_potential + stimulus.course[step] @ target[:, neurons]
        parts.append((np.full(len(neurons), step), neurons, value))
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0)
    steps, receivers, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    return steps.astype(np.int64), receivers.astype(np.int32), values


def _cumulative(mean: float) -> NDArray[np.float64]:
    """Probabilities of at most 0, 1, 2, … events where `mean` are expected."""
    most = int(poisson.isf(RARE, mean)) + 1
    return poisson.cdf(np.arange(most), mean)
