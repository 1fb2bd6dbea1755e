"""How often intervals hold the truth, and tests cry wolf, on simulated runs of known effect: the table of the docs.

    python scripts/coverage_of_intervals.py [--simulations 2000]

Scores are wiring effect + seed effect, normal (or skewed); a connectome has one wiring, a null model several.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from premotor.analysis import (
    difference_of_means,
    equivalence,
    interquartile_mean,
    mann_whitney,
    mean_of_units,
    performance_profile,
    probability_of_improvement,
    replicates,
    smallest_difference,
)

CASES = (
    *((3, 2, (0.0, 1.0), False), (3, 2, (1.0, 1.0), False), (5, 2, (0.0, 1.0), False), (5, 2, (1.0, 1.0), False)),
    *((5, 2, (1.0, 1.0), True), (10, 1, (1.0, 0.0), False), (10, 2, (1.0, 0.5), False)),
)
"""Null wirings, seeds of each, standard deviations between wirings and between seeds of one, whether scores are skewed.
The connectome has as many runs as there are null wirings."""
Row = dict[str, Any]


def drawn(rng: np.random.Generator, wirings: int, seeds: int, spread: tuple[float, float], skewed: bool = False) -> Any:
    """Scores of mean 0, (wirings, seeds)."""

    def noise(*shape: int) -> np.ndarray:
        return (rng.gamma(2.0, size=shape) - 2.0) / np.sqrt(2) if skewed else rng.normal(size=shape)

    return spread[0] * noise(wirings, 1) + spread[1] * noise(wirings, seeds)


def of(scores: np.ndarray) -> Any:
    """As replicates by wiring."""
    return replicates(scores.ravel(), np.repeat(np.arange(len(scores)), scores.shape[1]))


def rate(simulations: int, hit: Callable[[np.random.Generator], bool]) -> float:
    """How often `hit` is true."""
    rng = np.random.default_rng(7)
    return float(np.mean([hit(rng) for _ in range(simulations)]))


def holds(estimate: Any, truth: float) -> bool:
    """Whether an interval holds the truth."""
    return bool(estimate.low <= truth <= estimate.high)


def both_levels(scores: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether the percentiles of a plain bootstrap over wirings and then seeds hold 0."""
    wirings, seeds = scores.shape
    first = rng.integers(0, wirings, (400, wirings, 1))
    means = scores[first, rng.integers(0, seeds, (400, wirings, seeds))].mean((1, 2))
    low, high = np.quantile(means, [0.025, 0.975])
    return bool(low <= 0 <= high)


def measured(simulations: int) -> Iterator[Row]:
    """One row a method, design and spread."""
    for wirings, seeds, spread, skewed in CASES:
        words = {"wirings": wirings, "seeds": seeds, "between": spread[0], "within": spread[1]}
        words["scores"] = "skewed" if skewed else "normal"
        many = drawn(np.random.default_rng(0), 40_000, 1, spread, skewed)
        middle = interquartile_mean(replicates(many.ravel()), resamples=2).value

        def null(rng: np.random.Generator, w=wirings, k=seeds, s=spread, x=skewed) -> Any:
            return drawn(rng, w, k, s, x)

        def own(rng: np.random.Generator, w=wirings, s=spread, x=skewed) -> Any:
            return drawn(rng, 1, w, (0.0, s[1]), x)

        def told(method: str, hit: Callable[[np.random.Generator], bool], row: Row = words) -> Row:
            return {"method": method, **row, "rate": rate(simulations, hit)}

        yield told("mean", lambda r: holds(mean_of_units(of(null(r))), 0.0))
        yield told(
            "interquartile mean",
            lambda r, m=middle: holds(interquartile_mean(of(null(r)), resamples=300), m),
        )
        yield told("difference", lambda r: holds(difference_of_means(of(own(r)), of(null(r))), 0.0))
        yield told("false positive", lambda r: difference_of_means(of(own(r)), of(null(r))).p < 0.05)
        yield told(
            "false equivalence",
            lambda r, s=spread: equivalence(of(own(r) + 2 * sum(s)), of(null(r)), 2 * sum(s)).p < 0.05,
        )
        yield told("percentiles, both levels", lambda r: both_levels(null(r), r))
        yield told("false positive, runs as units", lambda r: mann_whitney(own(r).ravel(), null(r).ravel()).p < 0.05)
    for first, second in ((3, 3), (5, 5), (3, 10), (10, 10)):  # 3 against 3 only here: see FEWEST
        for shift in (0.0, 1.0):
            truth = {0.0: 0.5, 1.0: 0.7602}[shift]  # Φ(1/√2)
            words = {"wirings": second, "seeds": first, "between": 0.0, "within": 1.0, "scores": f"shift {shift:g}"}

            def improved(r: np.random.Generator, a=first, b=second, d=shift, t=truth) -> bool:
                sides = replicates(d + r.normal(size=a)), replicates(r.normal(size=b))
                return holds(probability_of_improvement(*sides, fewest=1), t)

            yield {"method": "probability of improvement", **words, "rate": rate(simulations, improved)}
    for wirings, seeds in ((5, 2), (10, 2)):

        def inside(r: np.random.Generator, w=wirings, k=seeds) -> bool:
            profile = performance_profile(of(drawn(r, w, k, (1.0, 1.0))), [0.0])
            return bool(profile.low[0] <= 0.5 <= profile.high[0])

        words = {"wirings": wirings, "seeds": seeds, "between": 1.0, "within": 1.0, "scores": "normal"}
        yield {"method": "performance profile", **words, "rate": rate(simulations, inside)}
    yield from powers(simulations)


def powers(simulations: int) -> Iterator[Row]:
    """How often an effect of the smallest visible size is found."""
    for count in (3, 5, 10):
        exact = np.linspace(-1, 1, count)
        exact /= exact.std(ddof=1)
        effect = smallest_difference(replicates(exact), replicates(exact))

        def seen(r: np.random.Generator, n=count, e=effect) -> bool:
            return difference_of_means(replicates(e + r.normal(size=n)), replicates(r.normal(size=n))).p < 0.05

        words = {"wirings": count, "seeds": 1, "between": 0.0, "within": 1.0, "scores": f"effect {effect:.2f}"}
        yield {"method": "power at the smallest effect", **words, "rate": rate(simulations, seen)}


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=2_000)
    parser.add_argument("--powers", action="store_true", help="these alone")
    chosen = parser.parse_args()
    for row in (powers if chosen.powers else measured)(chosen.simulations):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
