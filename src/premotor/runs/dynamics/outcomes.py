"""What trainings on the spectrum came to: figures of a test, arrays and tables of a run, means over its networks."""

from collections.abc import Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd

from premotor.files import read_json
from premotor.learning.spectrum.losses import spectrum_loss
from premotor.runs.arrays import load_arrays
from premotor.runs.dynamics.records import TrainedNetwork, TrainingSummary, Verified
from premotor.runs.dynamics.settings import DynamicsTrainSettings
from premotor.runs.kinds import Arrays

LATE = 50
"""Epochs at the end of a training whose mean is shown."""


def scored(settings: DynamicsTrainSettings, found: Sequence[Verified]) -> dict[str, float | list[float] | None]:
    """Figures of verified networks, means over them; `score` is the loss of their spectra with a minus."""
    if not found:
        return {"score": None}
    spectra = [np.asarray(piece["exponents"]) for piece in found]
    losses = [float(spectrum_loss(jnp.asarray(spectrum), settings.learning.loss)) for spectrum in spectra]
    tasks = [piece["task"] for piece in found if piece["task"] is not None]
    dimensions = [piece["dimension"] for piece in found if piece["dimension"] is not None]
    return {
        "score": -float(np.mean(losses)),
        "loss": float(np.mean(losses)),
        "largest": float(np.mean([spectrum[0] for spectrum in spectra])),
        "entropy": float(np.mean([np.maximum(spectrum, 0).sum() for spectrum in spectra])),
        "dimension": float(np.mean(dimensions)) if dimensions else None,
        "task": float(np.mean(tasks)) if tasks else None,
        "exponents": spectra[0].tolist(),
    }


def learning_figures(folder: Path) -> dict[str, float]:
    """Means over the networks that are no null models, of a finished training.

    `late_loss` and `late_gradient` over the last `LATE` epochs, `seconds_per_epoch` and `epochs`; of the untrained
    network `weight_variance` (signed weights of all synapses) and `spectrum_variance` (exponents, verified).
    """
    rows = []
    for file in sorted((folder / "networks").glob("*/result.json")):
        if file.parent.name != "circuit" and not file.parent.name.startswith("random-"):
            continue
        piece, history = read_json(file), pd.read_parquet(file.parent / "history.parquet")
        arrays, network = (load_arrays(file.parent / f"{name}.safetensors") for name in ("arrays", "network"))
        magnitudes = np.exp(arrays.get("before/weights", network["log_magnitude"]))
        rows.append(
            {
                "late_loss": history["loss"].tail(LATE).mean(),
                "late_gradient": history["gradient_norm"].tail(LATE).mean(),
                "seconds_per_epoch": piece["seconds_per_epoch"],
                "epochs": piece["epochs"],
                "weight_variance": float(np.var(network["sign"] * magnitudes)),
                "spectrum_variance": float(np.var(piece["before"]["exponents"])),
            }
        )
    return {str(name): float(value) for name, value in pd.DataFrame(rows).mean().items()}


def collected(
    settings: DynamicsTrainSettings, pieces: list[TrainedNetwork]
) -> tuple[Arrays, pd.DataFrame, TrainingSummary]:
    """Arrays, table and summary of all networks of a training."""
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
        for number in range(len(piece["after"]["exponents"]))
    ]
    arrays = {
        "before": np.array([piece["before"]["exponents"] for piece in pieces]),
        "after": np.array([piece["after"]["exponents"] for piece in pieces]),
        "standard_errors": np.array([piece["after"]["standard_errors"] for piece in pieces]),
    }
    summary: TrainingSummary = {
        "command": "train",
        "target": settings.learning.loss.model_dump(mode="json"),
        "networks": pieces,
    }
    return arrays, pd.DataFrame(rows), summary
