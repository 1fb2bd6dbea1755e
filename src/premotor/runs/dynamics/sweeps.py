"""Spectra against the size of a parameter, over many networks: the transition to chaos, and the spread σ."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.analysis import bootstrap_mean, mean_field_exponent
from premotor.bodies.physics import available_cores
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.dynamics.building import Member, SweptMap, build_network, measured, members
from premotor.runs.dynamics.folder import DynamicsResult, result_folder
from premotor.runs.dynamics.loading import Source, command_of, load_dynamics
from premotor.runs.dynamics.precision import in_precision
from premotor.runs.dynamics.progress import Teller
from premotor.runs.dynamics.settings import TransitionSettings, VarianceSettings
from premotor.runs.files import replace_atomically
from premotor.runs.loading import Overrides

Sweep = TransitionSettings | VarianceSettings


def transition(
    source: Source = None,
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> DynamicsResult:
    """The leading exponents against g, over many networks, beside the theory of infinitely large ones.

    All values of g share each network's weights, up to their scale, so that differences between them are not
    those between networks. A circuit stands beside `samples` null models of it. Called again with the same
    `output`, it goes on with the network at which it was stopped, with the same numbers.

    `results.safetensors`: values (v,), exponents and standard_errors (networks, v, k), entropy and dimension
    (networks, v). The table has one row a network and value; the summary the mean over networks of the largest
    exponent with its 95% bootstrap interval, and where it crosses 0.

    Args:
        source: settings of `TransitionSettings`, a dict, a YAML file, or None for the defaults.
        overrides: settings by dotted key.
        output: the folder to make, or to go on in; by default ``dynamics/<name>``.
        progress: tell how far it is.

    Raises:
        PremotorError: wrong settings, or a folder that holds something else.
    """
    return _sweep(load_dynamics("transition", source, overrides), output, progress)


def spectra_by_variance(
    source: Source = None,
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> DynamicsResult:
    """Spectrum, entropy and Kaplan–Yorke dimension against the spread σ of weights, gains or shifts.

    Otherwise as `transition`, with settings of `VarianceSettings`.
    """
    return _sweep(load_dynamics("spectrum", source, overrides), output, progress)


def sweep_values(settings: Sweep) -> np.ndarray:
    """The values of g, or of σ, (values,)."""
    if isinstance(settings, TransitionSettings):
        return np.linspace(settings.minimum, settings.maximum, settings.values)
    return np.array(settings.sigmas)


def _sweep(settings: Sweep, output: str | os.PathLike[str] | None, progress: bool) -> DynamicsResult:
    with result_folder(settings, output) as result:
        if result.finished:
            return result
        chosen = list(members(settings, result.circuit, settings.samples, settings.null))
        places = {member.name: result.path / "networks" / f"{member.name}.safetensors" for member in chosen}
        (result.path / "networks").mkdir(exist_ok=True)
        waiting = [member for member in chosen if not places[member.name].exists()]
        with Teller(len(chosen), progress) as teller:
            teller.advance("read from the folder", len(chosen) - len(waiting))
            with ThreadPoolExecutor(settings.threads or available_cores()) as pool:
                jobs = {pool.submit(_one, member, settings, places[member.name]): member for member in waiting}
                try:
                    for job in as_completed(jobs):
                        largest = job.result()[:, 0]
                        teller.advance(f"{jobs[job].name}: λ1 {largest[0]:+.3f} … {largest[-1]:+.3f}")
                finally:
                    pool.shutdown(cancel_futures=True)
        _collect(result, settings, {name: load_arrays(path) for name, path in places.items()})
    return result


def _one(member: Member, settings: Sweep, path: Path) -> np.ndarray:
    """Spectra of one network at all values, written to a file; (values, k)."""
    values = sweep_values(settings)
    # A circuit and its null models start from the same states and draw the same parameters.
    rng = np.random.default_rng([settings.seed, 1, member.seed if member.circuit is None else 0])
    with in_precision(settings.precision):
        # The weights of g = 1, so that the scale is a parameter.
        swept = settings.parameter == "weights"
        scale = 1.0 if swept and member.circuit is None else settings.model.coupling
        model = settings.model.model_copy(update={"coupling": scale})
        network, dt = build_network(model, member, settings.seed)
        shape = (len(values), network.neurons)
        draws = rng.standard_normal(network.neurons)
        states = np.broadcast_to(rng.standard_normal(network.neurons), shape)
        gain, shift = np.full(shape, settings.model.gain), np.full(shape, settings.model.shift)
        coupling = values if swept else np.ones(len(values))
        spread = 1.0 if isinstance(settings, TransitionSettings) else draws
        if settings.parameter == "gains":
            gain = np.abs(values[:, None] * np.broadcast_to(spread, shape))
        elif settings.parameter == "shifts":
            shift = values[:, None] * np.broadcast_to(spread, shape)
        spectrum = measured(
            SweptMap(network.product(), settings.model.activation, dt),
            states,
            settings,
            dt,
            exponents=settings.exponents,
            length=settings.length,
            parameters={"coupling": coupling, "gain": gain, "shift": shift},
        )
    arrays = {
        "exponents": spectrum.exponents,
        "standard_errors": spectrum.standard_errors,
        "entropy": spectrum.entropy,
        "dimension": spectrum.kaplan_yorke_dimension,
        "movement": spectrum.movement,
    }
    with replace_atomically(path) as aside:
        save_arrays(aside, arrays)
    return spectrum.exponents


def _collect(result: DynamicsResult, settings: Sweep, pieces: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Put the networks' arrays together, and write table and summary."""
    values = sweep_values(settings)
    arrays = {name: np.stack([piece[name] for piece in pieces.values()]) for name in next(iter(pieces.values()))}
    rows = [
        {
            "network": name,
            "value": float(value),
            "largest": float(piece["exponents"][place, 0]),
            "standard_error": float(piece["standard_errors"][place, 0]),
            "entropy": float(piece["entropy"][place]),
            "dimension": float(piece["dimension"][place]),
        }
        for name, piece in pieces.items()
        for place, value in enumerate(values)
    ]
    table = pd.DataFrame(rows)
    summary: dict[str, Any] = {"command": command_of(settings), "parameter": settings.parameter, "groups": {}}
    for group in dict.fromkeys(group_of(name) for name in pieces):
        own = table[table["network"].map(group_of) == group]
        summary["groups"][group] = _group(own, values, settings)
    summary["theory"] = theory(settings, values)
    result.save({"values": values, **arrays}, table, summary)


