"""The run of a spiking agent: its network and task joined, agents, start states, episodes."""

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.learning.plasticity import Episodes, SpikingAgent
from premotor.networks.spiking.event_driven import SpikingNetwork
from premotor.runs.arrays import load_arrays
from premotor.runs.hooks import UserFunctions, taken
from premotor.runs.run import Run
from premotor.runs.run_folder import RunFolder, read_metrics
from premotor.runs.spiking.settings import (
    CartPoleSettings,
    SpikingExperiment,
    actions_of,
    environments_of,
    network_of,
    votes_of,
)
from premotor.tasks.cartpole import MOST_STEPS, cartpole_starts


class Hooks(NamedTuple):
    """A user's functions; they are arguments of Python calls and never stand in a file."""

    critic: Callable[..., float] | None = None
    """(before, action, tie, after, reward, over) to a reward within ±1; numba can compile it."""
    encoder: Callable[..., None] | None = None
    """(observation, period, interval) writes the interval of every source (ms, inf: off); numba can compile it."""


class Arena:
    """What all agents of an experiment share.

    Args:
        settings: of the experiment.
        circuit: whose wiring it is; None for a random one.
        hooks: the user's functions.

    Raises:
        PremotorError: a circuit or task that does not fit the settings.
    """

    def __init__(self, settings: SpikingExperiment, circuit: Circuit | None = None, hooks: Hooks | None = None):
        self.settings, self.hooks = settings, hooks or Hooks()
        self.network = network_of(settings.wiring, settings.interface, circuit)
        self.votes = votes_of(settings.wiring, self.network, actions_of(settings.task))

    @property
    def first_weights(self) -> NDArray[np.float64]:
        """Plastic weights before learning, mV, (plastic,)."""
        return self.network.weight[self.network.plastic]

    def agent(self, weights: NDArray[np.float64] | None = None, seed: int = 0) -> SpikingAgent:
        """An agent at rest, with plastic weights (mV) other than the first where given."""
        agent = SpikingAgent(
            self.network,
            self.votes,
            self.settings.interface,
            self.settings.plasticity,
            seed,
            critic=self.hooks.critic,
            encoder=self.hooks.encoder,
        )
        if weights is not None:
            agent.weights = weights
        return agent

    def starts(self, episodes: int, seed: int) -> np.ndarray:
        """Start states of CartPole, those of Gymnasium with that seed, (episodes, 4); else seeds, (episodes,)."""
        if isinstance(self.settings.task, CartPoleSettings):
            return cartpole_starts(episodes, seed)
        return np.random.SeedSequence([seed, 0x5EED]).generate_state(episodes)

    def drawn(self, random: np.random.Generator, members: int, episodes: int, spread: tuple[float, ...]) -> np.ndarray:
        """Start states of CartPole within ± `spread`, (members, episodes, 4); else seeds, (members, episodes)."""
        if isinstance(self.settings.task, CartPoleSettings):
            return random.uniform(-1.0, 1.0, (members, episodes, 4)) * spread
        return random.integers(0, 2**31, (members, episodes))

    def play(
        self,
        agent: SpikingAgent,
        starts: np.ndarray,
        *,
        learn: bool = False,
        longest: int | None = None,
        record: bool = False,
    ) -> Episodes:
        """Episodes from what `starts` or `drawn` gave.

        Args:
            agent: it runs on from where it is.
            starts: one for each episode.
            learn: whether plasticity is at work.
            longest: steps after which an episode is cut; None: as the task says.
            record: whether every step is recorded.
        """
        task = self.settings.task
        if isinstance(task, CartPoleSettings):
            most = MOST_STEPS if longest is None else longest
            return agent.play(starts, learn=learn, longest=most, record=len(starts) * most if record else 0)
        environment = environments_of(task)()
        try:
            limit = min(filter(None, (longest, task.time_limit)), default=None)
            critic = self.hooks.critic
            return agent.perform(environment, starts.tolist(), learn=learn, critic=critic, longest=limit, record=record)
        finally:
            environment.close()


class SpikingRun(Run[SpikingExperiment]):
    """A `Run` whose controller is a spiking agent.

    Raises:
        PremotorError: it is none.
    """

    def __init__(self, folder: str | os.PathLike[str] | RunFolder, hooks: UserFunctions | None = None):
        """Open a run folder; `hooks` are the user's functions, where it was trained with such."""
        super().__init__(folder, hooks)
        if self.kind.name != "spiking":
            raise PremotorError(f"{self.folder} is no run of a spiking agent, but of the kind {self.kind.name}")

    @classmethod
    def of(cls, run: Run) -> "SpikingRun":
        """The same run, as one of a spiking agent."""
        return run if isinstance(run, SpikingRun) else cls(run.places, run.hooks)

    @cached_property
    def arena(self) -> Arena:
        """Network and task; the circuit, where there is one, is the copy in the run folder."""
        return Arena(self.settings, self.wiring, taken(self.hooks, Hooks, self.kind.name))

    @property
    def evaluations_folder(self) -> Path:
        """Evaluations during learning, tests and mocked inputs."""
        return self.places.evaluations_folder

    @property
    def iteration(self) -> int:
        """Iterations that the newest checkpoint holds."""
        return self.step

    def network(self) -> SpikingNetwork:
        """The wiring, with the weights before learning."""
        return self.arena.network

    def agent(self, which: str | int = "best", seed: int = 0) -> SpikingAgent:
        """An agent at rest with the plastic weights of "best", "last", "initial" or an iteration."""
        return self.arena.agent(self.weights(which), seed)

    @property
    def rule_changes(self) -> tuple[int, ...]:
        """Steps of the task from which plasticity goes by other rules, the beginning left out."""
        return tuple(phase.begin for phase in getattr(self.settings.learning, "phases", ()))

    def iteration_of(self, which: str | int) -> int:
        """The iteration that a word or number names; `Run.step_of`, with 0 for the weights before learning."""
        if str(which) == "0" or (which == "last" and not self.places.checkpoints()):
            return 0
        return self.step_of(which)

    def steps_at(self, iteration: int) -> int:
        """Steps of the task that learning had taken after an iteration."""
        steps = [row["steps"] for row in read_metrics(self.places.metrics_file) if row["iteration"] <= iteration]
        return int(steps[-1]) if steps else 0

    def weights(self, which: str | int = "best") -> NDArray[np.float64]:
        """Plastic weights, mV, in the order of the network's synapses, (plastic,)."""
        if which == "best" or self.iteration_of(which):
            return self.parameters(which)[0]["weights"]
        file = self.places.initial_file  # runs from before do not have it
        return load_arrays(file)["weights"] if file.exists() else self.arena.first_weights
