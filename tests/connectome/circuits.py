"""Random small circuits, made without the code under test, and where the shared data lies."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from scipy.sparse import csr_array

from premotor.connectome import Circuit, Provenance

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
WORDS = ("sensory", "interneuron", "motor", "")


def leg_folder() -> Path:
    """The folder of the standard leg premotor circuit, or skip."""
    folder = SHARED / "manc-standard-leg-t1l"
    if not folder.is_dir():
        pytest.skip(f"the shared data folder {folder.name} is not beside the repository")
    return folder


def circuit_of(
    synapses: np.ndarray,
    classes: list[str] | None = None,
    signs: list[int] | None = None,
    gaps: np.ndarray | None = None,
    ids: list[int] | None = None,
) -> Circuit:
    """A circuit of a dense matrix of counts."""
    size = len(synapses)
    neurons = pd.DataFrame(
        {
            "type": pd.array([f"T{number % 3}" for number in range(size)], dtype="str"),
            "class": pd.array(classes or ["interneuron"] * size, dtype="str"),
            "transmitter": pd.array(["acetylcholine"] * size, dtype="str"),
            "sign": np.array(signs or [1] * size, np.int8),
            "side": pd.array([""] * size, dtype="str"),
        },
        index=pd.Index(np.array(ids or range(100, 100 + size), np.int64), name="id"),
    )
    gap_matrix = None if gaps is None else csr_array(np.asarray(gaps, np.int64))
    return Circuit(neurons, csr_array(np.asarray(synapses, np.int64)), gap_matrix, Provenance("made"))


@st.composite
def circuits(draw: st.DrawFn, most: int = 12) -> Circuit:
    """Circuits of 1 to `most` neurons with any density, self-connections and, sometimes, gap junctions."""
    size = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = draw(st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]))
    kinds = draw(st.integers(1, 4))
    counts = rng.integers(1, 50, (size, size)) * (rng.random((size, size)) < density)
    gaps = None
    if draw(st.booleans()):
        gaps = np.triu(rng.integers(1, 9, (size, size)) * (rng.random((size, size)) < density))
        gaps = gaps + np.triu(gaps, 1).T
    classes = [WORDS[rng.integers(kinds)] for _ in range(size)]
    signs = [int(sign) for sign in rng.integers(-1, 2, size)]
    circuit = circuit_of(counts, classes, signs, gaps)
    return with_muscles(circuit, rng, density) if draw(st.booleans()) else circuit


def with_muscles(circuit: Circuit, rng: np.random.Generator, density: float) -> Circuit:
    """The circuit with 1 to 6 muscles, some of which no neuron may reach."""
    number = int(rng.integers(1, 7))
    table = pd.DataFrame(
        {
            "kind": pd.array(["muscle"] * number, dtype="str"),
            "quadrant": pd.array([("MDL", "MVR", "7")[place % 3] for place in range(number)], dtype="str"),
            "number": np.arange(number)[::-1],
            "length": rng.random(number),
        },
        index=pd.Index(pd.array([f"m {place}" for place in rng.permutation(number)], dtype="str"), name="effector"),
    )
    synapses, junctions = (
        csr_array((rng.integers(1, 50, shape) * (rng.random(shape) < share)).astype(np.int64))
        for shape, share in (((len(circuit), number), density), ((len(circuit), number), density / 3))
    )
    return replace(circuit, effectors=table, neuromuscular=synapses, muscle_junctions=junctions)
