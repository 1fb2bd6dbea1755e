"""Spectra against the size of a parameter, over many networks: the transition to chaos, and the spread σ."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from premotor.analysis import bootstrap_mean, mean_field_exponent
from premotor.analysis.mean_field import LONGEST
from premotor.connectome import Circuit
from premotor.files import finite
from premotor.runs.dynamics.building import Member, SweptMap, build_network, measured, members
from premotor.runs.dynamics.measuring import Measurement, Memory
from premotor.runs.dynamics.records import Disagreement, SweepSummary, SweptGroup
from premotor.runs.dynamics.settings import TransitionSettings, VarianceSettings
from premotor.runs.kinds import KINDS, Arrays

Sweep = TransitionSettings | VarianceSettings
MOST_PROPOSED = 1000
"""Networks that are proposed where networks disagree."""
ARRAYS = ("exponents", "standard_errors", "entropy", "dimension", "movement")


class _Swept[S: Sweep](Measurement[S, tuple[Member, tuple[str, ...]], SweepSummary]):
    side_by_side: ClassVar[bool] = True

    def total(self, settings: S) -> int:
        """Networks."""
        return (settings.samples + (settings.circuit is not None)) * len(settings.sets)

    def points(self, settings: S, circuit: Circuit | None) -> Mapping[str, tuple[Member, tuple[str, ...]]]:
        """Random networks; or a circuit beside `samples` null models of it."""
        chosen = list(members(settings, circuit, settings.samples, settings.null))
        if len(settings.sets) == 1:
            return {member.name: (member, settings.sets[0]) for member in chosen}
        return {_named(names, member): (member, names) for names in settings.sets for member in chosen}

    def measure(
        self, settings: S, circuit: Circuit | None, point: tuple[Member, tuple[str, ...]], memory: Memory
    ) -> Arrays:
        """Spectra of one network at all values."""
        member, names = point
        return _measure(member, settings, names)

    def collect(self, settings: S, pieces: Mapping[str, Arrays]) -> tuple[Arrays, pd.DataFrame, SweepSummary]:
        """The networks side by side, and means over each group of them."""
        return _collected("transition" if isinstance(settings, TransitionSettings) else "spectrum", settings, pieces)

    def judged(self, summary: SweepSummary) -> float:
        """Where λ1 of the first group crosses 0; without, its λ1 at the largest value."""
        first = next(iter(summary["groups"].values()))
        crossing = first.get("crossing")
        if crossing is None or crossing["mean"] is None:
            return float(first["largest"][-1]["mean"])
        return float(crossing["mean"])


@KINDS.register("transition")
class Transition(_Swept[TransitionSettings]):
    """The leading exponents against g, over many networks, beside the theory of infinitely large ones.

    All values of g share each network's weights, up to their scale, so that differences between them are not
    those between networks. A circuit stands beside `samples` null models of it.

    `results.safetensors`: values (v,), exponents and standard_errors (networks, v, k), entropy and dimension
    (networks, v). The table has one row a network and value; the summary the mean over networks of the largest
    exponent with its 95% bootstrap interval, and where it crosses 0.
    """

    settings = TransitionSettings


@KINDS.register("variance")
class Variance(_Swept[VarianceSettings]):
    """Spectrum, entropy and Kaplan–Yorke dimension against the spread σ of weights, gains or shifts."""

    settings = VarianceSettings


def sweep_values(settings: Sweep) -> np.ndarray:
    """The values of g, or of σ, (values,)."""
    if isinstance(settings, TransitionSettings):
        return np.linspace(settings.minimum, settings.maximum, settings.values)
    return np.array(settings.sigmas)


def _named(names: tuple[str, ...], member: Member) -> str:
    return f"{'+'.join(names)}" + (f"-{member.seed}" if member.circuit is None else f".{member.name}")


def _measure(member: Member, settings: Sweep, names: tuple[str, ...]) -> Arrays:
    values = sweep_values(settings)
    # A circuit and its null models start from the same states and draw the same parameters.
    rng = np.random.default_rng([settings.seed, 1, member.seed if member.circuit is None else 0])
    # The weights of g = 1, so that the scale is a parameter.
    swept = "weights" in names
    scale = 1.0 if swept and member.circuit is None else settings.model.coupling
    model = settings.model.model_copy(update={"coupling": scale})
    network, dt = build_network(model, member, settings.seed)
    shape = (len(values), network.neurons)
    draws = rng.standard_normal(network.neurons)
    states = np.broadcast_to(rng.standard_normal(network.neurons), shape)
    gain, shift = np.full(shape, settings.model.gain), np.full(shape, settings.model.shift)
    coupling = values if swept else np.ones(len(values))
    if "gains" in names:
        gain = _drawn(settings, values, draws, shape)
        gain = gain if getattr(settings, "around", 0) else np.abs(gain)
    if "shifts" in names:
        # Beside gains, shifts have draws of their own.
        own = rng.standard_normal(network.neurons) if "gains" in names else draws
        shift = _drawn(settings, values, own, shape)
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


def _drawn(settings: Sweep, values: np.ndarray, draws: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Gains or shifts (values, neurons): all the value, or drawn with the value as their spread."""
    if isinstance(settings, TransitionSettings):
        return np.broadcast_to(values[:, None], shape)
    if settings.around:
        return 1 + values[:, None] / np.sqrt(len(draws)) * draws
    return values[:, None] * draws


