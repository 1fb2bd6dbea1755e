"""The figures of a gait, over all episodes of a trace, and how smooth a movement is."""

from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.alignment import align
from premotor.analysis.footfalls import (
    debounced,
    double_support,
    duty_factor,
    foot_strikes,
    limb_phase,
    stride_frequency,
    stride_lengths,
    symmetry_index,
)
from premotor.analysis.rhythm import dominant_frequency
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


SHORTEST_EPISODE = 1.0
"""Episodes that end sooner (s) say nothing about a gait and are left out."""
CHATTER = 0.05
"""Stances and swings of people shorter than this (s) are taken for chatter of the contact sensor."""


@dataclass(frozen=True)
class Gait:
    """Means over the episodes that lasted long enough; NaN where a figure does not exist."""

    episodes: int
    """Episodes that lasted at least `SHORTEST_EPISODE`."""
    stride_frequency: float
    """From foot strikes, in Hz."""
    spectral_frequency: float
    """From the power spectrum of the joint angles, in Hz."""
    stride_length: float
    """In m."""
    duty_factor: float
    """Fraction of the time that a foot is on the ground, mean over feet."""
    duty_factors: tuple[float, ...]
    """The same for every foot."""
    double_support: float
    """Fraction of the time with at least two feet on the ground."""
    limb_phase: float
    """When foot 1 strikes in the stride of foot 0, in strides; 0.5 in a symmetric walk. Circular mean."""
    symmetry_index: float
    """|left − right| over their mean, for the duty factors of feet 0 and 1; 0 is perfect."""
    joint_rmse: float
    """Root-mean-square joint error against the reference at the best phase and stride period, in rad."""
    action_smoothness: float
    """Mean squared second difference of the action; smaller is smoother."""
    sparc: float
    """Spectral arc length of the forward speed about its mean, of single strides; closer to 0 is smoother."""
    per_episode: dict[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    """Every figure of every episode that was counted."""

    def figures(self) -> dict[str, float]:
        """The scalar figures by name."""
        return {name: float(value) for name, value in asdict(self).items() if isinstance(value, int | float)}


def gait_of(
    contact: ArrayLike,
    angles: ArrayLike,
    action: ArrayLike,
    control_period: float,
    *,
    position: ArrayLike | None = None,
    alive: ArrayLike | None = None,
    reference: ArrayLike | None = None,
    chatter: float = CHATTER,
) -> Gait:
    """The gait over all episodes of a trace.

    Args:
        contact: (steps, episodes, feet), 0 or 1.
        angles: joint angles, (steps, episodes, joints), in rad.
        action: (steps, episodes, actions).
        control_period: time between steps, in s.
        position: forward position of the body, (steps, episodes), in m; without it there is no stride length.
        alive: (steps, episodes), 0 from the step at which an episode has ended; what follows is left out.
        reference: one cycle of the same joints, (samples, joints), in rad.
        chatter: stances and swings shorter than this, in s, are taken for chatter of the contact sensor.

    Raises:
        PremotorError: shapes do not agree.
    """
    contact, angles, action = np.asarray(contact), np.asarray(angles), np.asarray(action)
    if contact.ndim != 3 or angles.ndim != 3 or action.ndim != 3:
        raise PremotorError(
            f"contact {contact.shape}, angles {angles.shape} and action {action.shape} must each have three "
            "axes: steps, episodes, channels"
        )
    shape = contact.shape[:2]
    position = None if position is None else np.asarray(position, np.float64)
    alive = np.ones(shape, bool) if alive is None else np.asarray(alive) > 0
    for name, array in (("angles", angles), ("action", action), ("alive", alive), ("position", position)):
        if array is not None and array.shape[:2] != shape:
            raise PremotorError(f"{name} has shape {array.shape}, contact {contact.shape}: steps and episodes differ")
    rows: list[dict[str, float]] = []
    for episode in range(shape[1]):
        ended = np.flatnonzero(~alive[:, episode])
        steps = int(ended[0]) if len(ended) else shape[0]
        if steps * control_period < SHORTEST_EPISODE:
            continue
        rows.append(
            _episode(
                contact[:steps, episode],
                angles[:steps, episode],
                action[:steps, episode],
                control_period,
                None if position is None else position[:steps, episode],
                reference,
                chatter,
            )
        )
    columns = {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else {})}
    feet = contact.shape[2]
    duties = tuple(_mean(columns.get(f"duty_factor_{foot}")) for foot in range(feet))
    return Gait(
        episodes=len(rows),
        stride_frequency=_mean(columns.get("stride_frequency")),
        spectral_frequency=_mean(columns.get("spectral_frequency")),
        stride_length=_mean(columns.get("stride_length")),
        duty_factor=_mean(np.array(duties)),
        duty_factors=duties,
        double_support=_mean(columns.get("double_support")),
        limb_phase=_circular_mean(columns.get("limb_phase")),
        symmetry_index=_mean(columns.get("symmetry_index")),
        joint_rmse=_mean(columns.get("joint_rmse")),
        action_smoothness=_mean(columns.get("action_smoothness")),
        sparc=_mean(columns.get("sparc")),
        per_episode=columns,
    )


def _episode(
    contact: NDArray,
    angles: NDArray,
    action: NDArray,
    control_period: float,
    position: NDArray[np.float64] | None,
    reference: ArrayLike | None,
    chatter: float,
) -> dict[str, float]:
    record = debounced(contact, max(1, round(chatter / control_period)))
    duties = duty_factor(record)
    row = {f"duty_factor_{foot}": float(value) for foot, value in enumerate(duties)}
    two = record.shape[1] >= 2
    row["stride_frequency"] = stride_frequency(record, control_period)
    row["spectral_frequency"] = dominant_frequency(angles, control_period)
    row["double_support"] = double_support(record)
    row["limb_phase"] = limb_phase(record)[0] if two else float("nan")
    row["symmetry_index"] = symmetry_index(duties[0], duties[1]) if two else float("nan")
    row["action_smoothness"] = action_roughness(action)
    row["stride_length"] = row["sparc"] = float("nan")
    if position is not None:
        row["stride_length"] = _mean(np.concatenate(stride_lengths(record, position)))
        speed = np.diff(position) / control_period
        strikes = foot_strikes(record)[0]
        strides = [speed[a:b] for a, b in zip(strikes[:-1], strikes[1:], strict=True)]
        row["sparc"] = _mean(np.array([stride_smoothness(stride, control_period) for stride in strides]))
    row["joint_rmse"] = float("nan") if reference is None else align(angles, reference, control_period).error
    return row


def stride_smoothness(speed: ArrayLike, control_period: float) -> float:
    """Spectral arc length of the speed (steps,) about its mean, for one stride; NaN for a constant speed.

    Over many strides at once it would measure how often the rhythm repeats, not how smooth it is.
    """
    profile = np.asarray(speed, np.float64)
    if len(profile) < 2 or np.ptp(profile) <= 1e-9 * np.abs(profile).max():
        return float("nan")
    return spectral_arc_length(profile - profile.mean(), control_period)


def _mean(values: NDArray[np.float64] | None) -> float:
    finite = np.empty(0) if values is None else values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _circular_mean(cycles: NDArray[np.float64] | None) -> float:
    finite = np.empty(0) if cycles is None else cycles[np.isfinite(cycles)]
    if not len(finite):
        return float("nan")
    return float(np.angle(np.exp(2j * np.pi * finite).mean()) / (2 * np.pi) % 1.0)
