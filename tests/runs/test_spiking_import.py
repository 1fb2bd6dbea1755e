"""A run folder of the original program becomes a run of ours."""

import copy
import json
import pickle

import numpy as np
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven import random_network
from premotor.runs import train
from premotor.runs.spiking import SpikingRun, import_original, training_rows, weights_over_time
from premotor.runs.spiking.original_settings import translated

FIELDS = [(-0.00645789, 1.0), (-0.03634136, 0.53989509), (0.00529333, 0.09129902), (0.04752025, 0.82070579)]
SLOW = {"tauAM": 10, "tauNM": 300, "tauGA": 10, "tauGA2": 20, "tauAM2": 20, "tauNM2": 300}
FAST = {"ahpwt": 0.5, "tauahp": 50, "refrac": 2.5, "Vblock": -10, "tauRR": 1.5, "RRWght": 0.25, **SLOW}
CONFIG = {
    "ES": {"iterations": 300, "population_size": 10, "sigma": 0.1, "learning_rate": 1.0, "episodes_per_iter": 1},
    "env": {
        "name": "CartPole-v1",
        "observation_map": [{"type": "rf_normal", "bins": 20, "mean": m, "std": s} for m, s in FIELDS],
        "unk_move": -1,
    },
    "moves": {"LEFT": 0, "RIGHT": 1},
    "pop_to_moves": {"EM": ["LEFT", "RIGHT"]},
    "actionsPerPlay": 1,
    "critic": {"angv_bias": 0.7, "total_gain": 2.5, "max_reward": 1.0, "posRewardBias": 2.8, "clear_flips": False},
    "sim": {
        "duration": 100.0,
        "dt": 0.6,
        "normalizeSynInputs": 1,
        "normalizeInStepSize": 25,
        "normalizeByOutputBalancing": 0,
        "targetedRL": 3,
        "targetedRLMainFctr": 0.8,
        "targetedRLOppFctr": 0.9,
        "targetedNonEM": 0,
        "tstepPerAction": 50,
        "resetEligTrace": 1,
        "seeds": {"conn": 7},
    },
    "cell": {
        "E": {"ahpwt": 1, "tauahp": 400, "RMP": -65, "VTH": -40, "refrac": 5, "Vblock": -25, "tauRR": 8}
        | {"RRWght": 0.75, **SLOW},
        "I": {"RMP": -63, "VTH": -40, **FAST},
        "IL": {"RMP": -65, "VTH": -47, **FAST},
    },
    "net": {
        "Gain": {"EE": 2.0, "EI": 3.0, "IE": 2.0, "II": 1.0},
        "ECellModel": "INTF7",
        "ICellModel": "INTF7",
        "allpops": {"ES": 80, "EA": 40, "IA": 10, "IAL": 10, "EM": 40, "IM": 10, "IML": 10},
        "inputPop": "ES",
        "STDPconns": {"EE": 1},
        "stimModW": 35,
        "cmat": {
            "ES": {"EA": {"AM2": 5.0, "NM2": 0.098, "conv": 25}},
            "EA": {
                "EA": {"AM2": 0.05, "NM2": 0.005, "conv": 0},
                "IA": {"AM2": 1.95, "NM2": 0.0195, "conv": 15},
                "IAL": {"AM2": 1.98, "NM2": 0.098, "conv": 15},
                "EM": {"AM2": 3.25, "NM2": 0.05, "conv": 20},
            },
            "IA": {"EA": {"GA": 9.0, "p": 0.4}, "IA": {"GA": 4.5, "p": 0.1}, "IAL": {"GA": 4.5, "p": 0.2}},
            "IAL": {"EA": {"GA2": 2.5, "p": 0.4}, "IA": {"GA2": 2.25, "p": 0.2}, "IAL": {"GA2": 5.5, "p": 0.1}},
            "EM": {"IM": {"AM2": 1.95, "NM2": 0.0195, "conv": 16}, "IML": {"AM2": 0.98, "NM2": 0.098, "conv": 16}},
            "IM": {"EM": {"GA": 9.0, "p": 0.4}, "IM": {"GA": 4.5, "p": 0.1}, "IML": {"GA": 4.5, "p": 0.2}},
            "IML": {"EM": {"GA2": 2.5, "p": 0.4}, "IM": {"GA2": 2.25, "p": 0.2}, "IML": {"GA2": 5.5, "p": 0.1}},
        },
        "weightVar": 0.5,
        "delays": {"soma": [1.8, 2.2], "soma2": [3.0, 12.0], "STIMMOD": [0.8, 1.2]},
    },
    "STDP-RL": {
        "AMPA": {"wmax": 200, "RLon": 1, "RLlenhebb": 204, "RLlenanti": 205, "useRLexp": 0, "RLhebbwt": 0.01}
        | {"RLantiwt": -0.02, "RLwindhebb": 25, "RLwindanti": 25}
    },
    "noise": {"EM": {"GA": {"w": 1.875, "rate": 100}, "AM": {"w": 0, "rate": 0}}},
}
"""As far as the program of the publication reads it; weights are those before the gains."""


