"""Figures, which tests, iterations and summaries of runs give by name."""

from collections.abc import Mapping
from typing import Any

Figures = dict[str, Any]
"""Numbers, texts, lists and further figures, as JSON holds them, where a task or a kind of run decides the names; those
of a test have its kind's `score`."""


def better(figures: Figures, best: Figures | None, score: str = "score") -> bool:
    """Whether figures are better than `best`; of scores alike (0, while nothing walks) `any_gait_score` decides."""
    now, before = figures.get(score), (best or {}).get(score)
    if now is not None and now == before:
        now, before = (row.get("any_gait_score", 0.0) for row in (figures, best or {}))
    return best is None or (now is not None and (before is None or now > before))


def numbers(value: object, prefix: str = "") -> dict[str, float]:
    """The numbers in a record by dotted key."""
    if isinstance(value, Mapping):
        return {k: v for key, item in value.items() for k, v in numbers(item, f"{prefix}.{key}".lstrip(".")).items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {prefix: float(value)}
    return {}
