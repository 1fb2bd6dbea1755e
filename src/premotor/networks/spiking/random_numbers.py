"""Random numbers of both stacks of spiking networks: a function of a source's key and the step, in any order."""

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Floats, Ints, part

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31, _S56 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(56)

_UNIT = 2.0**-53


@part
def random_bits(key: np.uint64, step: int) -> np.uint64:
    """64 random bits for a source and a step: SplitMix64 (Steele et al. 2014), random access."""
    z = key + np.uint64(step) * _GOLDEN
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@part
def uniform(key: np.uint64, step: int) -> float:
    """A number in [0, 1) for a source and a step."""
    return np.float64(np.int64(random_bits(key, step) >> _S11)) * _UNIT  # of a signed number: quicker


@part
def event_count(key: np.uint64, step: int, table: Floats, guide: Ints) -> int:
    """Events of a source in a step: its table inverted at the number that `uniform` gives."""
    bits = random_bits(key, step)
    chance = np.float64(np.int64(bits >> _S11)) * _UNIT
    number = guide[bits >> _S56]
    while number < len(table) and chance >= table[number]:
        number += 1
    return number


def source_keys(ids: NDArray[np.int64], seed: int, replicate: int, drive: int) -> NDArray[np.uint64]:
    """A random key for each neuron id under one drive of one replicate."""
    base = np.random.SeedSequence([seed, replicate, drive]).generate_state(1, np.uint64)[0]
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64) * _GOLDEN + base
        for shift, factor in ((_S30, _FIRST), (_S27, _SECOND)):
            z = (z ^ (z >> shift)) * factor
        return z ^ (z >> _S31)