def group_of(name: str) -> str:
    """`rewired` of `rewired-3`: the group of networks that one belongs to."""
    return name.rpartition("-")[0] or name


def theory(settings: Sweep, values: np.ndarray) -> list[float] | None:
    """λ1 for infinitely many neurons and dt → 0; None where the theory does not say."""
    known = settings.circuit is None and settings.parameter == "weights" and settings.model.activation == "tanh"
    if not known or not isinstance(settings, TransitionSettings) or values[-1] > 10:
        return None
    return [mean_field_exponent(float(value)) for value in values]


def _group(table: pd.DataFrame, values: np.ndarray, settings: Sweep) -> dict[str, Any]:
    largest = np.stack([own.sort_values("value")["largest"].to_numpy() for _, own in table.groupby("network")])
    estimates = [bootstrap_mean(column) for column in largest.T]
    figures: dict[str, Any] = {
        "networks": len(largest),
        "value": [float(value) for value in values],
        "largest": [
            {"mean": e.value, "low": _finite(e.low), "high": _finite(e.high), "spread": _spread(column)}
            for e, column in zip(estimates, largest.T, strict=True)
        ],
        "entropy": [_mean(own["entropy"]) for _, own in table.groupby("value")],
        "dimension": [_mean(own["dimension"]) for _, own in table.groupby("value")],
    }
    if isinstance(settings, TransitionSettings) and settings.parameter != "shifts":
        found = np.array([crossing(values, row) for row in largest])
        known = found[np.isfinite(found)]
        estimate = bootstrap_mean(known) if len(known) else None
        figures["crossing"] = {
            "networks": len(known),
            "mean": None if estimate is None else estimate.value,
            "low": None if estimate is None else _finite(estimate.low),
            "high": None if estimate is None else _finite(estimate.high),
            "of_the_mean": _finite(crossing(values, largest.mean(0))),
        }
    return figures


def crossing(values: np.ndarray, largest: np.ndarray) -> float:
    """Where λ1 (values,) last turns from negative to positive, by linear interpolation; NaN where it does not."""
    turns = np.flatnonzero((largest[:-1] < 0) & (largest[1:] >= 0))
    if not len(turns):
        return float("nan")
    i = turns[-1]
    part = -largest[i] / (largest[i + 1] - largest[i])
    return float(values[i] + part * (values[i + 1] - values[i]))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _spread(column: np.ndarray) -> float | None:
    return float(column.std(ddof=1)) if len(column) > 1 else None


def _mean(column: pd.Series) -> float | None:
    return _finite(float(column.mean()))
