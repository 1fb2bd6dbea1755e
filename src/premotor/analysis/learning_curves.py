"""Curves of learning: what holds over a stretch of successive episodes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError


class Stretch(NamedTuple):
    """A stretch of successive values."""

    value: float
    """Its median or mean; NaN where the record is shorter than the window."""
    end: int
    """Values up to and with its last one; 0 where there is none."""


def sliding_median(values: ArrayLike, window: int) -> NDArray[np.float64]:
    """Medians of all stretches of `window` successive values, (values − window + 1,); none where there are fewer.

    Raises:
        PremotorError: a window below 1.
    """
    return _slide(values, window, np.median)


def sliding_mean(values: ArrayLike, window: int) -> NDArray[np.float64]:
    """The same for means."""
    return _slide(values, window, np.mean)


def best_median(values: ArrayLike, window: int) -> Stretch:
    """The first stretch of `window` values with the highest median."""
    return _best(sliding_median(values, window), window)


def best_mean(values: ArrayLike, window: int) -> Stretch:
    """The same for means."""
    return _best(sliding_mean(values, window), window)


def _slide(values: ArrayLike, window: int, measure: Callable[..., Any]) -> NDArray[np.float64]:
    if window < 1:
        raise PremotorError(f"the window is {window}; at least 1 value is needed")
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise PremotorError(f"values have the shape {array.shape}; one list is needed")
    if len(array) < window:
        return np.empty(0)
    return measure(sliding_window_view(array, window), axis=1)


def _best(curve: NDArray[np.float64], window: int) -> Stretch:
    if not len(curve):
        return Stretch(float("nan"), 0)
    place = int(np.argmax(curve))
    return Stretch(float(curve[place]), place + window)
