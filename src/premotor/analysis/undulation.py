"""How a long body undulates: the measures of crawling and swimming worms, from its bends and where its head is.

Frequency and phases are those of the strongest rhythm of the bends, wavelength and direction of the wave those of a
straight line through the phases along the body, as in Berri et al. (2009) and Fang-Yen et al. (2010). Eigenworms are
the principal components of the body's tangent angles (Stephens et al. 2008). Lengths are in body lengths.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float

SETTLING = 1.0
"""Time at the start of an episode that is left out, s."""
FASTEST = 10.0
"""Rhythms beyond this are none of a worm's, Hz."""
CRAWLING = {"frequency": (0.3, 0.8), "wavelength": (0.5, 0.8), "speed": (0.1, 0.3)}
"""What is published of worms on agar: Hz, body lengths, body lengths a second (a worm is 1 mm long)."""
SWIMMING = {"frequency": (1.0, 2.5), "wavelength": (1.0, 2.0), "speed": (0.05, 0.5)}
"""The same in water: wide about the published 1.7 to 2 Hz and 1.5 body lengths. Where the least speed is, is ours."""
WATER, AGAR = 0.25, 0.75
"""From water (0) to agar (1), what still counts as water, and what already as agar: ours."""
REGULAR = 0.65
"""Least `Undulation.wave`, our own measure: a standing wave has 0.61."""
SHARPEST = 12.0
"""Greatest curvature times body length of a worm that swims; of crawling ones 10 to 12 are published."""
MOST_COILED = 0.05
"""Of the time; our own measure, too."""


@dataclass(frozen=True)
class Undulation:
    """The measures of one episode."""

    speed: float
    """Of the middle of the body along its axis, head first, body lengths a second."""
    frequency: float
    """Hz"""
    wavelength: float
    """Body lengths; of either direction."""
    direction: float
    """1: the wave runs from head to tail; −1: from tail to head; 0: none that runs."""
    phase_lag: float
    """From each joint to the next towards the tail, rad."""
    wave: float
    """How much the bends are one travelling wave: their variance at its frequency, times how well the joints' phases
    lie on its line, each weighted by its height; 1, and 0.61 for a standing wave."""
    bend: float
    """Root mean square of the bends about their means, rad a joint."""
    amplitude: float
    """Half the width of the body's track across its axis, body lengths."""
    efficiency: float
    """Speed over that of the wave along the body: 1 is a body that does not slip."""
    turning: float
    """Change of heading, rad/s."""
    eigenworms: float
    """Part of the variance of the tangent angles that four principal components hold."""
    coiled: float
    """Part of the time in which some stretch of the body turns by more than a full circle, and so crosses itself."""
    sharpness: float
    """Curvature times body length that one in twenty bends exceeds, to either side."""

    def crawls(self, backward: bool = False) -> bool:
        """Whether this is crawling as published, to the commanded side."""
        return self._within(CRAWLING, -1 if backward else 1)

    def swims(self, backward: bool = False) -> bool:
        """Whether this is swimming as in water, to the commanded side and without bends sharper than a worm's."""
        return self.sharpness <= SHARPEST and self._within(SWIMMING, -1 if backward else 1)

    def fits(self, medium: float, backward: bool = False) -> bool:
        """Whether it swims in water or crawls on agar; between them, whether it does something between the two."""
        if medium <= WATER or medium >= AGAR:
            return self.swims(backward) if medium <= WATER else self.crawls(backward)
        both = {name: (min(low, SWIMMING[name][0]), SWIMMING[name][1]) for name, (low, _) in CRAWLING.items()}
        return self.sharpness <= SHARPEST and self._within(both, -1 if backward else 1)

    def _within(self, ranges: Mapping[str, tuple[float, float]], sign: int) -> bool:
        own = {"speed": sign * self.speed, "frequency": self.frequency, "wavelength": self.wavelength}
        return (
            all(low <= own[name] <= high for name, (low, high) in ranges.items())
            and self.direction == sign
            and self.wave >= REGULAR
            and self.coiled <= MOST_COILED
        )


