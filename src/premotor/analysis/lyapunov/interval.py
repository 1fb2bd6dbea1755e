"""How many steps may pass between two orthonormalisations."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from premotor.analysis.lyapunov.loops import CHUNK

LN_CONDITION = {"float64": np.log(1e8), "float32": np.log(1e3)}
"""ln of the largest condition number of a frame that Householder reflections still resolve well."""
LN_RANGE = {"float64": 300.0, "float32": 40.0}
"""Largest |ln| of a column's growth within an interval: half of what the numbers can hold."""
LONGEST = 1000
PROBE = 8
"""Intervals between two looks at the growth while the choice is still rising."""
MARGIN = 0.6
"""Part of the allowed divergence that is aimed at, since later intervals may diverge more than those seen."""


@dataclass(frozen=True)
class IntervalChoice:
    """The QR interval, chosen from how fast the columns of the frame diverge: ln κ / (λ1 − λk).

    It starts at one step, rises at most fourfold at a time as long as the growth seen allows, then stays, and falls
    if an interval diverges by more than the precision allows.
    """

    precision: str
    interval: int
    longest: int
    settled: bool
    largest: float = 0.0

    @classmethod
    def start(cls, precision: str, given: int | None, steps: int) -> Self:
        """`given` steps for good, or the beginning of a search whose result leaves at least 64 intervals in `steps`."""
        if given is not None:
            return cls(precision, given, given, True)
        return cls(precision, 1, min(LONGEST, max(1, steps // 64)), False)

    @property
    def intervals(self) -> int:
        """Intervals to compute before the next look."""
        return CHUNK if self.settled else PROBE

    @property
    def hopeless(self) -> float:
        """ln of the ratio of two columns at which the smaller one is lost in the rounding of the larger one."""
        return -float(np.log(np.finfo(self.precision).eps))

    def after(self, growth: NDArray[np.float64], interval: int) -> Self:
        """The choice after the growth (batch, intervals, k) of intervals of `interval` steps."""
        # A column that the map sends to zero (exponent −∞) sets no limit: no interval would be short enough.
        finite = np.where(np.isfinite(growth), growth, np.nan)
        with np.errstate(all="ignore"):
            spread = np.nanmax(finite, axis=-1) - np.nanmin(finite, axis=-1) if np.isfinite(finite).any() else 0.0
        widest = float(np.nanmax(spread, initial=0.0))
        seen = replace(self, largest=max(self.largest, widest))
        if self.longest == self.interval and self.settled:
            return seen
        allowed = LN_CONDITION[self.precision]
        tallest = float(np.nanmax(np.abs(finite), initial=0.0))
        # Steps that this growth would allow, by divergence and by range.
        fits = interval / max(widest / (MARGIN * allowed), tallest / LN_RANGE[self.precision], 1e-12)
        if self.settled:
            return seen if widest <= allowed else replace(seen, interval=max(1, min(self.interval // 2, int(fits))))
        if interval < self.interval:  # the last, shorter interval of a stretch
            return seen
        chosen = int(max(1, min(fits, 4 * self.interval, self.longest)))
        return replace(seen, interval=chosen, settled=chosen <= self.interval or chosen == self.longest)
