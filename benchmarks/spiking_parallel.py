"""Environment steps a second of spiking CartPole agents, over the number of networks that run side by side.

    python benchmarks/spiking_parallel.py --threads 1 2 --networks 1 2 4 8 16 32

Each network is an agent of its own, with its own wiring; what each does is checked to be the same whatever the threads.
"""

import argparse
import statistics
import time

from premotor.learning.plasticity import PlasticitySettings, SpikingAgent, in_parallel, motor_halves
from premotor.networks.spiking.event_driven import random_network
from premotor.tasks.cartpole import cartpole_starts


def run(networks: int, threads: int, steps: int, learn: bool) -> tuple[float, list[int]]:
    """Steps a second of all together, and the undecided moves of each."""
    agents = []
    for seed in range(networks):
        network = random_network(seed)
        agents.append(SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(), seed=seed))
    starts = cartpole_starts(steps, 0)
    began = time.perf_counter()
    in_parallel(lambda agent: agent.play(starts, learn=learn, steps=steps), agents, threads)
    return networks * steps / (time.perf_counter() - began), [agent.undecided for agent in agents]


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    words.add_argument("--networks", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    words.add_argument("--steps", type=int, default=4_000, help="of each network")
    words.add_argument("--rounds", type=int, default=3)
    chosen = words.parse_args()
    for learn in (False, True):
        run(1, 1, 100, learn)  # compile
    known: dict[tuple[int, bool], list[int]] = {}
    print("| networks | threads | steps/s, without learning | with learning |\n| --- | --- | --- | --- |")
    for networks in chosen.networks:
        for threads in (count for count in chosen.threads if count <= networks):
            cells = []
            for learn in (False, True):
                found = [run(networks, threads, chosen.steps, learn) for _ in range(chosen.rounds)]
                for _, undecided in found:
                    assert known.setdefault((networks, learn), undecided) == undecided, "threads change numbers"
                speeds = [speed for speed, _ in found]
                cells.append(f"{statistics.median(speeds):,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f})")
            print(f"| {networks} | {threads} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
