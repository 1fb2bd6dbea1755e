"""What the activity of a simulation is as a rhythm: of every neuron, of a replicate, and by type of neuron."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.analysis import circular_mean, relative_phase, rhythm, wilson_interval
from premotor.analysis.rhythm import RHYTHMIC
from premotor.files import finite
from premotor.runs.simulation.records import RhythmSummary, TypeRow

ACTIVE = 0.01
"""A neuron whose rate never exceeds this (Hz) after the transient is silent (Pugliese et al. 2025)."""


@dataclass(frozen=True, eq=False)
class NetworkRhythm:
    """The rhythm of the readout neurons of each replicate."""

    score: NDArray[np.float64]
    """Mean score of the active readout neurons, 0 without any, (replicates,)."""
    frequency: NDArray[np.float64]
    """Median over the rhythmic ones, Hz, (replicates,); NaN where the replicate is not rhythmic."""

    @property
    def rhythmic(self) -> NDArray[np.bool_]:
        """Which replicates have a score that counts as a rhythm."""
        return self.score >= RHYTHMIC


def network_rhythm(rates: NDArray, sample_period: float) -> NetworkRhythm:
    """Score and frequency of each replicate from `rates` (samples, readout neurons, replicates)."""
    samples, neurons, replicates = rates.shape
    if neurons == 0:
        return NetworkRhythm(np.zeros(replicates), np.full(replicates, np.nan))
    found = rhythm(rates.reshape(samples, -1), sample_period)
    return _of_network(found.score, found.frequency, rates.max(0).reshape(-1), (neurons, replicates))


def _of_network(score: NDArray, frequency: NDArray, highest: NDArray, shape: tuple[int, int]) -> NetworkRhythm:
    scores, frequencies = score.reshape(shape), frequency.reshape(shape)
    active = highest.reshape(shape) > ACTIVE
    mean = np.where(active, scores, 0).sum(0) / np.maximum(active.sum(0), 1)
    cycles = np.full(shape[1], np.nan)
    for replicate in np.flatnonzero(mean >= RHYTHMIC):
        cycles[replicate] = np.median(frequencies[scores[:, replicate] >= RHYTHMIC, replicate])
    return NetworkRhythm(mean, cycles)


def rhythm_table(
    rates: NDArray, neurons: pd.DataFrame, readout: NDArray[np.bool_], sample_period: float
) -> tuple[pd.DataFrame, NetworkRhythm]:
    """Figures of every neuron in every replicate, and the rhythm of the readout.

    Phases (cycles) are at the replicate's frequency and relative to the readout neuron that is rhythmic most
    often; they are missing where a replicate has no rhythm.

    Args:
        rates: (samples, neurons, replicates), without the transient.
        neurons: their rows of the neuron table.
        readout: which of them are readout neurons, (neurons,).
        sample_period: s.
    """
    samples, size, replicates = rates.shape
    found = rhythm(rates.reshape(samples, -1), sample_period)
    highest = rates.max(0)
    chosen = np.repeat(readout, replicates)
    shape = (int(readout.sum()), replicates)
    whole = _of_network(found.score[chosen], found.frequency[chosen], highest[readout].ravel(), shape)
    score = found.score.reshape(size, replicates)
    phase = np.full((size, replicates), np.nan)
    if readout.any():
        often = np.where(readout, (score >= RHYTHMIC).sum(1), -1)
        reference = int(np.argmax(often))
        for replicate in np.flatnonzero(whole.rhythmic):
            one = rates[:, :, replicate]
            phase[:, replicate] = relative_phase(one, sample_period, whole.frequency[replicate], reference)
    table = pd.DataFrame(
        {
            "replicate": np.tile(np.arange(replicates, dtype=np.int32), size),
            "id": np.repeat(neurons.index.to_numpy(), replicates),
            "type": np.repeat(neurons["type"].astype("str").to_numpy(), replicates),
            "class": np.repeat(neurons["class"].astype("str").to_numpy(), replicates),
            "mean_rate": found.mean,
            "maximum_rate": highest.ravel().astype(np.float64),
            "amplitude": found.amplitude,
            "score": found.score,
            "frequency": found.frequency,
            "phase": phase.ravel(),
        }
    )
    return table, whole


def summarise(table: pd.DataFrame, whole: NetworkRhythm) -> RhythmSummary:
    """Figures over replicates, and by type, ready for JSON (null for what there is none of)."""
    count = int(whole.rhythmic.sum())
    bounds = wilson_interval(count, len(whole.score))
    cycles = whole.frequency[whole.rhythmic]
    median, quarter, three_quarters = (
        finite(np.quantile(cycles, q)) if len(cycles) else None for q in (0.5, 0.25, 0.75)
    )
    groups = table.assign(active=table["maximum_rate"] > ACTIVE, rhythmic=table["score"] >= RHYTHMIC)
    rows: list[TypeRow] = []
    for name, group in groups.groupby(groups["type"].where(groups["type"] != "", groups["class"]), sort=True):
        direction, concentration = circular_mean(group["phase"].to_numpy())
        rows.append(
            {
                "type": str(name),
                "neurons": int(group["id"].nunique()),
                "mean_rate": finite(group["mean_rate"].mean()),
                "active": finite(group["active"].mean()),
                "score": finite(group["score"].mean()),
                "frequency": finite(group.loc[group["rhythmic"], "frequency"].median()),
                "phase": finite(direction),
                "phase_concentration": finite(concentration),
            }
        )
    return {
        "rhythmic": {
            "replicates": count,
            "fraction": count / len(whole.score),
            "low": finite(bounds.low),
            "high": finite(bounds.high),
        },
        "score": finite(whole.score.mean()),
        "frequency": {"median": median, "quarter": quarter, "three_quarters": three_quarters},
        "types": rows,
    }
