"""Evolution as a learner: a strategy proposes members, a population says how they fared."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np

from premotor.errors import PremotorError
from premotor.learning.base import Learner, refused
from premotor.learning.evolution.controllers import ControllerPopulation
from premotor.learning.evolution.members import lives_of
from premotor.learning.evolution.settings import EvolutionSettings, SpikingEvolutionSettings
from premotor.learning.evolution.strategies import Vector, evolution_of
from premotor.learning.plasticity import Episodes
from premotor.learning.plasticity.learner import SpikingArena
from premotor.learning.settings import LEARNERS
from premotor.learning.trees import Arrays
from premotor.networks import Controller
from premotor.tasks import VectorEnvironment

NOTHING = np.zeros((0, 0), np.uint8)


class SpikingPopulation:
    """Members side by side, each with a life of episodes; see `Population`."""

    prefix = ""

    def __init__(self, arena: SpikingArena, settings: SpikingEvolutionSettings, seed: int, threads: int):
        self.arena, self.settings, self.seed, self.threads = arena, settings, seed, threads
        self.first, self.steps = arena.first_weights, 0

    def live(self, members: Vector, iteration: int) -> tuple[Vector, Vector | None, dict[str, float]]:
        """Episodes without, with and without plasticity; the last ones count."""
        arena, learning = self.arena, self.settings
        each = learning.before + learning.plastic + learning.episodes
        random = np.random.default_rng([self.seed, iteration, 1])
        starts = arena.drawn(random, 1 if learning.same_starts else len(members), each, learning.spread)
        seeds = random.integers(0, 2**31, len(members))

        each_member = [(members[k], int(seeds[k]), starts[k % len(starts)]) for k in range(len(members))]
        lives = lives_of(partial(_live, arena, learning), each_member, self.threads)
        lengths = np.array([result.length for result, *_ in lives])
        returned = np.array([result.returned for result, *_ in lives])
        centred = np.array([result.centred for result, *_ in lives])
        learned = np.array([weights for *_, weights, _ in lives]) if learning.lamarckian and learning.plastic else None
        self.steps += sum(steps for _, steps, *_ in lives)
        undecided = sum(int(result.undecided.sum()) for result, *_ in lives)
        share = lengths.sum(1) / lengths.sum()  # of a member's steps in all
        each_mean = returned.mean(1)
        row = {
            "fitness": float(each_mean.mean()),
            "fitness_best": float(each_mean.max()),
            "fitness_least": float(each_mean.min()),
            "fitness_deviation": float(each_mean.std()),
            "undecided": undecided / int(lengths.sum()),
            "episodes": int(lengths.size),
            **{key: float(share @ [moves[key] for *_, moves in lives]) for key in lives[0][-1]},
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


def _live(
    arena: SpikingArena, learning: SpikingEvolutionSettings, member: tuple[Vector, int, Vector]
) -> tuple[Episodes, int, Vector, dict[str, float]]:
    """One life: what its last episodes came to, its steps, its weights at the end, and its moves."""
    weights, seed, starts = member
    agent, first, second = arena.agent(weights, seed), learning.before, learning.before + learning.plastic
    arena.play(agent, starts[:first], longest=learning.longest)
    arena.play(agent, starts[first:second], learn=True, longest=learning.longest)
    result = arena.play(agent, starts[second:], longest=learning.longest, record=True)
    moves = result.moves(agent.interface.action)
    return result._replace(counts=NOTHING), agent.steps, agent.weights, moves


class Population[Candidate](Protocol):
    """What a vector of positive numbers means: a controller, or the weights of a spiking network."""

    first: Vector
    """Where the search begins, (weights,)."""
    steps: int
    """Steps of the task so far, of all members."""
    prefix: str
    """What the strategy's names in a snapshot begin with."""

    def live(self, members: Vector, iteration: int) -> tuple[Vector, Vector | None, dict[str, float]]:
        """Lives of the members (members, weights): fitness, what they learned, and figures for the metrics."""

    def candidate(self, weights: Vector) -> Candidate:
        """What a test would take."""

    def adopt(self, candidate: Candidate) -> None:
        """Begin anew from other parameters."""

    def snapshot(self, weights: Vector) -> Arrays:
        """What it depends on beside the strategy."""

    def restore(self, arrays: Mapping[str, np.ndarray], source: object) -> None:
        """Go back to a snapshot."""


@LEARNERS.register("evolution")
class Evolution(Learner[Any]):
    """Evolution strategies, own ones and those of evosax, of a controller in any task or of a spiking network."""

    settings_type = EvolutionSettings
    calibrates = True

    @classmethod
    def serves(cls, subject: object, environment: object, settings: EvolutionSettings) -> str | None:
        """Controllers and spiking networks; `multiplicative` for the latter only, whose weights are positive."""
        if isinstance(subject, Controller):
            if settings.strategy.kind == "multiplicative":
                return (
                    "learning.strategy.kind is 'multiplicative', which is for the positive weights of a spiking "
                    "network; a controller needs mirrored or evosax"
                )
            return None
        if isinstance(subject, SpikingArena):
            return None
        found = type(subject).__name__
        return f"learning.kind is evolution, which teaches controllers and spiking networks, not a {found}"

    def __init__(
        self,
        subject: Controller | SpikingArena,
        environment: VectorEnvironment | None,
        settings: Any,
        *,
        seed: int = 0,
        threads: int = 0,
    ):
        refused(type(self), subject, environment, settings)
        self.settings, self.seed = settings, seed
        self.population: Population[Any]
        if isinstance(subject, Controller):
            if environment is None:
                raise PremotorError("learning.kind is evolution: a controller needs an environment to be tried in")
            self.population = ControllerPopulation(subject, environment, settings, seed)
        else:
            self.population = SpikingPopulation(subject, settings, seed, threads)
        self.strategy = evolution_of(settings.strategy, self.population.first, seed)

    @property
    def iteration(self) -> int:
        """Generations so far."""
        return self.strategy.iteration

    @property
    def steps(self) -> int:
        """Steps of the task so far, of all members."""
        return self.population.steps

    @property
    def finished(self) -> bool:
        """Whether all generations or control steps are done."""
        return bool(self.settings.ends(self.iteration, self.steps))

    @property
    def candidate(self) -> Any:
        """What evolution has come to: a controller, or plastic weights, (plastic,)."""
        return self.population.candidate(self.strategy.weights)

    def iterate(self) -> dict[str, object]:
        """One generation."""
        fitness, learned, row = self.population.live(self.strategy.propose(), self.iteration)
        if not np.isfinite(fitness).all():
            raise FloatingPointError("a member's fitness is not finite")
        self.strategy.follow(fitness, learned)
        return dict(row)

    def adopt(self, candidate: Any) -> None:
        """Begin anew from other parameters."""
        self.population.adopt(candidate)
        self.strategy = evolution_of(self.settings.strategy, self.population.first, self.seed)

    def snapshot(self) -> Arrays:
        """Of the strategy and of the population."""
        own = {f"{self.population.prefix}{name}": value for name, value in self.strategy.snapshot().items()}
        return own | self.population.snapshot(self.strategy.weights)

    def restore(self, arrays: Mapping[str, np.ndarray], source: object = "the snapshot") -> None:
        """Go on from a snapshot."""
        prefix = self.population.prefix
        try:
            self.strategy.restore({k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)})
            self.population.restore(arrays, source)
        except KeyError as error:
            raise PremotorError(f"{source} lacks {prefix}{error.args[0]}") from error
