"""The LIF network: spike for spike against a plain oracle, in closed form, and in its invariances."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError
from scipy.sparse import csr_array

from networks.lif_oracle import simulate as oracle
from premotor.analysis import lif_rate
from premotor.connectome import Circuit, Provenance
from premotor.errors import PremotorError
from premotor.networks import (
    ConstantDrive,
    LIFNetwork,
    LIFSettings,
    PoissonDrive,
    PulseDrive,
    make_stimulus,
)
from premotor.networks.spiking.clock_driven import run as lif_run

ENGINES = ("dense", "event", "auto")


def random_circuit(size, edges, seed, most=40, inhibitory=0.3, ids=None):
    rng = np.random.default_rng(seed)
    matrix = np.zeros((size, size), np.int64)
    matrix[rng.integers(0, size, edges), rng.integers(0, size, edges)] = rng.integers(1, most, edges)
    sign = np.where(rng.random(size) < inhibitory, -1, 1).astype(np.int8)
    sign[rng.random(size) < 0.05] = 0
    ids = np.arange(size) * 7 + 10**17 if ids is None else ids
    neurons = pd.DataFrame(
        {"type": "", "class": "", "transmitter": "unknown", "sign": sign, "side": ""},
        index=pd.Index(np.asarray(ids, np.int64), name="id"),
    )
    return Circuit(neurons, csr_array(matrix), None, Provenance("random", "", ""))


def unconnected(size):
    return random_circuit(size, 0, 0)


def pairs(spikes, replicate=0):
    mine = spikes.replicate == replicate
    return list(zip(spikes.step[mine].tolist(), spikes.neuron[mine].tolist(), strict=True))


def strong_drives(circuit):
    ids = circuit.ids.tolist()
    return [
        PoissonDrive(neurons={"id": ids[:3]}, rate=150.0),
        PoissonDrive(neurons={"id": ids[2:6]}, rate=900.0, amplitude=3.0, start=0.005, stop=0.03, refractory=True),
        ConstantDrive(neurons={"id": ids[4:9]}, amplitude=9.0, start=0.004, stop=0.05),
        PulseDrive(neurons={"id": ids[8:12]}, amplitude=30.0, period=0.011, width=0.004),
    ]


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6),
    engine=st.sampled_from(ENGINES),
    synapse=st.sampled_from([0.005, 0.020, 0.03, None]),
    refractory=st.sampled_from([0.0, 0.0001, 0.0022]),
    delay=st.sampled_from([0.0001, 0.0018]),
    reset=st.sampled_from([-52.0, -60.0, -46.0]),
)
def test_spike_for_spike_as_the_oracle(seed, engine, synapse, refractory, delay, reset):
    circuit = random_circuit(15, 90, seed)
    chosen = LIFSettings(
        engine=engine,
        synaptic_time_constant=synapse,
        refractory=refractory,
        delay=delay,
        reset_potential=reset,
        inhibitory_weight=0.4,
    )
    stimulus = make_stimulus(strong_drives(circuit), circuit, 600, 1e-4)
    start = np.random.default_rng(seed).uniform(-55, -45.5, 15)
    mask = np.arange(15) == 5
    network = LIFNetwork.wire(circuit, chosen).silenced(mask)
    found = network.simulate(stimulus, replicates=2, seed=seed, record=np.arange(15), every=1, potential=start)
    for replicate in range(2):
        spikes, potential = oracle(circuit, chosen, stimulus, replicate, seed, silent={5}, start=start)
        assert pairs(found, replicate) == spikes
        np.testing.assert_allclose(found.potential[1:, :, replicate], potential, atol=1e-4)
    assert len(found.step) > 50 and not (found.neuron == 5).any()
    np.testing.assert_allclose(found.potential[0, :, 0], start, rtol=1e-6)


def test_all_engines_agree_while_activity_comes_and_goes(monkeypatch):
    changes = []
    for name in ("to_dense", "to_event"):
        change = getattr(lif_run, name)
        monkeypatch.setattr(lif_run, name, lambda *a, n=name, f=change: (changes.append(n), f(*a)))
    circuit = random_circuit(400, 16_000, 3, most=12)
    drives = [
        PulseDrive(neurons={}, amplitude=60.0, period=0.2, width=0.05),
        PoissonDrive(neurons={"id": circuit.ids[:9].tolist()}, rate=50.0),
    ]
    stimulus = make_stimulus(drives, circuit, 6000, 1e-4)
    runs = {}
    for engine in ENGINES:
        network = LIFNetwork.wire(circuit, LIFSettings(engine=engine))
        runs[engine] = network.simulate(stimulus, record=np.array([7, 3]), every=50)
    assert len(runs["dense"].step) > 3 * 1024  # the record has grown
    assert changes.count("to_dense") >= 3 and changes.count("to_event") >= 4
    for engine in ("event", "auto"):
        assert pairs(runs[engine]) == pairs(runs["dense"])
        np.testing.assert_allclose(runs[engine].potential, runs["dense"].potential, atol=1e-5)


def test_long_pauses_are_bridged_in_closed_form():
    """Longer than the tables reach: one kick, a second of silence, another kick just below threshold."""
    circuit = unconnected(1)
    for constant in (0.005, 0.020):
        settings = LIFSettings(engine="event", synaptic_time_constant=constant, membrane_time_constant=0.2)
        drive = PulseDrive(neurons={}, amplitude=6.5, period=0.9, width=0.1)
        stimulus = make_stimulus([drive], circuit, 9990, 1e-4)
        event, dense = (
            LIFNetwork.wire(circuit, settings.model_copy(update={"engine": engine})).simulate(
                stimulus, record=np.array([0]), every=9990
            )
            for engine in ("event", "dense")
        )
        np.testing.assert_allclose(event.potential, dense.potential, atol=1e-5)
        assert event.potential[-1, 0, 0] > -50


def test_the_rate_under_constant_current_is_the_closed_form():
    """Intervals are the closed form's, rounded up to the grid."""
    circuit = unconnected(40)
    drives = [
        ConstantDrive(neurons={"id": [identity]}, amplitude=float(current))
        for identity, current in zip(circuit.ids.tolist(), np.geomspace(6.0, 200.0, 40), strict=True)
    ]
    stimulus = make_stimulus(drives, circuit, 20_000, 1e-4)
    found = LIFNetwork.wire(circuit).simulate(stimulus)
    for place, drive in enumerate(drives):
        times = found.step[found.neuron == place]
        rate = float(lif_rate(drive.amplitude, 7.0, 0.0, 0.020, 0.0022))
        if rate == 0:
            assert len(times) == 0
            continue
        intervals = np.diff(times)
        assert len(set(intervals.tolist())) == 1
        # The step in which a neuron wakes is the first one that counts, so a whole refractory time is 21 steps.
        expected = 21 + (1 / rate - 0.0022) / 1e-4
        assert expected <= intervals[0] <= expected + 1 + 1e-6


