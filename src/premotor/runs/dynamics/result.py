"""The run folder of an experiment about dynamics, with its arrays, tables and summary."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.errors import PremotorError
from premotor.files import read_json, replace_atomically, write_json
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.figures import Figures
from premotor.runs.hooks import UserFunctions
from premotor.runs.kinds import FORMER
from premotor.runs.loading import Overrides, Source, anchor_initial, anchor_path, load_settings
from premotor.runs.run import Run
from premotor.runs.run_folder import RunFolder
from premotor.runs.settings import RunSettings
from premotor.runs.training import train_or_resume

COMMANDS = FORMER["command"]
"""The kind of experiment behind each command of ``premotor dynamics``, and behind ``command`` in older files."""


class DynamicsResult[S: RunSettings](Run[S]):
    """A `Run` about dynamics; what it computed.

    Raises:
        PremotorError: it is none.
    """

    def __init__(
        self: "DynamicsResult[Any]", folder: str | os.PathLike[str] | RunFolder, hooks: UserFunctions | None = None
    ):
        super().__init__(folder, hooks)
        if not self.kind.dynamics:
            raise PremotorError(f"{self.folder} is no result about dynamics, but of the kind {self.kind.name}")

    @classmethod
    def of(cls, run: Run[S]) -> "DynamicsResult[S]":
        """The same run, as one about dynamics."""
        return run if isinstance(run, DynamicsResult) else cls(run.places, run.hooks)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder

    @property
    def finished(self) -> str | None:
        """Why it ended; None before the summary is there."""
        return "steps" if (self.folder / "summary.json").exists() else None

    @property
    def summary(self) -> Figures:
        """The main numbers; PremotorError before the end."""
        return read_json(self.folder / "summary.json")

    def arrays(self, name: str = "results") -> dict[str, np.ndarray]:
        """Arrays by name, of `results.safetensors` or of another such file."""
        return load_arrays(self.folder / f"{name}.safetensors")

    def table(self, name: str = "results") -> pd.DataFrame:
        """The table of `results.parquet` or of another such file."""
        return pd.read_parquet(self.folder / f"{name}.parquet")

    @staticmethod
    def write(
        folder: Path, arrays: Mapping[str, np.ndarray], table: pd.DataFrame, summary: Mapping[str, object]
    ) -> None:
        """Write arrays, table and, last, the summary; each is there in full or not at all."""
        with replace_atomically(folder / "results.safetensors") as aside:
            save_arrays(aside, dict(arrays))
        with replace_atomically(folder / "results.parquet") as aside:
            table.to_parquet(aside)
        write_json(folder / "summary.json", summary)


def anchor_dynamics(data: dict[str, object], folder: Path) -> None:
    """Make the paths of a circuit, of a network to start from and of a warm start absolute."""
    model = data.get("model")
    if isinstance(model, dict) and isinstance(model.get("initial"), str):
        data["model"] = {**model, "initial": str((folder / Path(model["initial"]).expanduser()).resolve())}
    anchor_path(data, "circuit", "source", folder)
    anchor_initial(data, folder)


def load_dynamics(command: str, source: Source | None = None, overrides: Overrides = ()) -> RunSettings:
    """`load_settings` for a command of ``premotor dynamics``; defaults where `source` is None."""
    return load_settings({} if source is None else source, overrides, COMMANDS[command])


def dynamics(
    command: str,
    source: Source | None = None,
    overrides: Overrides = (),
    output: "str | os.PathLike[str] | None" = None,
    progress: bool = True,
    hooks: UserFunctions | None = None,
) -> DynamicsResult:
    """Run a command of ``premotor dynamics``, in a new folder or on in the one that is there.

    Args:
        command: one of `COMMANDS`.
        source: settings, a dict, a YAML file, or None for the defaults.
        overrides: settings by dotted key.
        output: the folder to make, or to go on in; by default ``dynamics/<name>``.
        progress: tell how far it is.
        hooks: functions of your own; see `SpectrumHooks`.

    Raises:
        PremotorError: wrong settings, or a folder that holds something else.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    settings = load_dynamics(command, source, overrides)
    return DynamicsResult.of(train_or_resume(settings, output, Path("dynamics"), hooks=hooks, progress=progress))
