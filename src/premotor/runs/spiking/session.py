"""One process's work on a run of a spiking agent: iterations of evolution or of plasticity."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from premotor.bodies.physics import available_cores
from premotor.learning.evolution.strategies import Evolution, evolution_of
from premotor.learning.plasticity import Episodes, in_parallel
from premotor.runs.kinds import Schedule
from premotor.runs.spiking.arena import Arena
from premotor.runs.spiking.evaluation import try_weights
from premotor.runs.spiking.settings import EvolutionLearning, PlasticLearning

Arrays = dict[str, NDArray]


def work_of(arena: Arena, weights: NDArray[np.float64] | None = None) -> "Learning":
    """The work of an experiment before its first iteration, from `weights` where given."""
    if isinstance(arena.settings.learning, EvolutionLearning):
        return EvolutionWork(arena, arena.settings.learning, weights)
    return PlasticWork(arena, arena.settings.learning, weights)


class Learning(ABC):
    """What both ways of learning have in common: tests, checkpoints, threads."""

    hint = "smaller plasticity rates may help"

    def __init__(self, arena: Arena):
        self.arena = arena
        settings = arena.settings
        self.threads = settings.threads or available_cores()
        self.schedule = Schedule(
            settings.evaluation.every,
            settings.checkpoints.every,
            None,
            settings.checkpoints.keep,
            settings.learning.most,
            settings.stop.score,
            unit="iterations",
            log_score=True,
        )

    @property
    @abstractmethod
    def iteration(self) -> int:
        """Iterations so far."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps of the task so far."""

    @property
    @abstractmethod
    def weights(self) -> NDArray[np.float64]:
        """Plastic weights to test, (plastic,)."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether all iterations are done."""

    @abstractmethod
    def learn(self) -> dict[str, Any]:
        """One iteration; its row of metrics."""

    @abstractmethod
    def snapshot(self) -> Arrays:
        """Everything that the next iteration depends on."""

    @abstractmethod
    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go back to a snapshot."""

    @property
    def step(self) -> int:
        """Checkpoints and evaluations are numbered by iterations."""
        return self.iteration

    @property
    def initial(self) -> Arrays:
        """Plastic weights, mV."""
        return {"weights": self.weights}

    candidate = initial

    def iterate(self) -> dict[str, Any]:
        """One iteration, timed."""
        began, before = time.monotonic(), self.steps
        row = self.learn()
        return row | {"steps_per_second": (self.steps - before) / max(time.monotonic() - began, 1e-9)}

    def test(self, best: Mapping[str, Any] | None) -> dict[str, Any]:
        """Episodes without plasticity from the start states of the settings' seed."""
        chosen = self.arena.settings.evaluation
        figures = try_weights(self.arena, self.weights, chosen.episodes, chosen.seed).figures
        return figures | {"iteration": self.iteration, "steps": self.steps}

    def line(self, row: Mapping[str, Any], evaluation: Mapping[str, Any] | None) -> str:
        """Steps, speed of learning, length of episodes or return, the newest test."""
        test = f" · test {row['evaluation']:.1f}" if "evaluation" in row else ""
        of = "episodes of" if self.arena.settings.task.kind == "cartpole" else "return"
        return f"{self.steps:,} steps · {row['steps_per_second']:,.0f} steps/s · {of} {row['fitness']:.1f}{test}"


