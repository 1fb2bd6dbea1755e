"""How loops are compiled by numba, and when a compiled one on the disk is still the present one.

Numba keeps a compiled function by the file that it stands in and does not look at what it calls: after a change of a
function in another file the former one would go on running. Here every kernel is kept by a hash of all files with
kernels, so that a change in any of them compiles anew.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

_Base: Any = FunctionCache._impl_class
_compiled: Callable[..., Any] = njit  # numba's own type does not know the flag _nrt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Keys = NDArray[np.uint64]
Flags = NDArray[np.bool_]
"""Arrays of kernels, by the numbers in them."""

MARK = b"from premotor.compiling import"
"""What a file with kernels holds."""


def kernel[**P, R](function: Callable[P, R], *, counted: bool = False) -> Callable[P, R]:
    """A function compiled by numba, without the lock of the interpreter, and kept on the disk.

    Args:
        function: the function.
        counted: whether numba counts references, as it has to where arrays are made or cut; without, loops that
            allocate nothing take half of the time.
    """
    made: Any = part(function, counted=counted)
    made._cache = _Kept(function)
    return made


def part[**P, R](function: Callable[P, R], *, counted: bool = False) -> Callable[P, R]:
    """The same for what kernels call, which is kept with them alone."""
    made: Callable[P, R] = _compiled(nogil=True, **({} if counted else {"_nrt": False}))(function)
    return made


def copied[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """A part that is copied into what calls it, for what is called so often that the call itself costs."""
    made: Callable[P, R] = _compiled(nogil=True, _nrt=False, inline="always")(function)
    return made


def swapped[**P, R](compiled: Callable[P, R], **parts: Callable[..., object]) -> Callable[P, R]:
    """A compiled function whose global names in `parts` stand for something else; it is compiled anew.

    Args:
        compiled: a function that numba has compiled.
        parts: compiled functions by the names that they replace in `compiled`.
    """
    assert isinstance(compiled, Dispatcher)
    source: FunctionType = compiled.py_func
    return part(FunctionType(source.__code__, {**source.__globals__, **parts}, source.__name__))


def compiled[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """A user's function as a part, unless it is compiled already."""
    return function if isinstance(function, Dispatcher) else part(function)


@cache
def sources_hash() -> str:
    """SHA-256 of all of the package's files with kernels."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        text = file.read_bytes()
        if MARK in text or file == Path(__file__):
            digest.update(text)
    return digest.hexdigest()


class _Implementation(_Base):
    def __init__(self, function: Callable[..., object]):
        super().__init__(function)
        self._locator.get_source_stamp = sources_hash


class _Kept(FunctionCache):
    _impl_class = _Implementation
