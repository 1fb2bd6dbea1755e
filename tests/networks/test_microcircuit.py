"""The microcircuit of Potjans & Diesmann: its numbers are the published ones, and so, roughly, are its rates."""

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.networks import potjans_diesmann
from premotor.networks.spiking.clock_driven import microcircuit as model

SMALL = np.array([0.718, 3.170, 4.444, 7.024, 7.532, 7.720, 1.211, 8.159])
"""Rates with a tenth of the neurons and of their inputs, Hz: means of three networks, 2 s each, November 2026."""


def test_as_many_synapses_as_the_connection_probabilities_say():
    number, pairs = model.synapse_numbers(), np.outer(model.NEURONS, model.NEURONS).astype(float)
    np.testing.assert_allclose(1 - np.exp(number * np.log1p(-1 / pairs)), model.PROBABILITY, atol=1e-6)
    assert 0.29e9 < number.sum() < 0.30e9
    tenth = model.synapse_numbers(neurons=0.1, inputs=0.5)
    np.testing.assert_allclose(tenth / model.scaled(0.1)[:, None], 0.5 * number / model.NEURONS[:, None], atol=0.01)


def test_the_weight_evokes_the_published_potential():
    """87.8 pA through a capacitance of 250 pF, as in the model's implementations."""
    weight = model.evoked_weight()
    assert weight * 250 / 10 == pytest.approx(87.8, abs=0.05)
    t = np.arange(0, 0.02, 1e-6)
    slow, fast = model.SETTINGS.membrane_time_constant, model.SETTINGS.synaptic_time_constant
    assert (weight * fast / (slow - fast) * (np.exp(-t / slow) - np.exp(-t / fast))).max() == pytest.approx(
        0.15, rel=1e-6
    )


@pytest.fixture(scope="module")
def small():
    return potjans_diesmann(neurons=0.1, inputs=0.1, seed=0)


def test_inputs_weights_and_delays(small):
    network, bounds = small.network, small.bounds
    number = model.synapse_numbers(0.1, 0.1)
    source = np.repeat(np.arange(network.neurons), np.diff(network.first))
    weight = network.scale[source] * network.count / (model.evoked_weight() / np.sqrt(0.1))
    rows = (network.delays.shortest + np.repeat(range(len(row) - 1), np.diff(row)) for row in network.delays.slot)
    steps = np.concatenate(list(rows))
    of, onto = (np.searchsorted(bounds, place, "right") - 1 for place in (source, network.target))
    found = np.zeros((8, 8), int)
    np.add.at(found, (onto, of), 1)
    np.testing.assert_array_equal(found, number)
    for target, presynaptic, mean in ((0, 0, 1.0), (0, 2, 2.0), (2, 2, 1.0), (4, 5, -4.0), (6, 7, -4.0)):
        mine = weight[(onto == target) & (of == presynaptic)]
        assert mine.mean() == pytest.approx(mean, rel=0.01)
        assert mine.std() == pytest.approx(0.1 * abs(mean), rel=0.05)
    # Means and SDs of the normal delays (1.5 ± 0.75 and 0.75 ± 0.375 ms) without those below half a step.
    for kind, mean, deviation in ((0, 15.46, 7.06), (1, 7.75, 3.49)):
        mine = steps[of % 2 == kind]
        assert mine.mean() == pytest.approx(mean, rel=0.01) and mine.std() == pytest.approx(deviation, rel=0.02)
        assert mine.min() == 1
    degree = np.bincount(network.target[(onto == 0) & (of == 0)], minlength=bounds[1])
    assert degree.std() == pytest.approx(np.sqrt(degree.mean()), rel=0.1)


def test_rates_of_a_small_one(small):
    spikes = small.network.simulate(small.stimulus(1.2), seed=5, threads=1, potential=small.start)
    late = spikes.step >= 2_000
    rates = small.rates(spikes.neuron[late], 1.0)
    np.testing.assert_allclose(rates, SMALL, rtol=0.2)
    # At full scale they are the published ones; those of a small network, are up to a third off.
    np.testing.assert_allclose(rates, model.RATES, rtol=0.4)


def test_what_it_is_given(small):
    np.testing.assert_array_equal(np.diff(small.bounds), [2068, 583, 2191, 547, 485, 106, 1439, 294])
    assert (small.start <= -50).all() and small.start.mean() == pytest.approx(-61, abs=1)
    stimulus = small.stimulus(0.1)
    assert [event.rate for event in stimulus.events] == (0.8 * model.EXTERNAL).tolist()
    assert stimulus.course.shape == (1000, 1) and (small.current > 0).all()
    assert small.rates(np.array([0, 0, 2068], np.int32), 2.0)[:3] == pytest.approx([1 / 2068, 0.5 / 583, 0])
    with pytest.raises(PremotorError, match="inputs has to be from"):
        potjans_diesmann(inputs=2.0)
