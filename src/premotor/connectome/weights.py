"""Weights from synapse counts: signed matrices with the support of the circuit's synapses.

Every rule returns a float64 CSR matrix (neurons, neurons), presynaptic × postsynaptic, with the support of
`circuit.synapses`. The sign of a row is that of its presynaptic neuron (Dale's law); synapses of a neuron of
unknown sign (0) weigh 0.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import numpy as np

from premotor.connectome.selection import closest
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

if TYPE_CHECKING:  # so that the names of the rules are there without SciPy
    from scipy.sparse import csr_array

    from premotor.connectome.circuit import Circuit

LIF_MILLIVOLTS = 0.275
"""Millivolts a synapse in the model of the fly brain by Shiu et al. (2024)."""
VNC_SCALE = 0.03
"""Weight a synapse in the rate model of the ventral nerve cord by Pugliese et al. (2025)."""
_DENSE = 2000
_RADII: dict[tuple[str, bytes], float] = {}


def count(circuit: "Circuit", scale: float = 1.0) -> "csr_array":
    """Count × scale."""
    return _signed(circuit, scale * circuit.synapses.data)


def lif(circuit: "Circuit") -> "csr_array":
    """Count × 0.275 mV, for the leaky integrate-and-fire model of Shiu et al. (2024)."""
    return count(circuit, LIF_MILLIVOLTS)


def vnc(circuit: "Circuit") -> "csr_array":
    """Count × 0.03, for the rate model of Pugliese et al. (2025)."""
    return count(circuit, VNC_SCALE)


def input_fraction(circuit: "Circuit", scale: float = 1.0) -> "csr_array":
    """Scale × the fraction of all the neuron's input: the magnitudes of a column sum to `scale`."""
    counts = circuit.synapses.data
    total = np.bincount(circuit.synapses.indices, weights=counts, minlength=len(circuit))
    return _signed(circuit, scale * counts / total[circuit.synapses.indices])


def logarithm(circuit: "Circuit", scale: float = 1.0) -> "csr_array":
    """Scale × log(1 + count)."""
    return _signed(circuit, scale * np.log1p(circuit.synapses.data))


def square_root(circuit: "Circuit", scale: float = 1.0) -> "csr_array":
    """Scale × √count."""
    return _signed(circuit, scale * np.sqrt(circuit.synapses.data))


def sinkhorn(circuit: "Circuit", iterations: int = 1000, tolerance: float = 1e-9) -> "csr_array":
    """Balance the excitatory and the inhibitory part, each by itself: rows and columns sum to ½.

    Rows and then columns are scaled in turn (Sinkhorn and Knopp 1967) until every non-empty row sums to ½
    within `tolerance`, or for so many iterations; columns are exact. Where the pattern of connections allows
    no balance, rows stay off ½ and some weights go to 0.
    """
    row, column = _ends(circuit)
    sign = circuit.neurons["sign"].to_numpy()[row]
    weights = circuit.synapses.data.astype(np.float64)
    for part in (1, -1):
        chosen = sign == part
        weights[chosen] = _balanced(weights[chosen], row[chosen], column[chosen], iterations, tolerance)
    return _signed(circuit, weights)


def random(
    circuit: "Circuit", seed: int = 0, law: Literal["normal", "uniform"] = "normal", *, offset: bool = False
) -> "csr_array":
    """Draw magnitudes around exponentially scaled counts, as the BrainRNN project does, but with Dale's law.

    s = 3·exp(2(count/max − 1)); z is drawn from a normal law (0, 1) or a uniform one (−1, 1). The magnitude
    is |s·z| (centred), or |s + z| with `offset`. The original drew the sign of every synapse at random.

    Raises:
        PremotorError: an unknown law.
    """
    if law not in ("normal", "uniform"):
        raise PremotorError(f"law is {law!r}; it has to be normal or uniform")
    counts = circuit.synapses.data
    rng = np.random.default_rng(seed)
    draws = rng.standard_normal(counts.size) if law == "normal" else rng.uniform(-1.0, 1.0, counts.size)
    spread = 3.0 * np.exp(2.0 * (counts / counts.max(initial=1) - 1.0))
    return _signed(circuit, np.abs(spread + draws if offset else spread * draws))


WEIGHT_RULES: dict[str, Callable[..., "csr_array"]] = {
    "count": count,
    "input_fraction": input_fraction,
    "logarithm": logarithm,
    "square_root": square_root,
    "sinkhorn": sinkhorn,
    "random": random,
    "lif": lif,
    "vnc": vnc,
}
"""Every rule by name."""


def weight_rule(name: str) -> Callable[..., "csr_array"]:
    """Return the rule of this name.

    Raises:
        PremotorError: there is none; the message gives the names.
    """
    if name not in WEIGHT_RULES:
        raise PremotorError(
            f"there is no weight rule {name!r}{closest(name, WEIGHT_RULES)}; there are {listed(WEIGHT_RULES)}"
        )
    return WEIGHT_RULES[name]


def spectral_radius(weights: "csr_array") -> float:
    """Return the largest modulus among the eigenvalues (above 2,000 neurons by Arnoldi iteration)."""
    size = weights.shape[0]
    if size <= _DENSE:
        dense = weights.toarray()
        known = (dense.dtype.str, sha256(dense.tobytes()).digest())
        if known not in _RADII:  # a command builds the same network many times
            _RADII[known] = float(np.abs(np.linalg.eigvals(dense)).max(initial=0.0))
        return _RADII[known]
    from scipy.sparse.linalg import eigs

    # The default start vector is random, which would make results differ from run to run.
    values = eigs(weights, k=1, which="LM", v0=np.ones(size), return_eigenvectors=False)
    return float(np.abs(values).max())


def with_spectral_radius(weights: "csr_array", radius: float) -> "csr_array":
    """Scale weights to a spectral radius.

    Raises:
        PremotorError: `radius` is not positive, or the wiring has no loop, so that its radius is 0.
    """
    from scipy.sparse import csr_array

    if not radius > 0:
        raise PremotorError(f"radius is {radius!r}; it has to be a positive number")
    present = spectral_radius(weights)
    if present < 1e-9:
        raise PremotorError(f"the weights have a spectral radius of 0 and can not be scaled to {radius}")
    return csr_array(weights * (radius / present))


def _ends(circuit: "Circuit") -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(len(circuit)), np.diff(circuit.synapses.indptr)), circuit.synapses.indices


def _signed(circuit: "Circuit", magnitudes: np.ndarray) -> "csr_array":
    from scipy.sparse import csr_array

    row, _ = _ends(circuit)
    data = magnitudes * circuit.neurons["sign"].to_numpy()[row]
    return csr_array((data, circuit.synapses.indices, circuit.synapses.indptr), shape=circuit.synapses.shape)


def _balanced(
    weights: np.ndarray, row: np.ndarray, column: np.ndarray, iterations: int, tolerance: float
) -> np.ndarray:
    """Scale rows and columns in turn until both sum to ½."""
    if not weights.size:
        return weights
    for _ in range(iterations):
        weights = weights * (0.5 / np.bincount(row, weights=weights)[row])
        weights = weights * (0.5 / np.bincount(column, weights=weights)[column])
        if np.abs(np.bincount(row, weights=weights)[row] - 0.5).max() <= tolerance:
            break
    return weights
