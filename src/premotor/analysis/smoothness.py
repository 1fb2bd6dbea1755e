"""How smooth a movement is, and what it costs."""

import numpy as np
from numpy.typing import ArrayLike

from premotor.errors import PremotorError

GRAVITY = 9.81
"""Acceleration of free fall, in m/s²."""


def action_roughness(action: ArrayLike) -> float:
    """Mean squared second difference of an action, in its squared unit: 0 for a constant or a ramp.

    Args:
        action: (steps,) or (steps, actions). NaN with fewer than three steps.
    """
    values = np.asarray(action, np.float64)
    if len(values) < 3:
        return float("nan")
    return float(np.mean(np.diff(values, 2, axis=0) ** 2))


def spectral_arc_length(
    speed: ArrayLike, control_period: float, cutoff: float = 10.0, threshold: float = 0.05, padding: int = 4
) -> float:
    """SPARC: minus the arc length of the normalised amplitude spectrum of a speed profile, without a unit.

    The closer to 0, the smoother; a minimum-jerk reach has about −1.41. Amplitudes are divided by the
    largest; the spectrum ends at `cutoff` (Hz) or at the last amplitude above `threshold`, whichever is
    lower; the frequency axis is divided by that range. Balasubramanian, Melendez-Calderon, Roby-Brami and
    Burdet (2015), "On the analysis of movement smoothness", J. NeuroEng. Rehabil. 12:112.

    Args:
        speed: (steps,).
        control_period: time between steps, in s.
        cutoff: highest frequency of interest, in Hz.
        threshold: amplitude below which the spectrum's end is cut off.
        padding: powers of two of zero padding beyond the next power of two.

    Returns:
        SPARC; NaN for a profile that is zero throughout.
    """
    profile = np.asarray(speed, np.float64)
    if profile.ndim != 1 or len(profile) < 2:
        raise PremotorError(f"speed has shape {profile.shape}: SPARC needs one axis of 2 steps or more")
    length = 2 ** (int(np.ceil(np.log2(len(profile)))) + padding)
    amplitude = np.abs(np.fft.rfft(profile, length))
    if amplitude.max() == 0:
        return float("nan")
    frequency = np.fft.rfftfreq(length, control_period)
    amplitude = amplitude[frequency <= cutoff] / amplitude.max()
    above = np.flatnonzero(amplitude >= threshold)
    if len(above) < 2:
        return float("nan")
    kept = amplitude[above[0] : above[-1] + 1]
    return -float(np.hypot(1.0 / (len(kept) - 1), np.diff(kept)).sum())


def cost_of_transport(
    torque: ArrayLike, velocity: ArrayLike, control_period: float, mass: float, distance: float
) -> float:
    """Positive mechanical work of the joints over weight and distance, without a unit.

    Args:
        torque: (steps, joints), in N·m.
        velocity: (steps, joints), angular velocity of the same joints, in rad/s.
        control_period: time between steps, in s.
        mass: of the body, in kg.
        distance: covered, in m; NaN results where it is not positive.

    A walking person has about 0.05 of this mechanical kind (Collins et al. 2005, Science 307:1082).
    """
    power = np.asarray(torque, np.float64) * np.asarray(velocity, np.float64)
    if distance <= 0:
        return float("nan")
    return float(np.maximum(power, 0.0).sum() * control_period / (mass * GRAVITY * distance))
