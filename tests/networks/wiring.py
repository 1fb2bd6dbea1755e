"""A small circuit with everything in it: three classes, both signs, an unknown one and gap junctions."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from premotor.connectome import Circuit, Provenance

CLASSES = ["sensory"] * 4 + ["interneuron"] * 6 + ["motor"] * 4
SIGNS = [1, 1, -1, 1, 1, -1, 1, 1, -1, 0, 1, 1, -1, 1]


def small_circuit(seed: int = 0, *, gaps: bool = True, extra: dict[str, list] | None = None) -> Circuit:
    """14 neurons; sensory neurons reach motor neurons through interneurons alone."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 30, (14, 14)) * (rng.random((14, 14)) < 0.6)
    counts[:4, 10:] = 0
    counts[10:, :4] = 0
    np.fill_diagonal(counts, 0)
    counts[4, 10] = counts[0, 4] = 5
    junctions = None
    if gaps:
        upper = np.triu(rng.integers(1, 5, (14, 14)) * (rng.random((14, 14)) < 0.15), 1)
        upper[:4, 10:] = 0
        upper[5, 6] = 3
        junctions = csr_array((upper + upper.T).astype(np.int64))
    table = {
        "type": [f"T{i}" for i in range(14)],
        "class": CLASSES,
        "transmitter": ["acetylcholine"] * 14,
        "sign": np.array(SIGNS, np.int8),
        "side": [""] * 14,
    }
    neurons = pd.DataFrame(table | (extra or {}), index=pd.Index(np.arange(100, 114), name="id"))
    return Circuit(neurons, csr_array(counts.astype(np.int64)), junctions, Provenance("small"))
