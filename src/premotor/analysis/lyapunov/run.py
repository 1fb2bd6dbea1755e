"""A run of states and frames: transients, measuring, and how many steps may pass between two orthonormalisations."""

from dataclasses import dataclass, replace
from typing import Self

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from premotor.analysis.lyapunov.estimates import block_errors
from premotor.analysis.lyapunov.system import System
from premotor.analysis.lyapunov.tangent import CHUNK, advance, grow
from premotor.errors import PremotorError
from premotor.on_device import PyTree, on_device

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


class Run:
    """States and frames on their way, and the growth so far."""

    def __init__(self, system: System, parameters: PyTree, states: Array, choice: IntervalChoice) -> None:
        self.system, self.parameters, self.states, self.choice = system, parameters, states, choice
        self.frames: Array = states
        self.index = 0
        self.forget()

    @classmethod
    def start(
        cls, system: System, parameters: PyTree, states: Array, precision: str, qr_interval: int | None, steps: int
    ) -> Self:
        """A run that is to measure for `steps` steps, with this QR interval or one that it chooses."""
        return cls(system, parameters, states, IntervalChoice.start(precision, qr_interval, steps))

    def forget(self) -> None:
        """Begin to average anew."""
        self.growth: list[NDArray[np.float64]] = []
        self.durations: list[int] = []
        self.participation: NDArray[np.float64] | float = 0.0
        self.measured = 0

    def indices(self, first: int, second: int) -> tuple[Array, Array]:
        """Two numbers as arguments of a compiled program, so that it serves all of them."""
        return jnp.asarray(first, jnp.int32), jnp.asarray(second, jnp.int32)

    def move(self, steps: int) -> None:
        """Advance the states alone."""
        if steps:
            self.states = advance(self.system, self.parameters, self.states, *self.indices(self.index, steps))
            self.index += steps

    def add_frame(self, frame: Array) -> None:
        """The same first frame for every state."""
        self.frames = on_device(np.broadcast_to(np.asarray(frame), (len(self.states), *frame.shape)))

    def measure(self, steps: int, chunks: int | None = None) -> None:
        """Advance states and frames by `steps`, or by as many as `chunks` compiled calls take."""
        while steps and chunks != 0:
            interval = min(self.choice.interval, steps)
            count = min(self.choice.intervals, steps // interval)
            self.states, self.frames, growth, participation = grow(
                self.system,
                self.parameters,
                self.states,
                self.frames,
                jnp.asarray(self.index, jnp.int32),
                *self.indices(count, interval),
            )
            new = np.asarray(growth, np.float64)[:, :count]
            if not np.isfinite(np.asarray(self.states)).all() or np.isnan(new).any() or np.isposinf(new).any():
                raise PremotorError(
                    f"the state or its tangent is not finite after {self.index + count * interval} steps; "
                    "does the map diverge from this state, or is qr_interval too long?"
                )
            self.growth.append(new)
            self.durations += [interval] * count
            self.participation = self.participation + np.asarray(participation, np.float64)
            self.index += count * interval
            self.measured += count * interval
            steps -= count * interval
            self.choice = self.choice.after(new, interval)
            chunks = None if chunks is None else chunks - 1

    def errors(self, dt: float) -> NDArray[np.float64]:
        """Standard errors so far, (batch, k)."""
        return block_errors(np.concatenate(self.growth, axis=1), np.array(self.durations), dt)

    def movement(self) -> NDArray[np.float64]:
        """‖step(x) − x‖ / (‖x‖ + 1) of the states x, under the last step's input, (batch,)."""
        after = advance(self.system, self.parameters, self.states, *self.indices(max(self.index - 1, 0), 1))
        before = np.asarray(self.states, np.float64)
        moved = np.linalg.norm(np.asarray(after, np.float64) - before, axis=-1)
        return moved / (np.linalg.norm(before, axis=-1) + 1)
