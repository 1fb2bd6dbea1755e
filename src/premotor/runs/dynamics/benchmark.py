"""Cost and accuracy of Lyapunov spectra against t_ONS, number of exponents, length and number of neurons."""

import os
import time
from typing import Any

import numpy as np
import pandas as pd

from premotor.runs.dynamics.building import Member, NetworkMap, build_network, measured
from premotor.runs.dynamics.folder import DynamicsResult, result_folder
from premotor.runs.dynamics.loading import Source, load_dynamics
from premotor.runs.dynamics.precision import in_precision
from premotor.runs.dynamics.progress import Teller
from premotor.runs.dynamics.settings import BenchmarkSettings
from premotor.runs.loading import Overrides


def benchmark(
    source: Source = None,
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> DynamicsResult:
    """Time a step and error of the exponents, one of four quantities varied at a time.

    The error is that against a reference from the same network, `reference` times longer and from another state.
    Each case runs once to compile and twice to be timed, of which the faster counts; the time of the state's
    transient is in it.

    The table has one row a case: varied, value, neurons, exponents, length, t_ons (that really used), seconds,
    microseconds_a_step, largest, error_of_largest, mean_error (of all exponents).

    Args:
        source: settings of `BenchmarkSettings`, a dict, a YAML file, or None for the defaults.
        overrides: settings by dotted key.
        output: the folder to make; by default ``dynamics/<name>``.
        progress: tell how far it is.

    Raises:
        PremotorError: wrong settings, or a folder that holds something else.
    """
    settings: BenchmarkSettings = load_dynamics("benchmark", source, overrides)
    cases = list(_cases(settings))
    rows: list[dict[str, Any]] = []
    references: dict[tuple[int, int], np.ndarray] = {}
    with result_folder(settings, output) as result, Teller(len(cases), progress) as teller:
        if result.finished:
            return result
        with in_precision(settings.precision):
            for case in cases:
                rows.append(_measure(case, settings, result.circuit, references))
                teller.advance(f"{case['varied']} {case['value']}: {rows[-1]['microseconds_a_step']:.0f} µs a step")
        table = pd.DataFrame(rows)
        spectra = {f"case_{place}": row for place, row in enumerate(table.pop("spectrum"))}
        summary = {"command": "benchmark", "cases": _plain(table)}
        result.save(spectra, table.assign(value=table["value"].astype("str")), summary)
    return result


def _cases(settings: BenchmarkSettings) -> Any:
    """What each run is made with."""
    usual = {
        "neurons": settings.model.neurons,
        "exponents": settings.exponents,
        "length": settings.length,
        "t_ons": settings.t_ons,
    }
    varied: dict[str, tuple[Any, ...]] = {
        "t_ons": settings.intervals,
        "exponents": settings.numbers,
        "length": settings.lengths,
        "neurons": () if settings.circuit is not None else settings.sizes,
    }
    for name, values in varied.items():
        for value in values:
            case = {"varied": name, "value": value, **usual, name: value}
            yield {**case, "exponents": min(case["exponents"], case["neurons"])} if settings.circuit is None else case


def _measure(
    case: dict[str, Any], settings: BenchmarkSettings, circuit: Any, references: dict[tuple[int, int], np.ndarray]
) -> dict[str, Any]:
    model = settings.model.model_copy(update={"neurons": case["neurons"]})
    network, dt = build_network(model, Member("", circuit, 0), settings.seed)
    rng = np.random.default_rng([settings.seed, 1])
    chosen = settings.model_copy(update={"t_ons": case["t_ons"]})
    step, k = NetworkMap.of(network), int(case["exponents"])
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
        spectrum = measured(step, state, chosen, dt, exponents=k, length=case["length"])
        seconds = min(seconds, time.perf_counter() - began)
    difference = np.abs(spectrum.exponents - references[key])
    steps = spectrum.steps + spectrum.frame_transient
    return {
        **case,
        "neurons": network.neurons,
        "t_ons": spectrum.qr_interval * dt,
        "seconds": seconds,
        "microseconds_a_step": 1e6 * seconds / steps,
        "largest": float(spectrum.exponents[0]),
        "error_of_largest": float(difference[0]),
        "mean_error": float(difference.mean()),
        "spectrum": spectrum.exponents,
    }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