def test_delay_and_refractory_time_by_hand():
    """A spike in step s reaches its target at the end of step s + 18, which acts from step s + 19 on."""
    circuit = random_circuit(2, 0, 0)
    matrix = csr_array(np.array([[0, 400], [0, 0]], np.int64))
    circuit = Circuit(circuit.neurons.assign(sign=np.int8(1)), matrix, None, circuit.provenance)
    drive = PulseDrive(neurons={"id": [int(circuit.ids[0])]}, amplitude=1e6, period=1.0, width=0.0001)
    stimulus = make_stimulus([drive], circuit, 100, 1e-4)
    found = LIFNetwork.wire(circuit).simulate(stimulus, record=np.array([1]), every=1)
    assert pairs(found)[0] == (0, 0)
    potential = found.potential[:, 0, 0]
    assert (potential[:19] == -52).all() and potential[20] > -52  # sample k is the end of step k − 1
    first = np.flatnonzero(found.neuron == 1)[0]
    fired = found.step[first]
    assert (potential[fired + 1 : fired + 23] == -52).all()
    # g was set to 0 and nothing else arrives
    assert (potential[fired + 23 :] == -52).all() and (found.neuron == 1).sum() == 1


def test_spikes_do_not_depend_on_threads_or_on_how_many_replicates():
    circuit = random_circuit(60, 900, 5)
    stimulus = make_stimulus(strong_drives(circuit), circuit, 800, 1e-4)
    network = LIFNetwork.wire(circuit)
    one = network.simulate(stimulus, replicates=5, seed=9, threads=1)
    two = network.simulate(stimulus, replicates=5, seed=9, threads=4)
    few = network.simulate(stimulus, replicates=2, seed=9)
    for replicate in range(5):
        assert pairs(one, replicate) == pairs(two, replicate)
    assert [pairs(few, r) for r in range(2)] == [pairs(one, r) for r in range(2)]
    assert pairs(one, 0) != pairs(one, 1)
    assert pairs(network.simulate(stimulus, seed=10)) != pairs(one, 0)


