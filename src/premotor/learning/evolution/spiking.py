"""A population of spiking networks, whose plastic weights evolve."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from premotor.learning.evolution.settings import SpikingEvolutionSettings
from premotor.learning.evolution.strategies import Vector
from premotor.learning.plasticity import Episodes, in_parallel
from premotor.learning.plasticity.arena import SpikingArena
from premotor.learning.trees import Arrays


class SpikingPopulation:
    """Members side by side, each with a life of episodes; see `Population`."""

    prefix = ""

    def __init__(self, arena: SpikingArena, settings: SpikingEvolutionSettings, seed: int, threads: int):
        self.arena, self.settings, self.seed, self.threads = arena, settings, seed, threads
        self.first, self.steps = arena.first_weights, 0

    def live(self, members: Vector, iteration: int) -> tuple[Vector, Vector | None, dict[str, Any]]:
        """Episodes without, with and without plasticity; the last ones count."""
        arena, learning = self.arena, self.settings
        each = learning.before + learning.plastic + learning.episodes
        random = np.random.default_rng([self.seed, iteration, 1])
        starts = arena.drawn(random, 1 if learning.same_starts else len(members), each, learning.spread)
        seeds = random.integers(0, 2**31, len(members))

        def live(member: int) -> tuple[Episodes, int, Vector]:
            agent = arena.agent(members[member], int(seeds[member]))
            own = starts[member % len(starts)]
            first, second = learning.before, learning.before + learning.plastic
            arena.play(agent, own[:first], longest=learning.longest)
            arena.play(agent, own[first:second], learn=True, longest=learning.longest)
            return arena.play(agent, own[second:], longest=learning.longest), agent.steps, agent.weights

        lives = in_parallel(live, range(len(members)), self.threads)
        lengths = np.array([result.length for result, _, _ in lives])
        returned = np.array([result.returned for result, _, _ in lives])
        centred = np.array([result.centred for result, _, _ in lives])
        learned = np.array([weights for _, _, weights in lives]) if learning.lamarckian and learning.plastic else None
        self.steps += sum(steps for _, steps, _ in lives)
        undecided = sum(int(result.undecided.sum()) for result, _, _ in lives)
        each_mean = returned.mean(1)
        row = {
            "fitness": float(each_mean.mean()),
            "fitness_best": float(each_mean.max()),
            "fitness_deviation": float(each_mean.std()),
            "undecided": undecided / int(lengths.sum()),
            "episodes": int(lengths.size),
        }
        return (returned if learning.fitness == "return" else centred).mean(1), learned, row

    def candidate(self, weights: Vector) -> Vector:
        """The weights themselves."""
        return weights

    def adopt(self, candidate: Vector) -> None:
        """Begin anew from other weights."""
        self.first = candidate

    def snapshot(self, weights: Vector) -> Arrays:
        """The steps so far."""
        return {"steps": np.array([self.steps], np.int64)}

    def restore(self, arrays: Mapping[str, np.ndarray], source: object) -> None:
        """Go back to a snapshot."""
        self.steps = int(arrays["steps"][0])
