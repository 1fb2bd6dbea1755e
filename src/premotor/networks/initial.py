"""Initial synaptic magnitudes from synapse counts."""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg
from numpy.typing import NDArray

from premotor.errors import PremotorError


def input_normalised(pre: NDArray, post: NDArray, count: NDArray, neurons: int) -> NDArray[np.float64]:
    """Each synapse count as a fraction of all the synapses that its postsynaptic neuron receives."""
    total = np.bincount(post, weights=count, minlength=neurons)
    return count / total[post]


def spectral_radius(pre: NDArray, post: NDArray, weight: NDArray, neurons: int) -> float:
    """Largest modulus among the eigenvalues of the signed weight matrix (presynaptic × postsynaptic)."""
    matrix = sp.coo_array((weight, (pre, post)), shape=(neurons, neurons)).tocsr()
    if neurons <= 2_000:
        return float(np.abs(np.linalg.eigvals(matrix.toarray())).max(initial=0.0))
    start = np.ones(neurons)  # ARPACK's own start vector is random, which would break determinism
    values = scipy.sparse.linalg.eigs(matrix, k=1, which="LM", v0=start, return_eigenvectors=False)
    return float(np.abs(values).max())


def scale_to_radius(
    pre: NDArray, post: NDArray, weight: NDArray, neurons: int, radius: float
) -> NDArray[np.float64]:
    """Multiply all weights by one factor such that the spectral radius is `radius`.

    Raises:
        PremotorError: the wiring has no loop, so that no factor changes its spectral radius (zero).
    """
    present = spectral_radius(pre, post, weight, neurons)
    if present < 1e-9:
        raise PremotorError(
            "network.spectral_radius: this circuit has no recurrent loop (its spectral radius is 0), so it cannot "
            f"be scaled to {radius}; set network.spectral_radius to null and use network.scale"
        )
    return weight * (radius / present)
