"""Simulations: settings in words, results against the networks themselves, folders, screens, pruning."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy.sparse import csr_array

import premotor as pm
from premotor.analysis import rhythm
from premotor.connectome import Circuit, load_circuit
from premotor.errors import PremotorError
from premotor.networks import (
    ConstantDrive,
    LIFNetwork,
    LIFSettings,
    RateNetwork,
    RateNetworkSettings,
    VNCNetwork,
    make_stimulus,
    stimulate,
)
from premotor.runs import (
    SimulationSettings,
    dump_settings,
    load_simulation,
    preset_names,
    prune,
    screen,
    simulate,
)
from premotor.runs.arrays import load_arrays
from premotor.runs.simulation.screen import smallest
from premotor.runs.simulation.settings import read_conditions, read_drive

SHORT = ["seconds=0.6", "replicates=3"]


@pytest.fixture(scope="module")
def rhythmic():
    return simulate("fly-cpg", {"replicates": 16})


def test_the_preset_is_the_published_rhythm(rhythmic):
    assert preset_names("simulate") == ("fly-cpg",)
    assert rhythmic.summary["rhythmic"]["fraction"] > 0.9
    assert rhythmic.summary["frequency"]["median"] == pytest.approx(16.7, rel=0.05)
    assert rhythmic.rates.shape == (2001, 4, 16)
    types = {row["type"]: row for row in rhythmic.summary["types"]}
    assert types["DNg100"]["frequency"] is None
    assert types["IN17A001"]["phase"] == 0
    assert 0.05 < types["INXXX466"]["phase"] < types["IN16B036"]["phase"] < 0.5  # E1, then E2, then I1
    assert not rhythmic.neurons["readout"].iloc[0] and rhythmic.neurons["readout"].iloc[1:].all()


def test_the_table_holds_what_analysis_says(rhythmic):
    table = rhythmic.table.set_index(["id", "replicate"])
    found = rhythm(rhythmic.rates[250:, 2, 5], 0.001)
    row = table.loc[(11751, 5)]
    assert row["score"] == found.score[0] and row["frequency"] == found.frequency[0]
    assert row["mean_rate"] == pytest.approx(rhythmic.rates[250:, 2, 5].mean(), rel=1e-5)
    assert row["maximum_rate"] == rhythmic.rates[250:, 2, 5].max()
    scores = rhythmic.table[rhythmic.table["id"] != 10093].groupby("replicate")["score"].mean()
    np.testing.assert_allclose(rhythmic.rhythm.score, scores)


def test_vnc_rates_are_the_networks_own():
    result = simulate("fly-cpg", [*SHORT, "seed=4", "silence=[name=I1]"])
    circuit = load_circuit("fly-cpg")
    network = VNCNetwork(circuit, replicates=3, seed=4).silenced(np.array([False, False, False, True]))
    drive = ConstantDrive(neurons={"type": "DNg100"}, amplitude=250)
    stimulus = make_stimulus([drive], circuit, 1200, network.period)
    expected = stimulate(network, stimulus, network.initial_state(), every=2)
    np.testing.assert_allclose(result.rates, expected, rtol=1e-5, atol=1e-5)
    assert result.neurons["silenced"].tolist() == [False, False, False, True]
    assert result.summary["silenced"] == 1


def test_lif_spikes_are_the_networks_own():
    overrides = {
        "model": {"kind": "lif", "excitatory_weight": 1.5},
        "drives": ["class=sensory:poisson,rate=200"],
        "seconds": 0.5,
        "replicates": 2,
        "seed": 3,
        "record": "class=sensory|motor",
    }
    result = simulate("celegans", overrides)
    circuit = load_circuit("celegans")
    network = LIFNetwork.wire(circuit, LIFSettings(excitatory_weight=1.5))
    stimulus = make_stimulus(result.settings.drives, circuit, 5000, 1e-4)
    spikes = network.simulate(stimulus, replicates=2, seed=3)
    assert result.spikes is not None
    np.testing.assert_array_equal(result.spikes.step, spikes.step)
    np.testing.assert_array_equal(result.spikes.neuron, spikes.neuron)
    place = circuit.neurons.index.get_indexer(result.neurons.index)
    np.testing.assert_allclose(result.rates[1:].mean(0), spikes.rates()[place], rtol=1e-3, atol=1e-3)
    assert result.summary["spikes"]["total"] == len(spikes.step) > 100
    assert set(result.neurons["class"]) == {"sensory", "motor"}
    assert (result.neurons["readout"] == (result.neurons["class"] == "motor")).all()


def test_rate_replicates_follow_the_rate_network():
    overrides = {
        "model": {"kind": "rate", "bias": -0.1},
        "drives": ["class=sensory:0.5,start=0.1"],
        "seconds": 0.5,
        "sample_period": 0.005,
    }
    result = simulate("celegans", overrides)
    circuit = load_circuit("celegans")
    network = RateNetwork(circuit, RateNetworkSettings(bias=-0.1), control_period=0.005)
    product, state = network.product(), network.initial_state(1)
    sensory = (circuit.neurons["class"] == "sensory").to_numpy(np.float32)[:, None]
    for step in range(100):
        state = network.step(product, state, sensory * (0.5 if step >= 20 else 0.0))
    np.testing.assert_allclose(result.rates[-1], state, rtol=1e-4, atol=1e-5)
    quiet = simulate("celegans", {**overrides, "silence": ["class=motor"]})
    assert (quiet.rates[:, quiet.neurons["class"] == "motor"] == 0).all()


def test_a_folder_holds_everything(rhythmic, tmp_path):
    folder = rhythmic.save(tmp_path / "out")
    assert load_simulation(folder / "settings.yaml") == rhythmic.settings
    arrays = load_arrays(folder / "activity.safetensors")
    np.testing.assert_array_equal(arrays["rates"], rhythmic.rates)
    long = pd.read_parquet(folder / "rates.parquet")
    wide = long.pivot(index="time", columns=["id", "replicate"], values="rate")
    np.testing.assert_array_equal(wide[11751].to_numpy(), rhythmic.rates[:, 2])
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "rhythm.parquet"), rhythmic.table)
    assert json.loads((folder / "summary.json").read_text()) == rhythmic.summary
    assert repr(load_circuit(folder / "circuit")) == repr(rhythmic.circuit)
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["seed"] == 0 and "circuit/neurons.csv" in provenance["data"]
    with pytest.raises(PremotorError, match="exists already"):
        rhythmic.save(tmp_path / "out")
    assert not [file for file in tmp_path.rglob(".*")]


def test_a_folder_of_spikes(tmp_path):
    overrides = ["model=lif", "drives=class=sensory:poisson,rate=150", "seconds=0.4", "replicates=2"]
    result = simulate("celegans", overrides, tmp_path / "out")
    spikes = pd.read_parquet(tmp_path / "out/spikes.parquet")
    assert result.spikes is not None and len(spikes) == len(result.spikes.step)
    assert spikes["id"].isin(result.circuit.ids).all() and spikes["time"].between(0, 0.4).all()


def test_the_same_settings_give_the_same_numbers():
    first, second = (simulate("fly-cpg", SHORT) for _ in range(2))
    np.testing.assert_array_equal(first.rates, second.rates)
    assert not np.array_equal(simulate("fly-cpg", [*SHORT, "seed=1"]).rates, first.rates)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [("all", {}), ("type=IN*|MN*", {"type": "IN*|MN*"}), ("a = x ; b=y=z", {"a": "x", "b": "y=z"})],
)
def test_conditions_in_words(text, conditions):
    assert read_conditions(text) == conditions


@pytest.mark.parametrize("text", ["", "type", "type=", "=x", "type=a;type=b", "type=a;"])
def test_conditions_that_are_none(text):
    with pytest.raises(PremotorError, match="selection"):
        read_conditions(text)


@pytest.mark.parametrize(
    ("text", "drive"),
    [
        ("type=A:250", {"kind": "constant", "neurons": {"type": "A"}, "amplitude": 250}),
        ("all:-1e-2,stop=3", {"kind": "constant", "neurons": {}, "amplitude": -0.01, "stop": 3}),
        ("id=1|2:poisson,rate=9", {"kind": "poisson", "neurons": {"id": "1|2"}, "rate": 9}),
        ("a=b:c:5", {"kind": "constant", "neurons": {"a": "b:c"}, "amplitude": 5}),
        ("a=b:file,path=x:1.csv", {"kind": "file", "neurons": {"a": "b"}, "path": "x:1.csv"}),
    ],
)
def test_drives_in_words(text, drive):
    assert read_drive(text) == drive


@pytest.mark.parametrize(
    "text", ["", "type=A", "type=A:", "type=A:x", "A:5", "all:5,5", "all:5,amplitude=3", "all:5,start=x", ":5"]
)
def test_drives_that_are_none(text):
    with pytest.raises(PremotorError, match="drive|selection"):
        read_drive(text)


@given(st.text(max_size=30))
def test_any_text_is_a_drive_or_one_sentence(text):
    try:
        drive = read_drive(text)
    except PremotorError as error:
        assert str(error)
    else:
        assert drive["kind"] in ("constant", "pulse", "poisson", "file")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"second": 1}, "unknown setting --second = 1.*seconds"),
        ({"model": "spike"}, "model"),
        ({"model.wieght": 1}, "wieght.*weight"),
        ({"drives": ["type=DNg100:poisson"]}, "rate"),
        ({"drives": ["type=DNg100"]}, "should look like"),
        ({"sample_period": 0.0007}, "multiple"),
        ({"seconds": 0.25}, "transient"),
        ({"replicates": 0}, "greater than or equal to 1"),
        ({"silence": ["type=X"]}, r"silence\.0.*none of the circuit's 4"),
        ({"record": "typ=X"}, "record.*typ"),
        ({"readout": "type=X"}, "readout"),
        ({"seconds": 1e5, "replicates": 10_000}, "GiB"),
    ],
)
def test_what_cannot_be_is_one_sentence(overrides, message):
    with pytest.raises(PremotorError, match=message):
        simulate("fly-cpg", overrides)


def test_settings_files(tmp_path):
    (tmp_path / "mine").mkdir()
    load_circuit("fly-cpg").save(tmp_path / "mine/wiring")
    (tmp_path / "mine/drive.csv").write_text("time,current\n0,250\n")
    file = tmp_path / "mine/s.yaml"
    file.write_text("circuit: {source: wiring}\ndrives: ['type=DNg100:file,path=drive.csv']\nseconds: 0.5\n")
    settings = load_simulation(file)
    assert settings.circuit.source == str(tmp_path / "mine/wiring")
    assert load_simulation(settings) == settings
    again = tmp_path / "again.yaml"
    again.write_text(dump_settings(settings))
    assert load_simulation(again) == settings
    assert simulate(file).rates.max() > 1
    for text, message in (("- 1\n", "holds a list"), ("a: [", "s.yaml"), ("seconds: x\n", "seconds")):
        file.write_text(text)
        with pytest.raises(PremotorError, match=message):
            load_simulation(file)
    with pytest.raises(PremotorError, match="no settings file"):
        load_simulation(tmp_path / "gone.yaml")


def test_a_new_model_leaves_the_old_ones_settings_behind():
    settings = load_simulation("fly-cpg", {"model.kind": "lif"})
    assert settings.model == LIFSettings()
    assert load_simulation("fly-cpg", {"model.weight": 0.02}).model.weight == 0.02


def test_the_screen_finds_what_starts_the_rhythm(tmp_path):
    table = screen("fly-cpg", "all", ["replicates=8"], tmp_path / "out")
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert set(table["id"][:2]) == {10093, 10707}
    assert (table["rhythmic"] == [1, 1, 0, 0]).all()
    assert table["frequency"][0] == pytest.approx(16.7, rel=0.05) and table["frequency"][2:].isna().all()
    one = simulate("fly-cpg", ["replicates=8", "drives=[name=E1:250]"])
    row = table.set_index("id").loc[10707]
    assert row["score"] == pytest.approx(one.rhythm.score.mean(), rel=1e-4)
    saved = json.loads((tmp_path / "out/screen.json").read_text())
    assert saved["neurons"][3]["frequency"] is None and saved["selection"] == {}


def test_a_screen_needs_a_current():
    for drives in ("[]", "type=DNg100:poisson,rate=10"):
        with pytest.raises(PremotorError, match="needs a current"):
            screen("fly-cpg", "all", [f"drives={drives}"])
    with pytest.raises(PremotorError, match="screen: none"):
        screen("fly-cpg", "type=X")


def test_screens_of_spiking_models_run():
    overrides = {"model": "lif", "drives": ["all:40"], "seconds": 0.5}
    table = screen("celegans", "name=AVAL|PLML", overrides)
    assert sorted(table["type"]) == ["AVA", "PLM"]


def among_strangers(seed):
    """The four cells in a crowd that they drive, and that does not drive them."""
    cells, rng = load_circuit("fly-cpg"), np.random.default_rng(seed)
    size, home = 20, rng.permutation(20)[:4]
    counts = rng.integers(1, 60, (size, size)) * (rng.random((size, size)) < 0.1)
    counts[:, home] = 0
    counts[np.ix_(home, home)] = cells.synapses.toarray()
    ids = np.arange(500, 500 + size)
    ids[home] = cells.ids
    table = pd.DataFrame(
        {
            "type": "stranger",
            "class": "interneuron",
            "transmitter": "acetylcholine",
            "sign": np.where(rng.random(size) < 0.5, 1, -1).astype(np.int8),
            "side": "",
            "size": 1.0,
        },
        index=pd.Index(ids, name="id"),
    )
    for column in ("type", "class", "transmitter", "sign", "size"):
        values = table[column].to_numpy(copy=True)
        values[home] = cells.neurons[column]
        table[column] = values
    return Circuit(table, csr_array(counts.astype(np.int64)), None, cells.provenance)


def test_pruning_finds_the_four_cells(tmp_path):
    among_strangers(1).save(tmp_path / "crowd")
    overrides = ["replicates=4", f"circuit.source={tmp_path / 'crowd'}"]
    found = prune("fly-cpg", overrides, tmp_path / "out")
    assert set(found.circuit.ids) == {10093, 10707, 11751, 13905}
    assert found.removed == 16 and found.rhythmic >= 0.5 and found.whole >= 0.5
    assert found.frequency == pytest.approx(16.7, rel=0.1)
    assert repr(load_circuit(tmp_path / "out/circuit")) == repr(found.circuit)
    saved = json.loads((tmp_path / "out/pruning.json").read_text())
    assert saved["simulations"] == found.simulations > len(found.history)
    assert sorted(saved["neurons"]) == sorted(found.circuit.ids)


def test_pruning_needs_a_rhythm():
    with pytest.raises(PremotorError, match="only 0% of the replicates"):
        prune("fly-cpg", ["replicates=2", "silence=[name=E1]"])
    with pytest.raises(PremotorError, match="keep is 0"):
        prune("fly-cpg", keep=0)


@given(st.integers(0, 40), st.sets(st.integers(0, 39)), st.integers(0, 3))
def test_what_delta_debugging_leaves_is_minimal(size, needed, spare):
    """Passes if all needed items are there and at most so many of them are missing."""
    needed = {item for item in needed if item < size}

    def keeps(subsets):
        return [len(needed - set(subset.tolist())) <= spare for subset in subsets]

    left = smallest(np.arange(size), keeps)
    assert keeps([left]) == [True]
    assert not any(keeps([np.delete(left, [i]) for i in range(len(left))]))
    assert len(left) == max(0, len(needed) - spare)


def test_settings_are_complete_and_strict():
    assert SimulationSettings(drives=("all:1",)).drives[0].amplitude == 1
    assert pm.simulate is simulate


def test_a_null_model_that_changes_nothing_is_refused():
    """No two of the seven edges can be exchanged within their signs and classes."""
    with pytest.raises(pm.PremotorError, match="rewired .* leaves fly-cpg as it is"):
        pm.simulate("fly-cpg", {"circuit.null": "rewired"})
