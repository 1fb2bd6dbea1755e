"""The dense loop: blocks of neurons change no number; delays of their own, currents that go on, events onto g."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from networks.lif_oracle import event_count
from networks.test_lif import pairs, random_circuit, strong_drives
from premotor.errors import PremotorError
from premotor.networks import (
    ConstantDrive,
    Delays,
    LIFNetwork,
    LIFSettings,
    PoissonDrive,
    make_stimulus,
)
from premotor.networks.spiking.clock_driven import arrivals


@pytest.mark.parametrize("delay", [0.0002, 0.0018, 0.009])
@pytest.mark.parametrize("synapse", [0.005, None])
def test_blocks_change_no_bit(monkeypatch, delay, synapse):
    circuit = random_circuit(100, 3_000, 4)
    chosen = LIFSettings(engine="dense", delay=delay, synaptic_time_constant=synapse)
    currents = ConstantDrive(neurons={"id": circuit.ids[50:97].tolist()}, amplitude=8.0, start=0.02)
    everywhere = PoissonDrive(neurons={}, rate=60.0, amplitude=30.0, refractory=True, onto="synapse")
    for drives in ([everywhere], [*strong_drives(circuit), currents, everywhere]):
        stimulus = make_stimulus(drives, circuit, 900, 1e-4)

        def run(block, stimulus=stimulus):
            monkeypatch.setattr(arrivals, "BLOCK", block)
            network = LIFNetwork.wire(circuit, chosen)
            assert network.parts.block == min(block, 100)
            return network.simulate(stimulus, replicates=2, record=np.array([99, 0, 31]), every=7)

        whole = run(100)
        assert len(whole.step) > 300
        for block in (1, 16, 64):
            found = run(block)
            np.testing.assert_array_equal(found.step, whole.step)
            np.testing.assert_array_equal(found.neuron, whole.neuron)
            np.testing.assert_array_equal(found.potential, whole.potential)


def test_edges_in_any_order_run_as_one_block(monkeypatch):
    monkeypatch.setattr(arrivals, "BLOCK", 8)
    circuit = random_circuit(60, 900, 5)
    network = LIFNetwork.wire(circuit, LIFSettings(engine="dense"))
    order = np.lexsort(
        (np.random.default_rng(0).random(len(network.target)), np.repeat(range(60), np.diff(network.first)))
    )
    mixed = replace(network, target=network.target[order], count=network.count[order])
    assert (network.parts.block, mixed.parts.block) == (8, 60)
    stimulus = make_stimulus(strong_drives(circuit), circuit, 800, 1e-4)
    assert pairs(mixed.simulate(stimulus)) == pairs(network.simulate(stimulus))


def delayed(size, edges, seed, settings):
    """A network whose edges have delays of 2 to 9 steps, and the same as a list of (source, target, mV, steps)."""
    rng = np.random.default_rng(seed)
    source = np.sort(rng.integers(0, size, edges))
    late = rng.integers(0, 8, edges)
    order = np.lexsort((late, source))
    late, target, count = late[order], rng.integers(0, size, edges), rng.integers(1, 30, edges)
    first = np.searchsorted(source, np.arange(size + 1))
    slot = np.array([[np.sum(late[first[i] : first[i + 1]] < k) for k in range(9)] for i in range(size)], np.int32)
    scale = np.where(rng.random(size) < 0.3, -0.4, 0.3)
    network = LIFNetwork(
        first, target.astype(np.int32), count.astype(np.int16), scale, np.arange(size), settings,
        np.zeros(size, bool), Delays(2, slot),
    )  # fmt: skip
    return network, list(zip(source, target, scale[source] * count, late + 2, strict=True))


def plain(edges, size, settings, stimulus, seed):
    """The model in plain Python: spikes [(step, neuron)] of a network whose edges have delays of their own."""
    dt, tau_m, tau_s = settings.step, settings.membrane_time_constant, settings.synaptic_time_constant
    slow, fast = np.exp(-dt / tau_m), np.exp(-dt / tau_s)
    coupling = tau_s / (tau_m - tau_s) * (slow - fast)
    v, g, wake = np.full(size, settings.resting_potential), np.zeros(size), np.full(size, -1)
    coming = np.zeros((stimulus.steps + 20, size))
    spikes = []
    for step in range(stimulus.steps):
        asleep = step < wake
        new = settings.resting_potential + (v - settings.resting_potential) * slow + g * coupling
        v, g = np.where(asleep, settings.reset_potential, new), g * fast
        fired = (v > settings.threshold) & ~asleep
        v[fired] = settings.reset_potential
        wake[fired] = step + round(settings.refractory / dt)
        spikes += [(step, int(i)) for i in np.flatnonzero(fired)]
        for source, target, weight, steps in edges:
            if fired[source]:
                coming[step + steps, target] += weight
        g += coming[step]
        for number, event in enumerate(stimulus.events):
            for i in event.neurons:
                g[i] += event.amplitude * event_count(seed, 0, number, int(i), step, event.rate * dt)
        if not settings.keep_current:
            g[step < wake] = 0.0
    return spikes


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_delays_of_their_own_and_currents_that_go_on(keep, seed):
    settings = LIFSettings(keep_current=keep, inhibitory_weight=0.4)
    network, edges = delayed(14, 150, seed, settings)
    circuit = random_circuit(14, 0, 0, ids=np.arange(14))
    drives = [PoissonDrive(neurons={}, rate=300.0, amplitude=25.0, refractory=True, onto="synapse")]
    stimulus = make_stimulus(drives, circuit, 800, 1e-4)
    found = network.simulate(stimulus, seed=seed)
    assert pairs(found) == plain(edges, 14, settings, stimulus, seed)
    assert len(found.step) > 90


def test_events_onto_synapses_in_the_event_driven_loop():
    circuit = random_circuit(30, 300, 2)
    drives = [PoissonDrive(neurons={}, rate=60.0, amplitude=60.0, onto="synapse")]
    stimulus = make_stimulus(drives, circuit, 2000, 1e-4)
    event, dense = (
        LIFNetwork.wire(circuit, LIFSettings(engine=engine)).simulate(stimulus) for engine in ("event", "dense")
    )
    assert pairs(event) == pairs(dense) and len(event.step) > 100
    onto_v = make_stimulus([drives[0].model_copy(update={"onto": "potential"})], circuit, 2000, 1e-4)
    assert pairs(LIFNetwork.wire(circuit).simulate(onto_v)) != pairs(event)


def test_what_only_the_dense_loop_does_is_refused_elsewhere():
    with pytest.raises(ValidationError, match="not event"):
        LIFSettings(keep_current=True, engine="event")
    with pytest.raises(ValidationError, match="synaptic_time_constant"):
        LIFSettings(keep_current=True, synaptic_time_constant=None)
    network, _ = delayed(5, 10, 0, LIFSettings(engine="event"))
    with pytest.raises(PremotorError, match="one delay for all"):
        network.simulate(make_stimulus([], random_circuit(5, 0, 0), 10, 1e-4))
