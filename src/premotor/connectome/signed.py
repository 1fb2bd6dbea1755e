"""Signs out of signed weights: every neuron's outgoing weights have to have one sign (Dale's law)."""

import numpy as np

from premotor.errors import PremotorError


def signs_of_rows(pre: np.ndarray, sign: np.ndarray, ids: np.ndarray, where: str) -> np.ndarray:
    """Return each neuron's sign, int8 (neurons,), from the signs of its outgoing weights; 0 without any.

    `pre` (position of the presynaptic neuron) and `sign` (−1 or +1) have one value an edge.

    Raises:
        PremotorError: a neuron has outgoing weights of both signs.
    """
    up = np.bincount(pre[sign > 0], minlength=ids.size) > 0
    down = np.bincount(pre[sign < 0], minlength=ids.size) > 0
    if (up & down).any():
        neuron = ids[int(np.argmax(up & down))]
        raise PremotorError(f"{where}: the neuron {neuron} has outgoing weights of both signs; Dale's law needs one")
    return up.astype(np.int8) - down.astype(np.int8)
