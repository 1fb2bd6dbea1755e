"""The run of a spiking agent, with what only such runs have."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.learning.plasticity import SpikingAgent
from premotor.networks.spiking.event_driven import SpikingNetwork
from premotor.runs.arrays import load_arrays
from premotor.runs.metrics import read_metrics
from premotor.runs.run import Run
from premotor.runs.spiking.arena import Arena


class SpikingRun(Run):
    """A `Run` whose controller is a spiking agent.

    Raises:
        PremotorError: it is none.
    """

    def __init__(self, folder: Any, hooks: Any = None):
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
        return Arena(self.settings, self.wiring, self.hooks)

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