def tangents(yaw: Float[np.ndarray, "..."], bends: Float[np.ndarray, "... joints"]) -> np.ndarray:
    """Angle of each segment, (…, joints + 1), rad: that of the first and the sum of bends up to it."""
    return np.concatenate([yaw[..., None], yaw[..., None] + np.cumsum(bends, -1)], -1)


def outline(head: Float[np.ndarray, "... 2"], angles: Float[np.ndarray, "... segments"]) -> np.ndarray:
    """Middles of the segments, (…, segments, 2), body lengths, of a body whose segments point from head to tail."""
    steps = np.stack([np.cos(angles), np.sin(angles)], -1) / angles.shape[-1]
    return head[..., None, :] + np.cumsum(steps, -2) - 0.5 * steps


def coiled(angles: Float[np.ndarray, "steps ... segments"]) -> np.ndarray:
    """Part of the time, (…), in which some stretch of a body of these `tangents` turns by more than a full circle."""
    return (np.ptp(angles, axis=-1) > 2 * np.pi).mean(0)


def undulation(
    head: Float[np.ndarray, "steps 2"],
    yaw: Float[np.ndarray, " steps"],
    bends: Float[np.ndarray, "steps joints"],
    period: float,
) -> Undulation:
    """Measure one episode.

    Args:
        head: where the tip of the head is, body lengths.
        yaw: of the first segment, pointing to the tail, rad.
        bends: of the joints from head to tail, rad.
        period: time between two rows, s.
    """
    first = min(round(SETTLING / period), len(yaw) // 3)
    head, yaw, bends = head[first:], yaw[first:], bends[first:]
    angles = tangents(yaw, bends)
    middles = outline(head, angles)
    heading = -np.stack([np.cos(angles).mean(1), np.sin(angles).mean(1)], -1)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    velocity = np.diff(middles.mean(1), axis=0) / period
    speed = float((velocity * heading[:-1]).sum(1).mean())
    turned = np.unwrap(np.arctan2(heading[:, 1], heading[:, 0]))
    across = np.stack([-heading[:, 1], heading[:, 0]], -1)
    lateral = ((middles - middles.mean(1, keepdims=True)) * across[:, None]).sum(-1)
    moving = bends - bends.mean(0)
    frequency, phasors = _rhythm(moving, period)
    lag, wave = _travelling(moving, frequency, phasors, period)
    wavelength = 2 * np.pi / abs(lag) / (bends.shape[1] + 1) if lag else float("inf")
    centred = angles - angles.mean(1, keepdims=True)
    variances = np.linalg.svd(centred - centred.mean(0), compute_uv=False) ** 2
    return Undulation(
        speed=speed,
        frequency=frequency,
        wavelength=float(wavelength),
        direction=float(np.sign(-lag)),
        phase_lag=float(-lag),
        wave=wave,
        bend=float(np.sqrt((moving**2).mean())),
        amplitude=float(0.5 * np.ptp(lateral, axis=1).mean()),
        efficiency=float(abs(speed) / (wavelength * frequency)) if lag and frequency else 0.0,
        turning=float((turned[-1] - turned[0]) / (period * max(len(turned) - 1, 1))),
        eigenworms=float(variances[:4].sum() / variances.sum()) if variances.sum() else 1.0,
        coiled=float(coiled(angles)),
        sharpness=float(np.quantile(np.abs(bends), 0.95) * (bends.shape[1] + 1)),
    )


def undulation_figures(
    head: Float[np.ndarray, "steps episodes 2"],
    yaw: Float[np.ndarray, "steps episodes"],
    bends: Float[np.ndarray, "steps episodes joints"],
    command: Float[np.ndarray, " episodes"],
    period: float,
    medium: Float[np.ndarray, " episodes"] | None = None,
) -> dict[str, float]:
    """Means over episodes; `crawls` is the part of them that do, and `score` what those are worth.

    An episode is worth 1 − |speed − command| / |command| where that is more than 0; in `score` only if it crawls
    (`Undulation.crawls`), in `any_gait_score` however it moves. Commands are body lengths a second, backward negative;
    where there are both, `crawls` and `speed` are also given for each (`crawls_forward`, …).

    Where each episode has a `medium`, from water (0) to agar (1), `score` counts those that fit theirs
    (`Undulation.fits`), `swims` is of those in water and `crawls` of those on agar, and speed, frequency and wavelength
    are also given for each of the two that there is (`frequency_water`, …).
    """
    found = [undulation(head[:, i], yaw[:, i], bends[:, i], period) for i in range(len(command))]
    merit = np.array([1 - abs(u.speed - c) / abs(c) for u, c in zip(found, command, strict=True)]).clip(0)
    crawls = np.array([u.crawls(bool(c < 0)) for u, c in zip(found, command, strict=True)])
    names = [field.name for field in fields(Undulation) if medium is not None or field.name != "sharpness"]
    figures = {name: float(np.mean([getattr(u, name) for u in found])) for name in names}
    figures["wavelength"] = float(np.median([u.wavelength for u in found]))  # of a wave that stands it is infinite
    speed = np.array([u.speed for u in found])
    for way, chosen in (("forward", command > 0), ("backward", command < 0)):
        if 0 < chosen.sum() < len(command):
            figures |= {f"crawls_{way}": float(crawls[chosen].mean()), f"speed_{way}": float(speed[chosen].mean())}
    figures |= {"command": float(command.mean()), "any_gait_score": float(merit.mean())}
    if medium is None:
        return figures | {"crawls": float(crawls.mean()), "score": float((crawls * merit).mean())}
    fits = np.array([u.fits(m, bool(c < 0)) for u, m, c in zip(found, medium, command, strict=True)])
    for name, gait, chosen in (("water", "swims", medium <= WATER), ("agar", "crawls", medium >= AGAR)):
        if chosen.any():
            those = [u for u, one in zip(found, chosen, strict=True) if one]
            figures |= {
                gait: float(fits[chosen].mean()),
                f"speed_{name}": float(speed[chosen].mean()),
                f"frequency_{name}": float(np.mean([u.frequency for u in those])),
                f"wavelength_{name}": float(np.median([u.wavelength for u in those])),
            }
    return figures | {"score": float((fits * merit).mean())}


def _rhythm(bends: np.ndarray, period: float) -> tuple[float, np.ndarray]:
    """The strongest frequency of all joints together, Hz, and each joint's phasor there."""
    window = np.hanning(len(bends))[:, None]
    size = 8 * len(bends)
    spectrum = np.fft.rfft(bends * window, size, axis=0)
    rates = np.fft.rfftfreq(size, period)
    power = np.where((rates > 1 / (len(bends) * period)) & (rates < FASTEST), (np.abs(spectrum) ** 2).sum(1), 0)
    best = int(power.argmax())
    return float(rates[best]) if power[best] else 0.0, spectrum[best]


def _travelling(bends: np.ndarray, frequency: float, phasors: np.ndarray, period: float) -> tuple[float, float]:
    """Slope of the phases along the body, rad a joint, and how much of the bending is such a wave."""
    joints, weight = np.arange(len(phasors)), np.abs(phasors)
    if not weight.any():
        return 0.0, 0.0
    trials = np.linspace(-np.pi / 2, np.pi / 2, 2001)
    together = np.abs(np.exp(-1j * trials[:, None] * joints) @ phasors)
    lag = float(trials[together.argmax()])
    angle = 2 * np.pi * frequency * period * np.arange(len(bends))[:, None] + lag * joints
    each = (bends * np.exp(-1j * angle)).mean(0)
    rhythmic = 2 * (np.abs(each) ** 2).sum() / (bends**2).mean(0).sum()
    return lag, float(rhythmic * np.abs(each.sum()) ** 2 / np.abs(each).sum() ** 2)
