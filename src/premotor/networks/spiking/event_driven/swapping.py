"""Compiled functions with one part replaced by a user's."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba import njit

from premotor.networks.spiking.event_driven import events
from premotor.networks.spiking.event_driven.compiling import UNCACHED


def swapped(compiled: Any, **parts: Any) -> Any:
    """A compiled function whose global names in `parts` stand for something else; it is compiled anew.

    Args:
        compiled: a function that numba has compiled.
        parts: compiled functions by the names that they replace in `compiled`.
    """
    plain = compiled.py_func
    copy = FunctionType(plain.__code__, {**plain.__globals__, **parts}, plain.__name__)
    return njit(**UNCACHED)(copy)


def with_cell(receive: Callable[..., bool]) -> Any:
    """The event loop `advance` with another cell model.

    Args:
        receive: compiled by numba, with the arguments of `cells.receive`: table of parameters, type of the cell,
            states of the cells, number of the cell, time (ms), receptor, weight (mV); it changes the cell's row and
            says whether the cell fires. What the columns of the table and of the states mean is its own affair, but
            for the refractory time in column 3 of the table.
    """
    return swapped(events.advance, receive=receive)
