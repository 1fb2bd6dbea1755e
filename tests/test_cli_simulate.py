"""``premotor simulate`` from the words of a command line."""

import json

import pytest

from premotor.cli import main
from premotor.runs import load_simulation

QUICK = ["--replicates", "4", "--seconds", "0.8"]


def run(capsys, *words):
    status = main(["simulate", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_simulation_with_its_figures(capsys, tmp_path):
    folder = tmp_path / "out"
    status, out, err = run(capsys, "fly-cpg", *QUICK, "-o", str(folder))
    assert (status, err) == (0, "")
    assert "in 4 of 4 replicates" in out and "IN17A001" in out
    figures = {file.name for file in (folder / "figures").iterdir()}
    assert figures == {"traces.png", "rates_by_type.png", "spectrum.png", "phases.png"}
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in (folder / "figures").iterdir())
    pictures = {file.name: file.read_bytes() for file in (folder / "figures").iterdir()}
    assert main(["report", str(folder)]) == 0
    assert {file.name: file.read_bytes() for file in (folder / "figures").iterdir()} == pictures
    assert json.loads((folder / "summary.json").read_text())["replicates"] == 4


def test_options_become_settings(capsys, tmp_path):
    folder = tmp_path / "out"
    status, out, _ = run(
        capsys,
        "fly-cpg",
        *["--model", "vnc", "--drive", "type=DNg100:300,start=0.1", "--drive", "name=E2:1", "--silence", "name=I1"],
        *["--record", "class=interneuron", "--readout", "name=E*", "--seed", "5", "--model.weight", "0.02"],
        *[*QUICK, "--no-figures", "-o", str(folder)],
    )
    assert status == 0 and "1 silenced" in out
    settings = load_simulation(folder / "settings.yaml")
    assert settings.seed == 5 and settings.replicates == 4 and settings.seconds == 0.8
    assert [drive.amplitude for drive in settings.drives] == [300, 1]
    assert settings.silence == ({"name": "I1"},) and settings.record == {"class": "interneuron"}
    assert settings.readout == {"name": "E*"} and settings.model.weight == 0.02
    assert not (folder / "figures").exists()


def test_spikes_get_a_raster(capsys, tmp_path):
    folder = tmp_path / "out"
    words = ["--model", "lif", "--drive", "type=PLM:poisson,rate=150", "--seconds", "0.4", "-o", str(folder)]
    status, out, _ = run(capsys, "celegans", *words)
    assert status == 0 and "spikes" in out and "types are silent" in out
    assert (folder / "figures/raster.png").exists()


def test_a_silent_circuit_is_drawn_too(capsys, tmp_path):
    status, out, _ = run(capsys, "celegans", "--seconds", "0.4", "--model", "lif", "-o", str(tmp_path / "out"))
    assert status == 0 and "0 spikes" in out and "no rhythm" in out


def test_a_screen(capsys, tmp_path):
    status, out, err = run(capsys, "fly-cpg", "--screen", "all", *QUICK, "-o", str(tmp_path / "out"))
    assert (status, err) == (0, "")
    assert [line.split()[1] for line in out.splitlines()[1:3]] != []
    assert {"10093", "10707"} == {line.split()[1] for line in out.splitlines()[1:3]}
    assert (tmp_path / "out/screen.parquet").exists()


def test_pruning(capsys, tmp_path):
    status, out, err = run(capsys, "fly-cpg", "--prune", *QUICK, "-o", str(tmp_path / "out"))
    assert (status, err) == (0, "")
    assert "4 of 4 neurons keep the rhythm" in out and "IN16B036" in out
    status, out, _ = run(capsys, str(tmp_path / "out/circuit"), "--drive", "type=DNg100:250", *QUICK)
    assert status == 0 and "in 4 of 4 replicates" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fly-cgp"], "fly-cpg"),
        (["fly-cpg", "--model", "spiking"], "model"),
        (["fly-cpg", "--drive", "type=DNg100"], "should look like"),
        (["fly-cpg", "--silence", "type=X"], "none of the circuit's 4 neurons"),
        (["fly-cpg", "--screen", "all", "--prune"], "exclude each other"),
        (["fly-cpg", "--screen", "x"], "selection"),
        (["fly-cpg", "--model.wieght", "1"], "wieght"),
        (["fly-cpg", "--replicates", "0"], "replicates"),
    ],
)
def test_wrong_words_are_one_line(capsys, words, message):
    status, out, err = run(capsys, *words)
    assert status == 2 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and message in err


def test_an_existing_folder_is_refused_before_anything_runs(capsys, tmp_path):
    status, _, err = run(capsys, "fly-cpg", "-o", str(tmp_path))
    assert status == 2 and "exists already" in err
