"""What a learner of spiking networks needs: the network and its task, joined."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from premotor.learning.plasticity import Episodes, SpikingAgent


@runtime_checkable
class SpikingArena(Protocol):
    """A spiking network and its task, joined."""

    @property
    def first_weights(self) -> NDArray[np.float64]:
        """Plastic weights before learning, mV, (plastic,)."""

    def agent(self, weights: NDArray[np.float64] | None = None, seed: int = 0) -> SpikingAgent:
        """An agent at rest, with these plastic weights (mV)."""

    def starts(self, episodes: int, seed: int) -> NDArray[Any]:
        """Starts of episodes as Gymnasium draws them with that seed, (episodes, …)."""

    def drawn(
        self, random: np.random.Generator, members: int, episodes: int, spread: tuple[float, ...]
    ) -> NDArray[Any]:
        """Starts of episodes for learning, (members, episodes, …)."""

    def play(
        self,
        agent: SpikingAgent,
        starts: NDArray[Any],
        *,
        learn: bool = False,
        longest: int | None = None,
        record: bool = False,
    ) -> Episodes:
        """Episodes from there, the agent running on."""
