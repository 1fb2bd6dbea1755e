"""The built-in circuits against the literature."""

import numpy as np
import pytest

from premotor.connectome import Circuit, circuit_names, load_circuit

CELEGANS = load_circuit("celegans")


def neuron(name: str):
    (row,) = CELEGANS.neurons[CELEGANS.neurons["name"] == name].itertuples()
    return row


def where(circuit: Circuit, **words: str) -> np.ndarray:
    keep = np.ones(len(circuit), bool)
    for column, word in words.items():
        keep &= (circuit.neurons[column.rstrip("_")] == word).to_numpy()
    return np.flatnonzero(keep)


def test_names():
    assert circuit_names() == ("celegans", "fly-cpg", "fly-leg", "fly-legs")


def test_celegans_has_the_published_size():
    assert len(CELEGANS) == 302
    assert CELEGANS.synapses.nnz == 3709
    assert CELEGANS.gap_junctions is not None
    assert CELEGANS.gap_junctions.nnz == 2196
    assert np.count_nonzero(CELEGANS.gap_junctions.diagonal()) == 14
    assert (CELEGANS.ids == np.arange(1, 303)).all()
    assert list(CELEGANS.neurons["name"]) == sorted(CELEGANS.neurons["name"])
    assert CELEGANS.neurons["type"].nunique() == 118  # White et al. 1986
    assert CELEGANS.neurons["class"].value_counts().to_dict() == {
        "motor": 123,
        "interneuron": 89,
        "sensory": 83,
        "other": 7,
    }


def test_celegans_transmitters():
    gaba = CELEGANS.neurons[CELEGANS.neurons["transmitter"] == "gaba"]
    # McIntire et al. 1993: six DD, thirteen VD, four RME, AVL, DVB and RIS.
    assert gaba["type"].value_counts().to_dict() == {
        "VD": 13,
        "DD": 6,
        "RME": 4,
        "AVL": 1,
        "DVB": 1,
        "RIS": 1,
    }
    for kind in (
        "AVA",
        "AVB",
        "AVD",
        "AVE",
        "PVC",
        "AIY",
        "DA",
        "DB",
        "VA",
        "VB",
        "AS",
        "VC",
        "SMD",
        "RMD",
        "HSN",
    ):
        assert set(CELEGANS.neurons.loc[CELEGANS.neurons["type"] == kind, "transmitter"]) == {"acetylcholine"}
    for kind in ("ASE", "AWC", "AFD", "ASH", "ASK", "ALM", "PLM", "AVM", "PVD", "FLP", "AIB", "RIA", "RIM"):
        assert set(CELEGANS.neurons.loc[CELEGANS.neurons["type"] == kind, "transmitter"]) == {"glutamate"}
    for kind in ("CEP", "ADE", "PDE"):  # the eight dopaminergic neurons, Sulston et al. 1975
        assert set(CELEGANS.neurons.loc[CELEGANS.neurons["type"] == kind, "transmitter"]) == {"dopamine"}
    assert (CELEGANS.neurons["transmitter"] == "dopamine").sum() == 8
    assert neuron("NSML").transmitter == "serotonin"
    assert neuron("RICR").transmitter == "octopamine"


def test_celegans_signs_are_those_of_kunert():
    inhibitory = CELEGANS.neurons["sign"] == -1
    assert (inhibitory == (CELEGANS.neurons["transmitter"] == "gaba")).all()
    assert (CELEGANS.neurons["sign"] != 0).all()


@pytest.mark.parametrize(
    ("name", "kind", "word", "side"),
    [
        ("AVAL", "AVA", "interneuron", "left"),
        ("ASER", "ASE", "sensory", "right"),
        ("VB1", "VB", "motor", ""),
        ("AVL", "AVL", "interneuron", ""),  # no AVR: the L is no side
        ("AQR", "AQR", "sensory", ""),
        ("IL1L", "IL1", "sensory", "left"),
        ("SMDVR", "SMD", "motor", "right"),
        ("M3L", "M3", "motor", "left"),
        ("CANL", "CAN", "other", "left"),
    ],
)
def test_celegans_names_classes_and_sides(name, kind, word, side):
    row = neuron(name)
    assert (row.type, row.side) == (kind, side)
    assert CELEGANS.neurons.loc[row.Index, "class"] == word


def test_celegans_orientation():
    # AVA and PVC drive the motor neurons of backward and forward movement (Chalfie et al. 1985), which do not
    # drive them: rows are presynaptic.
    ava, a_motor = where(CELEGANS, type="AVA"), where(CELEGANS, type="VA")
    forth = CELEGANS.synapses[ava][:, a_motor].sum()
    back = CELEGANS.synapses[a_motor][:, ava].sum()
    assert forth > 10 * max(back, 1)
    assert CELEGANS.synapses[where(CELEGANS, type="ASE")][:, where(CELEGANS, type="AIY")].sum() > 0


def test_celegans_avb_is_electrically_coupled_to_b_motor_neurons():
    assert CELEGANS.gap_junctions is not None
    avb, b_motor = where(CELEGANS, type="AVB"), where(CELEGANS, type="VB")
    assert CELEGANS.gap_junctions[avb][:, b_motor].nnz >= 8


def test_fly_cpg_is_the_published_circuit():
    circuit = load_circuit("fly-cpg")
    edges = {
        (int(pre), int(post)): int(count)
        for pre, row in zip(circuit.ids, circuit.synapses.toarray(), strict=True)
        for post, count in zip(circuit.ids, row, strict=True)
        if count
    }
    assert edges == {
        (10093, 10707): 187,
        (10707, 11751): 539,
        (10707, 13905): 17,
        (11751, 10707): 19,
        (11751, 13905): 71,
        (13905, 10707): 531,
        (13905, 11751): 172,
    }
    table = circuit.neurons
    assert table["type"].to_dict() == {
        10093: "DNg100",
        10707: "IN17A001",
        11751: "INXXX466",
        13905: "IN16B036",
    }
    assert table["size"].to_dict() == {10093: 10.694, 10707: 5.912, 11751: 3.273, 13905: 1.972}
    assert table["sign"].to_dict() == {10093: 1, 10707: 1, 11751: 1, 13905: -1}


@pytest.mark.parametrize("name", ["celegans", "fly-cpg"])
def test_every_builtin_says_where_it_is_from(name):
    record = load_circuit(name).provenance
    assert record.dataset == name
    assert "et al." in record.citation
    assert [step["operation"] for step in record.steps] == ["load", "signs"]
