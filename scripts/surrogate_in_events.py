"""How weights that were learned on a clock do where every event has its own time (docs/results/spiking-cartpole.md).

    python scripts/surrogate_in_events.py RUN …    # runs of cartpole-surrogate

Each run's best weights go into the event-driven network of the same wiring, which plays 100 episodes from the start
states of `premotor spiking evaluate`: running on from one episode to the next, as that does, and once more from rest at
the start of each, as on the clock. Numbers go to docs/data/surrogate-gradient.json, by wiring.
"""

import argparse
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from premotor.files import read_json, write_json
from premotor.learning.plasticity import Episodes, SpikingAgent, motor_halves
from premotor.networks.spiking.event_driven import SpikingNetwork, random_network
from premotor.runs import Run
from premotor.tasks.cartpole import cartpole_starts

FILE = Path(__file__).parent.parent / "docs" / "data" / "surrogate-gradient.json"
EPISODES, SEED = 100, 42
DRIVEN = 2000
"""Steps in which rates are compared."""


def figures(lengths: np.ndarray, undecided: np.ndarray) -> dict[str, float]:
    """Of some episodes."""
    return {
        "mean": float(lengths.mean()),
        "median": float(np.median(lengths)),
        "least": float(lengths.min()),
        "undecided": float(undecided.sum() / lengths.sum()),
    }


def rates(run: Run, network: SpikingNetwork, driven: Episodes) -> dict[str, list[float]]:
    """Of each population before learning, event by event and on the clock, Hz. Both see the same observations,
    and nothing but sources reaches the input cells."""
    controller = run.controller("initial")
    product, seconds = controller.product(), len(driven.observation) * run.settings.network.step / 1000

    @jax.jit
    def spikes(seen: jax.Array) -> jax.Array:
        def step(state: jax.Array, row: jax.Array) -> tuple[jax.Array, jax.Array]:
            state, _ = controller.select_action(product, state, row[None])
            return state, state[: network.cells, 0]

        return jax.lax.scan(step, controller.initial_state(1), seen)[1].sum(0)

    clock, events = np.asarray(spikes(jnp.asarray(driven.observation, jnp.float32))), driven.counts.sum(0, dtype=int)
    return {
        name: [float(counts[cells].mean() / seconds) for counts in (events, clock)]
        for name, cells in network.populations.items()
    }


def tested(run: Run) -> dict[str, Any]:
    """A row of the table."""
    settings = run.settings.network
    network = random_network(settings.wiring.seed, settings.wiring)
    starts = cartpole_starts(EPISODES, SEED)

    def agent(seed: int, learned: bool = True) -> SpikingAgent:
        made = SpikingAgent(network, motor_halves(network), seed=seed)
        if learned:
            made.weights = np.exp(np.asarray(run.controller("best").network.log_weight, float))
        return made

    on, before = agent(SEED).play(starts), agent(SEED, False).play(starts)
    fresh = [agent(SEED + k).play(starts[k : k + 1]) for k in range(EPISODES)]
    weight = np.exp(np.asarray(run.controller("best").network.log_weight, float))
    driven = agent(SEED, False).play(cartpole_starts(400, 0), record=DRIVEN, steps=DRIVEN)
    own = read_json(run.places.evaluations_folder / "test.json")
    return {
        "command": f"premotor train cartpole-surrogate --network.wiring.seed {settings.wiring.seed} "
        f"--seed {run.settings.seed}",
        "wiring": settings.wiring.seed,
        "steps": run.step,
        "best_step": own["step"],
        "minutes": float(run.metrics["seconds"].max() / 60),
        "clock": {name: own[name] for name in ("score", "return_sd", "terminated", "episodes")},
        "events": figures(on.length, on.undecided),
        "events_from_rest": figures(
            np.concatenate([one.length for one in fresh]), np.concatenate([one.undecided for one in fresh])
        ),
        "events_before_learning": figures(before.length, before.undecided),
        "rates_before_learning": rates(run, network, driven),
        "heaviest_weight": float(weight.max()),
        "mean_weight": [float(weight.mean()), float(network.weight[network.plastic].mean())],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    rows = [tested(Run(folder)) for folder in parser.parse_args().runs]
    write_json(FILE, sorted(rows, key=lambda row: row["wiring"]))
    for row in rows:
        print(
            f"wiring {row['wiring']}: {row['best_step']:,} steps; on the clock {row['clock']['score']:.1f}, event by "
            f"event {row['events']['mean']:.1f} (from rest {row['events_from_rest']['mean']:.1f}, before learning "
            f"{row['events_before_learning']['mean']:.1f})"
        )
