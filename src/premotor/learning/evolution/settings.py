"""Settings of evolution, of controllers and of spiking networks."""

from typing import Literal

from pydantic import Field

from premotor.learning.evolution.strategies import StrategySettings
from premotor.settings import Settings
from premotor.tasks.gymnasium_settings import MOST_STEPS, SPREAD


class EvolutionSettings(Settings):
    """Evolution of a controller by the returns of its mutants, without gradients (Salimans et al. 2017).

    A mutation is measured by what it does: with `strategy.sigma` 0.1, each kind of parameter by itself changes the
    actions, whose range is [−1, 1], by about 0.1.
    Where many parameters are trained, faster learning ends in actions at the ends of their range, where members no
    longer differ (`return_std` 0); a small network takes `sigma` 0.3 and `learning_rate` 0.15.
    """

    kind: Literal["evolution"] = "evolution"
    steps: int = Field(10_000_000, ge=1)
    """Control steps of all members together, rounded up to whole generations."""
    strategy: StrategySettings = StrategySettings(population=32, sigma=0.1, learning_rate=0.03)
    episodes: int = Field(4, ge=1)
    """Of each member in a generation, side by side; their mean return is its fitness."""
    same_starts: bool = True
    """Whether all members start from the same states in a generation, where the task's environments can do so."""
    longest: int | None = Field(None, ge=1)
    """Control steps after which an episode counts as over; null: as the task says."""

    def memory(self) -> dict[str, float]:
        """Of a world for each episode of each member."""
        return {"episodes environments": 1e3 * self.environments}

    @property
    def environments(self) -> int:
        """Worlds side by side: one for each episode of each member."""
        return self.strategy.population * self.episodes

    def ends(self, iterations: int, steps: int) -> bool:
        """Whether learning is over after so many generations and control steps."""
        return steps >= self.steps


class SpikingEvolutionSettings(Settings):
    """Evolution of the plastic weights, with plasticity inside a member's life where `plastic` is above 0."""

    kind: Literal["evolution"] = "evolution"
    iterations: int = Field(600, ge=1)
    strategy: StrategySettings = StrategySettings()
    episodes: int = Field(5, ge=1)
    """That decide a member's fitness, without plasticity (γ)."""
    before: int = Field(0, ge=0)
    """Episodes without plasticity before (α)."""
    plastic: int = Field(0, ge=0)
    """Episodes with plasticity before those that count (β)."""
    lamarckian: bool = False
    """Whether what a member learned in its life enters the weights that evolution follows; else it is lost
    (Baldwin)."""
    same_starts: bool = False
    """Whether all members start from the same states in an iteration."""
    fitness: Literal["return", "centred"] = "return"
    """What is selected for: the sum of the task's rewards, in CartPole the steps; or, there only, steps less
    ½ (x / 2.4 m)² + ½ (θ / 12°)² in each, which still tells members apart that never fall."""
    longest: int = Field(MOST_STEPS, ge=1)
    """Steps after which an episode is cut while learning; tests go on to 500."""
    spread: tuple[float, float, float, float] = (SPREAD,) * 4
    """Start states of CartPole are uniform within ± these while learning: m, m/s, rad, rad/s; tests use ±0.05."""

    def ends(self, iterations: int, steps: int) -> bool:
        """Whether learning is over after so many iterations and steps of the task."""
        return iterations >= self.iterations

    @property
    def most(self) -> int:
        """Iterations at most."""
        return self.iterations
