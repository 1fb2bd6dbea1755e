"""How fast Lyapunov exponents converge with time."""

import os
from typing import Any

import numpy as np
import pandas as pd

from premotor.runs.dynamics.building import Member, NetworkMap, build_network, measured, members
from premotor.runs.dynamics.folder import DynamicsResult, result_folder
from premotor.runs.dynamics.loading import Source, load_dynamics
from premotor.runs.dynamics.precision import in_precision
from premotor.runs.dynamics.progress import Teller
from premotor.runs.dynamics.settings import ConvergenceSettings
from premotor.runs.loading import Overrides

TIMES = 400
"""At most so many times of the history are kept."""


def convergence(
    source: Source = None,
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> DynamicsResult:
    """Running estimates of the exponents against the time that was averaged over.

    The folder gets `results.safetensors` (times, history (samples, times, k), exponents and standard_errors
    (samples, k)), a table of the exponents and a summary. A circuit is one network with `samples` initial states.

    Args:
        source: settings of `ConvergenceSettings`, a dict, a YAML file, or None for the defaults.
        overrides: settings by dotted key.
        output: the folder to make; by default ``dynamics/<name>``.
        progress: tell how far it is.

    Raises:
        PremotorError: wrong settings, or a folder that holds something else.
    """
    settings: ConvergenceSettings = load_dynamics("convergence", source, overrides)
    with result_folder(settings, output) as result, Teller(settings.samples, progress) as teller:
        if result.finished:
            return result
        rng = np.random.default_rng(settings.seed)
        pieces = []
        chosen = [Member("circuit", result.circuit, place) for place in range(settings.samples)]
        if result.circuit is None:
            chosen = list(members(settings, None, 0, ""))
        with in_precision(settings.precision):
            for member in chosen:
                network, dt = build_network(settings.model, member, settings.seed)
                start = rng.standard_normal(network.neurons)
                spectrum = measured(
                    NetworkMap.of(network),
                    start,
                    settings,
                    dt,
                    exponents=settings.exponents,
                    length=settings.length,
                )
                pieces.append(spectrum)
                teller.advance(f"λ1 = {spectrum.exponents[0]:+.4f} ± {spectrum.standard_errors[0]:.4f}")
        grid = pieces[0].times[-1] * np.arange(1, TIMES + 1) / TIMES
        history = np.stack([_at(grid, spectrum.times, spectrum.history) for spectrum in pieces])
        exponents = np.stack([spectrum.exponents for spectrum in pieces])
        errors = np.stack([spectrum.standard_errors for spectrum in pieces])
        place, number = np.indices(exponents.shape)
        table = pd.DataFrame(
            {
                "sample": place.ravel(),
                "number": number.ravel() + 1,
                "exponent": exponents.ravel(),
                "standard_error": errors.ravel(),
            }
        )
        summary: dict[str, Any] = {
            "command": "convergence",
            "samples": [
                {
                    "largest": float(spectrum.exponents[0]),
                    "standard_error": _number(spectrum.standard_errors[0]),
                    "entropy": _number(spectrum.entropy),
                    "kaplan_yorke_dimension": _number(spectrum.kaplan_yorke_dimension),
                }
                for spectrum in pieces
            ],
        }
        arrays = {"times": grid, "history": history, "exponents": exponents, "standard_errors": errors}
        result.save(arrays, table, summary)
    return result


def _at(grid: np.ndarray, times: np.ndarray, history: np.ndarray) -> np.ndarray:
    """The history at other times: that of the last interval that had ended; NaN before the first one."""
    place = np.searchsorted(times, grid * (1 + 1e-9), side="right") - 1
    return np.where((place >= 0)[:, None], history[np.maximum(place, 0)], np.nan)


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
