"""Reward-modulated plasticity as a learner: one network that learns without a break."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from premotor.learning.base import Learner, refused
from premotor.learning.plasticity import Episodes, SpikingAgent
from premotor.learning.plasticity.settings import PlasticityLearningSettings
from premotor.learning.settings import LEARNERS
from premotor.learning.trees import Arrays
from premotor.tasks import VectorEnvironment


@runtime_checkable
class SpikingArena(Protocol):
    """A spiking network and its task, joined."""

    @property
    def first_weights(self) -> NDArray[np.float64]:
        """Plastic weights before learning, mV, (plastic,)."""

    def agent(self, weights: NDArray[np.float64] | None = None, seed: int = 0) -> SpikingAgent:
        """An agent at rest, with these plastic weights (mV)."""

    def starts(self, episodes: int, seed: int) -> np.ndarray:
        """Starts of episodes as Gymnasium draws them with that seed, (episodes, …)."""

    def drawn(self, random: np.random.Generator, members: int, episodes: int, spread: tuple[float, ...]) -> np.ndarray:
        """Starts of episodes for learning, (members, episodes, …)."""

    def play(
        self,
        agent: SpikingAgent,
        starts: np.ndarray,
        *,
        learn: bool = False,
        longest: int | None = None,
        record: bool = False,
    ) -> Episodes:
        """Episodes from there, the agent running on."""


AGENT = "agent/"


@LEARNERS.register("plasticity")
class Plasticity(Learner):
    """Plasticity at work in episodes one after the other; an iteration is a block of them."""

    settings_type = PlasticityLearningSettings

    @classmethod
    def serves(cls, subject: object, environment: object, settings: PlasticityLearningSettings) -> str | None:
        """Spiking networks in their arena."""
        if isinstance(subject, SpikingArena):
            return None
        return (
            f"learning.kind is plasticity, which teaches spiking networks, not a {type(subject).__name__}: "
            "see the presets cartpole-stdp and cartpole-celegans"
        )

    def __init__(
        self,
        subject: SpikingArena,
        environment: VectorEnvironment | None,
        settings: PlasticityLearningSettings,
        *,
        seed: int = 0,
        threads: int = 0,
    ):
        refused(type(self), subject, environment, settings)
        self.arena, self.settings, self.seed = subject, settings, seed
        self.starts = subject.starts(settings.episodes, seed + 1)
        self._anew(None)

    def _anew(self, weights: NDArray[np.float64] | None) -> None:
        self.agent = self.arena.agent(weights, self.seed)
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
    def candidate(self) -> NDArray[np.float64]:
        """Plastic weights to test, mV, averaged over the last iterations, (plastic,)."""
        return self.slow

    @property
    def finished(self) -> bool:
        """Whether all episodes or steps are done."""
        return self.settings.ends(self.episodes, self.steps)

    def iterate(self) -> dict[str, object]:
        """A block of episodes."""
        phases = self.settings.phases
        while self.phase < len(phases) and self.steps >= phases[self.phase].begin:
            self._begin(self.phase + 1, self.agent.weights)
        before = self.agent.undecided
        starts = self.starts[self.episodes : self.episodes + self.settings.block]
        result = self.arena.play(self.agent, starts, learn=True, record=True)
        self.episodes += len(result.length)
        self._iteration += 1
        # a plain mean until there are enough iterations, so that the untrained weights do not linger
        window = min(self._iteration, self.settings.average)
        self.slow = self.agent.weights if window == 1 else self.slow + (self.agent.weights - self.slow) / window
        return {
            "fitness": float(result.returned.mean()),
            "undecided": (self.agent.undecided - before) / int(result.length.sum()),
            "episodes": len(result.length),
            "lengths": result.length.tolist(),
            **result.moves(self.agent.interface.action),
        }

    def adopt(self, candidate: NDArray[np.float64]) -> None:
        """Begin anew from other weights, mV, (plastic,)."""
        self._anew(candidate)

    def snapshot(self) -> Arrays:
        """The network with everything on its way, weights and counters."""
        counters = np.array([self._iteration, self.episodes], np.int64)
        phase = {"phase": np.array([self.phase]), "phase_weights": self.phase_weights} if self.phase else {}
        return {f"{AGENT}{name}": value for name, value in self.agent.snapshot().items()} | {
            "weights": self.slow,
            "counters": counters,
            **phase,
        }

    def restore(self, arrays: Mapping[str, np.ndarray], source: object = "the snapshot") -> None:
        """Go back to a snapshot."""
        self._iteration, self.episodes = (int(value) for value in arrays["counters"])
        if "phase" in arrays:
            self._begin(int(arrays["phase"][0]), arrays["phase_weights"])
        self.slow = arrays["weights"]
        self.agent.restore({k.removeprefix(AGENT): v for k, v in arrays.items() if k.startswith(AGENT)})

    def _begin(self, phase: int, weights: NDArray[np.float64]) -> None:
        """Begin a phase with the weights that homeostasis is to hold in it."""
        self.phase, self.phase_weights = phase, weights
        self.agent.weights = weights
        self.agent.learn_by(self.settings.phases[phase - 1].plasticity)
