"""Milliseconds of the processor that one update of PPO takes: products edge by edge, and dense, in turns.

    python benchmarks/update_speed.py
    python benchmarks/update_speed.py --preset walk-own-rhythm --circuits fly-leg

The roll-out is a real one of the preset, before learning; both updates begin with the same controller. Also told is how
far apart the two ways end, as a part of how far the update moves everything that is learnt.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from premotor.learning import ppo
from premotor.learning.exploration import exploration_of
from premotor.learning.ppo_update import Learnt, trained_arrays, update
from premotor.runs import build_circuit, controller_for, load_experiment
from premotor.tasks import PhysicsEnvironment, build_task

WAYS = {"edge by edge": True, "dense": False}


def numbers(learnt: Learnt) -> np.ndarray:
    """All that learning changes of the controller and the critic."""
    pair = learnt.controller, learnt.critic
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(eqx.filter(pair, trained_arrays(*pair)))])


def measured(preset: str, circuit: str, rounds: int, updates: int) -> dict[str, Any]:
    """Milliseconds an update by way, in rounds of `updates` each, and the differences."""
    experiment = load_experiment(preset, {"circuit.source": circuit, "learning.kind": "ppo"})
    settings, task = experiment.learning, build_task(experiment.task)
    controller = controller_for(build_circuit(experiment.circuit), task, experiment)
    environment = PhysicsEnvironment(task, settings.environments)
    state = ppo.initialise(controller, environment, settings, jax.random.PRNGKey(0))
    before = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    _, batch, _ = ppo._roll_out(state, environment, settings)
    exploration, key = exploration_of(environment), jax.random.PRNGKey(1)

    def updated(way: str) -> Learnt:
        return jax.block_until_ready(update(before, batch, key, settings, exploration, one_device=WAYS[way])[0])

    after = [numbers(updated(way)) for way in WAYS]
    found: dict[str, Any] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            began = time.process_time()
            for _ in range(updates):
                updated(way)
            found[way].append(1e3 * (time.process_time() - began) / updates)
    one, other = after
    found["different"] = float(np.linalg.norm(one - other) / np.linalg.norm(one - numbers(before)))
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="walk")
    parser.add_argument("--circuits", nargs="+", default=["celegans", "fly-leg"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--updates", type=int, default=5, help="of a round")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table = {}
    print("| circuit | edge by edge, ms | dense, ms | ratio | apart |")
    print("|---|---:|---:|---:|---:|")
    for circuit in options.circuits:
        table[circuit] = found = measured(options.preset, circuit, options.rounds, options.updates)
        quick, dense = (np.array(found[way]) for way in WAYS)
        print(
            f"| {circuit} | {np.median(quick):.0f} | {np.median(dense):.0f} | {np.median(dense / quick):.2f} "
            f"| {found['different']:.1g} |",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
