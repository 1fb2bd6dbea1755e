"""The sparse balanced network of Brunel (2000): its asynchronous state has the rate of mean-field theory."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from premotor.analysis import balanced_rate, interval_variation, spike_counts
from premotor.connectome import Circuit, Provenance
from premotor.networks import LIFNetwork, LIFSettings, PoissonDrive, make_stimulus

EXCITATORY, INHIBITORY, INPUTS, WEIGHT, RATIO = 4_000, 1_000, 400, 0.25, 5.0
SETTINGS = LIFSettings(
    resting_potential=0.0,
    reset_potential=10.0,
    threshold=20.0,
    synaptic_time_constant=None,
    refractory=0.002,
    delay=0.0015,
    excitatory_weight=WEIGHT,
    inhibitory_weight=RATIO * WEIGHT,
)


def brunel(rng):
    """Every neuron has 400 excitatory and 100 inhibitory inputs; the weight is that of 1,000 inputs · 2.5."""
    size = EXCITATORY + INHIBITORY
    pre = np.concatenate(
        [
            rng.integers(0, EXCITATORY, (size, INPUTS)),
            rng.integers(EXCITATORY, size, (size, INPUTS // 4)),
        ],
        axis=1,
    )
    post = np.repeat(np.arange(size), pre.shape[1])
    matrix = csr_array((np.ones(pre.size, np.int64), (pre.ravel(), post)), shape=(size, size))
    matrix.sum_duplicates()
    sign = np.where(np.arange(size) < EXCITATORY, 1, -1).astype(np.int8)
    table = {"type": "", "class": "", "transmitter": "", "sign": sign, "side": ""}
    neurons = pd.DataFrame(table, index=pd.Index(np.arange(size), name="id"))
    return Circuit(neurons, matrix, None, Provenance("Brunel 2000", "", ""))


@pytest.mark.parametrize("times_threshold", [2.0, 4.0])
def test_the_asynchronous_state_has_the_rate_of_theory(times_threshold):
    rng = np.random.default_rng(0)
    circuit = brunel(rng)
    external = times_threshold * 20.0 / (WEIGHT * INPUTS * 0.020)
    drive = PoissonDrive(neurons={}, rate=INPUTS * external, amplitude=WEIGHT, refractory=True)
    stimulus = make_stimulus([drive], circuit, 5000, 1e-4)
    network = LIFNetwork.wire(circuit, SETTINGS)
    found = network.simulate(stimulus, potential=rng.uniform(0, 20, len(circuit)))
    time = found.time - 0.1
    late = time >= 0
    rate = late.sum() / len(circuit) / 0.4
    theory = balanced_rate(INPUTS, INPUTS // 4, WEIGHT, RATIO, external, 20, 10, 0.020, 0.002)
    assert rate == pytest.approx(theory, rel=0.05)
    variation = interval_variation(time[late], found.neuron[late], len(circuit))
    assert np.nanmean(variation) > 0.5  # irregular
    counts = spike_counts(time[late], found.neuron[late], len(circuit), 0.4, 0.005)
    together = np.corrcoef(counts[:, :: len(circuit) // 100].T)
    assert abs(np.nanmean(together[np.triu_indices(len(together), 1)])) < 0.1  # asynchronous
