"""Control steps a second of BipedalWalker: Gymnasium's own vector environment, our copies, and EnvPool's.

    python benchmarks/gymnasium_copies.py

Needs `premotor[envpool]`. All copies are driven by the actions of the recorded walk, and fall now and then.
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from premotor.tasks import BipedalSettings, BipedalTask, build_environment, load_bipedal_reference
from turns import Contestant, markdown, measure, rows

ACTIONS = load_bipedal_reference("bipedal").actions


def walked(step: Callable[[np.ndarray], Any], copies: int, steps: int) -> int:
    """Drive all copies by the recorded walk; how many steps that were."""
    for action in ACTIONS[:steps]:
        step(np.tile(action, (copies, 1)).astype(np.float32))
    return copies * steps


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("--copies", type=int, default=128)
    words.add_argument("--steps", type=int, default=60, help="of a burst, in each copy")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--json", type=Path, help="file for the table's rows")
    chosen = words.parse_args()
    own = gymnasium.make_vec("BipedalWalker-v3", chosen.copies, "sync")
    own.reset(seed=0)
    steps: dict[str, Callable[[np.ndarray], Any]] = {"Gymnasium's SyncVectorEnv": own.step}
    ways: dict[str, tuple[dict[str, Any], int]] = {
        "ours, 1 process": ({"vectorization": "copies", "processes": 1}, 1),
        "ours, 2 processes": ({"vectorization": "copies", "processes": 2}, 1),
        "EnvPool, 1 thread": ({"vectorization": "envpool"}, 1),
        "EnvPool, 2 threads": ({"vectorization": "envpool"}, 2),
    }
    for name, (settings, threads) in ways.items():
        worlds = build_environment(BipedalTask(BipedalSettings(**settings)), chosen.copies, threads=threads)
        worlds.reset()
        steps[name] = worlds.step
    first = next(iter(steps))
    contestants = [
        Contestant("BipedalWalker-v3", name, partial(walked, step, chosen.copies, chosen.steps), against=first)
        for name, step in steps.items()
    ]
    measure(contestants, chosen.rounds, print)
    table = rows(contestants)
    print(markdown(table))
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