def original(folder, config=CONFIG, seed=11, times=(0, 100, 200), change=lambda saved: saved):
    """A run folder with the plastic synapses of another of our wirings."""
    folder.mkdir()
    (folder / "backupcfg_sim.json").write_text(json.dumps(config))
    network = random_network(seed)
    plastic = network.plastic
    saved: dict[int, dict[int, list]] = {}
    for pre, post, weight in zip(network.pre[plastic], network.post[plastic], network.weight[plastic], strict=True):
        rows = [[time, np.float64(weight * (1 + time / 1000))] for time in times]
        saved.setdefault(int(pre), {})[int(post)] = rows
    (folder / "synWeights.pkl").write_bytes(pickle.dumps(change(saved)))
    (folder / "es_train.txt").write_text("".join(f"1\t30.0\t{20 + k}.5\t11.0\t48.0\t8.4\n" for k in range(200)))
    return network


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    place = tmp_path_factory.mktemp("import")
    network = original(place / "theirs")
    return network, import_original(place / "theirs", place / "ours")


def test_partners_and_weights_are_theirs_and_the_rest_is_the_published_network(imported):
    network, (run, _) = imported
    ours, drawn = run.network(), random_network(7)
    held = {(a, b): w for a, b, w in zip(network.pre, network.post, network.weight, strict=True) if b < 200}
    keys = list(zip(ours.pre[ours.plastic].tolist(), ours.post[ours.plastic].tolist(), strict=True))
    plastic = {(a, b) for a, b, p in zip(network.pre, network.post, network.plastic, strict=True) if p}
    assert set(keys) == plastic and len(keys) == 1800
    before = {(a, b): w for a, b, w in zip(network.pre[network.plastic], network.post[network.plastic],
                                           network.weight[network.plastic], strict=True)}  # fmt: skip
    assert run.weights("initial") == pytest.approx([before[key] for key in keys], rel=1e-15)
    assert run.weights("best") == pytest.approx([1.2 * before[key] for key in keys], rel=1e-14)
    assert run.weights(100) == pytest.approx(1.1 * run.weights("initial"), rel=1e-14)
    other = ~np.isin(drawn.post, np.arange(80, 120)) & ~np.isin(drawn.post, np.arange(140, 180))
    for part in ("pre", "post", "receptor", "weight", "delay"):
        assert np.array_equal(getattr(ours, part)[other], getattr(drawn, part)[other])
    assert held and np.array_equal(ours.post, drawn.post) and ours.cell_types[:3] == drawn.cell_types[:3]
    slow = (ours.receptor == 4) & np.isin(ours.post, np.arange(140, 180))  # NMDA shares the partners of AMPA
    assert set(zip(ours.pre[slow].tolist(), ours.post[slow].tolist(), strict=True)) == {k for k in keys if k[1] >= 140}


