"""A spiking network with the wiring of a connectome: cells at a circuit's synapses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from premotor.connectome import Circuit
from premotor.connectome.selection import Condition, describe, matching_neurons
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.cell import CELLS, RECEPTORS
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES, set_intervals
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.event_driven.random_settings import DELAYS, StimulusSettings

EXCITATION, INHIBITION = 250.0, 70.0
"""Sum of the weights onto a cell, mV: 25 synapses of 10 mV and 4 of 18 mV in the random network."""
SLOW = 0.0196
"""Weight onto NMDA receptors, of that onto AMPA receptors."""
PERIOD, STEP = 20.0, 50.0
"""ms: of a driven source, and for how long it is driven, in calibration."""
FACTORS = (0.02, 20.0)
"""Calibration looks for a factor of the excitation within these."""


def circuit_network(
    circuit: Circuit,
    sources: int,
    inputs: Mapping[str, Condition],
    outputs: Mapping[str, Condition] | Sequence[Mapping[str, Condition]],
    *,
    seed: int = 0,
    motor_rate: float | None = 6.0,
    plastic: Literal["excitatory", "all", "outputs", "maps"] = "excitatory",
    cell: str = "conductance",
) -> SpikingNetwork:
    """Cells at the neurons of a circuit and synapses at its edges; gap junctions are left out.

    A neuron of sign +1 becomes an excitatory cell whose synapses reach AMPA (AM2) and NMDA (NM2) receptors, one of
    sign −1 a fast-spiking cell whose synapses reach GABA-A receptors; weights are proportional to synapse counts and
    have the same sum onto every cell. A weight is never negative and its receptor never changes, so learning keeps
    the signs. Each source drives its share of the input cells, in their order.

    Args:
        circuit: every neuron needs a sign.
        sources: number of sources: bins of the receptive fields.
        inputs: conditions on the neuron table, such as ``{"class": "sensory"}``: population `input`.
        outputs: the same for population `motor`, or one selection for each action: `motor0`, `motor1`, … besides.
            All others are population `inter`.
        seed: of the delays.
        motor_rate: excitation onto all cells is scaled until the motor cells fire at this mean rate (Hz) under
            changing input; None: not.
        plastic: which synapses can learn: excitatory ones, all, or of the excitatory ones those onto motor cells, alone
            or with those from input cells.
        cell: model of the cells, one of `CELLS`.

    Raises:
        PremotorError: neurons without a sign, an empty selection, neurons that are both input and output, fewer
            input neurons than sources, or motor cells that do not reach the rate whatever the excitation.
    """
    sign = circuit.neurons["sign"].to_numpy()
    if (sign == 0).any():
        raise PremotorError(
            f"{int((sign == 0).sum())} of {len(circuit)} neurons of {circuit.provenance.dataset} have no sign, the "
            f"first of them id {circuit.ids[np.argmin(sign != 0)]}; choose a policy of signs, or leave them out"
        )
    populations = _populations(circuit, inputs, outputs)
    driven, cells = populations["input"], len(circuit)
    if len(driven) < sources:
        raise PremotorError(
            f"{len(driven)} neurons are inputs ({describe(dict(inputs))}), but the receptive fields have {sources} "
            "bins; select more neurons or give the fields fewer bins"
        )
    random = np.random.default_rng([seed, 0xC1])
    edges = circuit.synapses.tocoo()
    pre, post, count = edges.row.astype(np.int64), edges.col.astype(np.int64), edges.data.astype(np.float64)
    keep = pre != post
    pre, post, count = pre[keep], post[keep], count[keep]
    excites = sign[pre] > 0
    weight = np.where(
        excites, EXCITATION * _shares(post, count, excites, cells), INHIBITION * _shares(post, count, ~excites, cells)
    )
    source = np.concatenate([np.full(len(part), k) for k, part in enumerate(np.array_split(driven, sources))])
    many, none, stimulus = len(driven), np.zeros(len(driven), bool), StimulusSettings()
    ends = excites & np.isin(post, populations["motor"])
    begins = excites & np.isin(pre, driven)
    learns = {"excitatory": excites, "outputs": ends, "maps": ends | begins, "all": np.ones(len(pre), bool)}[plastic]
    parts = [
        (cells + source, driven, "AM", np.full(many, stimulus.weight), random.uniform(*stimulus.delay, many), none),
        (pre[excites], post[excites], "AM2", weight[excites], None, learns[excites]),
        (pre[excites], post[excites], "NM2", SLOW * weight[excites], None, np.zeros(int(excites.sum()), bool)),
        (pre[~excites], post[~excites], "GA", weight[~excites], None, learns[~excites]),
    ]
    lengths = [len(part[0]) for part in parts]
    network = SpikingNetwork.of(
        CELLS[cell].types[:2],
        (sign < 0).astype(np.int64),
        pre=np.concatenate([part[0] for part in parts]),
        post=np.concatenate([part[1] for part in parts]),
        receptor=np.repeat([RECEPTORS.index(part[2]) for part in parts], lengths),
        weight=np.concatenate([part[3] for part in parts]),
        delay=np.concatenate(
            [random.uniform(*DELAYS[part[2]], len(part[0])) if part[4] is None else part[4] for part in parts]
        ),
        plastic=np.concatenate([part[5] for part in parts]),
        sources=sources,
        populations=populations,
    )
    if not network.plastic.any():
        raise PremotorError(f"{circuit.provenance.dataset} has no synapse that could learn ({plastic})")
    return network if motor_rate is None else _calibrated(network, motor_rate)


def _populations(
    circuit: Circuit,
    inputs: Mapping[str, Condition],
    outputs: Mapping[str, Condition] | Sequence[Mapping[str, Condition]],
) -> dict[str, NDArray[np.int64]]:
    groups = [outputs] if isinstance(outputs, Mapping) else list(outputs)
    motor = np.zeros(len(circuit), bool)
    named: dict[str, NDArray[np.int64]] = {}
    for number, conditions in enumerate(groups):
        chosen = matching_neurons(circuit.neurons, conditions)
        if (chosen & motor).any():
            raise PremotorError(f"neuron {circuit.ids[np.argmax(chosen & motor)]} is an output for two actions")
        motor |= chosen
        if len(groups) > 1:
            named[f"motor{number}"] = np.flatnonzero(chosen)
    entering = matching_neurons(circuit.neurons, inputs)
    if (entering & motor).any():
        raise PremotorError(
            f"neuron {circuit.ids[np.argmax(entering & motor)]} is input and output; the selections have to be apart"
        )
    return {
        "input": np.flatnonzero(entering),
        "inter": np.flatnonzero(~entering & ~motor),
        "motor": np.flatnonzero(motor),
        **named,
    }


def _shares(post: NDArray, count: NDArray, which: NDArray, cells: int) -> NDArray[np.float64]:
    total = np.bincount(post[which], count[which], minlength=cells)
    return count / np.maximum(total[post], 1.0)


def _scaled(network: SpikingNetwork, factor: float) -> SpikingNetwork:
    excitatory = np.isin(network.receptor, [RECEPTORS.index("AM2"), RECEPTORS.index("NM2")])
    return replace(network, weight=np.where(excitatory, factor * network.weight, network.weight))


def _calibrated(network: SpikingNetwork, rate: float) -> SpikingNetwork:
    """Scale the excitation until the motor cells fire at `rate` (Hz).

    From little excitation upwards, then by bisection: where neurons excite each other, activity may set in with a
    jump, and strong excitation blocks cells, so that the rate is no rising function of the factor.
    """
    low, high = 1.0, FACTORS[0]
    reached = motor_rate_of(_scaled(network, high))
    while reached < rate and high < FACTORS[1]:
        low, high = high, high * 1.25
        reached = motor_rate_of(_scaled(network, high))
    best, off = high, abs(reached - rate)
    for _ in range(5 if reached > rate and low < high else 0):
        middle = float(np.sqrt(low * high))
        reached = motor_rate_of(_scaled(network, middle))
        if abs(reached - rate) < off:
            best, off = middle, abs(reached - rate)
        low, high = (middle, high) if reached < rate else (low, middle)
    if off > rate:
        raise PremotorError(
            f"the motor cells do not come near {rate:g} Hz whatever the excitation (off by {off:.3g} Hz at best); "
            "are they reached from the inputs by excitatory neurons?"
        )
    return _scaled(network, best)


def motor_rate_of(network: SpikingNetwork, steps: int = 100) -> float:
    """Mean rate of population `motor` (Hz) while four random sources are on, others every 50 ms."""
    random, motor = np.random.default_rng(0), np.zeros(network.cells, bool)
    motor[network.populations["motor"]] = True
    state = network.start(most_rate=1 / PERIOD + 1 / STEP)
    spikes = 0
    for step in range(steps):
        interval = np.full(network.sources, np.inf)
        interval[random.choice(network.sources, min(4, network.sources), replace=False)] = PERIOD
        set_intervals(state, interval, step * STEP, True)
        network.advance(network.wiring, state, (step + 1) * STEP)
        spikes += int(motor[state.spike_cell[: state.cursor[SPIKES]]].sum())
        state.cursor[SPIKES] = state.cursor[COUNTED] = 0
    return spikes / max(int(motor.sum()), 1) / (steps * STEP / 1000.0)
