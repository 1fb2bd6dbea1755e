"""Arrays from .npy and .npz files, never objects, and matrices of counts out of them."""

import struct
import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from premotor.connectome.edges import tidy
from premotor.connectome.identifiers import FRACTIONS, MAX_COUNT, scaled
from premotor.errors import PremotorError
from premotor.files import refuse_unpacked
from premotor.settings import note

_DAMAGED = (
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    SyntaxError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy and zipfile raise on damaged files, whose headers they evaluate as Python literals."""


def read_array(path: Path) -> np.ndarray:
    """Read a .npy file.

    Raises:
        PremotorError: it is unreadable, damaged, or holds objects.
    """
    loaded = _load(path)
    if not isinstance(loaded, np.ndarray):
        raise PremotorError(f"{path} is an archive of arrays, not one array")
    return loaded


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read every array of a .npz file; errors as of `read_array`."""
    loaded = _load(path)
    if isinstance(loaded, np.ndarray):
        raise PremotorError(f"{path} is one array, not an archive of arrays")
    return loaded


def signed_counts(
    matrix: np.ndarray | csr_array, where: str, scale: float | None = None
) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Split a square matrix of whole numbers, negative ones for inhibition, into counts and signs.

    With a `scale` entries are multiplied by it and rounded.

    Returns the counts, the position of the presynaptic neuron and the sign (−1 or +1) of every edge.

    Raises:
        PremotorError: not square, empty, or an entry that is no whole number or too large.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise PremotorError(f"{where} has the shape {matrix.shape}; an adjacency matrix is square")
    if matrix.dtype.kind not in "iufb":
        raise PremotorError(f"{where} holds {matrix.dtype}; an adjacency matrix holds numbers")
    entries = coo_array(matrix)
    entries.sum_duplicates()
    values = entries.data
    if scale is not None:
        values = np.sign(values.astype(np.float64)).astype(np.int64) * scaled(values, where, scale)
        lost = int((values == 0).sum()) - int((entries.data == 0).sum())
        note(f"{where}: weights were multiplied by {scale:g} and rounded; {lost} became 0 and are left out")
    with np.errstate(invalid="ignore"):
        good = (np.abs(values.astype(np.float64)) <= MAX_COUNT) & (values == np.floor(values))
    if not good.all():
        edge = int(np.argmin(good))
        place = f"row {entries.row[edge] + 1}, column {entries.col[edge] + 1}"
        rule = f"counts are whole numbers up to {MAX_COUNT}, negative ones for inhibition"
        hint = f"; {FRACTIONS}" if np.isfinite(values[edge]) and values[edge] != np.floor(values[edge]) else ""
        raise PremotorError(f"{where}, {place}, holds {values[edge]}; {rule}{hint}")
    kept = values != 0
    whole = values[kept].astype(np.int64)
    row, column = entries.row[kept], entries.col[kept]
    counts = tidy(coo_array((np.abs(whole), (row, column)), shape=matrix.shape))
    return counts, row.astype(np.int64), np.sign(whole)


def sparse_of(arrays: dict[str, np.ndarray], where: Path) -> csr_array | None:
    """Return the matrix that `scipy.sparse.save_npz` wrote, or None where the arrays are something else.

    Raises:
        PremotorError: a damaged one.
    """
    if "format" not in arrays or "shape" not in arrays or "data" not in arrays:
        return None
    kind = bytes(arrays["format"].tobytes()).rstrip(b"\0")
    if arrays["shape"].dtype.kind in "iu":  # few entries may be of any number of neurons
        refuse_unpacked(where, 100.0 * float(arrays["shape"].max(initial=0)))
    try:
        shape = tuple(int(size) for size in arrays["shape"])
        if kind == b"coo":
            return csr_array(coo_array((arrays["data"], (arrays["row"], arrays["col"])), shape=shape))
        if kind in (b"csr", b"csc"):
            make = csr_array if kind == b"csr" else csc_array
            result = make((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
            result.check_format(full_check=True)
            return csr_array(result)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError):
        raise PremotorError(f"{where} is a damaged sparse matrix") from None
    raise PremotorError(f"{where} is a sparse matrix in the format {kind[:20]!r}; csr, csc and coo are read")


def _load(path: Path) -> np.ndarray | dict[str, np.ndarray]:
    try:
        unpacked = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
        refuse_unpacked(path, unpacked)
        # numpy warns about headers of Python 2, which it reads correctly, and leaves damaged archives open.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except PremotorError:
        raise
    except OSError as error:
        raise PremotorError(f"cannot read {path}: {error.strerror or error}") from None
    except _DAMAGED:
        raise PremotorError(f"{path} holds no plain numeric arrays (whole, and without Python objects)") from None
