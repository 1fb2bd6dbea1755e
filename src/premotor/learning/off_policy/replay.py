"""Replay memory: what happened, in preallocated arrays, read as single steps or as sequences."""

import equinox as eqx
import numpy as np
from jaxtyping import Float

FIRST_ROWS = 4_096
"""Rows that are allocated at first; the arrays double until the memory's size is reached."""


class Columns:
    """Where each quantity lies in a row of the memory."""

    def __init__(self, observations: int, actions: int):
        widths = (observations, actions, 1, observations, 1, 1, 1)
        ends = np.cumsum(widths)
        spans = [slice(int(end - width), int(end)) for end, width in zip(ends, widths, strict=True)]
        self.observation, self.action, self.reward, self.next_observation, *flags = spans
        self.terminated, self.ended, self.started = flags
        """`ended`: the episode ended here, of itself or by running out of time."""
        self.width = int(ends[-1])


class Replay(eqx.Module):
    """A ring of control steps, one row a step of all environments. `add` writes in place."""

    rows: Float[np.ndarray, "steps environments columns"]
    states: Float[np.ndarray, "steps environments neurons"]
    """Of the controller, before each step; no neurons where they are not kept."""
    added: np.ndarray
    """Rows ever added, ()."""

    @classmethod
    def empty(cls, environments: int, columns: int, neurons: int, memory: int) -> "Replay":
        """A memory of at most `memory` control steps of all environments together."""
        rows = min(FIRST_ROWS, memory // environments)
        return cls(
            np.zeros((rows, environments, columns), np.float32),
            np.zeros((rows, environments, neurons), np.float32),
            np.zeros((), np.int64),
        )

    @property
    def filled(self) -> int:
        """Rows that hold something."""
        return min(int(self.added), len(self.rows))

    def grown(self, rows: int, memory: int) -> "Replay":
        """A memory with room for `rows` more, unless it has reached `memory` steps; its arrays are doubled."""
        size, largest = len(self.rows), memory // self.rows.shape[1]
        needed = min(int(self.added) + rows, largest)
        if needed <= size:
            return self
        while size < needed:
            size = min(2 * size, largest)
        longer = [np.zeros((size, *array.shape[1:]), np.float32) for array in (self.rows, self.states)]
        for new, old in zip(longer, (self.rows, self.states), strict=True):
            new[: len(old)] = old  # nothing has been overwritten before the full size is reached
        return Replay(longer[0], longer[1], self.added)

    def add(self, row: Float[np.ndarray, "environments columns"], state: np.ndarray | None) -> None:
        """Write a row over the oldest one."""
        place = int(self.added) % len(self.rows)
        self.rows[place] = row
        if self.states.shape[-1] and state is not None:
            self.states[place] = state
        self.added[...] += 1

    def sample(self, random: np.random.Generator, shape: tuple[int, ...], length: int) -> tuple[np.ndarray, np.ndarray]:
        """Sequences drawn uniformly with replacement, none of them across the ring's seam.

        Args:
            random: source of chance.
            shape: of what is drawn, such as (updates, batch).
            length: steps of a sequence.

        Returns:
            rows (*shape, length, columns), and the states before the first of each (*shape, neurons).
        """
        size = len(self.rows)
        oldest = int(self.added) % size if self.added > size else 0
        first = random.integers(0, self.filled - length + 1, shape)
        environment = random.integers(0, self.rows.shape[1], shape)
        place = (oldest + first) % size
        states = self.states[place, environment]
        if length == 1:
            flat = self.rows.reshape(-1, self.rows.shape[-1])
            return np.take(flat, place * self.rows.shape[1] + environment, axis=0)[..., None, :], states
        steps = (place[..., None] + np.arange(length)) % size
        return self.rows[steps, environment[..., None]], states