def test_a_neurons_random_input_belongs_to_its_id():
    """The same neuron in another circuit, at another position, receives the same events."""
    ids = np.array([5, 10**18, 77, 3])
    whole, part = random_circuit(4, 0, 0, ids=ids), random_circuit(2, 0, 0, ids=ids[[3, 1]])

    def run(circuit):
        stimulus = make_stimulus([PoissonDrive(neurons={}, rate=80.0)], circuit, 5000, 1e-4)
        return LIFNetwork.wire(circuit).simulate(stimulus, seed=2)

    a, b = run(whole), run(part)
    for here, there in ((3, 0), (1, 1)):
        np.testing.assert_array_equal(a.step[a.neuron == here], b.step[b.neuron == there])


@pytest.mark.parametrize("rate", [40.0, 3_000.0, 60_000.0])
def test_random_events_make_the_shot_noise_of_theory(rate):
    """Below threshold: mean λ A τ, variance λ A² τ / 2, sampled at independent times."""
    circuit = unconnected(200)
    amplitude = 20.0 / rate
    drive = PoissonDrive(neurons={}, rate=rate, amplitude=amplitude)
    chosen = LIFSettings(threshold=1e6)
    stimulus = make_stimulus([drive], circuit, 10_000, 1e-4)
    found = LIFNetwork.wire(circuit, chosen).simulate(stimulus, record=np.arange(200), every=1000)
    v = found.potential[2:] + 52.0
    # Events enter at the end of a step and samples follow them: half a step earlier than in continuous time.
    late = np.exp(0.5 * 1e-4 / 0.020)
    assert v.mean() == pytest.approx(rate * amplitude * 0.020 * late, rel=0.02)
    assert v.var() == pytest.approx(rate * amplitude**2 * 0.010 * late**2, rel=0.1)


def test_driven_neurons_have_no_refractory_time():
    circuit = unconnected(1)
    stimulus = make_stimulus([PoissonDrive(neurons={}, rate=9_000.0)], circuit, 2000, 1e-4)
    found = LIFNetwork.wire(circuit).simulate(stimulus)
    assert np.diff(found.step).min() <= 2
    assert found.rates()[0, 0] > 1 / 0.0022


def test_counts_and_rates():
    circuit = random_circuit(30, 200, 8)
    stimulus = make_stimulus(strong_drives(circuit), circuit, 500, 1e-4)
    found = LIFNetwork.wire(circuit).simulate(stimulus, replicates=3)
    counts = np.zeros((30, 3), int)
    for replicate in range(3):
        for _, neuron in pairs(found, replicate):
            counts[neuron, replicate] += 1
    np.testing.assert_array_equal(found.counts(), counts)
    np.testing.assert_allclose(found.rates(), counts / 0.05)
    np.testing.assert_allclose(found.time, found.step * 1e-4)


def test_edges_are_kept_small():
    network = LIFNetwork.wire(random_circuit(50, 500, 1))
    assert network.target.dtype == np.int32 and network.count.dtype == np.int16
    large = csr_array(np.array([[0, 40_000], [0, 0]], np.int64))
    circuit = Circuit(unconnected(2).neurons.assign(sign=np.int8(1)), large, None, unconnected(2).provenance)
    assert LIFNetwork.wire(circuit).count.dtype == np.int32
    huge = Circuit(circuit.neurons, csr_array(large * 10**6), None, circuit.provenance)
    with pytest.raises(PremotorError, match="at most"):
        LIFNetwork.wire(huge)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reset_potential": -45.0}, "below threshold"),
        ({"delay": 1e-6}, "at least one step"),
        ({"step": 0.0}, "greater than or equal to"),
        ({"engine": "gpu"}, "event"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        LIFSettings(**change)


def test_arguments_that_do_not_fit_are_refused():
    circuit = unconnected(3)
    network, stimulus = LIFNetwork.wire(circuit), make_stimulus([], circuit, 10, 1e-4)
    with pytest.raises(PremotorError, match="steps of 0.001 s"):
        network.simulate(make_stimulus([], circuit, 10, 1e-3))
    with pytest.raises(PremotorError, match="at least 1"):
        network.simulate(stimulus, replicates=0)
    with pytest.raises(PremotorError, match="potential"):
        network.simulate(stimulus, potential=np.zeros(3))
    with pytest.raises(PremotorError, match="potential"):
        network.simulate(stimulus, potential=np.full((3, 2), -50.0), replicates=3)
    assert network.simulate(stimulus).step.size == 0
