"""One process's work on a run of a spiking agent: iterations of evolution or of plasticity."""

import time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from premotor.experiments.spiking.settings import EvolutionLearning, PlasticLearning, SpikingExperiment
from premotor.learning.evolution import Strategy, begin, follow, members_of, noise_of
from premotor.learning.spiking import SpikingAgent, in_parallel, motor_halves
from premotor.networks.spiking import SpikingNetwork, random_network
from premotor.tasks.cartpole import SPREAD, cartpole_starts

Arrays = dict[str, NDArray]


class Work(Protocol):
    """Learning that can be cut into iterations and put down between two of them."""

    @property
    def iteration(self) -> int:
        """Iterations so far."""

    @property
    def steps(self) -> int:
        """Steps of the task so far."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """Plastic weights now, (plastic,)."""

    @property
    def finished(self) -> bool:
        """Whether all iterations are done."""

    def iterate(self, threads: int) -> dict[str, Any]:
        """One iteration; gives its row of metrics."""

    def snapshot(self) -> Arrays:
        """Everything that the next iteration depends on."""

    def restore(self, arrays: Arrays) -> None:
        """Go back to a snapshot."""


def work_of(settings: SpikingExperiment, weights: NDArray[np.float64] | None = None) -> Work:
    """The work of an experiment before its first iteration, from `weights` where given."""
    network = random_network(settings.wiring.seed)
    learning = settings.learning
    if isinstance(learning, EvolutionLearning):
        return EvolutionWork(settings, learning, network, weights)
    return PlasticWork(settings, learning, network, weights)


class EvolutionWork:
    """Evolution strategies; members run side by side."""

    def __init__(
        self,
        settings: SpikingExperiment,
        learning: EvolutionLearning,
        network: SpikingNetwork,
        weights: NDArray[np.float64] | None,
    ):
        self.settings, self.learning, self.network = settings, learning, network
        self.votes = motor_halves(network)
        self.strategy: Strategy = begin(network.weight[network.plastic] if weights is None else weights)
        self._steps = 0

    @property
    def steps(self) -> int:
        """Steps of the task so far, of all members."""
        return self._steps

    @property
    def iteration(self) -> int:
        """Iterations so far."""
        return self.strategy.iteration

    @property
    def weights(self) -> NDArray[np.float64]:
        """The centre of the population, (plastic,)."""
        return self.strategy.weights

    @property
    def finished(self) -> bool:
        """Whether all iterations are done."""
        return self.iteration >= self.learning.iterations

    def iterate(self, threads: int) -> dict[str, Any]:
        """One generation."""
        learning, seed, iteration = self.learning, self.settings.seed, self.iteration
        noise = noise_of(self.strategy, learning.strategy, seed)
        members = members_of(self.strategy, learning.strategy, noise)
        each = learning.before + learning.plastic + learning.episodes
        random = np.random.default_rng([seed, iteration, 1])
        starts = random.uniform(-SPREAD, SPREAD, (1 if learning.same_starts else len(members), each, 4))
        seeds = random.integers(0, 2**31, len(members))

        def live(member: int) -> tuple[NDArray, NDArray, int, NDArray[np.float64]]:
            agent = SpikingAgent(
                self.network, self.votes, self.settings.interface, self.settings.plasticity, seed=int(seeds[member])
            )
            agent.weights = members[member]
            own = starts[member % len(starts)]
            first, second = learning.before, learning.before + learning.plastic
            agent.play(own[:first])
            agent.play(own[first:second], learn=True)
            result = agent.play(own[second:])
            return result.length, result.undecided, agent.steps, agent.weights

        lives = in_parallel(live, range(len(members)), threads)
        fitness = np.array([length.mean() for length, _, _, _ in lives])
        if learning.lamarckian and learning.plastic:
            learned = np.array([weights for _, _, _, weights in lives])
            moved = np.maximum(learned, 1e-9) / np.maximum(self.strategy.weights, 1e-9)
            noise = moved - 1.0 if learning.strategy.kind == "multiplicative" else np.log(moved)
        self.strategy = follow(self.strategy, learning.strategy, noise, fitness)
        self._steps += sum(steps for _, _, steps, _ in lives)
        lengths = np.concatenate([length for length, _, _, _ in lives])
        undecided = sum(int(ties.sum()) for _, ties, _, _ in lives)
        return {
            "fitness": float(fitness.mean()),
            "fitness_best": float(fitness.max()),
            "fitness_deviation": float(fitness.std()),
            "undecided": undecided / int(lengths.sum()),
            "episodes": len(lengths),
        }

    def snapshot(self) -> Arrays:
        """Weights, moments and counters."""
        counters = np.array([self.strategy.iteration, self._steps], np.int64)
        return {
            "weights": self.strategy.weights,
            "first": self.strategy.first,
            "second": self.strategy.second,
            "counters": counters,
        }

    def restore(self, arrays: Arrays) -> None:
        """Go back to a snapshot."""
        iteration, self._steps = (int(value) for value in arrays["counters"])
        self.strategy = Strategy(arrays["weights"], arrays["first"], arrays["second"], iteration)


class PlasticWork:
    """Reward-modulated plasticity; one network that learns without a break."""

    def __init__(
        self,
        settings: SpikingExperiment,
        learning: PlasticLearning,
        network: SpikingNetwork,
        weights: NDArray[np.float64] | None,
    ):
        self.learning = learning
        self.agent = SpikingAgent(
            network, motor_halves(network), settings.interface, settings.plasticity, seed=settings.seed
        )
        if weights is not None:
            self.agent.weights = weights
        self.starts = cartpole_starts(learning.episodes, settings.seed + 1)
        self.episodes = self._iteration = 0

    @property
    def iteration(self) -> int:
        """Blocks of episodes so far."""
        return self._iteration

    @property
    def steps(self) -> int:
        """Steps of the task so far."""
        return self.agent.steps

    @property
    def weights(self) -> NDArray[np.float64]:
        """Plastic weights now, (plastic,)."""
        return self.agent.weights

    @property
    def finished(self) -> bool:
        """Whether all episodes are done."""
        return self.episodes >= self.learning.episodes

    def iterate(self, threads: int) -> dict[str, Any]:
        """A block of episodes."""
        before = self.agent.undecided
        result = self.agent.play(self.starts[self.episodes : self.episodes + self.learning.block], learn=True)
        self.episodes += len(result.length)
        self._iteration += 1
        return {
            "fitness": float(result.length.mean()),
            "undecided": (self.agent.undecided - before) / int(result.length.sum()),
            "episodes": len(result.length),
            "lengths": result.length.tolist(),
        }

    def snapshot(self) -> Arrays:
        """The network with everything on its way, weights and counters."""
        counters = np.array([self._iteration, self.episodes], np.int64)
        return {f"agent/{name}": value for name, value in self.agent.snapshot().items()} | {
            "weights": self.weights,
            "counters": counters,
        }

    def restore(self, arrays: Arrays) -> None:
        """Go back to a snapshot."""
        self._iteration, self.episodes = (int(value) for value in arrays["counters"])
        prefix = "agent/"
        self.agent.restore({k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)})


def timed(work: Work, threads: int) -> dict[str, Any]:
    """One iteration's row of metrics, with its speed."""
    began, before = time.monotonic(), work.steps
    row = work.iterate(threads)
    return row | {"steps_per_second": (work.steps - before) / max(time.monotonic() - began, 1e-9)}
