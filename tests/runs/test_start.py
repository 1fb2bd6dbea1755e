"""How many programs JAX compiles before a first iteration is learnt: each costs a start its time."""

import subprocess
import sys

import pytest

PROBE = """
import collections, os, sys
from premotor.cli import main
from premotor.runs import loop

compiled = collections.Counter()

def heard(event, duration, **about):
    if event.endswith("backend_compile_duration"):
        compiled[about.get("fun_name")] += 1

def append(log, row):
    print(sum(compiled.values()), compiled["jit(update_on)"], dict(compiled), flush=True)
    os._exit(0)

loop.MetricsLog.append = append
import jax
jax.monitoring.register_event_duration_secs_listener(heard)
main(["train", *sys.argv[1:]])
"""
WALK = "walk --cloning.iterations 1 --cloning.steps 4 --learning.rollout 2"
PPO = "--learning.environments 4 --learning.rollout 2 --learning.minibatches 1"


@pytest.mark.slow  # all that is compiled for a run, in a process of its own
@pytest.mark.parametrize(
    ("words", "most"),
    [
        (f"{WALK} --learning.environments 128", 24),  # in two halves
        (f"fly-stand {PPO}", 24),
    ],
)
def test_few_programs_are_compiled_before_the_first_iteration(words, most, circuit_folder, tmp_path):
    wiring = ["--circuit.source", str(circuit_folder)] if words.startswith(WALK) else []
    command = [sys.executable, "-c", PROBE, *words.split(), *wiring]
    command += ["--output", str(tmp_path / "run"), "--no-report"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    programs, updates, names = made.stdout.splitlines()[-1].split(" ", 2)
    assert int(programs) <= most, names
    assert int(updates) == 1  # what is compiled ahead is what the first update asks for
