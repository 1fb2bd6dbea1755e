"""Exports of recorded tests, runs over wirings, and critics on logged episodes."""

import numpy as np
import pandas as pd
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import spiking, train
from premotor.runs.spiking import (
    evaluate_spiking,
    export_nwb,
    export_parquet,
    read_test,
)
from premotor.runs.yaml_text import dump_yaml
from premotor.studies import (
    LoggedSteps,
    compare,
    comparison,
    critic_settings,
    evaluate_critic,
    logged_steps,
    read_wirings,
    search_critic,
)
from premotor.tasks.cartpole import cartpole_step

SETTINGS = {
    "agent": "spiking",
    "learning": {"kind": "plasticity", "episodes": 4, "block": 2},
    "evaluation": {"every": 1, "episodes": 2},
    "checkpoints": {"every": 1},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = train(SETTINGS, output=tmp_path_factory.mktemp("exports") / "run", progress=False, finish=False)
    evaluate_spiking(made, 4, checkpoint="last")
    return made


def test_tables_hold_the_test(run, tmp_path):
    record = read_test(run)
    tables = {file.stem: pd.read_parquet(file) for file in export_parquet(run, tmp_path / "out")}
    assert set(tables) == {"spikes", "steps", "episodes", "cells", "connections"}
    spikes, steps, episodes = tables["spikes"], tables["steps"], tables["episodes"]
    assert len(spikes) == record.counts.sum() and len(steps) == len(record.action)
    counted = spikes.groupby("population").size()
    assert counted["EA"] == record.counts[:, 80:120].sum()
    in_second = (spikes["episode"] == 1) & (spikes["step"] == 2)
    assert in_second.sum() == record.counts[record.length[0] + 2].sum()
    assert np.allclose(steps["angle"], record.observation[:, 2])
    assert episodes["stop"].iloc[-1] == pytest.approx(len(steps) * 0.05)
    assert tables["cells"]["action"].value_counts().to_dict() == {-1: 160, 0: 20, 1: 20}
    assert tables["connections"]["plastic"].sum() == 1800


def test_a_test_under_noise_is_driven_again_with_its_own(tmp_path):
    noise = {"wiring": {"noise": {"EM": {"AM2": {"rate": 40, "weight": 4}}}}}
    made = train({**SETTINGS, **noise}, output=tmp_path / "run", progress=False, finish=False)
    evaluate_spiking(made, 4, seed=7)
    tables = {file.stem: pd.read_parquet(file) for file in export_parquet(made, tmp_path / "out")}
    assert len(tables["spikes"]) == read_test(made).counts.sum()
    assert (tables["connections"]["pre_population"] == "noise").sum() == 40
    assert len(spiking.potentials_of_test(made, np.array([140]), seconds=0.2)) == 200


def test_potentials_are_those_at_which_cells_fire(run, tmp_path):
    record = read_test(run)
    cells = spiking.chosen_cells(run, "EM left, IA:1-2, 3")
    assert cells.tolist() == [*range(140, 160), 121, 122, 3]
    table = spiking.potentials_of_test(run, cells, seconds=0.4, every=0.5)
    assert len(table) == 800 and table["time"].iloc[[0, -1]].tolist() == pytest.approx([0.0005, 0.4])
    values = table.drop(columns="time").to_numpy()
    assert values.min() >= -90 and values.max() <= 0
    silent = [k for k, cell in enumerate(cells) if not record.counts[:8, cell].any()]
    fired = [k for k, cell in enumerate(cells) if record.counts[:8, cell].any()]
    assert fired and silent and (values[:, fired].max(0) > values[:, silent].max()).any()
    # by hand: the oracle of this cell, from the state that the loop left
    agent = run.agent(record.figures["checkpoint"])
    agent.encode_observation(agent.state, agent.interface, agent.world, record.observation[0])
    agent.network.advance(agent.network.wiring, agent.state, 50.0)
    state, kind = agent.state.cells[121], agent.network.cell_types[1]
    since = 50.0 - state[0]
    left = sum(v * np.exp(-since / tau) for v, tau in zip(state[1:7], kind.receptor_time_constants, strict=True))
    expected = kind.resting_potential + left + state[7] * np.exp(-since / kind.ahp_time_constant)
    assert table["cell_121"].iloc[99] == pytest.approx(expected, rel=1e-12)
    for words, message in (("XX", "no cells 'XX'"), ("EM:a", "no range"), ("900", "names no cell"), ("", "no cells")):
        with pytest.raises(PremotorError, match=message):
            spiking.chosen_cells(run, words)
    with pytest.raises(PremotorError, match="whole number of samples"):
        spiking.potentials_of_test(run, cells, every=0.7)


def test_potentials_are_exported(run, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    out = tmp_path / "out"
    words = ["--nwb", "--potentials", "IA:0-1", "--seconds", "0.1", "--output", str(out)]
    assert main(["spiking", "export", str(run.folder), *words]) == 0
    table = pd.read_parquet(out / "potentials.parquet")
    with pynwb.NWBHDF5IO(str(out / "test.nwb"), "r") as file:
        series = file.read().processing["potentials"]["potential"]
        assert series.rate == pytest.approx(1000) and series.data[:].shape == (100, 2)
        assert np.array_equal(series.data[:, 1], table["cell_121"])


def test_nwb_holds_the_test(run, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = export_nwb(run, tmp_path / "test.nwb")
    record = read_test(run)
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        held = file.read()
        assert len(held.units) == 200
        assert [len(held.units["spike_times"][cell]) for cell in range(200)] == record.counts.sum(0).tolist()
        assert held.processing["task"]["action"].data[:].tolist() == record.action.tolist()
        assert held.trials["stop_time"][-1] == pytest.approx(len(record.action) * 0.05)
    with pytest.raises(PremotorError, match="exists already"):
        export_nwb(run, path)


def test_the_commands(run, tmp_path, capsys):
    folder = str(run.folder)
    assert main(["spiking", "export", folder, "-o", str(tmp_path / "out")]) == 0
    assert "spikes.parquet" in capsys.readouterr().out
    assert main(["spiking", "critic", folder, "--set", "spin_weight=0.5"]) == 0
    assert "agreement" in capsys.readouterr().out
    words = ["--search", "spin_weight=0..5", "--trials", "3", "--output", str(tmp_path / "critics.csv")]
    assert main(["spiking", "critic", folder, *words]) == 0
    assert len(pd.read_csv(tmp_path / "critics.csv")) == 3
    assert main(["spiking", "critic", folder, "--set", "spin_weight=-1"]) == 2
    assert "critic.spin_weight" in capsys.readouterr().err


def test_a_critic_agrees_with_the_one_who_acts_as_it_says():
    """Steps of one who always does what the linear policy says: the policy's critic agrees with every one."""
    random = np.random.default_rng(0)
    before = random.uniform(-0.2, 0.2, (300, 4))
    weights = np.array([0.1, 0.3, 1.0, 0.5])
    action = (before @ weights > 0).astype(np.int64)
    steps = LoggedSteps(before, action, np.ones(300, int), np.zeros(300, bool))
    policy = critic_settings({"kind": "policy", "weights": weights.tolist()})
    assert evaluate_critic(policy, steps) == {
        "mean": 1.0, "positive": 1.0, "zero": 0.0, "agreement": 1.0, "contrast": 2.0, "margin": 0.0,
    }  # fmt: skip
    against = steps._replace(action=1 - action)
    assert evaluate_critic(policy, against)["agreement"] == 0.0
    # The published critic, by its formula: gain × fall of the loss, × 1.5 where positive, within ±1.
    balance = critic_settings({"kind": "balance"})
    after = before.copy()
    for row, choice in zip(after, action, strict=True):
        cartpole_step(row, int(choice))
    loss = [np.sqrt(s[:, 2] ** 2 + 0.7 * s[:, 3] ** 2) for s in (before, after)]
    reward = 3.0 * (loss[0] - loss[1])
    expected = np.clip(np.where(reward > 0, 1.5 * reward, reward), -1, 1)
    small = [(np.abs(s[:, 2:]) < 0.01).all(1) for s in (before, after)]
    fell = np.abs(after[:, 2]) > 12 * np.pi / 180
    expected = np.where(fell, -1.0, np.where(small[0], 0.0, np.where(small[1], 1.0, expected)))
    assert evaluate_critic(balance, steps)["mean"] == pytest.approx(expected.mean())
    found = search_critic(steps, "balance", ["spin_weight=0..5"], trials=5)
    assert found["agreement"].is_monotonic_decreasing and 0.7 in found["spin_weight"].to_numpy()
    with pytest.raises(PremotorError, match="no setting 'spin'; allowed are gain"):
        search_critic(steps, "balance", ["spin=0..5"], trials=2)
    with pytest.raises(PremotorError, match="no figure 'speed'"):
        search_critic(steps, "balance", ["gain=1..5"], trials=2, score="speed")


def test_logs_of_undecided_moves_are_left_out(run):
    record = read_test(run)
    assert len(logged_steps([run, run]).action) == 2 * (~record.tie).sum()


def test_wirings_are_trained_once_each(tmp_path, monkeypatch, capsys):
    """Runs are made in this process in place of processes of their own."""
    commands = []

    def run_here(jobs, engine, progress, **_):
        assert engine.at_once == 1
        for job in jobs:
            commands.append(job.command[0])
            assert main(list(job.command)) == 0

    monkeypatch.setattr(comparison, "run_jobs", run_here)
    monkeypatch.chdir(tmp_path)
    file, folder = tmp_path / "small.yaml", tmp_path / "seeds"
    file.write_text(dump_yaml(SETTINGS))
    words = ["spiking", "seeds", str(file), "--first", "3", "--jobs", "1", "--episodes", "3", "-o", str(folder)]
    assert main([*words, "--wirings", "2"]) == 0
    table = read_wirings(folder)
    assert table["wiring"].tolist() == [3, 4] and commands == ["train", "train"]
    assert spiking.SpikingRun(tmp_path / "seeds" / "runs" / "wiring-4").settings.wiring.seed == 4
    assert main([*words, "--wirings", "3"]) == 0
    again = read_wirings(folder)
    assert commands == ["train"] * 3 and again["mean"].tolist()[:2] == table["mean"].tolist()
    assert read_wirings(tmp_path / "seeds")["wiring"].tolist() == [3, 4, 5]
    with pytest.raises(PremotorError, match="with other settings"):
        compare(SETTINGS | {"seed": 9}, null=(), wirings=2, output=tmp_path / "seeds", progress=False)
    assert main(["analyse", "seeds", str(tmp_path / "seeds")]) == 0
    assert (tmp_path / "seeds" / "analysis" / "seeds.png").exists()
    capsys.readouterr()
