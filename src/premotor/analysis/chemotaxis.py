"""How a worm goes to a source: the chemotaxis index, and how it turns, by its bearing to the source.

The index is that of Izquierdo and Lockery (2010), without their cut at 0: the mean over an episode of 1 − d / d₀, where
d is the distance from the source and d₀ that at the start. A path that does not depend on where the source is has an
expected index of at most 0, whatever it looks like, as long as every direction of the source is as likely: seen over
all of them, no step leads nearer (the distance from a point is a subharmonic function).

Turning is that of the path, smoothed over a cycle of the undulation. That it depends on the bearing is how Iino and
Yoshida (2009) found klinotaxis: worms curve towards the side where there is more salt.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from premotor.analysis.undulation import MOST_COILED, coiled, tangents

CYCLE = 2.0
"""Over which a path is smoothed, s: about one cycle of a crawling worm."""
BEARINGS = 8
"""Bins of the curve, from −π to π."""
SLOWEST = 0.02
"""Speed of a smoothed path below which it has no direction, mm/s."""


class Turning(NamedTuple):
    """Rate of turning of paths against the bearing of the source, positive to the left."""

    bearing: Float[np.ndarray, " bins"]
    """Middles of the bins, rad; positive: the source is on the left."""
    rate: Float[np.ndarray, " bins"]
    """Mean rate of turning, rad/s; NaN where nothing was seen."""
    towards: float
    """Part of the rate that goes with the sine of the bearing, rad/s: positive is klinotaxis, curving to the source."""
    ahead: float
    """Part that goes with its cosine, rad/s: a worm that turns less up the gradient than down it."""
    always: float
    """The rest, rad/s."""


def chemotaxis_index(distance: Float[np.ndarray, "steps episodes"]) -> Float[np.ndarray, " episodes"]:
    """Mean of 1 − d / d₀ of each episode; `distance` from the source, of which the first row is d₀."""
    return (1 - distance / distance[:1]).mean(0)


def turning_by_bearing(
    place: Float[np.ndarray, "steps episodes 2"],
    source: Float[np.ndarray, "episodes 2"],
    period: float,
    near: float = 0.0,
) -> Turning | None:
    """How paths turn, by the bearing of the source.

    Args:
        place: of the worm, mm.
        source: of each episode, mm.
        period: time between two rows, s.
        near: moments nearer to the source than this are left out, mm, since the bearing jumps there.

    Returns:
        None where episodes are too short or too slow for two smoothed cycles.
    """
    width = max(round(CYCLE / period), 1)
    if len(place) <= 3 * width:
        return None
    mean = np.cumsum(place, 0)
    smooth = (mean[width:] - mean[:-width]) / width  # rows are at the middles of windows
    velocity = (smooth[width:] - smooth[:-width]) / (width * period)
    here = smooth[width // 2 : width // 2 + len(velocity)]
    heading = np.unwrap(np.arctan2(velocity[..., 1], velocity[..., 0]), axis=0)
    rate = (heading[width:] - heading[:-width]) / (width * period)
    middle = slice(width // 2, width // 2 + len(rate))
    away = source - here[middle]
    turned = np.arctan2(away[..., 1], away[..., 0]) - heading[middle]
    bearing = np.arctan2(np.sin(turned), np.cos(turned))
    speed = np.linalg.norm(velocity, axis=-1)
    moving = np.minimum(np.minimum(speed[middle], speed[: len(rate)]), speed[width:]) >= SLOWEST
    used = moving & (np.linalg.norm(away, axis=-1) >= near)
    if used.sum() < BEARINGS:
        return None
    bearing, rate = bearing[used], rate[used]
    parts = np.stack([np.sin(bearing), np.cos(bearing), np.ones_like(bearing)], 1)
    towards, ahead, always = np.linalg.lstsq(parts, rate, rcond=None)[0]
    edges = np.linspace(-np.pi, np.pi, BEARINGS + 1)
    number = np.clip(np.digitize(bearing, edges) - 1, 0, BEARINGS - 1)
    count = np.bincount(number, minlength=BEARINGS)
    with np.errstate(invalid="ignore"):
        means = np.bincount(number, rate, minlength=BEARINGS) / np.where(count, count, np.nan)
    return Turning((edges[1:] + edges[:-1]) / 2, means, float(towards), float(ahead), float(always))


def chemotaxis_figures(
    head: Float[np.ndarray, "steps episodes 2"],
    yaw: Float[np.ndarray, "steps episodes"],
    bends: Float[np.ndarray, "steps episodes joints"],
    source: Float[np.ndarray, "episodes 2"],
    region: float,
    period: float,
) -> dict[str, float]:
    """How near worms come to a source, all of the tip of the head.

    `index`: mean of 1 − d / d₀ (`chemotaxis_index`), and `index_sd` among episodes; `score`: the same mean, but an
    episode whose body is coiled for more than a twentieth of the time is worth at most 0, and `coils` is their part.
    `reaches`: part of the episodes in which it comes within `region` of the source. `nearest`: the least d / d₀.
    `towards`, `ahead` and `always`: how its turning depends on the bearing of the source (`Turning`), rad/s.

    Args:
        head: where the tip of the head is, body lengths, mm here.
        yaw: of the first segment, pointing to the tail, rad.
        bends: of the joints from head to tail, rad.
        source: its place in each episode, as `head`.
        region: how near is there.
        period: time between two rows, s.
    """
    distance = np.linalg.norm(head - source, axis=-1)
    index, coils = chemotaxis_index(distance), coiled(tangents(yaw, bends)) > MOST_COILED
    figures = {
        "index": float(index.mean()),
        "index_sd": float(index.std()),
        "coils": float(coils.mean()),
        "score": float(np.where(coils, np.minimum(index, 0), index).mean()),
        "reaches": float((distance.min(0) <= region).mean()),
        "nearest": float((distance.min(0) / distance[0]).mean()),
    }
    turning = turning_by_bearing(head, source, period, region)
    if turning is None:
        return figures
    return figures | {"towards": turning.towards, "ahead": turning.ahead, "always": turning.always}
