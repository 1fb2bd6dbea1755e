"""What happened in episodes of a spiking agent."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Episodes(NamedTuple):
    """What happened in some episodes."""

    length: NDArray[np.int64]
    """Steps of each, (episodes,)."""
    undecided: NDArray[np.int64]
    """Undecided moves of each, (episodes,)."""
    returned: NDArray[np.float64]
    """Sum of the task's rewards of each; in CartPole its steps, (episodes,)."""
    centred: NDArray[np.float64]
    """Sum over the steps of each of 1 − ½ (x / 2.4 m)² − ½ (θ / 12°)², as far as this call played it; 0
    in tasks other than CartPole, (episodes,)."""
    action: NDArray[np.int8]
    """(steps,), as all that follows; empty unless it was recorded."""
    tie: NDArray[np.bool_]
    reward: NDArray[np.float64]
    observation: NDArray[np.float64]
    """Before the action, (steps, variables)."""
    counts: NDArray[np.uint8]
    """Spikes of every cell, (steps, cells)."""
