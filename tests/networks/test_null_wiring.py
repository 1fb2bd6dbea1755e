"""Null models of a spiking network at random."""

import numpy as np
import pytest

from premotor.connectome.nulls import NULL_MODELS
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven import random_network
from premotor.networks.spiking.event_driven.cell import RECEPTORS
from premotor.networks.spiking.event_driven.random_wiring import null_network


@pytest.fixture(scope="module")
def network():
    return random_network(0)


def population(network):
    names = np.full(network.cells + network.sources, "source", object)
    for name, cells in network.populations.items():
        names[cells] = name
    return names


def pairs(network, which=slice(None)):
    return set(zip(network.pre[which].tolist(), network.post[which].tolist(), strict=True))


def test_rewiring_keeps_partners_in_number_and_synapses_of_each_cell(network):
    null, names = null_network(network, "rewired", 0), population(network)
    assert np.array_equal(null.pre, network.pre)  # synapses leave the cell that they left
    assert np.array_equal(names[null.post], names[network.post])
    assert np.array_equal(np.bincount(null.post), np.bincount(network.post))
    between = network.pre < network.cells
    assert np.array_equal(null.post[~between], network.post[~between])
    assert len(pairs(null) & pairs(network)) < 0.7 * len(pairs(network))
    assert len(pairs(null)) == len(pairs(network))
    assert not (null.pre == null.post).any()


def test_synapses_of_a_pair_stay_together(network):
    null = null_network(network, "rewired", 0)
    fast, slow = (pairs(null, null.receptor == RECEPTORS.index(name)) for name in ("AM2", "NM2"))
    assert slow == fast and len(slow) > 1000


def test_shuffled_weights_keep_who_is_connected(network):
    null, names = null_network(network, "shuffled_weights", 0), population(network)
    assert pairs(null) == pairs(network)
    assert np.array_equal(names[null.pre], names[network.pre])
    assert not np.array_equal(null.post, network.post)


def test_the_same_seed_gives_the_same_wiring(network):
    one, same, other = (null_network(network, "random_graph", seed) for seed in (1, 1, 2))
    assert np.array_equal(one.post, same.post) and not np.array_equal(one.post, other.post)


def test_a_null_model_that_would_change_receptors_is_refused(network):
    with pytest.raises(PremotorError, match="shuffled_identities gives the synapses of excitatory cells to inhibitory"):
        null_network(network, "shuffled_identities", 0)


def test_a_null_model_that_alters_counts_is_refused(network, monkeypatch):
    def ones(circuit, seed):
        from dataclasses import replace

        return replace(circuit, synapses=(circuit.synapses > 0).astype(np.int64))

    monkeypatch.setitem(NULL_MODELS._entries, "ones", ones)
    with pytest.raises(PremotorError, match="ones does not keep the counts of edges"):
        null_network(network, "ones", 0)
