"""Evolution strategies over positive weights: plain functions of arrays, with random numbers by iteration.

Every draw is a function of the seed and the iteration, so that the weights, the moments of the optimiser and the
number of the iteration are all that a run has to keep. `evolution_of` joins them, and those of evosax, behind one
interface.
"""

from typing import ClassVar, Literal, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from premotor.settings import Settings

Vector = NDArray[np.float64]

SMALLEST = 1e-9
"""mV; smaller weights count as this where the logarithm is taken."""


class StrategySettings(Settings):
    """How weights vary and how they follow the fitness."""

    RENAMED: ClassVar = {"rate": "learning_rate", "decay": "learning_rate_decay"}

    kind: Literal["multiplicative", "mirrored", "evosax"] = "mirrored"
    """`multiplicative`: w (1 + ε), z-scored fitness, as Hasegan et al. (2022); `mirrored`: w exp(±ε), ranks, and a step
    by Adam, as Salimans et al. (2017) but in the logarithm of the weight; `evosax`: an algorithm of that library, in
    the logarithm of the weight too."""
    algorithm: str = "Sep_CMA_ES"
    """`evosax` only: the name of its algorithm, such as CMA_ES, Sep_CMA_ES, SNES, PGPE, Open_ES, DifferentialEvolution.
    Those with full matrices (CMA_ES, MA_ES, xNES) need seconds an iteration for thousands of weights."""
    population: int = Field(10, ge=2)
    """Members of an iteration; even for `mirrored`."""
    sigma: float = Field(0.1, gt=0)
    """Standard deviation of ε."""
    sigma_decay: float | None = Field(None, gt=0)
    """`multiplicative` and `mirrored`: sigma falls as 1 / (1 + iteration / sigma_decay); null: it stays. Large
    mutations tell members apart early, small ones let the last falls be seen."""
    learning_rate: float = Field(1.0, gt=0)
    """`multiplicative`: factor of the mean of advantage times ε; otherwise Adam's step, where the algorithm has one."""
    lowest: float = Field(-0.8, gt=-1, lt=0)
    """No ε of `multiplicative` is below this."""
    learning_rate_decay: float | None = Field(None, gt=0)
    """The step falls as 1 / (1 + iteration / learning_rate_decay); null: it stays."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Of Adam's first moment."""
    second_momentum: float = Field(0.99, ge=0, lt=1)
    average: float | None = Field(None, ge=1)
    """The weights that count are a running average of the centre of the population in the logarithm, over so many
    iterations; null: the centre itself. An average is rid of most of the noise of the steps."""

    def memory(self) -> dict[str, float]:
        """Of all members."""
        return {"population": 1e3 * self.population}

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.kind == "mirrored" and self.population % 2:
            raise ValueError(f"population is {self.population}; members of a mirrored strategy come in pairs")
        return self


class Strategy(NamedTuple):
    """What an evolution strategy carries from one iteration to the next."""

    weights: Vector
    """(weights,)"""
    first: Vector
    """Adam's moments, (weights,)."""
    second: Vector
    iteration: int


def sigma_of(strategy: Strategy, settings: StrategySettings) -> float:
    """The standard deviation of ε in the next iteration."""
    fallen = 1.0 + strategy.iteration / settings.sigma_decay if settings.sigma_decay else 1.0
    return settings.sigma / fallen


def begin(weights: Vector) -> Strategy:
    """A strategy that starts from `weights`."""
    return Strategy(np.array(weights), np.zeros_like(weights), np.zeros_like(weights), 0)


