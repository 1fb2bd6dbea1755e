"""A walking reference for the biped, made from published human kinematics.

The hip, knee and ankle angles of normal walking (Winter, D. A. (2009), *Biomechanics and Motor Control of
Human Movement*, 4th ed., appendix A; Perry, J. (1992), *Gait Analysis: Normal and Pathological Function*)
belong to people with pelves, toes and soft soles. Played on this body they would slide and sink a little. So
the curves are moved, by a few degrees and no further than needed, until the feet of this body stand on the
ground without sliding and clear it in swing, at the wanted speed: a least-squares problem over the stride.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from premotor.bodies import biped
from premotor.errors import PremotorError
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import save_reference

# Percent of the stride, from heel contact to heel contact of a foot, and degrees. Thigh against the trunk
# (a trunk held upright, so without the pelvis's forward tilt of some 10°), knee and ankle.
HIP_KEYS = {0: 24, 8: 22, 15: 17, 25: 6, 35: -4, 45: -12, 52: -14, 62: -6, 70: 8, 78: 20, 86: 27, 94: 26}
KNEE_KEYS = {0: 4, 6: 12, 14: 19, 25: 12, 38: 5, 46: 7, 55: 20, 62: 38, 71: 63, 80: 52, 90: 15, 96: 3}
ANKLE_KEYS = {0: 0, 7: -7, 15: 0, 30: 7, 45: 11, 53: 2, 62: -18, 70: -10, 80: 0, 90: 2}

# Percent of the stride during which heel and toe of the foot bear load.
HEEL_CONTACT = (0.0, 40.0)
TOE_CONTACT = (9.0, 61.0)
WALK_RATIO = 0.0065
"""Step length over cadence, m min/steps: nearly the same at all speeds (Sekiya and Nagasaki 1998)."""
TRUNK_PITCH = 0.03
"""Forward lean, rad."""
SPEEDS = (0.6, 2.0)
"""Range of speeds, m/s, that a person walks and these curves fit."""

LEAST_KNEE = np.deg2rad(3.0)
"""The knee is never quite straight."""
KNOTS, HARMONICS = 16, 4


@dataclass(frozen=True)
class GaitFit:
    """How well the feet of a made gait keep to the ground."""

    slip: float
    """Greatest distance that a loaded heel or toe slides during its contact, m."""
    penetration: float
    """Greatest depth of any foot point below the ground, m."""
    gap: float
    """Greatest height of a loaded heel or toe above the ground, m."""
    clearance: float
    """Least height of the toe in the middle of swing, m."""
    joint_change: float
    """Root mean square of the change to the scaled published angles, rad."""
    amplitude: float
    """Factor on the published angles that gives the wanted stride length."""

    def __str__(self) -> str:
        """One line in mm and degrees."""
        return (
            f"slip {self.slip * 1e3:.1f} mm, penetration {self.penetration * 1e3:.1f} mm, "
            f"gap {self.gap * 1e3:.1f} mm, swing clearance {self.clearance * 1e3:.0f} mm, "
            f"angles changed by {np.rad2deg(self.joint_change):.1f}°, amplitude {self.amplitude:.2f}"
        )


def make_biped_gait(speed: float = 1.35, phases: int = 100) -> tuple[ReferenceGait, GaitFit]:
    """Make a periodic, left-right symmetric walk of the biped.

    Args:
        speed: mean forward speed, m/s. Cadence follows from the walk ratio (1.35 m/s: 112 steps a minute).
        phases: number of samples a stride; even.

    Returns:
        the gait and how well its feet keep to the ground.

    Raises:
        PremotorError: a speed that is no walk, or a number of phases that is odd or below 40.
    """
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise PremotorError(f"speed is {speed} m/s; allowed are {SPEEDS[0]} to {SPEEDS[1]} m/s")
    if phases < 40 or phases % 2:
        raise PremotorError(f"phases is {phases}; allowed are even numbers from 40 on")
    period = float(120.0 / np.sqrt(60.0 * speed / WALK_RATIO))
    problem = _Stride(speed, period, phases)
    solution = least_squares(problem.residuals, problem.start(), method="trf", xtol=1e-7, ftol=1e-7)
    return problem.gait(solution.x), problem.fit(solution.x)


def save_biped_gait(path: str | Path, speed: float = 1.35, phases: int = 100) -> tuple[ReferenceGait, GaitFit]:
    """Make a gait with `make_biped_gait` and write it as CSV with its origin; returns gait and fit."""
    gait, fit = make_biped_gait(speed, phases)
    origin = (
        f"One stride of the biped at {speed:g} m/s, made from published human kinematics\n"
        "(Winter 2009; Perry 1992) and fitted to the ground:\n"
        f"{fit}.\n"
        "Units: s, m, rad; signs as in premotor.bodies.biped. The last row is the first, one stride later."
    )
    save_reference(gait, path, origin)
    return gait, fit


class _Stride:
    """The least-squares problem: angles of one leg, hip height and advance over a stride."""

    def __init__(self, speed: float, period: float, phases: int) -> None:
        self.speed, self.period, self.phases = speed, period, phases
        self.cycle = np.arange(phases) / phases
        self.heel = _window(self.cycle, HEEL_CONTACT)
        self.toe = _window(self.cycle, TOE_CONTACT)
        self.basis = CubicSpline(np.arange(KNOTS + 1) / KNOTS, _wrapped(np.eye(KNOTS)), bc_type="periodic")(self.cycle)
        # Hip height and advance repeat twice a stride, once a step.
        angle = 4 * np.pi * self.cycle[:, None] * np.arange(1, HARMONICS + 1)
        self.waves = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
        self.published = np.stack([_curve(keys, self.cycle) for keys in (HIP_KEYS, KNEE_KEYS, ANKLE_KEYS)], axis=1)

    def start(self) -> np.ndarray:
        """The published angles, walking with slightly bent knees."""
        return np.concatenate([np.zeros(3 * KNOTS), [1.0, biped.HIP_HEIGHT - 0.03], np.zeros(4 * HARMONICS)])

    def unpack(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Angles (phases, 3), hip height (phases,) and advance beyond uniform motion (phases,)."""
        change, rest = unknowns[: 3 * KNOTS].reshape(KNOTS, 3), unknowns[3 * KNOTS :]
        amplitude, mean_height, waves = rest[0], rest[1], rest[2:].reshape(2, 2 * HARMONICS)
        angles = amplitude * self.published + self.basis @ change
        return angles, mean_height + self.waves @ waves[0], self.waves @ waves[1]

    def ground(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Heights of heel and toe over the ground and their speeds along it, (phases, 2), and angles."""
        angles, height, advance = self.unpack(unknowns)
        points = _foot(angles)
        heights = height[:, None] + points[:, [1, 3]] - biped.FOOT_RADIUS
        rate = self.phases / self.period
        foot_rate = _derivative(points[:, 4]) * rate
        # The sole under the round end of the foot: what touches the ground when that end is down.
        along = _derivative(points[:, [0, 2]]) * rate - biped.FOOT_RADIUS * foot_rate[:, None]
        speeds = self.speed + _derivative(advance)[:, None] * rate + along
        return heights, speeds, angles

    def residuals(self, unknowns: np.ndarray) -> np.ndarray:
        """What is to be small, each in units of what is tolerated: 4° of change, 1 mm, 2 cm/s, …."""
        heights, speeds, angles = self.ground(unknowns)
        loaded = np.stack([self.heel, self.toe], axis=1)
        swing = np.clip((self.cycle - 0.66) / 0.28, 0, 1)
        # A parabola of clearance that the foot must keep in swing, a few centimetres at its middle.
        clearance = 0.03 * 4 * swing * (1 - swing)
        change, rest = self.basis @ unknowns[: 3 * KNOTS].reshape(KNOTS, 3), unknowns[3 * KNOTS :]
        return np.concatenate(
            [
                (change / np.deg2rad(4.0)).ravel(),
                (_derivative(_derivative(change)) * self.phases**2 / 150.0).ravel(),  # rad a squared stride
                heights[loaded] / 0.001,
                speeds[loaded] / 0.02,
                np.minimum(heights - clearance[:, None], 0)[~loaded] / 0.001,
                np.minimum(angles[:, 1] - LEAST_KNEE, 0) / 0.005,
                [(rest[0] - 1.0) / 0.02],
                np.sqrt(self.phases) * rest[2 : 2 + 2 * HARMONICS] / 0.03,  # bobbing
                np.sqrt(self.phases) * rest[2 + 2 * HARMONICS :] / 0.01,  # surging
            ]
        )

    def gait(self, unknowns: np.ndarray) -> ReferenceGait:
        """The stride of both legs, the right one half a period later."""
        angles, height, advance = self.unpack(unknowns)
        half = self.phases // 2
        foot = self.heel | self.toe
        return ReferenceGait(
            joint_names=("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle"),
            joint_angles=np.concatenate([angles, np.roll(angles, half, axis=0)], axis=1),
            hip_height=height,
            hip_advance=advance - advance.mean(),
            pitch=np.full(self.phases, TRUNK_PITCH),
            feet=("left", "right"),
            contacts=np.stack([foot, np.roll(foot, half)], axis=1),
            speed=self.speed,
            stride_period=self.period,
        )

    def fit(self, unknowns: np.ndarray) -> GaitFit:
        """How well the feet keep to the ground."""
        heights, speeds, angles = self.ground(unknowns)
        slips = []
        for point, loaded in enumerate((self.heel, self.toe)):
            path = np.cumsum(speeds[loaded, point]) * self.period / self.phases
            slips.append(np.ptp(path))
        loaded = np.stack([self.heel, self.toe], axis=1)
        middle = (self.cycle > 0.72) & (self.cycle < 0.88)
        return GaitFit(
            slip=float(max(slips)),
            penetration=float(max(0.0, -heights.min())),
            gap=float(heights[loaded].max()),
            clearance=float(heights[middle, 1].min()),
            joint_change=float(np.sqrt(np.mean((angles - unknowns[3 * KNOTS] * self.published) ** 2))),
            amplitude=float(unknowns[3 * KNOTS]),
        )


def _foot(angles: np.ndarray) -> np.ndarray:
    """Heel x, z, toe x, z (centres of the foot's round ends, from the hip, m) and foot pitch, (phases, 5)."""
    hip, knee, ankle = angles.T
    thigh = TRUNK_PITCH - hip
    shank = thigh + knee
    foot = shank - ankle
    ankle_x = -biped.THIGH_LENGTH * np.sin(thigh) - biped.SHANK_LENGTH * np.sin(shank)
    ankle_z = -biped.THIGH_LENGTH * np.cos(thigh) - biped.SHANK_LENGTH * np.cos(shank)
    columns = []
    for x, z in biped.foot_ends():
        columns += [
            ankle_x + x * np.cos(foot) + z * np.sin(foot),
            ankle_z - x * np.sin(foot) + z * np.cos(foot),
        ]
    return np.stack([*columns, foot], axis=1)


def _curve(keys: Mapping[int, float], cycle: np.ndarray) -> np.ndarray:
    """Periodic cubic interpolation of key points (percent: degrees), rad."""
    percent = np.array([*keys, 100 + next(iter(keys))]) / 100
    values = np.deg2rad([*keys.values(), next(iter(keys.values()))])
    return CubicSpline(percent, values, bc_type="periodic")(cycle)


def _window(cycle: np.ndarray, percent: tuple[float, float]) -> np.ndarray:
    return (cycle >= percent[0] / 100) & (cycle <= percent[1] / 100)


def _wrapped(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, values[:1]])


def _derivative(values: np.ndarray) -> np.ndarray:
    """Change per sample of a periodic sequence along its first axis, by central differences (4th order)."""
    one = np.roll(values, -1, axis=0) - np.roll(values, 1, axis=0)
    two = np.roll(values, -2, axis=0) - np.roll(values, 2, axis=0)
    return (8 * one - two) / 12
