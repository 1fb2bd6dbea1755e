"""A random network in words: the published one bit for bit, one of one's own, and what is refused."""

import hashlib

import numpy as np
import pytest
from pydantic import ValidationError

from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven import RECEPTORS, RandomNetworkSettings, random_network
from premotor.runs.effect import refuse_memory
from premotor.runs.loading import dump_settings
from premotor.runs.spiking import (
    connection_table,
    degree_table,
    described_network,
    load_spiking,
    projection_table,
)
from premotor.runs.spiking.settings import network_of, votes_of
from premotor.runs.yaml_text import parse_yaml

OWN = {
    "base": None,
    "cells": {"slow": {"ahp_step": 2.0}, "I": {"threshold": -42.0}},
    "populations": {
        "S": {"size": 30},
        "H": {"size": 50, "cell": "slow"},
        "I": {"size": 10, "cell": "I"},
        "L": {"size": 8},
        "C": {"size": 8},
        "R": {"size": 8},
    },
    "inputs": "S",
    "outputs": ["L", "C", "R"],
    "gains": {"EE": 2.0, "IE": 3.0},
    "delays": {"GA": [5.0, 6.0]},
    "projections": {
        "S-H": {"probability": 0.3, "synapses": {"AM2": {"weight": 6.0, "spread": 0.5, "plastic": True}, "NM2": 0.1}},
        "H-H": {"probability": 0.2, "synapses": {"AM2": {"weight": 2.0, "deviation": 0.3}}},
        "H-I": {"convergence": 12, "synapses": {"AM2": {"weight": 5.0, "delay": [1.0, 1.5]}}},
        "I-H": {"convergence": 4, "synapses": {"GA": {"weight": 6.0, "plastic": True}}},
        **{f"H-{name}": {"convergence": 20, "synapses": {"AM2": 4.0}} for name in "LCR"},
    },
}
ACROBOT = {
    "kind": "spiking",
    "task": {"kind": "gymnasium", "id": "Acrobot-v1"},
    "interface": {"fields": [{"kind": "linear", "bins": 4}] * 6},
    "wiring": OWN,
    "plasticity": {"critic": {"kind": "constant"}},
}


