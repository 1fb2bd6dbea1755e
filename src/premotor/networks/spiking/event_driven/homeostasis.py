"""Homeostasis of plastic synapses: input normalisation, gain control."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from premotor.networks.spiking.event_driven.compiling import COMPILED
from premotor.networks.spiking.event_driven.plasticity import Plastic


def mean_weights(plastic: Plastic, weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean plastic weight onto each cell and from each cell, mV, (cells,) each; 0 where a cell has none."""
    values, cells = weight[plastic.synapse], len(plastic.last)
    means = []
    for side in (plastic.post, plastic.pre):
        count = np.bincount(side, minlength=cells)
        means.append(np.bincount(side, values, minlength=cells) / np.maximum(count, 1))
    return means[0], means[1]


@njit(**COMPILED)
def normalise_inputs(plastic: Any, weight: Any, goal: Any) -> None:
    """Scale the plastic inputs of every cell so that their mean is the cell's `goal` (mV)."""
    first, order, synapse = plastic.incoming_first, plastic.incoming, plastic.synapse
    for cell in range(len(goal)):
        total = 0.0
        for place in range(first[cell], first[cell + 1]):
            total += weight[synapse[order[place]]]
        if total > 0.0:
            factor = goal[cell] * (first[cell + 1] - first[cell]) / total
            for place in range(first[cell], first[cell + 1]):
                weight[synapse[order[place]]] *= factor


@njit(**COMPILED)
def control_gain(goal: Any, group: Any, spikes: Any, size: Any, target: Any, seconds: float, change: float) -> None:
    """Move the goal of every cell by a fraction `change`, up where its group fires less than its target (Hz).

    Args:
        goal: mean plastic weight onto each cell, mV, (cells,).
        group: of each cell, −1 for none, (cells,).
        spikes: of each group, set to 0 here.
        size: cells of each group.
        target: Hz, of each group.
        seconds: in which the spikes were counted.
        change: fraction.
    """
    for cell in range(len(goal)):
        g = group[cell]
        if g >= 0:
            rate = spikes[g] / (size[g] * seconds)
            goal[cell] *= 1.0 + change if rate < target[g] else 1.0 - change
    spikes[:] = 0
