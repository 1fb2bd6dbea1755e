"""A user's own critic and encoder, put into the compiled loops."""

from collections.abc import Callable
from functools import cache
from typing import Any

from numba import njit

from premotor.learning.plasticity.acting import see
from premotor.learning.plasticity.loop import balance_pole
from premotor.networks.spiking.event_driven.compiling import UNCACHED
from premotor.networks.spiking.event_driven.swapping import swapped


@cache
def compiled(function: Callable[..., Any]) -> Any:
    """The function compiled by numba, unless it is so already."""
    return function if hasattr(function, "py_func") else njit(**UNCACHED)(function)


@cache
def loops(critic: Callable[..., float] | None, encoder: Callable[..., None] | None) -> tuple[Any, Any]:
    """The loop of CartPole, and what an observation does in other tasks, with the user's parts in place.

    Args:
        critic: (before, action, tie, after, reward, over) to a reward, which is cut to ±1.
        encoder: (observation, period, interval) writes the interval of every source (ms, inf: off).
    """
    parts: dict[str, Any] = {}
    if critic is not None:
        worth = compiled(critic)

        @njit(**UNCACHED)
        def judge(settings: Any, previous: Any, action: int, tie: bool, observation: Any, fell: bool) -> float:
            return min(max(worth(previous, action, tie, observation, 1.0, fell), -1.0), 1.0)

        parts["judge"] = judge
    if encoder is not None:
        drive = compiled(encoder)

        @njit(**UNCACHED)
        def encode(observation: Any, edges: Any, first: Any, period: float, interval: Any) -> None:
            drive(observation, period, interval)

        parts["encode"] = encode
    loop = swapped(balance_pole, **parts) if parts else balance_pole
    return loop, swapped(see, encode=parts["encode"]) if encoder is not None else see
