"""Receptive fields of input cells: each variable is cut into bins, and one cell answers to each bin."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from premotor.errors import PremotorError
from premotor.settings import Settings


class NormalFields(Settings):
    """Bins of equal probability under a normal distribution."""

    kind: Literal["normal"] = "normal"
    bins: int = Field(20, ge=2)
    mean: float = 0.0
    deviation: float = Field(1.0, gt=0)

    def edges(self) -> NDArray[np.float64]:
        """Where one bin ends and the next begins, (bins − 1,)."""
        from scipy.stats import norm

        return self.mean + self.deviation * norm.ppf(np.arange(1, self.bins) / self.bins)


class LinearFields(Settings):
    """Bins of equal width; what lies outside belongs to the outer bins."""

    kind: Literal["linear"] = "linear"
    bins: int = Field(20, ge=2)
    low: float = -1.0
    high: float = 1.0

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) has to be below high ({self.high:g})")
        return self

    def edges(self) -> NDArray[np.float64]:
        """Where one bin ends and the next begins, (bins − 1,)."""
        return np.linspace(self.low, self.high, self.bins + 1)[1:-1]


class LogarithmicFields(Settings):
    """Bins that widen geometrically on both sides of a centre."""

    kind: Literal["log"] = "log"
    bins: int = Field(20, ge=4)
    """An even number."""
    centre: float = 0.0
    smallest: float = Field(0.01, gt=0)
    """Distance of the first edge beside the centre."""
    largest: float = Field(1.0, gt=0)
    """Distance of the outermost edge."""

    @model_validator(mode="after")
    def _even(self) -> Self:
        if self.bins % 2:
            raise ValueError(f"bins is {self.bins}; it has to be even, half of them on each side")
        if not self.smallest < self.largest:
            raise ValueError(f"smallest ({self.smallest:g}) has to be below largest ({self.largest:g})")
        return self

    def edges(self) -> NDArray[np.float64]:
        """Where one bin ends and the next begins, (bins − 1,)."""
        side = np.geomspace(self.smallest, self.largest, self.bins // 2 - 1)
        return self.centre + np.concatenate([-side[::-1], [0.0], side])


class SigmoidFields(Settings):
    """Bins of equal probability under a logistic distribution: equal steps of a sigmoid."""

    kind: Literal["sigmoid"] = "sigmoid"
    bins: int = Field(20, ge=2)
    centre: float = 0.0
    scale: float = Field(1.0, gt=0)

    def edges(self) -> NDArray[np.float64]:
        """Where one bin ends and the next begins, (bins − 1,)."""
        p = np.arange(1, self.bins) / self.bins
        return self.centre + self.scale * np.log(p / (1 - p))


class EvenFields(Settings):
    """Bins that each hold equally many of the given samples."""

    kind: Literal["even"] = "even"
    bins: int = Field(20, ge=2)
    samples: tuple[float, ...]

    def edges(self) -> NDArray[np.float64]:
        """Where one bin ends and the next begins, (bins − 1,)."""
        return np.quantile(np.array(self.samples), np.arange(1, self.bins) / self.bins)


class IntervalFields(Settings):
    """Bins with the given edges."""

    kind: Literal["intervals"] = "intervals"
    at: tuple[float, ...] = Field(min_length=1)
    """Edges, rising."""

    def edges(self) -> NDArray[np.float64]:
        """Where one bin ends and the next begins, (bins − 1,)."""
        return np.array(self.at)


Fields = Annotated[
    NormalFields | LinearFields | LogarithmicFields | SigmoidFields | EvenFields | IntervalFields,
    Field(discriminator="kind"),
]
"""Receptive fields for one variable."""


def field_edges(fields: Sequence[Fields]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Edges of all variables, one after another, and where each variable's begin, (variables + 1,).

    The bins of variable v are the inputs from ``first[v] + v`` on.

    Raises:
        PremotorError: edges that do not rise.
    """
    edges = [field.edges() for field in fields]
    for number, one in enumerate(edges):
        if not (np.diff(one) > 0).all():
            raise PremotorError(f"the receptive fields of variable {number} have edges that do not rise")
    return np.concatenate(edges), np.concatenate([[0], np.cumsum([len(one) for one in edges])]).astype(np.int64)


def inputs_needed(fields: Sequence[Fields]) -> int:
    """Number of input cells: one for each bin."""
    return sum(len(field.edges()) + 1 for field in fields)
