"""A run of states and frames: transients, measuring, choosing the QR interval."""

from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from premotor.analysis.lyapunov.estimates import block_errors
from premotor.analysis.lyapunov.interval import IntervalChoice
from premotor.analysis.lyapunov.loops import advance, grow
from premotor.analysis.lyapunov.system import System
from premotor.errors import PremotorError


class Run:
    """States and frames on their way, and the growth so far."""

    def __init__(self, system: System, parameters: Any, states: Array, choice: IntervalChoice) -> None:
        self.system, self.parameters, self.states, self.choice = system, parameters, states, choice
        self.frames: Array = states
        self.index = 0
        self.forget()

    @classmethod
    def start(
        cls, system: System, parameters: Any, states: Array, precision: str, qr_interval: int | None, steps: int
    ) -> Self:
        """A run that is to measure for `steps` steps, with this QR interval or one that it chooses."""
        return cls(system, parameters, states, IntervalChoice.start(precision, qr_interval, steps))

    def forget(self) -> None:
        """Begin to average anew."""
        self.growth: list[NDArray[np.float64]] = []
        self.durations: list[int] = []
        self.participation: Any = 0.0
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
        self.frames = jnp.broadcast_to(frame, (len(self.states), *frame.shape))

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
            new = np.asarray(growth[:, :count], np.float64)
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
