"""Arrays as safetensors files: nothing is ever unpickled."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from premotor.errors import PremotorError

Arrays = dict[str, np.ndarray]


def save_arrays(path: Path, arrays: Arrays, metadata: Mapping[str, str] | None = None) -> bytes:
    """Write arrays to a safetensors file, to the disk before returning; gives the bytes written."""
    whole = {name: np.array(value, order="C") for name, value in arrays.items()}
    data = safetensors.numpy.save(whole, metadata=dict(metadata) if metadata else None)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return data


def load_arrays(path: Path, data: bytes | None = None) -> Arrays:
    """Read the arrays of a safetensors file, or of its bytes where they have been read already.

    Raises:
        PremotorError: the file is missing, unreadable, truncated or of another format.
    """
    try:
        return safetensors.numpy.load(path.read_bytes() if data is None else data)
    except FileNotFoundError:
        raise PremotorError(f"{path} is missing") from None
    except OSError as error:
        raise PremotorError(f"{path} cannot be read ({error.strerror})") from error
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise PremotorError(f"{path} is truncated or no safetensors file ({error})") from error