def test_settings_are_theirs_with_gains_and_signs(imported):
    _, (run, left) = imported
    tags, targeting = run.settings.plasticity.tags, run.settings.plasticity.targeting
    assert (tags.hebbian, tags.anti_hebbian, tags.longest, tags.highest) == (0.02, 0.04, 25, 400)
    assert (tags.hebbian_length, tags.anti_hebbian_length) == (204, 205)
    assert (targeting.mode, targeting.chosen, targeting.other, targeting.hidden) == ("opposed", 0.8, -0.9, 0.0)
    critic, keeping = run.settings.plasticity.critic, run.settings.plasticity.homeostasis
    assert (critic.gain, critic.positive_bias, keeping.balance, keeping.control_every) == (2.5, 2.8, "none", 0)
    assert run.settings.learning.strategy.kind == "multiplicative" and run.settings.learning.iterations == 300
    text = "\n".join(left)
    for word in ("drawn anew", "env.unk_move = -1", "sim.dt = 0.6", "noise.EM.GA.rate = 100"):
        assert word in text
    assert "clear_flips" not in text and "noise.EM.AM" not in text


def test_a_memory_of_rewards_comes_over_and_noise_that_is_damped_is_not_told():
    changed = {**CONFIG, "critic": {**CONFIG["critic"], "modulation": {"type": "linear", "steps": 30}}}
    found = translated(changed, "config.json", evolved=False)
    assert found.settings["plasticity"]["critic"]["modulation"] == 30
    assert not any("modulation" in line for line in found.left) and any("noise.EM" in line for line in found.left)
    changed["net"] = {**CONFIG["net"], "noiseDamping": {"E": 0.0, "I": 0.0}}
    assert not any("noise" in line for line in translated(changed, "config.json", evolved=False).left)


def test_it_is_a_run_like_any_other(imported, tmp_path, capsys):
    _, (run, _) = imported
    rows = training_rows(run)
    assert len(rows) == 200 and rows["low"].iloc[0] == 11 and rows["steps"].iloc[1] == 205 + 215
    assert weights_over_time(run)["iteration"].unique().tolist() == [0, 100, 200]
    assert main(["spiking", "evaluate", str(run.folder), "--episodes", "2", "--checkpoint", "100"]) == 0
    assert main(["resume", str(run.folder), "--no-report", "--episodes", "2"]) == 0  # there is nothing to go on with
    small = {"learning.iterations": 1, "learning.strategy.population": 2, "evaluation.episodes": 1}
    child = train(run.settings, initial=run.folder, overrides=small, output=tmp_path / "child", progress=False,
                  finish=False)  # fmt: skip
    assert np.array_equal(SpikingRun(child.folder).weights("initial"), run.weights("best"))
    moved = tmp_path / "moved"
    run.folder.rename(moved)
    assert np.array_equal(SpikingRun(moved).network().pre, run.network().pre)  # its partners are in the folder
    moved.rename(run.folder)


def test_what_does_not_belong_together_is_said(tmp_path):
    def other(*keys, value):
        config = copy.deepcopy(CONFIG)
        inner = config
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
        return config

    for number, (config, change, message) in enumerate(
        [
            (other("net", "ECellModel", value="IntFire4"), None, "only INTF7 has a counterpart"),
            (other("env", "observation_map", value=[{"type": "rf"}]), None, "only rf_normal is brought over"),
            (other("net", "cmat", "EA", "EM", "conv", value=19), None, "do not fit"),
            (CONFIG, lambda saved: {0: {1: [[0, 1.0]]}}, "weights of ES-ES, which the configuration does not connect"),
            (CONFIG, lambda saved: {0: {900: [[0, 1.0]]}}, "names cell 900"),
            (CONFIG, lambda saved: [1, 2], "holds no weights by presynaptic"),
            (CONFIG, lambda saved: print, "nothing of it was executed"),
        ]
    ):
        original(tmp_path / str(number), config, change=change or (lambda saved: saved))
        with pytest.raises(PremotorError, match=message):
            import_original(tmp_path / str(number), tmp_path / f"ours-{number}")
        assert not (tmp_path / f"ours-{number}").exists()
    with pytest.raises(PremotorError, match="it has no backupcfg_sim.json and no config.json"):
        import_original(tmp_path)
