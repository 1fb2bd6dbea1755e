"""HDF5 files: recognised by their first bytes, opened for reading, damage turned into one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from premotor.connectome.extras import missing
from premotor.errors import PremotorError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DAMAGED = (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, OverflowError, MemoryError)
"""What h5py raises on damaged files."""


def is_hdf5(path: Path) -> bool:
    """Return whether a file starts like an HDF5 file; a file that cannot be read does not."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an HDF5 file for reading.

    Raises:
        PremotorError: h5py is not installed, or the file is unreadable or damaged.
    """
    try:
        import h5py
    except ImportError:
        raise missing(f"reading {path}", "h5py", "sonata") from None
    try:
        with h5py.File(path, "r") as file:
            yield file
    except PremotorError:
        raise
    except _DAMAGED as error:
        text = " ".join(str(error).split())[:160]
        raise PremotorError(f"cannot read {path}: {text or 'a damaged HDF5 file'}") from None


def column(dataset: Any, where: str) -> np.ndarray:
    """Return a data set of one dimension: numbers, or an object array of text.

    Raises:
        PremotorError: it has another number of dimensions, or holds neither numbers nor text.
    """
    import h5py

    if dataset.ndim != 1:
        raise PremotorError(f"{where} has the shape {dataset.shape}; one value a row is needed")
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return np.array(dataset.asstr()[:], dtype=object)
    if dataset.dtype.kind not in "iufb":
        raise PremotorError(f"{where} holds {dataset.dtype}; numbers or text are needed")
    return dataset[:]


def whole(dataset: Any, where: str) -> np.ndarray:
    """Return a data set of whole numbers from 0 as int64.

    Raises:
        PremotorError: other numbers, or text.
    """
    values = column(dataset, where)
    if values.dtype.kind not in "iu":
        raise PremotorError(f"{where} holds {values.dtype}; whole numbers are needed")
    if values.size and (values.min() < 0 or values.max() > np.iinfo(np.int64).max):
        bad = values.min() if values.min() < 0 else values.max()
        raise PremotorError(f"{where} holds {bad}; whole numbers from 0 to 2^63-1 are needed")
    return values.astype(np.int64)
