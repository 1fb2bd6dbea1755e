"""The networks that both simulators run, as one file of arrays each."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

STEP = 1e-4
"""s"""
SHIU = {
    "rest": -52.0, "reset": -52.0, "threshold": -45.0, "membrane": 0.020, "synapse": 0.005, "refractory": 0.0022,
    "delay": 0.0018,
}  # fmt: skip
BRUNEL = {
    "rest": 0.0, "reset": 10.0, "threshold": 20.0, "membrane": 0.020, "synapse": None, "refractory": 0.002,
    "delay": 0.0015,
}  # fmt: skip


class Network(NamedTuple):
    """Edges by presynaptic neuron, weights of one synapse, what drives it, and the cells' constants."""

    first: NDArray[np.int64]
    target: NDArray[np.int32]
    count: NDArray[np.int16]
    scale: NDArray[np.float64]
    """mV, signed, (neurons,)."""
    start: NDArray[np.float64]
    """Potential at the start, mV, (neurons,)."""
    current: NDArray[np.float64]
    """mV, (neurons,)."""
    cell: dict[str, Any]
    poisson: dict[str, Any] | None
    """neurons (how many, from the first), rate (Hz), amplitude (mV), refractory, sources (of that rate each)."""
    events: NDArray[np.int64] = np.empty((0, 2), np.int64)
    """Step and source of every event of `poisson`, (events, 2), where a peer is to take the very same ones; the source
    is the neuron, + `neurons` for the second event of a step, and so on."""

    def save(self, file: Path) -> Path:
        """Write the arrays; what is no array goes along as JSON text."""
        arrays = {
            name: getattr(self, name) for name in ("first", "target", "count", "scale", "start", "current", "events")
        }
        np.savez(file, words=json.dumps({"cell": self.cell, "poisson": self.poisson}), **arrays)
        return file

    @classmethod
    def load(cls, file: Path) -> "Network":
        """Read it back."""
        with np.load(file) as arrays:
            words = json.loads(str(arrays["words"]))
            return cls(*(arrays[name] for name in cls._fields[:6]), words["cell"], words["poisson"], arrays["events"])


def by_source(pre: NDArray, post: NDArray, size: int) -> tuple[NDArray, NDArray, NDArray]:
    """Edges in compressed rows; pairs that occur several times become one edge with that count."""
    key, count = np.unique(pre.astype(np.int64) * size + post, return_counts=True)
    first = np.concatenate([[0], np.cumsum(np.bincount(key // size, minlength=size))])
    return first.astype(np.int64), (key % size).astype(np.int32), count.astype(np.int16)


def brunel(ratio: float = 5.0, times_threshold: float = 2.0, excitatory: int = 10_000, seed: int = 0) -> Network:
    """Brunel (2000): 12,500 neurons with 1,000 excitatory and 250 inhibitory inputs, 0.1 mV a synapse."""
    rng = np.random.default_rng(seed)
    inhibitory, inputs, weight = excitatory // 4, excitatory // 10, 0.1 * 10_000 / excitatory
    size = excitatory + inhibitory
    pre = np.concatenate(
        [rng.integers(0, excitatory, (size, inputs)), rng.integers(excitatory, size, (size, inputs // 4))], axis=1
    )
    edges = by_source(pre.ravel(), np.repeat(np.arange(size), pre.shape[1]), size)
    external = times_threshold * 20.0 / (weight * inputs * 0.020)
    poisson = {"neurons": size, "rate": external, "amplitude": weight, "refractory": True, "sources": inputs}
    scale = np.where(np.arange(size) < excitatory, weight, -ratio * weight)
    return Network(*edges, scale, rng.uniform(0, 20, size), np.zeros(size), dict(BRUNEL), poisson)


def fly_sized(neurons: int = 139_000, edges: int = 15_000_000, driven: int = 1_000, seed: int = 0) -> Network:
    """As many neurons and edges as in the fly's brain, wired at random; a few neurons driven at 100 Hz."""
    rng = np.random.default_rng(seed)
    pre = np.repeat(np.arange(neurons), edges // neurons)
    post = rng.integers(0, neurons, len(pre), dtype=np.int64)
    first, target, _ = by_source(pre, post, neurons)
    count = np.minimum(rng.geometric(0.2, len(target)), 100).astype(np.int16)
    scale = np.where(rng.random(neurons) < 0.4, -0.275, 0.275)
    poisson = {"neurons": driven, "rate": 100.0, "amplitude": 68.75, "refractory": False, "sources": 1}
    return Network(first, target, count, scale, np.full(neurons, -52.0), np.zeros(neurons), dict(SHIU), poisson)


def small(neurons: int, inputs: int, currents: bool, events: bool, seed: int = 0) -> Network:
    """A recurrent network under constant currents, random events onto a tenth of the neurons, or both."""
    rng = np.random.default_rng(seed)
    pre = rng.integers(0, neurons, (neurons, inputs))
    first, target, _ = by_source(pre.ravel(), np.repeat(np.arange(neurons), inputs), neurons)
    count = rng.integers(1, 30, len(target)).astype(np.int16)
    scale = np.where(rng.random(neurons) < 0.3, -0.275, 0.275)
    current = rng.uniform(5, 12, neurons) if currents else np.zeros(neurons)
    poisson = {"neurons": neurons // 10, "rate": 100.0, "amplitude": 68.75, "refractory": False, "sources": 1}
    start = rng.uniform(-60, -46, neurons) if currents else np.full(neurons, -52.0)
    return Network(first, target, count, scale, start, current, dict(SHIU), poisson if events else None)
