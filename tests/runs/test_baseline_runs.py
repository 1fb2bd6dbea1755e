"""Runs without a circuit, on and off policy: tested, played, compared and reported like those with one."""

import re
import shutil

import numpy as np
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.report import write_report, write_walk_video
from premotor.runs import Run, evaluate, load_experiment, play_to_video, player, silence_synapses, train
from premotor.runs.arrays import load_arrays
from premotor.studies import compare
from premotor.studies.comparison import compared
from premotor.studies.members import plan
from tiny import tiny_settings

OFF_POLICY = {
    "steps": 120,
    "environments": 2,
    "rollout": 10,
    "warm_up": 40,
    "buffer_size": 80,
    "batch_size": 8,
    "critic_layers": [8],
}
LAYERS = {"kind": "mlp", "hidden": [12, 8], "activation": "relu", "calibrate": False}
RUNS = {
    "ddpg": {
        "network": LAYERS,
        "maps": {"squash": "tanh"},
        "task": {"kind": "arm-balance"},
        "learning": {"kind": "ddpg", **OFF_POLICY},
        "units": 20,
    },
    "sac": {
        "network": LAYERS,
        "maps": {"squash": "tanh"},
        "task": {"kind": "gymnasium", "id": "Pendulum-v1", "time_limit": 30},
        "learning": {"kind": "sac", **OFF_POLICY},
        "units": 20,
    },
    "gru": {"network": {"kind": "gru", "hidden": 5}, "task": {"kind": "walk"}, "units": 5},
    "spiking": {
        "network": {"kind": "surrogate-gradient"},
        "task": {"kind": "gymnasium", "id": "CartPole-v1", "time_limit": 30},
        "units": 200,
    },
}


# SAC's run is DDPG's but for the task, and the others differ from it in what circuits' runs have, too, PPO and walking:
# `make test-slow`
@pytest.fixture(scope="module", params=[pytest.param(n, marks=[pytest.mark.slow] if n != "ddpg" else []) for n in RUNS])
def run(request, tmp_path_factory, circuit_folder) -> Run:
    """A finished and tested run of each kind; its figures are of two episodes."""
    changes = {**RUNS[request.param]}
    settings = tiny_settings(circuit_folder, **{k: v for k, v in changes.items() if k not in ("units", "learning")})
    settings["learning"] = changes.get("learning", settings["learning"])
    del settings["circuit"]  # which has no part in a network whose size is given
    settings["evaluation"] = {"every_steps": 60, "episodes": 2, "seconds": 0.4}
    settings["name"] = request.param
    made = train(settings, output=tmp_path_factory.mktemp("runs") / request.param, progress=False, finish=False)
    evaluate(made, 2)
    return made


def test_the_trace_holds_the_units_of_the_network(run) -> None:
    units = RUNS[run.settings.name]["units"]
    assert load_arrays(run.places.trace_file)["rates"].shape[1] == units
    assert not run.wired


def test_the_report_speaks_of_layers_and_not_of_a_circuit(run) -> None:
    page = write_report(run.folder).read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", " ", page)
    assert "without a connectome" in text and "There is no connectome in this run" in text
    assert "silenced" not in text and "Signs and wiring held" not in text and "null model" not in text
    assert "nan" not in text.lower().split()
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page, flags=re.DOTALL)
    assert any("The parameters before and after" in title for title in titles)
    walks = run.settings.task.kind == "walk"
    assert any(("How it walks" if walks else "How it moves") in title for title in titles)


def test_there_are_no_synapses_to_silence(run) -> None:
    with pytest.raises(
        PremotorError, match=r"network.kind is (mlp|gru|surrogate-gradient): there are no synapses of a circuit"
    ):
        silence_synapses(run, 2)
    assert main(["evaluate", str(run.folder), "--episodes", "2"]) == 0


def test_it_plays_its_best_controller(run, tmp_path) -> None:
    if run.settings.name == "gru":
        pytest.skip("drawing is the task's; two kinds of it are enough")
    folder = shutil.copytree(run.folder, tmp_path / "run")
    file = play_to_video(player(folder), tmp_path / "play.mp4", seconds=0.2)
    assert file.stat().st_size > 0
    assert write_walk_video(folder, size=(64, 48)).stat().st_size > 0


def test_a_comparison_of_a_plain_network_is_one_of_seeds() -> None:
    settings = load_experiment("pendulum")
    members = plan(settings, [], nulls=1, seeds=2, baselines=["mlp", "gru"])
    assert [m.name for m in members] == ["mlp-s0", "gru-s0", "mlp-s1", "gru-s1"]
    made = [load_experiment(settings, m.settings) for m in members]
    assert [e.network.kind for e in made] == ["mlp", "gru", "mlp", "gru"]
    assert [e.network for e in made][::2] == [settings.network] * 2
    rows = [
        {"name": m.name, "wiring": m.wiring, "score": -100.0 - i, "return": -100.0 - i, "seed": m.seed}
        for i, m in enumerate(members)
    ]
    result = compared(rows, ("score", "return"))
    assert [entry["wiring"] for entry in result["summary"]] == ["mlp", "gru"]
    assert result["summary"][0]["mean"] == pytest.approx(-101.0)
    assert {test["wiring"] for test in result["test"]} == {"gru"}
    with pytest.raises(PremotorError, match="no wiring that a null model"):
        compare("pendulum", null="rewired")


@pytest.mark.parametrize(
    ("activation", "equation"),
    [("relu", lambda x: np.maximum(x, 0)), ("elu", lambda x: np.where(x > 0, x, np.exp(x) - 1)), ("tanh", np.tanh)],
)
def test_layers_of_any_number_are_their_equation(activation, equation) -> None:
    import jax

    from premotor.networks import MLPNetwork, MLPSettings

    settings = MLPSettings(hidden=(5, 3, 4), activation=activation, calibrate=False)
    network = MLPNetwork(settings.hidden, settings, control_period=0.02, key=jax.random.PRNGKey(1))
    current = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    weight = np.asarray(network.weight)
    first = equation(current)
    second = equation(weight[:3, :5] @ first)
    third = equation(weight[3:7, :3] @ second)
    found = network.step(network.product(), network.initial_state(2), current)
    np.testing.assert_allclose(found, np.concatenate([first, second, third]), rtol=1e-5, atol=1e-6)
    alone = network.numpy_step()(np.zeros((12, 2), np.float32), current)
    np.testing.assert_allclose(alone, found, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weight[:3, :5] @ weight[:3, :5].T, 2 * np.eye(3), atol=1e-5)
    assert not weight[3:7, 3:].any()
