"""The folder of a result: settings, provenance, arrays, tables, a summary and figures."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.connectome import Circuit, load_circuit
from premotor.errors import PremotorError
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.building import build_circuit
from premotor.runs.dynamics.loading import SETTINGS_FILE, dump_dynamics, saved_settings
from premotor.runs.files import Lock, new_folder, read_json, replace_atomically, write_json
from premotor.runs.provenance import session, sha256
from premotor.runs.run_folder import free_name


@dataclass(frozen=True)
class DynamicsResult:
    """What a command about dynamics left in a folder; nothing outside the folder is needed to read it."""

    path: Path

    @classmethod
    def open(cls, folder: "str | os.PathLike[str]") -> "DynamicsResult":
        """The result in a folder.

        Raises:
            PremotorError: it is no result folder.
        """
        saved_settings(folder)
        return cls(Path(folder))

    @property
    def settings(self) -> Any:
        """Complete settings."""
        return saved_settings(self.path)

    @property
    def circuit(self) -> Circuit | None:
        """The circuit, or None where networks are random."""
        folder = self.path / "circuit"
        return load_circuit(folder) if folder.exists() else None

    @property
    def finished(self) -> bool:
        """Whether all of it was computed."""
        return self.summary_file.exists()

    @property
    def summary_file(self) -> Path:
        """The main numbers, written last."""
        return self.path / "summary.json"

    @property
    def summary(self) -> dict[str, Any]:
        """The main numbers; PremotorError before the end."""
        return read_json(self.summary_file)

    def arrays(self, name: str = "results") -> dict[str, np.ndarray]:
        """Arrays by name, of `results.safetensors` or of another such file."""
        return load_arrays(self.path / f"{name}.safetensors")

    def table(self, name: str = "results") -> pd.DataFrame:
        """The table of `results.parquet` or of another such file."""
        return pd.read_parquet(self.path / f"{name}.parquet")

    def save(self, arrays: Mapping[str, Any], table: pd.DataFrame, summary: Mapping[str, Any]) -> None:
        """Write arrays, table and, last, the summary; each is there in full or not at all."""
        with replace_atomically(self.path / "results.safetensors") as aside:
            save_arrays(aside, {name: np.asarray(value) for name, value in arrays.items()})
        with replace_atomically(self.path / "results.parquet") as aside:
            table.to_parquet(aside)
        write_json(self.summary_file, summary)


@contextmanager
def result_folder(settings: Any, output: "str | os.PathLike[str] | None") -> Iterator[DynamicsResult]:
    """A new folder, or the one at `output` to go on in if it holds the same settings; locked meanwhile.

    Raises:
        PremotorError: the folder holds something else, is in use, or cannot be made.
    """
    path = free_name(Path("dynamics") / settings.name) if output is None else Path(output)
    if path.exists():
        if not (path / SETTINGS_FILE).exists():
            raise PremotorError(f"{path} exists already and is no result of premotor dynamics; name another folder")
        if saved_settings(path) != settings:
            raise PremotorError(f"{path} holds a result of other settings; name another folder, or remove it first")
        lock = Lock(path)
    else:
        with new_folder(path) as (aside, lock):
            (aside / SETTINGS_FILE).write_text(dump_dynamics(settings), encoding="utf-8")
            record: dict[str, Any] = {"seed": settings.seed, "sessions": [session(0)]}
            if settings.circuit is not None:
                circuit = build_circuit(settings.circuit)
                circuit.save(aside / "circuit")
                files = sorted(file for file in (aside / "circuit").iterdir() if file.is_file())
                record["data"] = {f"circuit/{file.name}": sha256(file) for file in files}
                record["circuit"] = circuit.provenance.as_dict()
            write_json(aside / "provenance.json", record)
    try:
        yield DynamicsResult(path)
    finally:
        lock.release()