def digest(network):
    found = hashlib.sha256()
    for name in ("cell_type", "pre", "post", "receptor", "weight", "delay", "plastic"):
        found.update(np.ascontiguousarray(getattr(network, name)).tobytes())
    for name, cells in network.populations.items():
        found.update(name.encode() + cells.tobytes())
    found.update(network.cell.table(network.cell_types).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize(
    ("seed", "made_before"),  # by the program in which the published network was code, not settings
    [
        (0, "abdebb6ee96d605987de803e3b98755edddfd1f611f9652813831699bf2e10e0"),
        (3, "757de0276f41fafd3a5dcdba72bd9bad0c35bd7edd1a73deb1423ea3e3d1aa8d"),
        (7, "90140db22ad61adb743c8f1b5f6f9507b630bf3591592062ab27c73056ee6f55"),
    ],
)
def test_the_published_network_is_the_same_to_the_last_bit(seed, made_before):
    assert digest(random_network(seed)) == made_before


def test_a_network_of_ones_own():
    network = random_network(1, RandomNetworkSettings(**OWN), 24)
    where = {name: np.isin(np.arange(network.cells + 24), cells) for name, cells in network.populations.items()}

    def between(pre, post, receptor):
        on = where[pre][network.pre] & where[post][network.post]
        return on & (network.receptor == RECEPTORS.index(receptor))

    assert {name: int(cells.sum()) for name, cells in where.items()} == dict(S=30, H=50, I=10, L=8, C=8, R=8)
    assert network.sources == 24
    driven = np.bincount(network.pre[network.pre >= network.cells] - network.cells)
    assert driven.tolist() == [2] * 6 + [1] * 18  # 30 cells for 24 bins
    fast, slow = between("S", "H", "AM2"), between("S", "H", "NM2")
    assert 0.25 < fast.sum() / 1500 < 0.35 and fast.sum() == slow.sum()
    assert network.weight[fast].min() >= 6.0 and network.weight[fast].max() <= 18.0  # gain 2, half as much up and down
    assert 11.5 < network.weight[fast].mean() < 12.5
    assert network.plastic[fast].all() and not network.plastic[slow].any()
    recurrent = network.weight[between("H", "H", "AM2")]
    assert recurrent.std() == pytest.approx(1.2, rel=0.1) and recurrent.mean() == pytest.approx(4.0, rel=0.05)
    assert np.all(np.bincount(network.post[between("H", "I", "AM2")], minlength=90)[80:90] == 12)
    assert network.delay[between("H", "I", "AM2")].max() <= 1.5
    inhibition = between("I", "H", "GA")
    assert network.delay[inhibition].min() >= 5 and set(network.weight[inhibition]) == {18.0}
    assert network.plastic[inhibition].all()  # inhibition can learn
    slow_cell = network.cell_types[network.cell_type[30]]
    assert (slow_cell.ahp_step, slow_cell.threshold) == (2.0, -40.0)
    inhibitory = network.cell_types[network.cell_type[80]]
    assert (inhibitory.threshold, inhibitory.refractory) == (-42.0, 2.5)


def test_changes_of_the_published_network_keep_the_rest():
    given = ["--wiring.scale", "2", "--wiring.projections.EA-EM.synapses.AM2", "7", "--wiring.populations.IA.size=12"]
    changed = load_spiking("cartpole-stdp", given).wiring
    assert changed.projections["EA-EM"].synapses["AM2"].model_dump() == {
        "weight": 7.0, "spread": 0.5, "deviation": 0.0, "plastic": True, "delay": None
    }  # fmt: skip
    sizes = {name: len(cells) for name, cells in random_network(0, changed).populations.items()}
    assert sizes == dict(ES=80, EA=80, IA=24, IAL=20, EM=80, IM=20, IML=20)  # inputs are the receptive fields'
    drawn = load_spiking("cartpole-stdp", {"wiring.projections.IA-IAL": None}).wiring
    assert "IA-IAL" not in drawn.projections and len(drawn.projections) == 17
    chance = {"wiring.projections.ES-EA": {"convergence": None, "probability": 0.5}}
    assert load_spiking("cartpole-stdp", chance).wiring.projections["ES-EA"].probability == 0.5


@pytest.mark.parametrize("source", [ACROBOT, "cartpole-stdp"])
def test_settings_are_written_as_they_differ_and_read_back(source):
    given = {"wiring.projections.IA-EA": None, "wiring.populations.EM.size": 30} if isinstance(source, str) else {}
    settings = load_spiking(source, given)
    text = dump_settings(settings)
    assert load_spiking(parse_yaml(text, "")) == settings
    if given:
        wiring = parse_yaml(text, "")["wiring"]
        assert wiring["populations"] == {"EM": {"size": 30}} and wiring["projections"] == {"IA-EA": None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"populations.EA.siz": 3}, "unknown setting --wiring.populations.EA.siz = 3.*: size, cell"),
        ({"populations.EA.size": 0}, "wiring.populations.EA.size is 0, but should be greater than or equal to 1"),
        ({"populations.EA.cell": "X"}, "populations.EA.cell is 'X'; cell types are E, I, IL"),
        ({"populations.E-A": {"size": 3}}, "'E-A' is no name for a population"),
        ({"populations.IM": None}, "projections.EM-IM: there is no population 'IM'"),
        ({"projections.EA-EB": {"convergence": 2, "synapses": {"AM": 1}}}, "no population 'EB'; .* PRE-POST .*ES, EA"),
        ({"projections.IA-IA.convergence": 10}, "projections.IA-IA.convergence is 10, but IA has 9 cells to choose"),
        ({"scale": 0.2}, "projections.EA-EM.convergence is 20, but EA has 8 cells to choose from at scale 0.2"),
        ({"projections.EA-EM.probability": 0.1}, "both of convergence and probability are given"),
        ({"projections.EA-EM.probability": 1.5}, "wiring.projections.EA-EM.probability is 1.5"),
        ({"projections.EA-EM.synapses.AM3": 1}, "AM3.* should be 'AM', 'NM'"),
        ({"projections.EA-EM.synapses.GA": 1}, "EA excite .AM, NM. and inhibit .GA.; a population does one"),
        ({"projections.EA-EM.synapses.AM2.delay": [2, 1]}, "delay goes from 2 to 1 ms"),
        ({"projections.EA-EM.synapses.AM2.deviation": 0.1}, "spread .0.5. and deviation .0.1.: one of them"),
        ({"delays.GA": [0, 1]}, "delays.GA goes from 0 to 1 ms"),
        ({"inputs": "S"}, "inputs names the population 'S', which is not there; there are ES, EA"),
        ({"outputs": ["EM", "ES"]}, "inputs .ES. and outputs .EM, ES. have to be apart"),
        ({"cells.E.treshold": 3}, "cells.E.treshold: .*the conductance cell has .*threshold"),
        ({"cells.E.refractory": 0}, "cells.E.refractory: .*greater than or equal to 0.1"),
        ({"base": "hasegan"}, "wiring.base is 'hasegan'"),
        ({"base": None}, "inputs names the population 'ES', which is not there; there are none"),
        ({f"projections.{pair}.synapses.AM2.plastic": False for pair in ("ES-EA", "EA-EM")}, "nothing could learn"),
    ],
)
def test_what_is_wrong_is_said_with_population_and_key(change, message):
    with pytest.raises(PremotorError, match=message) as found:
        load_spiking("cartpole-stdp", {f"wiring.{key}": value for key, value in change.items()})
    assert "\n" not in str(found.value)


