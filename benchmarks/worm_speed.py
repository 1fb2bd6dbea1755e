"""How many worms crawl in real time, brain and body: the shipped controller in its task.

    python benchmarks/worm_speed.py --json worm-speed.json

Prints for each number of worms side by side: seconds that worms lived for each second of the clock (worms in real
time) and for each second of processor time (the same on one core that does nothing else), and the part of the time
that the network takes. Medians of bursts of one second of a worm's life.
"""

import argparse
import json
import time
from pathlib import Path

import jax
import numpy as np

from premotor.bodies.physics import available_cores
from premotor.runs.episodes import act, prepare
from premotor.runs.shipping import shipped
from premotor.tasks import build_environment


def measured(worms: int, threads: int, bursts: int) -> dict[str, float]:
    """Medians over bursts; the first one, which compiles, is left out."""
    made = shipped("worm")
    environment = build_environment(made.task, worms, threads=threads)
    product, state = prepare(made.controller), made.controller.initial_state(worms)
    observation, steps, rows = environment.reset(), round(1 / made.task.control_period), []
    for _ in range(bursts + 1):
        wall, processor, thought = time.perf_counter(), time.process_time(), 0.0
        for _ in range(steps):
            begin = time.perf_counter()
            state, action = jax.block_until_ready(act(made.controller, product, state, observation))
            thought += time.perf_counter() - begin
            observation = environment.step(np.clip(np.asarray(action), -1, 1)).observation
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        rows.append((worms / wall, worms / processor, thought / wall))
    real, core, network = np.median(rows[1:], axis=0)
    return {"worms": worms, "threads": threads, "real_time": real, "of_a_core": core, "network": network}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worms", type=int, nargs="+", default=[16, 64, 128])
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--bursts", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = []
    for worms in given.worms:
        row = measured(worms, given.threads, given.bursts)
        found.append(row)
        print(
            f"{worms:>5} worms on {given.threads} threads: {row['real_time']:.0f} in real time, {row['of_a_core']:.0f} "
            f"by processor time of one core; {row['network']:.0%} of it the network",
            flush=True,
        )
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
