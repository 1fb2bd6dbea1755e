"""Training networks on their Lyapunov spectrum: random ones, or a circuit beside its null models."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.learning.spectrum import SequenceTask
from premotor.runs.dynamics.building import members
from premotor.runs.dynamics.descending import Descent
from premotor.runs.dynamics.folder import DynamicsResult, result_folder
from premotor.runs.dynamics.loading import Source, load_dynamics
from premotor.runs.dynamics.precision import in_precision
from premotor.runs.dynamics.progress import Teller
from premotor.runs.dynamics.settings import DynamicsTrainSettings
from premotor.runs.files import read_json
from premotor.runs.loading import Overrides
from premotor.runs.stopping import stop_requests


def train_spectrum(
    source: Source = None,
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
    task: SequenceTask | None = None,
) -> DynamicsResult:
    """Train networks on their Lyapunov spectrum, and verify each on a longer run from new initial states.

    Each network has a folder `networks/<name>`: `history.parquet` (loss, exponents, gradient norm, seconds of every
    epoch), `before.json` and `result.json` (verified spectra), `arrays.safetensors` (parameters before and after)
    and `network.safetensors`, which `premotor train --network.initial` takes for the model `rate`. Called again with
    the same `output`, it goes on from the newest checkpoint with the same numbers, bit for bit on a CPU.

    Args:
        source: settings of `DynamicsTrainSettings`, a dict, a YAML file, or None for the defaults.
        overrides: settings by dotted key.
        output: the folder to make, or to go on in; by default ``dynamics/<name>``.
        progress: tell how far it is.
        task: a sequence task of the user's own in place of `settings.task`.

    Raises:
        PremotorError: wrong settings, a folder that holds something else, or a loss that is no longer finite.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    settings: DynamicsTrainSettings = load_dynamics("train", source, overrides)
    with result_folder(settings, output) as result:
        if result.finished:
            return result
        chosen = list(members(settings, result.circuit, settings.nulls.count, settings.nulls.kind))
        total = len(chosen) * settings.learning.epochs
        with Teller(total, progress) as teller, stop_requests() as request, in_precision(settings.precision):
            for member in chosen:
                folder = member_folder(result, member.name)
                if (folder / "result.json").exists():
                    teller.advance(f"{member.name}: read from the folder", settings.learning.epochs)
                    continue
                Descent(member, settings, folder, task).run(teller, request)
        _collect(result, settings, [read_json(member_folder(result, m.name) / "result.json") for m in chosen])
    return result


def member_folder(result: DynamicsResult, name: str) -> Path:
    """Folder of one of the networks of a result."""
    return result.path / "networks" / name


def _collect(result: DynamicsResult, settings: DynamicsTrainSettings, pieces: list[dict[str, Any]]) -> None:
    rows = [
        {
            "network": piece["name"],
            "number": number + 1,
            "before": piece["before"]["exponents"][number],
            "after": piece["after"]["exponents"][number],
            "standard_error": piece["after"]["standard_errors"][number],
            "last_window": piece["last_window"][number],
        }
        for piece in pieces
        for number in range(settings.learning.exponents)
    ]
    arrays = {name: np.array([piece[name]["exponents"] for piece in pieces]) for name in ("before", "after")} | {
        "standard_errors": np.array([piece["after"]["standard_errors"] for piece in pieces])
    }
    summary = {"command": "train", "target": settings.learning.loss.model_dump(mode="json"), "networks": pieces}
    result.save(arrays, pd.DataFrame(rows), summary)