def noise_of(strategy: Strategy, settings: StrategySettings, seed: int) -> Vector:
    """The ε of every member of the next iteration, (members, weights)."""
    random = np.random.default_rng([seed, strategy.iteration, 0])
    size, sigma = len(strategy.weights), sigma_of(strategy, settings)
    if settings.kind == "multiplicative":
        return np.maximum(random.normal(0.0, sigma, (settings.population, size)), settings.lowest)
    half = random.normal(0.0, sigma, (settings.population // 2, size))
    return np.concatenate([half, -half])


def members_of(strategy: Strategy, settings: StrategySettings, noise: Vector) -> Vector:
    """Weights of every member, (members, weights)."""
    return strategy.weights * (1.0 + noise if settings.kind == "multiplicative" else np.exp(noise))


def follow(strategy: Strategy, settings: StrategySettings, noise: Vector, fitness: Vector) -> Strategy:
    """The strategy after the members' fitness (higher is better) is known.

    Where all members are equally fit the weights stay.
    """
    members, step = len(fitness), strategy.iteration + 1
    rate = settings.learning_rate
    if settings.learning_rate_decay:
        rate = rate / (1.0 + strategy.iteration / settings.learning_rate_decay)
    if settings.kind == "multiplicative":
        spread = fitness.std()
        advantage = (fitness - fitness.mean()) / spread if spread > 0 else np.zeros(members)
        change = rate * (advantage @ noise) / members
        return strategy._replace(weights=strategy.weights * np.maximum(1.0 + change, 0.0), iteration=step)
    gradient = centred_ranks(fitness) @ noise / (members * sigma_of(strategy, settings))
    first = settings.momentum * strategy.first + (1 - settings.momentum) * gradient
    second = settings.second_momentum * strategy.second + (1 - settings.second_momentum) * gradient**2
    unbiased = first / (1 - settings.momentum**step)
    size = np.sqrt(second / (1 - settings.second_momentum**step))
    return Strategy(strategy.weights * np.exp(rate * unbiased / (size + 1e-8)), first, second, step)


def centred_ranks(fitness: Vector) -> Vector:
    """Ranks from −0.5 to 0.5; members that are equally fit share theirs."""
    _, place, count = np.unique(fitness, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count + 1) / 2
    return rank[place] / max(len(fitness) - 1, 1) - 0.5


class Evolution(Protocol):
    """An evolution strategy that proposes members and is told how fit they were."""

    @property
    def iteration(self) -> int:
        """Iterations so far."""

    @property
    def weights(self) -> Vector:
        """The weights to use, (weights,)."""

    def propose(self) -> Vector:
        """Weights of the members of the next iteration, (members, weights)."""

    def follow(self, fitness: Vector, learned: Vector | None = None) -> None:
        """Learn how fit the members were that `propose` gave last.

        Args:
            fitness: higher is better, (members,).
            learned: weights that stand for the members in place of those proposed, (members, weights).
        """

    def snapshot(self) -> dict[str, Vector]:
        """Everything that the next iteration depends on; `weights` is what to use."""

    def restore(self, arrays: dict[str, Vector]) -> None:
        """Go back to a snapshot."""


class OwnEvolution:
    """The strategies of this module.

    Args:
        settings: of kind `multiplicative` or `mirrored`.
        weights: to start from, (weights,).
        seed: of all draws.
    """

    def __init__(self, settings: StrategySettings, weights: Vector, seed: int):
        self.settings, self.seed, self.strategy = settings, seed, begin(weights)
        self._noise: Vector | None = None
        self._average = np.log(np.maximum(weights, SMALLEST))

    @property
    def iteration(self) -> int:
        """Iterations so far."""
        return self.strategy.iteration

    @property
    def weights(self) -> Vector:
        """The centre of the population, or its running average."""
        return np.exp(self._average) if self.settings.average else self.strategy.weights

    def propose(self) -> Vector:
        """Weights of the members of the next iteration, (members, weights)."""
        self._noise = noise_of(self.strategy, self.settings, self.seed)
        return members_of(self.strategy, self.settings, self._noise)

    def follow(self, fitness: Vector, learned: Vector | None = None) -> None:
        """Move the centre; see `Evolution.follow`."""
        noise = noise_of(self.strategy, self.settings, self.seed) if self._noise is None else self._noise
        if learned is not None:
            moved = np.maximum(learned, SMALLEST) / np.maximum(self.strategy.weights, SMALLEST)
            noise = moved - 1.0 if self.settings.kind == "multiplicative" else np.log(moved)
        self.strategy, self._noise = follow(self.strategy, self.settings, noise, fitness), None
        if self.settings.average:
            # At first over a third of all iterations, so that the start is soon forgotten.
            window = min(self.settings.average, 1.0 + self.iteration / 3)
            self._average += (np.log(np.maximum(self.strategy.weights, SMALLEST)) - self._average) / window

    def snapshot(self) -> dict[str, Vector]:
        """Weights, centre, moments and the iteration."""
        _, first, second, iteration = self.strategy
        arrays = {"centre": self.strategy.weights, "first": first, "second": second, "average": self._average}
        return arrays | {"weights": self.weights, "iteration": np.array([iteration], np.float64)}

    def restore(self, arrays: dict[str, Vector]) -> None:
        """Go back to a snapshot."""
        iteration = int(arrays["iteration"][0])
        self.strategy = Strategy(arrays["centre"], arrays["first"], arrays["second"], iteration)
        self._average, self._noise = np.array(arrays["average"]), None


def evolution_of(settings: StrategySettings, weights: Vector, seed: int) -> Evolution:
    """The strategy that settings describe, starting from `weights`.

    Raises:
        PremotorError: evosax is not installed, or has no such algorithm.
    """
    if settings.kind != "evosax":
        return OwnEvolution(settings, weights, seed)
    from premotor.learning.evolution.evosax_strategies import EvosaxEvolution

    return EvosaxEvolution(settings, weights, seed)
