"""Circuits from a CAVE server: cells, synapses asked for in parts, and one sentence for every failure."""

import numpy as np
import pandas as pd
import pytest

from connectome.local_servers import Cave, serving
from premotor import PremotorError
from premotor.connectome import cached, load_circuit

caveclient = pytest.importorskip("caveclient", reason="caveclient is not installed")

A, B, C, D = 720575940600000001, 720575940600000002, 720575940600000003, 720575940600000004
SYNAPSES = [(A, B)] * 7 + [(B, A)] * 2 + [(A, C)] * 5 + [(C, C)] * 3 + [(D, A)] * 4 + [(A, 0), (0, B)]
SYSTEMS = {
    A: {"super_class": "sensory", "cell_type": "GRN"},
    B: {"super_class": "central", "cell_class": "Kenyon_Cell", "cell_type": "KCg"},
    C: {"super_class": "motor", "cell_type": "MN9"},
}


def tables():
    pairs = np.array(SYNAPSES, np.int64)
    synapses = pd.DataFrame(
        {"id": np.arange(len(pairs)), "pre_pt_root_id": pairs[:, 0], "post_pt_root_id": pairs[:, 1]}
    )
    proofread = pd.DataFrame({"id": [1, 2, 3, 4, 5], "pt_root_id": [A, B, C, D, 0], "pt_position_x": 1.5, "valid": "t"})
    rows = [
        (number, system, word)
        for number, root in enumerate((A, B, C), start=1)
        for system, word in SYSTEMS[root].items()
    ]
    words = pd.DataFrame(rows, columns=["target_id", "classification_system", "cell_type"])
    words.insert(0, "id", range(len(words)))
    nuclei = pd.DataFrame({"id": [1, 2, 3], "pt_root_id": [A, A, B], "volume": [3.5, 9.5, np.nan]})
    cells = {"proofread_neurons": proofread, "hierarchical_neuron_annotations": words, "nuclei_v1": nuclei}
    return {**cells, "synapses_nt_v1": pd.concat([synapses, synapses])}, {"valid_synapses_nt_np_v6": synapses}


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CAVE_TOKEN", "0" * 32)
    caveclient.set_session_defaults(max_retries=0)
    made = Cave(*tables(), {"hierarchical_neuron_annotations": "proofread_neurons"}, limit=100)
    with serving(made.answer) as made.address:
        made.source = f"cave:http://{made.address}/flywire_fafb_public:783"
        yield made


def edges(circuit):
    dense = circuit.synapses.toarray()
    return {(int(circuit.ids[i]), int(circuit.ids[j])): int(dense[i, j]) for i, j in zip(*dense.nonzero(), strict=True)}


def test_annotated_neurons_and_counted_synapses(server):
    circuit = load_circuit(server.source)
    assert edges(circuit) == {(A, B): 7, (B, A): 2, (A, C): 5, (C, C): 3}
    table = circuit.neurons
    assert table["class"].to_dict() == {A: "sensory", B: "interneuron", C: "motor"}
    assert table["type"].to_dict() == {A: "GRN", B: "KCg", C: "MN9"}
    assert table["cell_class"].to_dict() == {A: "", B: "Kenyon_Cell", C: ""}
    assert (circuit.provenance.dataset, circuit.provenance.version) == ("flywire_fafb_public", "783")
    assert circuit.provenance.steps[0]["arguments"]["server"] == f"http://{server.address}"


def test_a_selection_asks_for_its_synapses_only(server):
    circuit = load_circuit(server.source, select={"class": "sensory|motor"}, min_synapses=4)
    assert edges(circuit) == {(A, C): 5}
    assert server.queries[-1]["filter_in_dict"] == {
        "valid_synapses_nt_np_v6": {"pre_pt_root_id": [A, C], "post_pt_root_id": [A, C]}
    }


@pytest.mark.parametrize("limit", [9, 7])
def test_what_the_server_cuts_off_is_asked_for_in_parts(server, limit):
    server.limit = limit
    assert edges(load_circuit(server.source)) == {(A, B): 7, (B, A): 2, (A, C): 5, (C, C): 3}
    assert len(server.queries) > 5


def test_what_can_not_be_had_in_parts_is_refused(server):
    server.limit = 6
    with pytest.raises(PremotorError, match=f"cuts off the synapses from {A} to {B}"):
        load_circuit(server.source)
    server.limit = 2
    with pytest.raises(PremotorError, match="hands out only a part of hierarchical_neuron_annotations"):
        load_circuit(server.source)


def test_other_tables(server):
    chosen = {"cells": "nuclei_v1", "synapses": "synapses_nt_v1"}
    circuit = load_circuit(server.source, select=chosen)
    assert edges(circuit) == {(A, B): 14, (B, A): 4}
    assert circuit.neurons["volume"].fillna(-1).to_dict() == {A: 3.5, B: -1}
    with pytest.raises(PremotorError, match="no table 'nuclei' .did you mean 'nuclei_v1'"):
        load_circuit(server.source, select={"cells": "nuclei"})


def test_the_cache_needs_neither_token_nor_server(server, monkeypatch):
    first = load_circuit(server.source, select={"type": "KC*|GRN"})
    server.failing = (500, {"message": "down"})
    monkeypatch.delenv("CAVE_TOKEN")
    again = load_circuit(server.source, select={"type": "KC*|GRN"})
    assert edges(first) == edges(again) == {(A, B): 7, (B, A): 2}
    assert len(cached()) == 1


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda s: s.replace("fafb_public", "fafb"), "no datastack 'flywire_fafb' .did you mean 'flywire_fafb_public'"),
        (lambda s: s.replace("783", "784"), "flywire_fafb_public has no version 784; it has 630, 783"),
        (lambda s: s.replace(":783", ":latest"), "has to be DATASTACK:VERSION"),
        (lambda s: "cave:http://localhost:9/flywire_fafb_public:783", "localhost:9 cannot be reached"),
    ],
)
def test_wrong_addresses(server, change, pattern):
    with pytest.raises(PremotorError, match=pattern) as caught:
        load_circuit(change(server.source))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("failing", "pattern"),
    [
        ((401, {"error": "invalid_token"}), r"refuses the token \(401\)"),
        ((403, {"message": "no"}), r"refuses the token \(403\)"),
        ((500, {"message": "down"}), "answers with the error 500"),
        ((200, b"<html>", {"Content-Type": "text/html"}), "cannot be reached|does not answer as a CAVE server does"),
    ],
)
def test_failing_servers(server, failing, pattern):
    server.failing = failing
    with pytest.raises(PremotorError, match=pattern) as caught:
        load_circuit(server.source)
    assert "\n" not in str(caught.value) and cached() == []


def test_without_a_token(server, monkeypatch):
    monkeypatch.delenv("CAVE_TOKEN")
    with pytest.raises(PremotorError, match="wants a token: get one at .*CAVE_TOKEN$"):
        load_circuit(server.source)


def test_a_server_that_the_library_is_too_new_for(server):
    server.version = "5.0.0"
    with pytest.raises(PremotorError, match="does not fit the caveclient installed here"):
        load_circuit(server.source)
