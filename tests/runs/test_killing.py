"""A run killed at any moment and resumed ends in the same weights as one that never was, bit for bit."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from premotor.runs import Run, dump_settings, load_experiment, train
from tiny import tiny_settings

ITERATIONS = 40


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory, circuit_folder) -> Path:
    """A run of a few seconds that writes a checkpoint after every iteration and evaluates now and then."""
    settings = tiny_settings(
        circuit_folder,
        learning={"steps": 16 * ITERATIONS, "average": 5.0},
        evaluation={"every_steps": 160},
        checkpoints={"every_steps": 1, "keep": 2},
    )
    path = tmp_path_factory.mktemp("settings") / "tiny.yaml"
    path.write_text(dump_settings(load_experiment(settings)))
    return path


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, settings_file) -> Run:
    """The run that nobody kills, in this process."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    return train(settings_file, output=folder, progress=False, finish=False)


def start(settings_file: Path, folder: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """Begin the run, or go on with it: what a user would type."""
    words = ["resume", str(folder)] if folder.exists() else ["train", str(settings_file), "-o", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "premotor", *words, "--no-report", "--episodes", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
    )


def kill_at_a_random_moment(process: "subprocess.Popen[str]", folder: Path, dice: random.Random) -> None:
    """Wait until this process has worked on the run for a random time, then kill it outright."""
    log = folder / "metrics.jsonl"
    before = log.stat().st_mtime_ns if log.exists() else None
    if dice.random() < 0.8:  # while it learns, else while it starts
        while process.poll() is None and (not log.exists() or log.stat().st_mtime_ns == before):
            time.sleep(0.005)
        time.sleep(dice.uniform(0.0, 0.6))
    else:
        time.sleep(dice.uniform(0.0, 6.0))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def killed_and_resumed(kills: int, folder: Path, settings_file: Path, environment: dict[str, str], seed: int) -> int:
    """Kill the run so many times, then let it end; how often the kill came before the end."""
    dice = random.Random(seed)
    for _ in range(kills):
        kill_at_a_random_moment(start(settings_file, folder, environment), folder, dice)
    process = start(settings_file, folder, environment)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return len(json.loads((folder / "provenance.json").read_text())["sessions"])


def assert_same(run: Run, unbroken: Run) -> None:
    name = f"{unbroken.step:012d}/state.safetensors"
    assert run.step == unbroken.step
    assert (run.places.checkpoints_folder / name).read_bytes() == (
        unbroken.places.checkpoints_folder / name
    ).read_bytes()
    assert run.places.best_file.read_bytes() == unbroken.places.best_file.read_bytes()
    assert run.best == unbroken.best
    assert run.evaluations.equals(unbroken.evaluations)
    times = ["seconds", "steps_per_second"]
    assert run.metrics.drop(columns=times).equals(unbroken.metrics.drop(columns=times))
    assert not list(run.folder.parent.glob(".*.partial"))


@pytest.mark.slow  # two processes; runs/test_kinds.py ends every kind of run in the middle, in this process
def test_a_killed_run_ends_in_the_same_weights(unbroken, settings_file, killable, tmp_path):
    sessions = killed_and_resumed(1, tmp_path / "run", settings_file, killable, seed=1)
    assert sessions > 1
    assert_same(Run(tmp_path / "run"), unbroken)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 4))
def test_a_run_killed_twenty_times_ends_in_the_same_weights(unbroken, settings_file, killable, tmp_path, seed):
    killed_and_resumed(20, tmp_path / "run", settings_file, killable, seed=seed)
    assert_same(Run(tmp_path / "run"), unbroken)
