"""The same network here: environment steps a second, of one agent or of several side by side.

python spiking_ours.py SECONDS LEARN [NETWORKS THREADS]      prints JSON
"""

import json
import sys
import time
from typing import Any

import numpy as np

from premotor.learning.plasticity import InterfaceSettings, PlasticitySettings, SpikingAgent, in_parallel, motor_halves
from premotor.networks.spiking.event_driven import random_network
from premotor.tasks.cartpole import cartpole_starts

CHUNK = 500
"""Steps between two looks at the clock."""


def network_record(seed: int = 0) -> dict[str, Any]:
    """The wiring as plain lists, for the peer."""
    network = random_network(seed)
    columns = (network.pre, network.post, network.receptor, network.weight, network.delay, network.plastic)
    return {
        "cells": network.cells,
        "populations": {name: cells.tolist() for name, cells in network.populations.items()},
        "types": network.cell_type.tolist(),
        "synapses": [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)],
        "edges": [field.edges().tolist() for field in InterfaceSettings().fields],
        "plastic_receptor": int(network.receptor[network.plastic][0]),
    }


def agent(seed: int) -> SpikingAgent:
    """An agent with wiring 0 that learns by the published rule."""
    network = random_network(0)
    return SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(), seed=seed)


def act(one: SpikingAgent, seconds: float, learn: bool) -> dict[str, Any]:
    """Act for some seconds of the thread's own time."""
    starts = cartpole_starts(10_000, 1)
    counts, began, first = np.zeros(one.network.cells, np.int64), time.thread_time(), one.steps
    while time.thread_time() - began < seconds:
        counts += one.play(starts, learn=learn, record=CHUNK, steps=CHUNK).counts.sum(0, dtype=np.int64)
    taken, steps = time.thread_time() - began, one.steps - first
    rates = {
        name: float(counts[cells].sum() / len(cells) / (steps * 0.05))
        for name, cells in one.network.populations.items()
    }
    return {"steps_per_second": steps / taken, "steps": steps, "rates": rates, "undecided": one.undecided / one.steps}


def main(seconds: float, learn: bool, networks: int, threads: int) -> None:
    """Act with one agent, or with several side by side; print what was reached."""
    agents = [agent(seed) for seed in range(networks)]
    for one in agents[:1]:
        one.play(cartpole_starts(1, 0), learn=learn, steps=5)  # compiled, or read from the cache
    began = time.perf_counter()
    found = in_parallel(lambda one: act(one, seconds, learn), agents, threads)
    taken = time.perf_counter() - began
    total = sum(one["steps"] for one in found)
    print(json.dumps({**found[0], "total_steps_per_second": total / taken}))


if __name__ == "__main__":
    if sys.argv[1] == "network":
        print(json.dumps(network_record()))
    else:
        several = [int(word) for word in sys.argv[3:]] or [1, 1]
        main(float(sys.argv[1]), sys.argv[2] == "learn", *several)
