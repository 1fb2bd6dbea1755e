"""How fast Lyapunov exponents converge with time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from premotor.connectome import Circuit
from premotor.runs.dynamics.building import Member, NetworkMap, build_network, measured, members
from premotor.runs.dynamics.measuring import Measurement
from premotor.runs.dynamics.settings import ConvergenceSettings
from premotor.runs.kinds import KINDS, Arrays, Figures

TIMES = 400
"""At most so many times of the history are kept."""


@KINDS.register("convergence")
class Convergence(Measurement):
    """Running estimates of the exponents against the time that was averaged over.

    The folder gets `results.safetensors` (times, history (samples, times, k), exponents and standard_errors
    (samples, k)), a table of the exponents and a summary. A circuit is one network with `samples` initial states.
    """

    settings = ConvergenceSettings

    def total(self, settings: ConvergenceSettings) -> int:
        """Samples."""
        return settings.samples

    def points(self, settings: ConvergenceSettings, circuit: Circuit | None) -> Mapping[str, Any]:
        """Random networks, or the circuit from several initial states."""
        if circuit is None:
            chosen = list(members(settings, None, 0, ""))
        else:
            chosen = [Member("circuit", circuit, place) for place in range(settings.samples)]
        return {f"sample-{place}": (place, member) for place, member in enumerate(chosen)}

    def measure(
        self, settings: ConvergenceSettings, circuit: Circuit | None, point: Any, memory: dict[Any, Any]
    ) -> Arrays:
        """The spectrum with its history, on a grid of times."""
        place, member = point
        network, dt = build_network(settings.model, member, settings.seed)
        # One stream of random numbers serves all samples, whichever of them are computed in this process.
        start = np.random.default_rng(settings.seed).standard_normal((place + 1, network.neurons))[place]
        spectrum = measured(
            NetworkMap.of(network), start, settings, dt, exponents=settings.exponents, length=settings.length
        )
        grid = spectrum.times[-1] * np.arange(1, TIMES + 1) / TIMES
        return {
            "times": grid,
            "history": _at(grid, spectrum.times, spectrum.history),
            "exponents": spectrum.exponents,
            "standard_errors": spectrum.standard_errors,
            "entropy": np.asarray(spectrum.entropy),
            "dimension": np.asarray(spectrum.kaplan_yorke_dimension),
            "largest": np.asarray(spectrum.exponents[0]),
        }

    def collect(
        self, settings: ConvergenceSettings, pieces: Mapping[str, Arrays]
    ) -> tuple[Arrays, pd.DataFrame, Figures]:
        """All samples side by side."""
        found = list(pieces.values())
        arrays = {name: np.stack([piece[name] for piece in found]) for name in ("history", "exponents")}
        arrays["standard_errors"] = np.stack([piece["standard_errors"] for piece in found])
        place, number = np.indices(arrays["exponents"].shape)
        table = pd.DataFrame(
            {
                "sample": place.ravel(),
                "number": number.ravel() + 1,
                "exponent": arrays["exponents"].ravel(),
                "standard_error": arrays["standard_errors"].ravel(),
            }
        )
        summary = {
            "command": "convergence",
            "samples": [
                {
                    "largest": float(piece["exponents"][0]),
                    "standard_error": _number(piece["standard_errors"][0]),
                    "entropy": _number(piece["entropy"]),
                    "kaplan_yorke_dimension": _number(piece["dimension"]),
                }
                for piece in found
            ],
        }
        return {"times": found[0]["times"], **arrays}, table, summary

    def judged(self, summary: Figures) -> float:
        """Mean λ1 over the samples."""
        return float(np.mean([sample["largest"] for sample in summary["samples"]]))


def _at(grid: np.ndarray, times: np.ndarray, history: np.ndarray) -> np.ndarray:
    """The history at other times: that of the last interval that had ended; NaN before the first one."""
    place = np.searchsorted(times, grid * (1 + 1e-9), side="right") - 1
    return np.where((place >= 0)[:, None], history[np.maximum(place, 0)], np.nan)


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
