"""Does the spiking agent's network forget a perturbation? (docs/results/spiking-cartpole.md#is-the-network-chaotic)

    python scripts/spiking_perturbations.py NAME=RUN …    # spiking runs, or runs of cartpole-surrogate

The best weights of each run, and the same wiring before learning, play test episodes. Then the same network is driven
by the recorded observations in two copies. At 40 moments one copy is changed, and both go on for 3 s:

- all potentials that are not 0 by about 1e-7 mV: the exponent is the slope of the logarithm of the distance from 1 to
  3 s after, where no spike changed;
- a potential of every cell of EA by 10 mV, about what two more synapses bring: how often any spike changed, how often
  none in the last half second, and how much did then, as a part of what differs between unrelated times.

Numbers go to docs/data/spiking-perturbations.json, by name and wiring.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from premotor.files import read_json, write_json
from premotor.learning.plasticity import SpikingAgent, motor_halves
from premotor.networks.spiking.event_driven import SpikingNetwork, random_network
from premotor.networks.spiking.event_driven.conductance_cell import AHP, FIRST, LAST
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES
from premotor.runs import Run
from premotor.runs.spiking import SpikingRun
from premotor.tasks.cartpole import cartpole_starts

FILE = Path(__file__).parent.parent / "docs" / "data" / "spiking-perturbations.json"
MOMENTS, EVERY, FOLLOWED = 40, 10, 60
"""Perturbations, steps of 50 ms between two of them, and steps after each."""
TINY, LARGE = 1e-7, 10.0
"""mV"""


def drive(agent: SpikingAgent, observations: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Spike counts (steps, cells), and potentials of all cells after each step."""
    counts, states, types = [], [], agent.network.cell_types
    times = np.array([[*cell.receptor_time_constants, cell.ahp_time_constant] for cell in types])
    constants = times[agent.network.cell_type]
    for observation in observations:
        agent.encode_observation(agent.state, agent.interface, agent.world, observation)
        agent.select_action(agent.network.wiring, agent.state, agent.interface, agent.world)
        cells = agent.state.spike_cell[: agent.state.cursor[SPIKES]]
        counts.append(np.bincount(cells, minlength=agent.network.cells))
        agent.state.cursor[SPIKES] = agent.state.cursor[COUNTED] = 0
        agent.world.book[0] += 1
        elapsed = agent.world.book[0] * agent.interface.step - agent.state.cells[:, [LAST]]
        states.append(agent.state.cells[:, FIRST : AHP + 1] * np.exp(-elapsed / constants))
    return np.array(counts), states


def measured(network: SpikingNetwork, weights: np.ndarray) -> dict[str, float]:
    """Figures of one network."""
    agent, other = (SpikingAgent(network, motor_halves(network), seed=0) for _ in range(2))
    agent.weights = weights
    steps = 50 + MOMENTS * EVERY + FOLLOWED
    observations = agent.play(cartpole_starts(400, 42), record=steps, steps=steps).observation
    agent = SpikingAgent(network, motor_halves(network), seed=0)
    agent.weights = weights
    random, slopes, spread, apart, changes, gone = np.random.default_rng(0), [], [], [], 0, 0
    drive(agent, observations[:50])
    for moment in range(MOMENTS):
        first = 50 + moment * EVERY
        kept, rows = agent.snapshot(), observations[first : first + FOLLOWED]
        counts, states = drive(agent, rows)
        other.restore(kept)
        part = other.state.cells[:, FIRST : AHP + 1]
        part += TINY * random.normal(size=part.shape) * (part != 0)
        same, near = drive(other, rows)
        distance = np.array([np.linalg.norm(a - b) for a, b in zip(states, near, strict=True)])
        if (same == counts).all():
            slopes.append(float(np.log(distance[-1] / distance[20]) / (0.05 * (FOLLOWED - 21))))
        other.restore(kept)
        other.state.cells[network.populations["EA"], FIRST + 3] += LARGE
        changed, _ = drive(other, rows)
        late = slice(FOLLOWED - 10, FOLLOWED)
        spread.append((changed[late] != counts[late]).mean())
        apart.append((changed[late] != counts[late][::-1]).mean())
        changes += bool((changed != counts).any())
        gone += bool((changed[late] == counts[late]).all())
        agent.restore(kept)
        drive(agent, rows[:EVERY])
    return {
        "exponent": float(np.mean(slopes)),
        "exponent_sd": float(np.std(slopes)),
        "without_a_changed_spike": len(slopes) / MOMENTS,
        "changed_any_spike": changes / MOMENTS,
        "forgotten": gone / MOMENTS,
        "late_difference": float(np.mean(spread) / np.mean(apart)),
    }


def row(name: str, folder: str) -> dict[str, Any]:
    """Before and after learning, and how well the run did in its test."""
    run = Run(folder)
    spiking = SpikingRun.of(run) if run.kind.name == "spiking" else None
    wiring = run.settings.wiring if spiking else run.settings.network.wiring
    network = random_network(wiring.seed, wiring)
    if spiking:
        weights = spiking.weights("best")
    else:
        weights = np.exp(np.asarray(run.controller("best").network.log_weight, float))
    test = read_json(run.places.evaluations_folder / "test.json")
    before = measured(network, network.weight[network.plastic])
    return {
        "name": name,
        "wiring": wiring.seed,
        "score": float(test["score"]),
        "before": before,
        "after": measured(network, weights),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN")
    rows = [row(*word.split("=", 1)) for word in parser.parse_args().runs]
    write_json(FILE, rows)
    for one in rows:
        figures = {
            when: ", ".join(f"{key} {value:.3g}" for key, value in one[when].items()) for when in ("before", "after")
        }
        print(f"{one['name']} {one['wiring']} ({one['score']:.0f} steps): {figures['before']} → {figures['after']}")
