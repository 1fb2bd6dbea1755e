"""Simulations as NWB files: valid by pynwb's own validator, and with the same numbers."""

from dataclasses import replace

import numpy as np
import pytest

from premotor import PremotorError
from premotor.cli import main
from premotor.runs import simulate, write_nwb

DRIVE = {
    "model": "lif",
    "drives": ["all:poisson,rate=400"],
    "seconds": 0.3,
    "replicates": 2,
    "record": {"class": "interneuron"},
}


@pytest.fixture(scope="module")
def spiking():
    return simulate({"circuit": {"source": "fly-cpg"}}, DRIVE)


def test_the_file_is_valid_and_holds_the_spikes(spiking, tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    path = write_nwb(spiking, tmp_path / "a.nwb")
    assert pynwb.validate(path=str(path)) == []
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        content = file.read()
        units = content.units.to_dataframe()
        module = content.processing["simulation"]
        rates, table = module["rates"], module["neurons"].to_dataframe()
        values = rates.data[:]
        assert rates.unit == "hertz" and rates.rate == 1 / spiking.settings.sample_period
        assert "kind: lif" in content.notes and "fly-cpg" in content.session_description + content.data_collection
    spikes = spiking.spikes
    assert spikes is not None and len(spikes.time) > 50
    assert len(units) == spikes.neurons * spikes.replicates
    for row in units.itertuples():
        place = spiking.circuit.neurons.index.get_loc(row.neuron_id)
        mine = spikes.time[(spikes.neuron == place) & (spikes.replicate == row.replicate)]
        assert np.array_equal(np.sort(mine), row.spike_times)
        assert row.neuron_type == spiking.circuit.neurons.loc[row.neuron_id, "type"]
        assert np.allclose(row.obs_intervals, [[0, 0.3]])
    assert np.array_equal(values, spiking.rates)
    assert table["neuron_id"].tolist() == spiking.neurons.index.tolist()
    assert table["neuron_type"].tolist() == spiking.neurons["type"].tolist()


def test_a_silent_circuit(tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    quiet = simulate({"circuit": {"source": "fly-cpg"}}, {"model": "lif", "seconds": 0.3})
    path = write_nwb(quiet, tmp_path / "a.nwb")
    assert pynwb.validate(path=str(path)) == []
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        assert [len(times) for times in file.read().units["spike_times"][:]] == [0] * len(quiet.circuit)


def test_rates_without_spikes(spiking, tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    path = write_nwb(replace(spiking, spikes=None), tmp_path / "a.nwb")
    assert pynwb.validate(path=str(path)) == []
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        content = file.read()
        assert content.units is None
        assert content.processing["simulation"]["rates"].data.shape == spiking.rates.shape


def test_the_command_line(tmp_path, capsys):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    short = ["simulate", "fly-cpg", "--model", "lif", "--seconds", "0.3", "--no-figures", "--nwb"]
    assert main([*short, "-o", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / "simulation.nwb"
    assert str(path) in capsys.readouterr().out
    assert pynwb.validate(path=str(path)) == []
    assert main(short) == 2 and "--nwb needs --output" in capsys.readouterr().err


def test_what_goes_wrong(spiking, tmp_path, monkeypatch):
    (tmp_path / "there.nwb").write_text("mine")
    if pytest.importorskip("pynwb", reason="pynwb is not installed"):
        with pytest.raises(PremotorError, match="exists already"):
            write_nwb(spiking, tmp_path / "there.nwb")
        with pytest.raises(PremotorError, match="nowhere.* cannot be written"):
            write_nwb(spiking, tmp_path / "nowhere" / "a.nwb")
    monkeypatch.setitem(__import__("sys").modules, "pynwb", None)
    with pytest.raises(PremotorError, match=r"needs pynwb, which is not installed: pip install 'premotor\[nwb\]'"):
        write_nwb(spiking, tmp_path / "a.nwb")
    assert [file.name for file in tmp_path.iterdir()] == ["there.nwb"]
