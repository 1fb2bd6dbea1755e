"""Neighbours, reachability and distances along the synapses of a circuit."""

from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from premotor.errors import PremotorError

Direction = Literal["downstream", "upstream", "both"]


def hop_distances(
    synapses: csr_array,
    sources: np.ndarray,
    direction: Direction = "downstream",
    gap_junctions: csr_array | None = None,
) -> np.ndarray:
    """Return the fewest synapses from any of the source neurons to each neuron, int64 (neurons,); −1: none.

    `sources` is bool (neurons,). A source has distance 0. Upstream counts against the direction of the
    synapses (neurons, neurons), both either way. With `gap_junctions` these count as steps too.

    Raises:
        PremotorError: an unknown direction.
    """
    if direction == "downstream":
        steps = synapses.T.tocsr()
    elif direction == "upstream":
        steps = synapses
    elif direction == "both":
        steps = synapses + synapses.T.tocsr()
    else:
        raise PremotorError(f"direction is {direction!r}; it has to be downstream, upstream or both")
    if gap_junctions is not None:
        steps = steps + gap_junctions
    distance = np.where(sources, 0, -1).astype(np.int64)
    front = sources.astype(bool)
    hop = 0
    while front.any():
        hop += 1
        front = ((steps @ front.astype(np.int64)) > 0) & (distance < 0)
        distance[front] = hop
    return distance


def on_paths(synapses: csr_array, sources: np.ndarray, targets: np.ndarray, most: int | None = None) -> np.ndarray:
    """Return which neurons lie on a path from a source to a target, bool (neurons,), ends included.

    With `most`, only on paths of at most so many synapses. `sources` and `targets` are bool (neurons,).
    """
    there = hop_distances(synapses, sources)
    back = hop_distances(synapses, targets, "upstream")
    on_path = (there >= 0) & (back >= 0)
    return on_path if most is None else on_path & (there + back <= most)
