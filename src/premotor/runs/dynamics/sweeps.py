"""Spectra against the size of a parameter, over many networks: the transition to chaos, and the spread σ."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from premotor.analysis import bootstrap_mean, mean_field_exponent
from premotor.connectome import Circuit
from premotor.files import finite
from premotor.runs.dynamics.building import Member, SweptMap, build_network, measured, members
from premotor.runs.dynamics.measuring import Measurement
from premotor.runs.dynamics.settings import TransitionSettings, VarianceSettings
from premotor.runs.kinds import KINDS, Arrays, Figures

Sweep = TransitionSettings | VarianceSettings
ARRAYS = ("exponents", "standard_errors", "entropy", "dimension", "movement")


class _Swept(Measurement):
    side_by_side: ClassVar[bool] = True

    def total(self, settings: Any) -> int:
        """Networks."""
        return int(settings.samples + (settings.circuit is not None))

    def points(self, settings: Any, circuit: Circuit | None) -> Mapping[str, Any]:
        """Random networks; or a circuit beside `samples` null models of it."""
        return {member.name: member for member in members(settings, circuit, settings.samples, settings.null)}

    def measure(self, settings: Any, circuit: Circuit | None, point: Any, memory: dict[Any, Any]) -> Arrays:
        """Spectra of one network at all values."""
        return _measure(point, settings)

    def collect(self, settings: Any, pieces: Mapping[str, Arrays]) -> tuple[Arrays, pd.DataFrame, Figures]:
        """The networks side by side, and means over each group of them."""
        return _collected("transition" if isinstance(settings, TransitionSettings) else "spectrum", settings, pieces)

    def judged(self, summary: Figures) -> float:
        """Where λ1 of the first group crosses 0; without, its λ1 at the largest value."""
        first = next(iter(summary["groups"].values()))
        crossing = (first.get("crossing") or {}).get("mean")
        return float(first["largest"][-1]["mean"] if crossing is None else crossing)


@KINDS.register("transition")
class Transition(_Swept):
    """The leading exponents against g, over many networks, beside the theory of infinitely large ones.

    All values of g share each network's weights, up to their scale, so that differences between them are not
    those between networks. A circuit stands beside `samples` null models of it.

    `results.safetensors`: values (v,), exponents and standard_errors (networks, v, k), entropy and dimension
    (networks, v). The table has one row a network and value; the summary the mean over networks of the largest
    exponent with its 95% bootstrap interval, and where it crosses 0.
    """

    settings = TransitionSettings


@KINDS.register("variance")
class Variance(_Swept):
    """Spectrum, entropy and Kaplan–Yorke dimension against the spread σ of weights, gains or shifts."""

    settings = VarianceSettings


def sweep_values(settings: Sweep) -> np.ndarray:
    """The values of g, or of σ, (values,)."""
    if isinstance(settings, TransitionSettings):
        return np.linspace(settings.minimum, settings.maximum, settings.values)
    return np.array(settings.sigmas)


def _measure(member: Member, settings: Sweep) -> Arrays:
    values = sweep_values(settings)
    # A circuit and its null models start from the same states and draw the same parameters.
    rng = np.random.default_rng([settings.seed, 1, member.seed if member.circuit is None else 0])
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
    return {
        "exponents": spectrum.exponents,
        "standard_errors": spectrum.standard_errors,
        "entropy": spectrum.entropy,
        "dimension": spectrum.kaplan_yorke_dimension,
        "movement": spectrum.movement,
        "largest": np.asarray(spectrum.exponents[0, 0]),
    }


def _collected(command: str, settings: Sweep, pieces: Mapping[str, Arrays]) -> tuple[Arrays, pd.DataFrame, Figures]:
    """Put the networks' arrays together, with table and summary."""
    values = sweep_values(settings)
    arrays = {name: np.stack([piece[name] for piece in pieces.values()]) for name in ARRAYS}
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
    summary: dict[str, Any] = {"command": command, "parameter": settings.parameter, "groups": {}}
    for group in dict.fromkeys(group_of(name) for name in pieces):
        own = table[table["network"].map(group_of) == group]
        summary["groups"][group] = _group(own, values, settings)
    summary["theory"] = theory(settings, values)
    return {"values": values, **arrays}, table, summary


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
            {"mean": e.value, "low": finite(e.low), "high": finite(e.high), "spread": _spread(column)}
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
            "low": None if estimate is None else finite(estimate.low),
            "high": None if estimate is None else finite(estimate.high),
            "of_the_mean": finite(crossing(values, largest.mean(0))),
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


def _spread(column: np.ndarray) -> float | None:
    return float(column.std(ddof=1)) if len(column) > 1 else None


def _mean(column: pd.Series) -> float | None:
    return finite(float(column.mean()))
