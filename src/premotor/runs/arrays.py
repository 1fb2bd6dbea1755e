"""Arrays as safetensors files: nothing is ever unpickled."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from premotor.errors import PremotorError
from premotor.files import open_to_write, read_bytes, write_all

Arrays = dict[str, np.ndarray]
MOST_ARRAYS = 2**36
"""Bytes of a file of arrays."""


def save_arrays(path: Path, arrays: Arrays, metadata: Mapping[str, str] | None = None) -> bytes:
    """Write arrays to a safetensors file, to the disk before returning; gives the bytes written."""
    whole = {name: np.array(value, order="C") for name, value in arrays.items()}
    data = safetensors.numpy.save(whole, metadata=dict(metadata) if metadata else None)
    with open_to_write(path) as file:
        write_all(file, data)
        os.fsync(file.fileno())
    return data


def load_arrays(path: Path, data: bytes | None = None) -> Arrays:
    """Read the arrays of a safetensors file, or of its bytes where they have been read already.

    Raises:
        PremotorError: the file is missing, unreadable, truncated or of another format.
    """
    try:
        return safetensors.numpy.load(read_bytes(path, MOST_ARRAYS) if data is None else data)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise PremotorError(f"{path} is truncated or no safetensors file ({error})") from error
