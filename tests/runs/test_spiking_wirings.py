"""Run folders of spiking agents with a connectome's wiring, with other tasks, and with a user's functions."""

import shutil

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import resume, train
from premotor.runs.spiking import (
    Hooks,
    SpikingRun,
    evaluate_spiking,
    load_spiking,
    mock_inputs,
)

SMALL = {
    "agent": "spiking",
    "learning": {"kind": "evolution", "iterations": 2, "episodes": 1, "longest": 20, "strategy": {"population": 4}},
    "evaluation": {"every": 2, "episodes": 2},
    "checkpoints": {"every": 1},
}
BINS = [{"kind": "linear", "bins": 40, "low": low, "high": high} for low, high in ((-1.2, 0.6), (-0.07, 0.07))]
WORM = {"kind": "circuit", "outputs": [{"class": "motor", "side": "left"}, {"class": "motor", "side": "right"}]}
CAR = SMALL | {
    "task": {"kind": "gymnasium", "id": "MountainCar-v0", "time_limit": 30},
    "interface": {"fields": BINS},
    "plasticity": {"critic": {"kind": "reward", "gain": 0.1}},
}


def same_again(run, tmp_path, **more):
    """Go on from the first checkpoint, and compare."""
    folder = tmp_path / "again"
    shutil.copytree(run.folder, folder)
    for checkpoint in sorted((folder / "checkpoints").iterdir())[1:]:
        shutil.rmtree(checkpoint)
    again = resume(folder, progress=False, finish=False, **more)
    assert again.weights("last").tolist() == run.weights("last").tolist()
    assert again.metrics["fitness"].tolist() == run.metrics["fitness"].tolist()


def test_a_connectomes_wiring_in_the_run_folder(tmp_path):
    run = train(SMALL | {"wiring": WORM}, output=tmp_path / "worm", progress=False, finish=False)
    assert (run.folder / "circuit").is_dir() and run.network().cells == 302
    same_again(run, tmp_path)
    figures = evaluate_spiking(run, 2)
    assert set(figures["rates"]) == {"input", "inter", "motor", "motor0", "motor1"}
    assert mock_inputs(SpikingRun(run.folder), repeats=1)["votes"].shape == (80, 2)
    with pytest.raises(PremotorError, match=r"wiring.outputs has 3 selections, but the task has 2 actions"):
        three = WORM | {"outputs": [{"type": name} for name in ("DA*", "DB*", "VA*")]}
        train(SMALL | {"wiring": three}, output=tmp_path / "three", progress=False, finish=False)
    assert not (tmp_path / "three").exists()


# evolution runs in the test before this one: `make test-slow`
@pytest.mark.parametrize(
    "learning",
    [
        pytest.param({}, id="evolution", marks=pytest.mark.slow),
        pytest.param({"kind": "plasticity", "episodes": 4, "block": 2}, id="stdp"),
    ],
)
def test_another_task(learning, tmp_path):
    pytest.importorskip("gymnasium")
    settings = CAR | ({"learning": learning} if learning else {})
    run = train(settings, output=tmp_path / "car", progress=False, finish=False)
    same_again(run, tmp_path)
    figures = evaluate_spiking(run, 3, checkpoint="last")
    assert figures["mean"] == figures["least"] == -30.0  # nobody reaches the top in 30 steps
    assert figures == evaluate_spiking(run, 3, checkpoint="last")
    other = train(settings, output=tmp_path / "threads", overrides={"threads": 2}, progress=False, finish=False)
    assert other.weights("last").tolist() == run.weights("last").tolist()


def test_receptive_fields_of_a_task_follow_its_bounds():
    pytest.importorskip("gymnasium")
    fields = load_spiking({"task": {"kind": "gymnasium", "id": "Acrobot-v1"}}).interface.fields
    assert [(round(field.low, 2), round(field.high, 2), field.bins) for field in fields[3:]] == [
        (-1.0, 1.0, 20),
        (-12.57, 12.57, 20),
        (-28.27, 28.27, 20),
    ]
    with pytest.raises(PremotorError, match="observation_1 of CartPole-v1 goes from -inf to inf"):
        load_spiking({"task": {"kind": "gymnasium", "id": "CartPole-v1"}})
    with pytest.raises(PremotorError, match="'Pendulum-v1', whose actions are numbers"):
        load_spiking({"task": {"kind": "gymnasium", "id": "Pendulum-v1"}})
    with pytest.raises(PremotorError, match="which only CartPole has; use 'return'"):
        load_spiking(CAR, {"learning.fitness": "centred"})


def test_a_users_critic_is_asked_for_when_a_run_goes_on(tmp_path):
    def critic(before, action, tie, after, reward, over):
        return -1.0 if over else after[0] - before[0]

    hooks = Hooks(critic=critic)
    settings = SMALL | {"learning": {"kind": "plasticity", "episodes": 4, "block": 2}}
    run = train(settings, output=tmp_path / "mine", hooks=hooks, progress=False, finish=False)
    plain = train(settings, output=tmp_path / "plain", progress=False, finish=False)
    assert not np.array_equal(run.weights("last"), plain.weights("last"))
    with pytest.raises(PremotorError, match=r"was trained with critic: .*critic; go on from Python"):
        resume(run.folder, progress=False, finish=False)
    same_again(run, tmp_path, hooks=hooks)
