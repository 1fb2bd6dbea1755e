"""Checks of what environments go on from."""

from collections.abc import Mapping

import numpy as np

from premotor.errors import PremotorError


def check_snapshot(snapshot: Mapping[str, np.ndarray], expected: Mapping[str, tuple[int, ...]]) -> None:
    """PremotorError where an array of `expected`, name → shape, is missing or has another shape."""
    for name, shape in expected.items():
        if name not in snapshot or snapshot[name].shape != shape:
            found = "nothing" if name not in snapshot else str(snapshot[name].shape)
            raise PremotorError(f"snapshot: {name} should have shape {shape}, found {found}")


def check_replayed(name: str, observation: np.ndarray, snapshot: Mapping[str, np.ndarray]) -> None:
    """PremotorError where the environment `name`, replayed, observes something else than it did."""
    if not np.array_equal(observation, snapshot["observation"]):
        raise PremotorError(
            f"{name!r} gave other observations for the same seed and actions, so this run cannot go on as if it had "
            "never stopped; its checkpoints can still be evaluated"
        )