def _collected(
    command: str, settings: Sweep, pieces: Mapping[str, Arrays]
) -> tuple[Arrays, pd.DataFrame, SweepSummary]:
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
    summary: SweepSummary = {
        "command": command,
        "parameter": settings.parameter,
        "groups": {
            group: _group(table[table["network"].map(group_of) == group], values, settings)
            for group in dict.fromkeys(group_of(name) for name in pieces)
        },
        "theory": theory(settings, values),
        "theory_continuous": theory(settings, values, 0.0),
    }
    return {"values": values, **arrays}, table, summary


def group_of(name: str) -> str:
    """`rewired` of `rewired-3`: the group of networks that one belongs to."""
    return name.rpartition("-")[0] or name


def theory(settings: Sweep, values: np.ndarray, dt: float | None = None) -> list[float] | None:
    """λ1 for infinitely many neurons in steps of `dt`, the network's own unless given; None where no theory is known.

    All gains γ of a stretched tanh without shifts are a coupling of γ·g.
    """
    model, dt = settings.model, settings.model.dt if dt is None else dt
    if settings.circuit is not None or not isinstance(settings, TransitionSettings) or dt > LONGEST:
        return None
    if settings.parameter == "weights" and model.activation == "tanh":
        return [mean_field_exponent(float(value), dt) for value in values]
    if model.activation != "stretched_tanh" or model.shift:
        return None
    other = {"weights": model.gain, "gains": model.coupling}.get(settings.parameter)
    return None if other is None else [mean_field_exponent(float(other * value), dt) for value in values]


def _group(table: pd.DataFrame, values: np.ndarray, settings: Sweep) -> SweptGroup:
    largest = np.stack([own.sort_values("value")["largest"].to_numpy() for _, own in table.groupby("network")])
    estimates = [bootstrap_mean(column) for column in largest.T]
    figures: SweptGroup = {
        "networks": len(largest),
        "value": [float(value) for value in values],
        "largest": [
            {"mean": e.value, "low": finite(e.low), "high": finite(e.high), "spread": _spread(column)}
            for e, column in zip(estimates, largest.T, strict=True)
        ],
        "entropy": [_mean(own["entropy"]) for _, own in table.groupby("value")],
        "dimension": [_mean(own["dimension"]) for _, own in table.groupby("value")],
        "disagreement": disagreement(values, largest),
    }
    if isinstance(settings, TransitionSettings) and settings.parameter != "shifts":
        found = np.array([crossing(values, row) for row in largest])
        known = found[np.isfinite(found)]
        # Where some networks do not cross within these values, those that do say nothing about all of them.
        estimate = bootstrap_mean(known) if len(known) == len(largest) else None
        figures["crossing"] = {
            "networks": len(known),
            "mean": float(known.mean()) if len(known) else None,
            "low": None if estimate is None else finite(estimate.low),
            "high": None if estimate is None else finite(estimate.high),
            "of_the_mean": finite(crossing(values, largest.mean(0))),
        }
    return figures


def disagreement(values: np.ndarray, largest: np.ndarray) -> Disagreement | None:
    """Where networks do not agree whether λ1 (networks, values) is positive, and how many would tell; None: nowhere.

    So many networks that the 95% interval of their mean would leave out 0, at the value that needs most, if the
    spread and the mean stay what they are; null where that is more than `MOST_PROPOSED`.
    """
    positive = (largest > 0).sum(0)
    mixed = (positive > 0) & (positive < len(largest))
    if not mixed.any():
        return None
    spread, mean = largest.std(0, ddof=1)[mixed], largest.mean(0)[mixed]
    needed = np.ceil((1.96 * spread / np.maximum(np.abs(mean), 1e-12)) ** 2)
    most = int(min(needed.max(), MOST_PROPOSED + 1))
    return {
        "value": values[mixed].tolist(),
        "positive": positive[mixed].tolist(),
        "networks": len(largest),
        "samples": None if most > MOST_PROPOSED else max(most, 2),
    }


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
