"""Circuits from a neuPrint server: what is asked for, what is kept, and one sentence for every failure."""

import re

import numpy as np
import pytest

from connectome.local_servers import NeuPrint, serving
from premotor import PremotorError
from premotor.cli import main
from premotor.connectome import cached, clear_cache, load_circuit

client = pytest.importorskip("neuprint.client", reason="neuprint-python is not installed")

T1, T2 = "LegNp(T1)(L)", "LegNp(T2)(L)"
BIG = 2**53 + 1


def neuron(number, **properties):
    return {"bodyId": number, "status": "Traced", **properties}


NEURONS = [
    neuron(10, type="DNg100", **{"class": "descending neuron", "predictedNt": "acetylcholine", T1: True, "size": 5}),
    neuron(20, type="IN17A001", **{"class": "intrinsic neuron", "predictedNt": "acetylcholine", T1: True}),
    neuron(30, type="IN16B036", **{"class": "intrinsic neuron", "predictedNt": "glutamate", T1: True, T2: True}),
    neuron(BIG, type="MN.x", **{"class": "motor neuron", "somaSide": "LHS", "outputRois": [T1, "VNC"], T2: True}),
    neuron(50, type=None, **{"class": "Glia"}),
    {"bodyId": 60, "type": "IN17A001", "status": "Orphan", T1: True},
]
EDGES = {(10, 20): 187, (20, 30): 17, (30, 20): 531, (20, BIG): 4, (30, BIG): 9, (50, 10): 2, (60, 10): 77, (10, 10): 3}


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server, reached without TLS; an empty cache; a token."""

    class Plain(client.HTTPAdapter):
        def send(self, request, **options):
            request.url = request.url.replace("https://", "http://", 1)
            return super().send(request, **options)

    monkeypatch.setattr(client, "HTTPAdapter", Plain)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NEUPRINT_APPLICATION_CREDENTIALS", "a-token")
    client.Client.DATASETS_CACHE.clear()
    made = NeuPrint(NEURONS, EDGES)
    with serving(made.answer) as address:
        monkeypatch.setenv("PREMOTOR_NEUPRINT_SERVERS", f"elsewhere.org, {address}, localhost:9, http://{address}")
        made.source = f"neuprint:{address}/manc:v1.2.1"
        made.address = address
        yield made


def edges(circuit):
    dense = circuit.synapses.toarray()
    return {(int(circuit.ids[i]), int(circuit.ids[j])): int(dense[i, j]) for i, j in zip(*dense.nonzero(), strict=True)}


def expected(ids, least=1):
    return {pair: count for pair, count in EDGES.items() if set(pair) <= set(ids) and count >= least}


def test_a_whole_dataset(server):
    circuit = load_circuit(server.source)
    table = circuit.neurons
    assert edges(circuit) == expected([10, 20, 30, BIG, 50])
    assert table["type"].to_dict() == {10: "DNg100", 20: "IN17A001", 30: "IN16B036", BIG: "MN.x", 50: ""}
    assert table["class"].to_dict() == {
        10: "descending",
        20: "interneuron",
        30: "interneuron",
        BIG: "motor",
        50: "other",
    }
    assert table["sign"].to_dict() == {10: 1, 20: 1, 30: -1, BIG: 0, 50: 0}
    assert table.loc[BIG, "side"] == "left" and table.loc[BIG, "outputRois"] == f"{T1};VNC"
    assert table.index.dtype == np.int64 and "birthtime" not in table
    assert (circuit.provenance.dataset, circuit.provenance.version) == ("manc", "v1.2.1")
    assert "Takemura" in circuit.provenance.citation
    arguments = circuit.provenance.steps[0]["arguments"]
    assert arguments["server"] == server.address and arguments["select"] == {} and arguments["date"].startswith("20")


@pytest.mark.parametrize(
    ("select", "least", "ids"),
    [
        ({"type": "IN*|DN*"}, 1, [10, 20, 30]),
        ({"type": "MN.?|DNg100"}, 1, [10, BIG]),
        ({"type": "MN?y"}, 1, []),
        ({"type": ["IN17A001", "DNg100"]}, 1, [10, 20]),
        ({"type": "*"}, 1, [10, 20, 30, BIG, 50]),
        ({"type": ""}, 1, [50]),
        ({"roi": T1}, 1, [10, 20, 30]),
        ({"roi": f"{T1}|{T2}"}, 20, [10, 20, 30, BIG]),
        ({"roi": T1, "status": "*"}, 1, [10, 20, 30, 60]),
        ({"id": f"20|{BIG}"}, 1, [20, BIG]),
        ({"id": [20, 30]}, 1, [20, 30]),
        ({"class": "interneuron|motor"}, 5, [20, 30, BIG]),
        ({"transmitter": "acetylcholine"}, 1, [10, 20]),
        ({"sign": "-1"}, 1, [30]),
        ({"size": 5}, 1, [10]),
        ({"birthtime": "x"}, 1, None),
    ],
)
def test_conditions_mean_what_select_means(server, select, least, ids):
    if not ids:
        pattern = "no column 'birthtime'" if ids is None else "has no neurons that meet type='MN"
        with pytest.raises(PremotorError, match=pattern):
            load_circuit(server.source, select=select, min_synapses=least)
        return
    circuit = load_circuit(server.source, select=select, min_synapses=least)
    assert circuit.ids.tolist() == ids
    assert edges(circuit) == expected(ids, least)


def test_only_what_is_chosen_is_sent(server):
    load_circuit(server.source, select={"class": "interneuron"}, min_synapses=100)
    assert server.rows_sent == 5 + 1  # the traced neurons, and the one pair among the interneurons


def test_many_targets_are_judged_by_the_server(server, monkeypatch):
    monkeypatch.setattr("premotor.connectome.servers.neuprint._MOST_TARGETS", 1)
    monkeypatch.setattr("premotor.connectome.servers.neuprint._BATCH", 2)
    told = []
    circuit = load_circuit(server.source, select={"type": "IN*", "class": "interneuron"}, progress=told.append)
    assert edges(circuit) == expected([20, 30])
    assert "coalesce(m.type, '') =~ \"IN.*\"" in server.queries[-1]
    assert len(told) == 2 and told[-1].endswith("1 of 1")


def test_the_cache_answers_until_it_is_told_not_to(server, tmp_path):
    first = load_circuit(server.source, select={"type": "IN*"})
    asked = len(server.queries)
    again = load_circuit(server.source, select={"type": "IN*"})
    assert len(server.queries) == asked and edges(again) == edges(first)
    assert again.provenance.steps == first.provenance.steps
    server.edges = {**EDGES, (20, 30): 18}
    assert edges(load_circuit(server.source, select={"type": "IN*"}, refresh=True))[20, 30] == 18
    assert edges(load_circuit(server.source, select={"type": "IN*"}))[20, 30] == 18
    load_circuit(server.source, select={"type": "IN*"}, min_synapses=100)
    entries = cached()
    assert [(entry.about["neurons"], entry.about["connections"]) for entry in entries] in (
        [(2, 2), (2, 1)],
        [(2, 1), (2, 2)],
    )
    assert all(entry.folder.is_relative_to(tmp_path / "cache") for entry in entries)
    assert clear_cache() == 2 and cached() == []


def test_the_cache_needs_neither_token_nor_server(server, monkeypatch):
    load_circuit(server.source)
    server.failing = (500, {"error": "down"})
    monkeypatch.delenv("NEUPRINT_APPLICATION_CREDENTIALS")
    assert len(load_circuit(server.source)) == 5


def test_a_failed_download_leaves_the_old_one(server):
    load_circuit(server.source)
    server.failing = (500, {"error": "down"})
    with pytest.raises(PremotorError):
        load_circuit(server.source, refresh=True)
    assert len(load_circuit(server.source)) == 5
    entry = cached()[0]
    (entry.folder / "connections.parquet").write_bytes(b"damaged")
    with pytest.raises(PremotorError, match="cannot read"):
        load_circuit(server.source)
    server.failing = None
    assert len(load_circuit(server.source, refresh=True)) == 5


def test_the_command_line(server, tmp_path, capsys):
    command = ["circuit", "build", server.source, "--select", "type=IN*|DN*", "--select", f"roi={T1}"]
    assert main([*command, "--min-synapses", "5", "-o", str(tmp_path / "leg")]) == 0
    assert edges(load_circuit(tmp_path / "leg")) == expected([10, 20, 30], 5)
    asked = len(server.queries)
    assert main([*command, "--min-synapses", "5", "-o", str(tmp_path / "leg2")]) == 0 and len(server.queries) == asked
    assert main([*command, "--min-synapses", "5", "-o", str(tmp_path / "leg3"), "--refresh"]) == 0
    assert len(server.queries) > asked
    capsys.readouterr()
    assert main(["circuit", "cache"]) == 0
    out = capsys.readouterr().out
    assert re.search(rf"manc:v1.2.1  roi={re.escape(T1)} type=IN\*\|DN\*  at least 5 synapses: 3 neurons, 3 conn", out)


@pytest.mark.parametrize(
    ("failing", "pattern"),
    [
        ((401, {"error": "no"}), r"refuses the token of NEUPRINT_APPLICATION_CREDENTIALS \(401\)"),
        ((403, b"<html>", {}), r"refuses the token .* \(403\)"),
        ((400, {"error": "Neo4j: bad query"}), "answers with the error 400: .*bad query"),
        ((502, b"", {}), "answers with the error 502"),
        ((200, b"<html>hello</html>", {"Content-Type": "text/html"}), "does not answer as a neuPrint server does"),
        ((200, {}), "no server to ask|does not answer|has no dataset"),
    ],
)
def test_failing_servers(server, failing, pattern):
    server.failing = failing
    with pytest.raises(PremotorError, match=pattern) as caught:
        load_circuit(server.source)
    assert "\n" not in str(caught.value) and cached() == []


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (
            lambda s: s.replace("manc:v1.2.1", "manc:v1.2"),
            "no dataset 'manc:v1.2' .did you mean 'manc:v1.2.1'.*hemibrain",
        ),
        (lambda s: re.sub(r":\d+/", ":9/", s), r"localhost:9 cannot be reached \(ConnectionError\)"),
        (lambda s: s.replace("neuprint:", "neuprint:http://"), "Server must be https"),
        (lambda s: s.rpartition("/")[0] + "/", "names no dataset"),
    ],
)
def test_wrong_addresses(server, change, pattern):
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(change(server.source))


def test_the_token_goes_to_servers_that_were_allowed_alone(server, monkeypatch):
    monkeypatch.delenv("PREMOTOR_NEUPRINT_SERVERS")
    for source in (server.source, "neuprint:janelia.org.example.com/manc", "neuprint:evil-janelia.org/manc"):
        with pytest.raises(PremotorError, match="is no server that the token of .* is sent to"):
            load_circuit(source)
    assert server.queries == []


def test_the_token_is_never_printed(server, monkeypatch):
    monkeypatch.setenv("NEUPRINT_APPLICATION_CREDENTIALS", "secret-token-123")
    server.failing = (500, {"error": "you sent Bearer secret-token-123"})
    with pytest.raises(PremotorError, match="the error 500") as caught:
        load_circuit(server.source)
    assert "secret-token-123" not in str(caught.value)


@pytest.mark.parametrize(
    "row", [[10, 20], [10, 20, 1.5], [10, 20, -3], [10, 20, "x"], [10, 20, True], ["a", 20, 1], []]
)
def test_rows_that_are_no_connections_are_one_sentence(server, monkeypatch, row):
    answered = server.answer

    def answer(method, path, body):
        status, content, *rest = answered(method, path, body)
        if body and "ConnectsTo" in body.get("cypher", ""):
            content = {**content, "data": [[10, 20, 5], row]}
        return status, content, *rest

    monkeypatch.setattr(
        client.Client,
        "_fetch_json",
        lambda self, url, json=None, ispost=False: answer(
            "POST" if ispost else "GET", url.partition(server.address)[2], json
        )[1],
    )
    with pytest.raises(PremotorError, match=r"answers with (a row of|the neuron id|the connection)") as caught:
        load_circuit(server.source)
    assert "\n" not in str(caught.value)


def test_every_question_has_a_time_out(server, monkeypatch):
    from requests import Session

    seen = []
    request = Session.request
    monkeypatch.setattr(
        Session, "request", lambda self, *a, **more: seen.append(more.get("timeout")) or request(self, *a, **more)
    )
    load_circuit(server.source)
    assert seen and set(seen) == {(10.0, 60.0)}


def test_without_token_or_library(server, monkeypatch):
    monkeypatch.delenv("NEUPRINT_APPLICATION_CREDENTIALS")
    with pytest.raises(PremotorError, match="wants a token: log in at .* NEUPRINT_APPLICATION_CREDENTIALS$"):
        load_circuit(server.source)
    monkeypatch.setitem(__import__("sys").modules, "neuprint", None)
    with pytest.raises(PremotorError, match=r"needs neuprint-python, which is not installed: pip install 'premotor\[n"):
        load_circuit(server.source)


@pytest.mark.parametrize(
    ("select", "pattern"),
    [
        ({"roi": "Leg*"}, "roi is 'Leg.'; it takes exact names"),
        ({"id": "x"}, "id is 'x'; neuron ids are whole numbers"),
        ({"type": None}, "the condition on 'type' is None"),
        ({"type": 3}, "holds text; 3 can not be compared"),
        ({"typ": "IN*"}, "no column 'typ' .*did you mean 'type'"),
    ],
)
def test_wrong_conditions(server, select, pattern):
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(server.source, select=select)
