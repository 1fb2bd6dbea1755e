"""The event loop against an oracle, spike for spike; its refusals; the random wiring's figures."""

from dataclasses import replace

import numpy as np
import pytest

from networks.spiking_oracle import simulate
from premotor.compiling import part
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven import EXCITATORY, RECEPTORS, SpikingNetwork, random_network
from premotor.networks.spiking.event_driven.events import ACTIVE, SPIKES, fire_sources, loop_with, set_intervals

KINDS = ("E", "I", "IL")


def random_stimuli(seconds, seed=0):
    """Four of 80 sources at 50 Hz, others every 50 ms: times (ms) and sources."""
    random = np.random.default_rng(seed)
    steps = round(seconds * 20)
    on = random.integers(0, 20, (steps, 4)) + 20 * np.arange(4)
    begin = 50.0 * np.arange(steps)[:, None, None] + np.array([0.0, 20.0, 40.0])[None, :, None]
    times, sources = np.broadcast_arrays(begin, on[:, None, :])
    return times.reshape(-1).astype(float), sources.reshape(-1)


def as_oracle(network):
    kinds = [KINDS[k] for k in network.cell_type]
    names = [RECEPTORS[r] for r in network.receptor]
    return kinds, list(
        zip(
            network.pre.tolist(),
            network.post.tolist(),
            names,
            network.weight.tolist(),
            network.delay.tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize("seconds", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_the_specified_network_spike_for_spike(seconds):
    network = random_network(3)
    times, sources = random_stimuli(seconds)
    kinds, synapses = as_oracle(network)
    expected, _ = simulate(kinds, synapses, list(zip(times.tolist(), sources.tolist(), strict=True)), 1000.0 * seconds)
    time, cell = network.run(1000.0 * seconds, (times, sources))
    assert len(expected) > 1000 * seconds
    assert cell.tolist() == [c for _, c in expected]
    assert time.tolist() == [t for t, _ in expected]  # to the last bit: sums of delays in the same order


@pytest.mark.parametrize("seed", range(4))
def test_small_networks_of_every_receptor_and_delay(seed):
    """Strong, dense, delays from .05 to 30 ms."""
    random = np.random.default_rng(seed)
    cells, sources, synapses = 12, 5, 150
    network = SpikingNetwork.of(
        random_network(0).cell_types,
        random.integers(0, 3, cells),
        pre=random.integers(0, cells + sources, synapses),
        post=random.integers(0, cells, synapses),
        receptor=random.integers(0, 6, synapses),
        weight=random.uniform(0, 40, synapses) * (random.random(synapses) < 0.9),
        delay=np.exp(random.uniform(np.log(0.05), np.log(30.0), synapses)),
        sources=sources,
    )
    times, source = np.sort(random.uniform(0, 2000, 600)), random.integers(0, sources, 600)
    kinds, listed = as_oracle(network)
    expected, _ = simulate(kinds, listed, list(zip(times.tolist(), source.tolist(), strict=True)), 2_000.0)
    time, cell = network.run(2_000.0, (times, source))
    assert list(zip(time.tolist(), cell.tolist(), strict=True)) == expected
    assert len(expected) > 300


def test_the_random_wiring_is_the_specified_one():
    network = random_network(7)
    pairs = {(a, b) for a, b in zip(network.pre, network.post, strict=True)}
    assert (len(pairs), len(network.pre), network.plastic.sum()) == (3260, 5680, 1800)
    assert network.cells == 200 and network.sources == 80
    inner = network.pre < network.cells
    assert not (network.pre == network.post)[inner].any()
    where = {name: set(members) for name, members in network.populations.items()}
    onto_ea = network.plastic & np.isin(network.post, list(where["EA"]))
    assert onto_ea.sum() == 1000 and np.isin(network.pre[onto_ea], list(where["ES"])).all()
    assert network.weight[onto_ea].min() >= 5 and network.weight[onto_ea].max() <= 15
    assert np.bincount(network.post[onto_ea])[list(where["EA"])].tolist() == [25] * 40
    slow = network.receptor == RECEPTORS.index("GA2")
    assert network.delay[slow].min() >= 3 and network.delay[slow].max() <= 12
    assert np.array_equal(network.weight, random_network(7).weight)
    assert not np.array_equal(network.post[:500], random_network(8).pre[:500])


def test_a_source_restarts_fires_at_once_or_waits():
    network = SpikingNetwork.of(
        (EXCITATORY,), [0], pre=[1], post=[0], receptor=["AM"], weight=[1], delay=[1], sources=1
    )
    state = network.start()

    def fired(interval, t, until, restart=False):
        set_intervals(state, np.array([interval]), t, restart)
        times = []
        while state.cursor[ACTIVE] and state.due[0] < until:
            state.cursor[0] = int(state.due[0] / network.wiring.width)
            fire_sources(network.wiring, state, state.due[0] + 1e-9)
            times.append(state.fired[0])
        return times

    assert fired(20.0, 0.0, 50.0) == [0, 20, 40]
    assert fired(20.0, 50.0, 100.0) == [60, 80]
    assert fired(20.0, 100.0, 130.0, restart=True) == [100, 120]
    assert fired(10.0, 130.0, 150.0) == [130, 140]
    assert fired(100.0, 150.0, 300.0) == [240]
    assert fired(np.inf, 300.0, 900.0) == []


def test_another_cell_model_can_take_the_place():
    @part
    def counter(table, kind, cells, i, t, receptor, weight):
        cells[i, 1] += weight
        if cells[i, 1] < 3.0:
            return False
        cells[i, 1] = 0.0
        return True

    network = SpikingNetwork.of(
        (EXCITATORY,), [0, 0], pre=[2, 0], post=[0, 1], receptor=["AM", "AM"], weight=[1, 3], delay=[1, 2], sources=1
    )
    state = network.start((np.arange(6.0) * 10, np.zeros(6, int)))
    loop_with(counter)(network.wiring, state, 100.0)
    count = state.cursor[SPIKES]
    assert state.spike_time[:count].tolist() == [21, 23, 51, 53]
    assert state.spike_cell[:count].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"post": np.array([9])}, "post holds 9; allowed are 0 to 0"),
        ({"delay": np.array([0.0])}, "delay"),
        ({"weight": np.array([-1.0])}, "weight"),
        ({"plastic": np.array([True])}, "plastic"),
        ({"receptor": np.array([6])}, "receptor holds 6"),
        ({"weight": np.array([1.0, 2.0])}, "weight has 2 entries"),
    ],
)
def test_wrong_arrays_are_refused(change, message):
    network = SpikingNetwork.of(
        (EXCITATORY,), [0], pre=[1], post=[0], receptor=["AM"], weight=[1], delay=[1], sources=1
    )
    with pytest.raises(PremotorError, match=message):
        replace(network, **change)


def test_wrong_names_and_trains_are_refused():
    with pytest.raises(PremotorError, match="no receptor 'AMPA'; allowed are AM, NM"):
        SpikingNetwork.of((EXCITATORY,), [0], pre=[0], post=[0], receptor=["AMPA"], weight=[1], delay=[1])
    with pytest.raises(PremotorError, match="source 80; there are 80"):
        random_network(0).run(10.0, ([1.0], [80]))
    with pytest.raises(PremotorError, match="not at a time from 0 ms"):
        random_network(0).run(10.0, ([-1.0], [0]))
