"""The cortical microcircuit of Potjans & Diesmann (2014, Cereb Cortex 24:785-806): eight populations in four layers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.networks.spiking.clock_driven.network import LIFNetwork, LIFSettings
from premotor.networks.spiking.clock_driven.populations import Projection, connect_populations
from premotor.networks.stimulation import PoissonInput, Stimulus

POPULATIONS = ("L2/3e", "L2/3i", "L4e", "L4i", "L5e", "L5i", "L6e", "L6i")
NEURONS = np.array([20_683, 5_834, 21_915, 5_479, 4_850, 1_065, 14_395, 2_948])
"""Of each population; their table 5, as are the figures below."""
PROBABILITY = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
    ]
)
"""That a pair has at least one synapse, (postsynaptic, presynaptic)."""
EXTERNAL = np.array([1_600, 1_500, 2_100, 1_900, 2_000, 1_900, 2_900, 2_100])
"""External inputs of a neuron."""
EXTERNAL_RATE = 8.0
"""Of each external input, Hz."""
RATES = np.array([0.971, 2.868, 4.746, 5.396, 8.142, 9.078, 0.991, 7.523])
"""Mean rates at full scale, Hz, as kept with the model's implementations for NEST and PyNN."""
POTENTIAL = 0.15
"""Peak of the potential that an excitatory spike evokes, mV; twice as much from L4e onto L2/3e."""
INHIBITION = -4.0
"""Inhibitory weights over excitatory ones."""
WEIGHT_SPREAD, DELAY_SPREAD = 0.1, 0.5
"""SDs over means."""
DELAYS = (0.0015, 0.00075)
"""Means of excitatory and inhibitory delays, s."""
START = (-58.0, 10.0)
"""Mean and SD of the potential at the start, mV."""
SETTINGS = LIFSettings(
    resting_potential=-65.0,
    reset_potential=-65.0,
    threshold=-50.0,
    membrane_time_constant=0.010,
    synaptic_time_constant=0.0005,
    refractory=0.002,
    delay=0.0015,
    keep_current=True,
)


@dataclass(frozen=True, eq=False)
class Microcircuit:
    """The network, and what drives it."""

    network: LIFNetwork
    bounds: NDArray[np.int64]
    """Where each population begins, and the end, (9,)."""
    start: NDArray[np.float64]
    """Potential at the start, mV, (neurons,)."""
    weight: float
    """Of an external event, mV of g."""
    events: NDArray[np.float64]
    """External events of a neuron of each population, Hz, (8,)."""
    current: NDArray[np.float64]
    """Constant current of each population, mV, (8,); 0 unless inputs are scaled."""

    def stimulus(self, seconds: float) -> Stimulus:
        """The external input of a simulation of this length."""
        step = self.network.period
        steps = round(seconds / step)
        drives = tuple(
            PoissonInput(np.arange(low, high), float(rate), self.weight, 0, steps, refractory=True, onto="synapse")
            for low, high, rate in zip(self.bounds[:-1], self.bounds[1:], self.events, strict=True)
        )
        constant = np.repeat(self.current, np.diff(self.bounds))
        inputs = int(constant.any())
        return Stimulus(np.ones((steps, inputs)), np.tile(constant, (inputs, 1))[:, :, None], drives, step)

    def rates(self, neuron: NDArray[np.int32], seconds: float) -> NDArray[np.float64]:
        """Mean rate of each population, Hz, (8,), of the neurons that fired (one entry a spike) in `seconds`."""
        per = np.histogram(neuron, self.bounds)[0]
        return per / np.maximum(np.diff(self.bounds), 1) / seconds


def synapse_numbers(neurons: float = 1.0, inputs: float = 1.0) -> NDArray[np.int64]:
    """Synapses between populations, (postsynaptic, presynaptic).

    K draws of one of N pairs leave a pair without a synapse with probability (1 − 1/N)^K; that gives K. A smaller
    network keeps the inputs of a neuron, times `inputs`.
    """
    pairs = np.outer(NEURONS, NEURONS).astype(np.float64)
    whole = np.log1p(-PROBABILITY) / np.log1p(-1 / pairs)
    return np.floor(whole * (scaled(neurons) / NEURONS)[:, None] * inputs).astype(np.int64)


def scaled(neurons: float) -> NDArray[np.int64]:
    """Sizes of the populations, (8,)."""
    return np.maximum(1, (NEURONS * neurons).astype(np.int64))


def evoked_weight(settings: LIFSettings = SETTINGS) -> float:
    """mV of g that evoke the peak `POTENTIAL`; 87.8 pA · τ_m / C_m."""
    slow, fast = settings.membrane_time_constant, settings.synaptic_time_constant or 0.0
    ratio = fast / slow
    return POTENTIAL * (1 - ratio) / (ratio ** (1 + ratio / (1 - ratio)) - ratio ** (1 + 1 / (1 - ratio)))


def potjans_diesmann(neurons: float = 1.0, inputs: float = 1.0, seed: int = 0) -> Microcircuit:
    """Draw the microcircuit.

    With fewer inputs a neuron, weights grow by 1/√`inputs` and a constant current replaces the mean input that is
    lost, so that mean and variance of a neuron's input stay (van Albada et al. 2015, PLoS Comput Biol 11:e1004490);
    correlations, and so rates, then differ from those at full scale.

    Args:
        neurons: number of neurons over that of the full network, from 0.01 to 1.
        inputs: inputs of a neuron over those in the full network, from 0.01 to 1.
        seed: of partners, weights, delays and potentials at the start.

    Raises:
        PremotorError: a scale out of its range.
    """
    for name, value in (("neurons", neurons), ("inputs", inputs)):
        if not 0.01 <= value <= 1:
            raise PremotorError(f"{name} has to be from 0.01 to 1, not {value:g}")
    sizes, unit = scaled(neurons), evoked_weight()
    number, weight = synapse_numbers(neurons, inputs), np.full((8, 8), unit)
    weight[:, 1::2] *= INHIBITION
    weight[0, 2] *= 2
    projections = [
        Projection(
            source=POPULATIONS[source],
            target=POPULATIONS[target],
            synapses=int(number[target, source]),
            weight=float(weight[target, source] / np.sqrt(inputs)),
            weight_spread=WEIGHT_SPREAD,
            delay=DELAYS[source % 2],
            delay_spread=DELAY_SPREAD,
        )
        for target in range(8)
        for source in range(8)
    ]
    network = connect_populations(dict(zip(POPULATIONS, sizes.tolist(), strict=True)), projections, SETTINGS, seed)
    lost = (weight * synapse_numbers() / NEURONS[:, None] * RATES).sum(1) + unit * EXTERNAL * EXTERNAL_RATE
    return Microcircuit(
        network=network,
        bounds=np.concatenate([[0], np.cumsum(sizes)]),
        start=_start(len(network.ids), seed),
        weight=float(unit / np.sqrt(inputs)),
        events=EXTERNAL * inputs * EXTERNAL_RATE,
        current=(1 - np.sqrt(inputs)) * lost * (SETTINGS.synaptic_time_constant or 0.0),
    )


def _start(size: int, seed: int) -> NDArray[np.float64]:
    """Potentials at the start; those above threshold, a fifth, are drawn again."""
    rng = np.random.default_rng([seed, 1])
    start = rng.normal(*START, size)
    while (above := start > SETTINGS.threshold).any():
        start[above] = rng.normal(*START, int(above.sum()))
    return start