def test_a_scale_that_does_not_fit_into_memory_is_refused():
    with pytest.raises(PremotorError, match=r"wiring.scale \(1,000,000,000.0\) takes at least .* of memory"):
        refuse_memory(load_spiking("cartpole-stdp", {"wiring.scale": 1e9}))


def test_what_does_not_fit_the_task():
    few = load_spiking("cartpole-stdp", {"wiring.populations.ES.size": 40})
    with pytest.raises(PremotorError, match=r"wiring.populations.ES.size is 40, but the receptive fields have 80 bins"):
        network_of(few.wiring, few.interface, None)
    three = load_spiking("cartpole-stdp", {"wiring.outputs": ["EA", "IM", "EM"]}).wiring
    with pytest.raises(PremotorError, match=r"wiring.outputs has 3 populations, but the task has 2 actions"):
        votes_of(three, random_network(0, three), 2)
    with pytest.raises(PremotorError, match="has no plastic synapse"):
        rare = {"convergence": None, "probability": 1e-9}
        random_network(
            0, load_spiking("cartpole-stdp", {f"wiring.projections.{k}": rare for k in ("ES-EA", "EA-EM")}).wiring
        )
    with pytest.raises(ValidationError, match="unit_interval|less than or equal to 1"):
        RandomNetworkSettings(projections={"EA-EM": {"probability": 2}})


def test_who_is_connected_to_whom_as_tables():
    network = random_network(0)
    assert len(connection_table(network)) == 5680
    table = projection_table(network).set_index(["pre", "post", "receptor"])
    row = table.loc[("EA", "EM", "AM2")]
    assert (row.pairs, row.convergence, row.divergence, row.probability, row.plastic) == (800, 20, 20, 0.5, 1)
    assert table.loc[("IA", "EA", "GA"), "deviation"] == 0
    degrees = degree_table(network)
    assert (degrees.loc[degrees.population == "EA", "in_degree"] == 25 + 4 + 4).all()
    assert degrees.in_degree.sum() == degrees.out_degree.sum() == 3260 - 80
    assert degrees.sources.sum() == 80
    assert "EA-EM" not in described_network("cartpole-stdp").summary()
    assert described_network("celegans") is None
