"""Evolution strategies over positive weights: plain functions of arrays, with random numbers by iteration.

Every draw is a function of the seed and the iteration, so that the weights, the moments of the optimiser and the
number of the iteration are all that a run has to keep.
"""

from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from premotor.settings import Settings

Vector = NDArray[np.float64]


class StrategySettings(Settings):
    """How weights vary and how they follow the fitness."""

    kind: Literal["multiplicative", "mirrored"] = "mirrored"
    """`multiplicative`: w (1 + ε), z-scored fitness, as Hasegan et al. (2022); `mirrored`: w exp(±ε), ranks, and a step
    by Adam, as Salimans et al. (2017) but in the logarithm of the weight."""
    population: int = Field(10, ge=2)
    """Members of an iteration; even for `mirrored`."""
    sigma: float = Field(0.1, gt=0)
    """Standard deviation of ε."""
    rate: float = Field(1.0, gt=0)
    """`multiplicative`: factor of the mean of advantage times ε; `mirrored`: Adam's step."""
    lowest: float = Field(-0.8, gt=-1, lt=0)
    """No ε of `multiplicative` is below this."""
    decay: float | None = Field(None, gt=0)
    """The step falls as 1 / (1 + iteration / decay); null: it stays."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Of Adam's first moment."""
    second_momentum: float = Field(0.99, ge=0, lt=1)

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


def begin(weights: Vector) -> Strategy:
    """A strategy that starts from `weights`."""
    return Strategy(np.array(weights), np.zeros_like(weights), np.zeros_like(weights), 0)


def noise_of(strategy: Strategy, settings: StrategySettings, seed: int) -> Vector:
    """The ε of every member of the next iteration, (members, weights)."""
    random = np.random.default_rng([seed, strategy.iteration, 0])
    size = len(strategy.weights)
    if settings.kind == "multiplicative":
        return np.maximum(random.normal(0.0, settings.sigma, (settings.population, size)), settings.lowest)
    half = random.normal(0.0, settings.sigma, (settings.population // 2, size))
    return np.concatenate([half, -half])


def members_of(strategy: Strategy, settings: StrategySettings, noise: Vector) -> Vector:
    """Weights of every member, (members, weights)."""
    return strategy.weights * (1.0 + noise if settings.kind == "multiplicative" else np.exp(noise))


def follow(strategy: Strategy, settings: StrategySettings, noise: Vector, fitness: Vector) -> Strategy:
    """The strategy after the members' fitness (higher is better) is known.

    Where all members are equally fit the weights stay.
    """
    members, step = len(fitness), strategy.iteration + 1
    rate = settings.rate / (1.0 + strategy.iteration / settings.decay) if settings.decay else settings.rate
    if settings.kind == "multiplicative":
        spread = fitness.std()
        advantage = (fitness - fitness.mean()) / spread if spread > 0 else np.zeros(members)
        change = rate * (advantage @ noise) / members
        return strategy._replace(weights=strategy.weights * np.maximum(1.0 + change, 0.0), iteration=step)
    gradient = centred_ranks(fitness) @ noise / (members * settings.sigma)
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
