"""The figures of a result of ``premotor dynamics``, from its folder alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.report import dynamics_figures as draw
from premotor.runs.arrays import load_arrays
from premotor.runs.dynamics import DynamicsResult
from premotor.runs.dynamics.loading import SETTINGS_FILE
from premotor.runs.dynamics.sweeps import group_of
from premotor.runs.files import new_folder, write_atomically
from premotor.runs.yaml_text import parse_yaml

FIGURES = "figures"


def is_dynamics(folder: Path) -> bool:
    """Whether `folder` is one that `premotor dynamics` made."""
    file = folder / SETTINGS_FILE
    data: Any = parse_yaml(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else None
    return isinstance(data, dict) and "command" in data


def write_dynamics_figures(folder: Path) -> list[Path]:
    """Draw what a finished result shows into `figures/`; return the files.

    Raises:
        PremotorError: the folder is no such result, an unfinished one, or a file of it is damaged.
    """
    result = DynamicsResult.open(folder)
    command = result.summary["command"]
    pictures = _DRAWN[command](result)
    place = folder / FIGURES
    if not place.exists():
        with new_folder(place) as (aside, lock):
            for name, data in pictures.items():
                (aside / name).write_bytes(data)
        lock.release()
        (place / ".lock").unlink()
    else:
        for name, data in pictures.items():
            write_atomically(place / name, data)
    return [place / name for name in sorted(pictures)]


def _convergence(result: DynamicsResult) -> dict[str, bytes]:
    arrays = result.arrays()
    return {"convergence.png": draw.convergence(arrays["times"], arrays["history"], arrays["standard_errors"])}


def _benchmark(result: DynamicsResult) -> dict[str, bytes]:
    return {"benchmark.png": draw.benchmark(result.table())}


def _transition(result: DynamicsResult) -> dict[str, bytes]:
    settings = result.settings
    values = result.arrays()["values"]
    label = {"weights": "g", "gains": "gain", "shifts": "shift"}[settings.parameter]
    neurons = settings.model.neurons if result.circuit is None else len(result.circuit)
    single = _by_group(result, "exponents")
    pictures = {
        "transition.png": draw.transition(
            values, {name: array[..., 0] for name, array in single.items()}, result.summary, label, neurons
        )
    }
    if settings.exponents > 1:
        pictures["entropy.png"] = draw.entropy_and_dimension(
            values, _by_group(result, "entropy"), _by_group(result, "dimension"), label, neurons
        )
    return pictures


def _spectrum(result: DynamicsResult) -> dict[str, bytes]:
    settings = result.settings
    values = result.arrays()["values"]
    neurons = settings.model.neurons if result.circuit is None else len(result.circuit)
    label = f"σ of {settings.parameter}"
    return {
        "spectra.png": draw.spectra(values, _by_group(result, "exponents"), "σ"),
        "entropy.png": draw.entropy_and_dimension(
            values, _by_group(result, "entropy"), _by_group(result, "dimension"), label, neurons
        ),
    }


def _train(result: DynamicsResult) -> dict[str, bytes]:
    settings = result.settings
    pieces = result.summary["networks"]
    names = [piece["name"] for piece in pieces]
    folders = [result.path / "networks" / name for name in names]
    target = settings.learning.loss.target if settings.learning.loss.kind != "entropy" else None
    histories = [pd.read_parquet(folder / "history.parquet") for folder in folders]
    arrays = [load_arrays(folder / "arrays.safetensors") for folder in folders]
    largest = target[0] if isinstance(target, tuple) else target
    return {
        "learning.png": draw.learning(histories, [group_of(name) for name in names], largest),
        "spectra.png": draw.before_and_after(pieces, [group_of(name) for name in names], target),
        "parameters.png": draw.parameters(arrays[0], names[0]),
    }


def _by_group(result: DynamicsResult, name: str) -> dict[str, np.ndarray]:
    """An array over networks, apart for each group of them: the circuit, its null models."""
    names = list(dict.fromkeys(result.table()["network"]))
    groups = np.array([group_of(name) for name in names])
    whole = result.arrays()[name]
    return {group: whole[groups == group] for group in dict.fromkeys(groups)}


_DRAWN = {
    "convergence": _convergence,
    "benchmark": _benchmark,
    "transition": _transition,
    "spectrum": _spectrum,
    "train": _train,
}
