"""Edges of a network of populations, drawn neuron by neuron: targets, weights and delays."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Floats, Ints, Keys, Shorts, kernel, part
from premotor.networks.spiking.random_numbers import uniform

REACH = 6.0
"""Standard deviations from the mean beyond which a weight or a delay is drawn again."""


@partial(kernel, counted=True)
def draw_edges(
    keys: Keys,
    number: Shorts,
    rule: Floats,
    first: Ints,
    target: Shorts,
    count: NDArray[np.int16],
    slot: Shorts,
    shortest: int,
) -> None:
    """Write the edges of a population's neurons in the order of their delays.

    Args:
        keys: a random key for each of its neurons, (neurons,).
        number: how many edges of each projection a neuron has, (neurons, projections).
        rule: of each projection the first target, number of targets, mean and SD of the count, mean and SD of the
            delay in steps, (projections, 6).
        first: where each of its neurons' edges begin, (neurons + 1,).
        target: of all edges; filled in.
        count: of all edges; filled in.
        slot: see `Delays`, (neurons, delays + 1); filled in.
        shortest: the shortest delay, steps.
    """
    delays = slot.shape[1] - 1
    largest = 0
    for i in range(len(keys)):
        largest = max(largest, first[i + 1] - first[i])
    onto, amount, late = np.empty(largest, np.int32), np.empty(largest, np.int32), np.empty(largest, np.int32)
    place = np.empty(delays + 1, np.int64)
    for i in range(len(keys)):
        key, step, edge = keys[i], 0, 0
        place[:] = 0
        for projection in range(len(rule)):
            low, size, mean, deviation, delay, spread = rule[projection]
            for _ in range(number[i, projection]):
                onto[edge] = low + np.int64(size * uniform(key, step))
                step += 1
                again = True
                while again:
                    one, other = two_normal(uniform(key, step), uniform(key, step + 1))
                    step += 2
                    weight, steps = mean + deviation * one, np.floor(delay + spread * other + 0.5)
                    again = weight < 0 or steps < 1 or max(abs(one), abs(other)) > REACH
                amount[edge] = np.int32(weight + 0.5)
                late[edge] = np.int32(steps) - shortest
                place[late[edge] + 1] += 1
                edge += 1
        for k in range(delays):
            place[k + 1] += place[k]
        for k in range(delays + 1):
            slot[i, k] = place[k]
        for k in range(edge):
            to = first[i] + place[late[k]]
            target[to], count[to] = onto[k], amount[k]
            place[late[k]] += 1


@partial(part)
def two_normal(one: float, other: float) -> tuple[float, float]:
    """Two independent normal numbers of two uniform ones (Box & Muller 1958)."""
    radius, angle = np.sqrt(-2 * np.log(1 - one)), 2 * np.pi * other
    return radius * np.cos(angle), radius * np.sin(angle)
