"""Means of tanh over pairs of correlated Gaussian numbers, as mean-field theories of networks need them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TERMS, _LEAST, _MOST = 20, 0.2, 3.6
"""Error functions that make up tanh to 2e-12, and the least and largest of their widths."""


def _kolmogorov(k: Floats) -> Floats:
    """Density of the Kolmogorov distribution, from the series that converges at once on either side of 1."""
    j = np.arange(1, 8)[:, None]
    above = (8 * k * (-1.0) ** (j + 1) * j**2 * np.exp(-2 * (j * k) ** 2)).sum(0)
    odd = ((2 * j - 1) * np.pi) ** 2
    below = np.sqrt(2 * np.pi) * (np.exp(-odd / (8 * k**2)) * (odd / (4 * k**4) - 1 / k**2)).sum(0)
    return np.where(k > 1, above, below)


_WIDTHS = np.geomspace(_LEAST, _MOST, _TERMS)
_WEIGHTS = _kolmogorov(_WIDTHS) * _WIDTHS * np.log(_MOST / _LEAST) / (_TERMS - 1)
_FIRST, _SECOND = np.triu_indices(_TERMS)
_PAIRS = 2 / np.pi * _WEIGHTS[_FIRST] * _WEIGHTS[_SECOND] * np.where(_FIRST == _SECOND, 1, 2)


class TanhPairs:
    """⟨f(x)f(y)⟩ for Gaussian x and y of equal variance, as functions of their covariance Δ, in closed form.

    tanh(x) is the mean of erf(x/(√2 k)) over k of the Kolmogorov distribution (the logistic distribution as a scale
    mixture of normal ones, Stefanski 1991, doi:10.1016/0167-7152(91)90181-P); means of pairs of error functions are
    arcsines. All methods take and return arrays of any one shape (n,).
    """

    def __init__(self, variance: float):
        first, second = variance + _WIDTHS[_FIRST] ** 2, variance + _WIDTHS[_SECOND] ** 2
        self.variance = variance
        self._scale = np.sqrt(first * second)
        self._change = (1 / first + 1 / second) / 2
        """Logarithmic derivative of the scale by the variance."""

    def rates(self, delta: Floats) -> Floats:
        """⟨tanh(x) tanh(y)⟩."""
        return np.arcsin(delta[:, None] / self._scale) @ _PAIRS

    def slopes(self, delta: Floats) -> Floats:
        """⟨tanh′(x) tanh′(y)⟩, which is also the derivative of `rates` by Δ."""
        return self._root(delta) @ _PAIRS

    def rates_by_variance(self, delta: Floats) -> Floats:
        """Derivative of `rates` by the variance of both."""
        return -delta * (self._root(delta) @ (_PAIRS * self._change))

    def energy(self, delta: Floats) -> Floats:
        """The integral of `rates` from 0 to Δ."""
        part = delta[:, None] / self._scale
        return (part * np.arcsin(part) - part**2 / (1 + np.sqrt(1 - part**2))) @ (_PAIRS * self._scale)

    def _root(self, delta: Floats) -> Floats:
        return 1 / np.sqrt(self._scale**2 - delta[:, None] ** 2)