class EvolutionWork(Learning):
    """Evolution strategies; members run side by side."""

    def __init__(self, arena: Arena, learning: EvolutionLearning, weights: NDArray[np.float64] | None):
        super().__init__(arena)
        self.learning = learning
        first = arena.first_weights if weights is None else weights
        self.strategy: Evolution = evolution_of(learning.strategy, first, arena.settings.seed)
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
        """What evolution has come to, (plastic,)."""
        return self.strategy.weights

    @property
    def finished(self) -> bool:
        """Whether all iterations are done."""
        return self.iteration >= self.learning.iterations

    def learn(self) -> dict[str, Any]:
        """One generation."""
        arena, learning = self.arena, self.learning
        members = self.strategy.propose()
        each = learning.before + learning.plastic + learning.episodes
        random = np.random.default_rng([arena.settings.seed, self.iteration, 1])
        starts = arena.drawn(random, 1 if learning.same_starts else len(members), each, learning.spread)
        seeds = random.integers(0, 2**31, len(members))

        def live(member: int) -> tuple[Episodes, int, NDArray[np.float64]]:
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
        self.strategy.follow((returned if learning.fitness == "return" else centred).mean(1), learned)
        self._steps += sum(steps for _, steps, _ in lives)
        undecided = sum(int(result.undecided.sum()) for result, _, _ in lives)
        each_mean = returned.mean(1)
        return {
            "fitness": float(each_mean.mean()),
            "fitness_best": float(each_mean.max()),
            "fitness_deviation": float(each_mean.std()),
            "undecided": undecided / int(lengths.sum()),
            "episodes": int(lengths.size),
        }

    def snapshot(self) -> Arrays:
        """The strategy's own, and the steps so far."""
        return self.strategy.snapshot() | {"steps": np.array([self._steps], np.int64)}

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go back to a snapshot."""
        self._steps = int(arrays["steps"][0])
        self.strategy.restore(arrays)


class PlasticWork(Learning):
    """Reward-modulated plasticity; one network that learns without a break."""

    def __init__(self, arena: Arena, learning: PlasticLearning, weights: NDArray[np.float64] | None):
        super().__init__(arena)
        self.learning = learning
        self.agent = arena.agent(weights, arena.settings.seed)
        self.starts = arena.starts(learning.episodes, arena.settings.seed + 1)
        self.episodes = self._iteration = self.phase = 0
        self.phase_weights = self.slow = self.agent.weights

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
        """Plastic weights to test, averaged over the last iterations, (plastic,)."""
        return self.slow

    @property
    def finished(self) -> bool:
        """Whether all episodes or steps are done."""
        return self.learning.ends(self.episodes, self.steps)

    def learn(self) -> dict[str, Any]:
        """A block of episodes."""
        phases = self.learning.phases
        while self.phase < len(phases) and self.steps >= phases[self.phase].begin:
            self._begin(self.phase + 1, self.agent.weights)
        before = self.agent.undecided
        starts = self.starts[self.episodes : self.episodes + self.learning.block]
        result = self.arena.play(self.agent, starts, learn=True)
        self.episodes += len(result.length)
        self._iteration += 1
        # a plain mean until there are enough iterations, so that the untrained weights do not linger
        window = min(self._iteration, self.learning.average)
        self.slow = self.agent.weights if window == 1 else self.slow + (self.agent.weights - self.slow) / window
        return {
            "fitness": float(result.returned.mean()),
            "undecided": (self.agent.undecided - before) / int(result.length.sum()),
            "episodes": len(result.length),
            "lengths": result.length.tolist(),
        }

    def snapshot(self) -> Arrays:
        """The network with everything on its way, weights and counters."""
        counters = np.array([self._iteration, self.episodes], np.int64)
        phase = {"phase": np.array([self.phase]), "phase_weights": self.phase_weights} if self.phase else {}
        return {f"agent/{name}": value for name, value in self.agent.snapshot().items()} | {
            "weights": self.weights,
            "counters": counters,
            **phase,
        }

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go back to a snapshot."""
        self._iteration, self.episodes = (int(value) for value in arrays["counters"])
        if "phase" in arrays:
            self._begin(int(arrays["phase"][0]), arrays["phase_weights"])
        self.slow = arrays["weights"]
        prefix = "agent/"
        self.agent.restore({k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)})

    def _begin(self, phase: int, weights: NDArray[np.float64]) -> None:
        """Begin a phase with the weights that homeostasis is to hold in it."""
        self.phase, self.phase_weights = phase, weights
        self.agent.weights = weights
        self.agent.learn_by(self.learning.phases[phase - 1].plasticity)
