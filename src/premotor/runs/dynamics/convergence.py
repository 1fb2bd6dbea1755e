"""What Lyapunov exponents cost and how accurate they are: convergence with time, and benchmarks."""

import json
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from premotor.connectome import Circuit
from premotor.files import finite
from premotor.runs.dynamics.building import Member, NetworkMap, build_network, measured, members
from premotor.runs.dynamics.measuring import Measurement, Memory
from premotor.runs.dynamics.records import BenchmarkRow, BenchmarkSummary, ConvergenceSummary
from premotor.runs.dynamics.settings import BenchmarkSettings, ConvergenceSettings
from premotor.runs.kinds import KINDS, Arrays

TIMES = 400
"""At most so many times of the history are kept."""


@KINDS.register("convergence")
class Convergence(Measurement[ConvergenceSettings, tuple[int, Member], ConvergenceSummary]):
    """Running estimates of the exponents against the time that was averaged over.

    The folder gets `results.safetensors` (times, history (samples, times, k), exponents and standard_errors
    (samples, k)), a table of the exponents and a summary. A circuit is one network with `samples` initial states.
    """

    settings = ConvergenceSettings

    def total(self, settings: ConvergenceSettings) -> int:
        """Samples."""
        return settings.samples

    def points(self, settings: ConvergenceSettings, circuit: Circuit | None) -> Mapping[str, tuple[int, Member]]:
        """Random networks, or the circuit from several initial states."""
        if circuit is None:
            chosen = list(members(settings, None, 0, ""))
        else:
            chosen = [Member("circuit", circuit, place) for place in range(settings.samples)]
        return {f"sample-{place}": (place, member) for place, member in enumerate(chosen)}

    def measure(
        self, settings: ConvergenceSettings, circuit: Circuit | None, point: tuple[int, Member], memory: Memory
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
    ) -> tuple[Arrays, pd.DataFrame, ConvergenceSummary]:
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
        summary: ConvergenceSummary = {
            "command": "convergence",
            "samples": [
                {
                    "largest": float(piece["exponents"][0]),
                    "standard_error": finite(piece["standard_errors"][0]),
                    "entropy": finite(piece["entropy"]),
                    "kaplan_yorke_dimension": finite(piece["dimension"]),
                }
                for piece in found
            ],
        }
        return {"times": found[0]["times"], **arrays}, table, summary

    def judged(self, summary: ConvergenceSummary) -> float:
        """Mean λ1 over the samples."""
        return float(np.mean([sample["largest"] for sample in summary["samples"]]))


def _at(grid: np.ndarray, times: np.ndarray, history: np.ndarray) -> np.ndarray:
    """The history at other times: that of the last interval that had ended; NaN before the first one."""
    place = np.searchsorted(times, grid * (1 + 1e-9), side="right") - 1
    return np.where((place >= 0)[:, None], history[np.maximum(place, 0)], np.nan)


class Case(NamedTuple):
    """What a case of a benchmark is made with."""

    varied: str
    """The quantity that is not as usual, and its value."""
    value: float | str
    neurons: int
    exponents: int
    length: float
    """τ"""
    t_ons: float | Literal["auto"]
    """Between two orthonormalisations, τ."""


@KINDS.register("benchmark")
class Benchmark(Measurement[BenchmarkSettings, Case, BenchmarkSummary]):
    """Time a step and error of the exponents, one of four quantities varied at a time.

    The error is that against a reference from the same network, `reference` times longer and from another state.
    Each case runs once to compile and twice to be timed, of which the faster counts; the time of the state's
    transient is in it.

    The table has one row a case: varied, value, neurons, exponents, length, t_ons (that really used), seconds,
    microseconds_a_step, largest, error_of_largest, mean_error (of all exponents).
    """

    settings = BenchmarkSettings

    def total(self, settings: BenchmarkSettings) -> int:
        """Cases."""
        return len(self.points(settings, None))

    def points(self, settings: BenchmarkSettings, circuit: Circuit | None) -> Mapping[str, Case]:
        """What each case is made with."""
        usual = Case("", 0, settings.model.neurons, settings.exponents, settings.length, settings.t_ons)
        cases = [usual._replace(varied="t_ons", value=v, t_ons=v) for v in settings.intervals]
        cases += [usual._replace(varied="exponents", value=v, exponents=v) for v in settings.numbers]
        cases += [usual._replace(varied="length", value=v, length=v) for v in settings.lengths]
        if settings.circuit is None:
            cases += [usual._replace(varied="neurons", value=v, neurons=v) for v in settings.sizes]
            cases = [case._replace(exponents=min(case.exponents, case.neurons)) for case in cases]
        return {f"case-{place}": case for place, case in enumerate(cases)}

    def measure(self, settings: BenchmarkSettings, circuit: Circuit | None, point: Case, memory: Memory) -> Arrays:
        """One case; its row as JSON bytes, and its spectrum."""
        row, spectrum = _measure(point, settings, circuit, memory)
        return {
            "row": np.frombuffer(json.dumps(row).encode(), np.uint8),
            "spectrum": spectrum,
            "largest": np.asarray(row["largest"]),
        }

    def collect(
        self, settings: BenchmarkSettings, pieces: Mapping[str, Arrays]
    ) -> tuple[Arrays, pd.DataFrame, BenchmarkSummary]:
        """One row a case."""
        rows = [json.loads(piece["row"].tobytes()) for piece in pieces.values()]
        table = pd.DataFrame(rows)
        spectra = {f"case_{place}": piece["spectrum"] for place, piece in enumerate(pieces.values())}
        return spectra, table.assign(value=table["value"].astype("str")), {"command": "benchmark", "cases": rows}

    def judged(self, summary: BenchmarkSummary) -> float:
        """Less the mean error over the cases."""
        return -float(np.mean([case["mean_error"] for case in summary["cases"]]))


def _measure(
    case: Case, settings: BenchmarkSettings, circuit: Circuit | None, references: Memory
) -> tuple[BenchmarkRow, np.ndarray]:
    model = settings.model.model_copy(update={"neurons": case.neurons})
    network, dt = build_network(model, Member("", circuit, 0), settings.seed)
    rng = np.random.default_rng([settings.seed, 1])
    chosen = settings.model_copy(update={"t_ons": case.t_ons})
    step, k = NetworkMap.of(network), case.exponents
    key = (network.neurons, k)
    if key not in references:
        long = settings.model_copy(update={"t_ons": "auto"})
        state = rng.standard_normal(network.neurons)
        length = settings.reference * settings.length
        references[key] = measured(step, state, long, dt, exponents=k, length=length).exponents
    state = np.random.default_rng([settings.seed, 2]).standard_normal(network.neurons)
    measured(step, state, chosen, dt, exponents=k, length=20 * dt)  # compiles
    seconds = np.inf
    for _ in range(2):
        began = time.perf_counter()
        spectrum = measured(step, state, chosen, dt, exponents=k, length=case.length)
        seconds = min(seconds, time.perf_counter() - began)
    difference = np.abs(spectrum.exponents - references[key])
    steps = spectrum.steps + spectrum.frame_transient
    row: BenchmarkRow = {
        "varied": case.varied,
        "value": case.value,
        "neurons": network.neurons,
        "exponents": k,
        "length": case.length,
        "t_ons": spectrum.qr_interval * dt,
        "seconds": seconds,
        "microseconds_a_step": 1e6 * seconds / steps,
        "largest": float(spectrum.exponents[0]),
        "error_of_largest": float(difference[0]),
        "mean_error": float(difference.mean()),
    }
    return row, spectrum.exponents
