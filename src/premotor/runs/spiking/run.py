"""The run folder of a spiking agent."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.learning.plasticity import SpikingAgent
from premotor.networks.spiking.event_driven import SpikingNetwork
from premotor.runs.arrays import load_arrays
from premotor.runs.checkpoints import checkpoint_steps, load_checkpoint
from premotor.runs.files import read_json
from premotor.runs.metrics import read_metrics
from premotor.runs.spiking.arena import Arena, Hooks
from premotor.runs.spiking.settings import SpikingExperiment, is_spiking_source, load_spiking


def is_spiking(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is a run of a spiking agent."""
    return is_spiking_source(Path(folder) / "settings.yaml")


class SpikingRun:
    """What the run folder of a spiking agent holds.

    Raises:
        PremotorError: it is none.
    """

    def __init__(self, folder: str | os.PathLike[str], hooks: Hooks | None = None):
        """Open a run folder; `hooks` are the user's functions, where it was trained with such."""
        self.folder, self.hooks = Path(folder), hooks
        if not is_spiking(self.folder):
            raise PremotorError(f"{self.folder} is no run folder of a spiking agent: it has no settings.yaml of one")
        self.settings: SpikingExperiment = load_spiking(self.folder / "settings.yaml")

    def __repr__(self) -> str:
        """One line: where it is and how far it came."""
        return f"SpikingRun({str(self.folder)!r}, iteration {self.iteration:,})"

    @cached_property
    def arena(self) -> Arena:
        """Network and task; the circuit, where there is one, is the copy in the run folder."""
        folder = self.folder / "circuit"
        return Arena(self.settings, load_circuit(folder) if folder.exists() else None, self.hooks)

    @property
    def checkpoints_folder(self) -> Path:
        """One folder a checkpoint, named by its iteration."""
        return self.folder / "checkpoints"

    @property
    def evaluations_folder(self) -> Path:
        """Evaluations during learning, tests and mocked inputs."""
        return self.folder / "evaluations"

    @property
    def metrics_file(self) -> Path:
        """One line an iteration."""
        return self.folder / "metrics.jsonl"

    @property
    def iteration(self) -> int:
        """Iterations that the newest checkpoint holds."""
        return (checkpoint_steps(self.checkpoints_folder) or [0])[-1]

    @property
    def metrics(self) -> pd.DataFrame:
        """One row an iteration."""
        return pd.DataFrame(read_metrics(self.metrics_file))

    def network(self) -> SpikingNetwork:
        """The wiring, with the weights before learning."""
        return self.arena.network

    def agent(self, which: str | int = "best", seed: int = 0) -> SpikingAgent:
        """An agent at rest with the plastic weights of "best", "last", "initial" or an iteration."""
        return self.arena.agent(self.weights(which), seed)

    def iteration_of(self, which: str | int) -> int:
        """The iteration that a word or number names.

        Raises:
            PremotorError: there is none such.
        """
        steps = [0, *checkpoint_steps(self.checkpoints_folder)]
        if which == "initial":
            return 0
        if which == "last":
            return steps[-1]
        if which == "best":
            record = self.folder / "best.json"
            if not record.exists():
                raise PremotorError(f"{self.folder} has no best weights yet; its first evaluation is still to come")
            return int(read_json(record)["iteration"])
        if not str(which).isdecimal() or int(which) not in steps:
            raise PremotorError(
                f"there is no checkpoint {which!r}; allowed are best, last, initial, {', '.join(map(str, steps))}"
            )
        return int(which)

    def steps_at(self, iteration: int) -> int:
        """Steps of the task that learning had taken after an iteration."""
        steps = [row["steps"] for row in read_metrics(self.metrics_file) if row["iteration"] <= iteration]
        return int(steps[-1]) if steps else 0

    def weights(self, which: str | int = "best") -> NDArray[np.float64]:
        """Plastic weights, mV, in the order of the network's synapses, (plastic,)."""
        if which == "best":
            self.iteration_of(which)
            return load_arrays(self.folder / "best.safetensors")["weights"]
        iteration = self.iteration_of(which)
        if iteration == 0:
            return self.arena.first_weights
        return load_checkpoint(self.checkpoints_folder, iteration).arrays["weights"]

    def evaluations(self) -> list[dict[str, Any]]:
        """Figures of the evaluations during learning, in their order."""
        files = (f for f in self.evaluations_folder.glob("*.json") if f.stem.isdecimal())
        return [read_json(file) for file in sorted(files)]
