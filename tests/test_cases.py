"""Situations of users, reduced to a few lines each, beside the repository: every one gives what is expected of it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from premotor import PremotorError, settings
from premotor.cli import main
from premotor.connectome import Circuit, load_circuit
from premotor.tasks import GymnasiumEnvironment, GymnasiumSettings, GymnasiumTask

CASES = Path(__file__).parents[2] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not beside the repository")


@pytest.fixture(autouse=True)
def said_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_NOTED", set())


def edges(circuit: Circuit) -> dict[tuple[str, str], int]:
    keys = circuit.neurons["name" if "name" in circuit.neurons else "type"].tolist()
    keys = keys if all(keys) else [str(number) for number in circuit.ids]
    wiring = circuit.synapses.tocoo()
    return {(keys[i], keys[j]): int(n) for i, j, n in zip(wiring.row, wiring.col, wiring.data, strict=True)}


def gaps(circuit: Circuit) -> list[list[int]]:
    assert circuit.gap_junctions is not None
    return circuit.gap_junctions.toarray().tolist()


def refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


COUNTED = {
    "01-edge-list-count/edges.csv": {("N1", "N2"): 10, ("N2", "N1"): 7, ("N1", "N3"): 3},
    "01-edge-list-count/graph.graphml": {("1", "2"): 9},
    "02-edge-type/edges.csv": {("N1", "N2"): 10},
    "05-annotations-unread": {("S1", "I1"): 6, ("I1", "M1"): 9},
    "06-transmitter-column": {("A", "B"): 80, ("B", "C"): 100},
    "07-first-column-wins": {("T1", "T2"): 5, ("T2", "T3"): 7},
    "09-matrix-corner/W.csv": {("101", "102"): 5, ("102", "101"): 1, ("102", "103"): 2, ("103", "103"): 3},
    "10-names-as-pre-post/edges.tsv": {("N1", "N3"): 4},
    "14-stray-table": {("A", "B"): 3},
}
TOLD = {
    "05-annotations-unread": {"class": ["sensory", "interneuron", "motor"], "side": ["right", "left", "right"]},
    "06-transmitter-column": {"transmitter": ["acetylcholine", "gaba", "acetylcholine"]},
    "07-first-column-wins": {
        "transmitter": ["acetylcholine", "gaba", "acetylcholine"],
        "class": ["sensory", "interneuron", "motor"],
    },
}


@pytest.mark.parametrize("case", COUNTED)
def test_what_is_read(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["circuit", "info", str(CASES / case)]) == 0
    circuit = load_circuit(CASES / case)
    assert edges(circuit) == COUNTED[case]
    for column, values in TOLD.get(case, {}).items():
        assert circuit.neurons[column].tolist() == values
        assert circuit.neurons["sign"].tolist() == [1, -1, 1]
    if case.startswith("02"):
        assert gaps(circuit) == [[0, 4], [4, 0]]
    if case.startswith("10"):
        assert gaps(circuit) == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    said = capsys.readouterr().err
    assert not case.startswith("14") or "notes.csv was not used: " in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "04-no-common-id",
            [
                "none of the 4 ids",
                "is among the 2",
                "720575940600000473",
                "720575940600001000",
                "end in 000",
                "rounded",
            ],
        ),
        ("08-headerless/three-rows.csv", ["has no header", "--columns"]),
        ("08-headerless/four-rows.csv", ["has no header", "--columns"]),
        ("08-headerless/edges.txt", ["has no header", "--columns"]),
        ("15-json/circuit_config.json", ["SONATA", "without edges"]),
    ],
)
def test_what_is_refused(source: str, said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    sentence = refused(["circuit", "info", str(CASES / source)], capsys)
    assert [word for word in said if word not in sentence] == [], sentence


@pytest.mark.parametrize(
    ("name", "count", "scale"), [("three-rows.csv", 3, None), ("four-rows.csv", 4, None), ("edges.txt", 2, 1)]
)
def test_tables_without_a_header_with_the_names_given(name: str, count: int, scale: float | None) -> None:
    circuit = load_circuit(CASES / "08-headerless" / name, columns="pre,post,count", scale=scale)
    assert circuit.synapses.nnz == count


def test_populations_of_sonata() -> None:
    pytest.importorskip("h5py")
    circuit = load_circuit(CASES / "03-sonata-folder" / "network")
    assert (len(circuit), circuit.synapses.nnz, circuit.synapses.sum()) == (4, 4, 14)
    table = circuit.neurons[["population", "type", "sign"]].itertuples(index=False)
    assert [tuple(row) for row in table] == [
        *[("drive", "input", 1)] * 2,
        ("net", "basket", -1),
        ("net", "pyramidal", 1),
    ]
    configured = load_circuit(CASES / "03-sonata-folder" / "with-config" / "circuit_config.json")
    assert configured.neurons.equals(circuit.neurons) and configured.digest == circuit.digest


def test_an_environment_of_half_bounds_gets_nothing_outside() -> None:
    environment = {"PYTHONPATH": "."}
    folder = CASES / "11-half-bounded"
    done = subprocess.run([sys.executable, "run.py"], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_observation_of_nan_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(CASES / "11-half-bounded")
    task = GymnasiumTask(GymnasiumSettings(id="halfbounded:HalfBounded-v0", options={"nan_at": 3}))
    environment = GymnasiumEnvironment(task, 4)
    environment.reset()
    with pytest.raises(PremotorError) as said:
        for _ in range(4):
            environment.step(np.zeros((4, 1)))
    assert "'halfbounded:HalfBounded-v0' observes nan" in str(said.value) and "in step 3" in str(said.value)
    assert "learning" not in str(said.value)


def test_a_body_without_actuators_is_refused_where_it_has_to_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body = f"--task.body={CASES / '13-no-actuator' / 'arm.yaml'}"
    command = ["train", "arm", body, "--learning.steps", "1", "-o", str(tmp_path / "run")]
    assert "actuator" in refused(command, capsys)


@pytest.mark.slow
def test_the_network_of_spikes_reaches_what_signs_reach(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["simulate", str(CASES / "06-transmitter-column"), "--model", "lif", "--drive", "type=A:20"]
    assert main([*command, "--seconds", "0.3"]) == 0
    rate = {
        words[0]: float(words[2]) for line in capsys.readouterr().out.splitlines() if (words := line.split())[0] in "AB"
    }
    assert rate["A"] > 0 and rate["B"] > 0


def test_the_network_of_spikes_needs_signs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("neurons.csv", "connections.csv"):
        text = (CASES / "06-transmitter-column" / name).read_text()
        (tmp_path / name).write_text(text.replace("acetylcholine", "").replace("gaba", ""))
    sentence = refused(["simulate", str(tmp_path), "--model", "lif", "--drive", "type=A:20"], capsys)
    assert "known sign" in sentence and "column transmitter" in sentence
