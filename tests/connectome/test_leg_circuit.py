"""The standard leg premotor circuit (Cheong et al. 2024): published numbers, and canonical words."""

import csv
import json

import numpy as np
import pytest

from connectome.circuits import leg_folder
from premotor.connectome import load_circuit
from premotor.connectome.legs import MODULES


@pytest.fixture(scope="module")
def leg():
    return load_circuit("fly-leg")


def test_size(leg):
    assert (len(leg), leg.synapses.nnz, leg.synapses.sum()) == (143, 1624, 52288)
    assert leg.neurons["class"].value_counts().to_dict() == {"interneuron": 93, "motor": 50}
    assert leg.gap_junctions is None


def test_it_is_the_one_of_the_tables_that_it_was_made_of(leg):
    made_of = load_circuit(leg_folder())
    assert made_of.digest == leg.digest
    assert made_of.neurons.equals(leg.neurons[made_of.neurons.columns])
    published = json.loads((leg_folder() / "layers.json").read_text())
    for neuron, text in leg.neurons["published_layers"].items():
        assert text == ";".join(str(place) for place, layer in enumerate(published) if neuron in layer)


def test_modules_and_citation(leg):
    modules = leg.neurons["motor module"]
    assert (modules[leg.neurons["class"] == "interneuron"] == "").all()
    assert set(MODULES) < set(modules) and modules.isin(list(MODULES)).sum() == 42
    assert "Takemura et al. 2024" in leg.provenance.citation and "Cheong et al. 2024" in leg.provenance.citation


def test_every_row_of_the_file_is_in_the_matrix(leg):
    place = {int(number): index for index, number in enumerate(leg.ids)}
    with (leg_folder() / "connections.csv").open() as file:
        for row in csv.DictReader(file):
            pre, post = place[int(row["bodyId_pre"])], place[int(row["bodyId_post"])]
            assert leg.synapses[pre, post] == int(row["weight"])


def test_edges_onto_motor_neurons(leg):
    motor = np.flatnonzero(leg.neurons["class"] == "motor")
    inter = np.flatnonzero(leg.neurons["class"] == "interneuron")
    assert leg.synapses[:, motor].nnz == 527
    assert leg.synapses[inter][:, motor].nnz == 520


def test_signs_of_the_edges(leg):
    sign = np.repeat(leg.neurons["sign"].to_numpy(), np.diff(leg.synapses.indptr))
    assert [(sign == value).sum() for value in (1, -1, 0)] == [818, 801, 5]


def test_words(leg):
    table = leg.neurons
    assert set(table["source_class"]) == {"intrinsic neuron", "motor neuron"}
    assert set(table["side"]) == {"left", "right", ""}
    blank = table[table["hemilineage"] == ""]
    assert len(blank) == 5
    assert set(blank["transmitter"]) == {"unknown"}
    assert set(blank["side"]) == {""}
    assert blank["size"].isna().all() and blank["predictedNtProb"].isna().all()
    assert set(table.index[table["transmitter"] == "unknown"]) > set(blank.index)
    assert list(table["target"].unique()) == ["LegNpT1_L"]


def test_selections(leg):
    assert len(leg.select(type="IN*", target="LegNpT1_L", min_synapses=5)) == 93
    chosen = leg.select(type="IN19A003|*MN", somaSide="LHS")
    assert 0 < len(chosen) < 143
    assert all(word == "IN19A003" or word.endswith("MN") for word in chosen.neurons["type"])
    assert leg.select(min_synapses=5).synapses.nnz == 1624
    assert leg.select(min_synapses=6).synapses.nnz < 1624


def test_the_policies_for_unknown_neurons(leg):
    from premotor.connectome import SignPolicy

    dropped = leg.with_signs(SignPolicy(unknown="drop"))
    assert len(dropped) == 137
    assert dropped.provenance.steps[-2]["dropped"]["neurons"] == 6
    random = leg.with_signs(SignPolicy(unknown="random", seed=3))
    assert (random.neurons["sign"] != 0).all()
    assert (random.neurons["sign"] == leg.with_signs(SignPolicy(unknown="random", seed=3)).neurons["sign"]).all()
    sure = leg.with_signs(SignPolicy(min_confidence=0.7))
    weak = ~(leg.neurons["predictedNtProb"] >= 0.7)
    assert (sure.neurons["sign"][weak] == 0).all()
    assert (sure.neurons["sign"][~weak] == leg.neurons["sign"][~weak]).all()


def test_the_summary_has_the_numbers(leg):
    text = leg.summary()
    for words in (
        "143 neurons, 1,624 edges, 52,288 synapses",
        "interneuron         93",
        "signs(policy=default",
    ):
        assert words in text
    assert [line.split() for line in text.splitlines() if line.startswith("  interneuron")][1] == [
        "interneuron",
        "1,089",
        "520",
    ]
