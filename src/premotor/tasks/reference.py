"""A reference gait: one stride of joint angles, root motion and foot contacts, repeated for ever."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline

from premotor.errors import PremotorError


@dataclass(frozen=True, eq=False)
class ReferenceGait:
    """One stride on a grid of equally spaced phases; phase 0 is the left heel strike.

    Angles and signs are those of the body it is for (for the biped see `premotor.bodies.biped`).
    Between the samples it is interpolated by periodic cubic splines; rates are the splines' derivatives.

    Raises:
        PremotorError: shapes that do not match, values that are not finite, a speed or period not positive.
    """

    joint_names: tuple[str, ...]
    joint_angles: np.ndarray
    """(phases, joints), rad."""
    hip_height: np.ndarray
    """Height of the hip joints above the ground, (phases,), m."""
    hip_advance: np.ndarray
    """How far the hips are ahead of uniform motion at `speed`, (phases,), m."""
    pitch: np.ndarray
    """Trunk pitch, positive leaning forward, (phases,), rad."""
    feet: tuple[str, ...]
    """Names of the feet, as in ``left``, ``right``."""
    contacts: np.ndarray
    """Whether each foot is on the ground, (phases, feet), bool."""
    speed: float
    """Mean forward speed, m/s."""
    stride_period: float
    """Time from one left heel strike to the next, s."""
    unit: str = "m"
    """Of all lengths and, a second, of the speed."""

    def __post_init__(self) -> None:
        """Check shapes and values."""
        samples = len(self.hip_height)
        shapes = {
            "joint_angles": (samples, len(self.joint_names)),
            "hip_height": (samples,),
            "hip_advance": (samples,),
            "pitch": (samples,),
            "contacts": (samples, len(self.feet)),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value.shape != shape:
                raise PremotorError(f"reference gait: {name} has shape {value.shape}; expected {shape}")
            if not np.isfinite(value).all():
                raise PremotorError(f"reference gait: {name} has values that are not finite")
        if samples < 8:
            raise PremotorError(f"reference gait: {samples} samples a stride; at least 8 are needed")
        for name in ("speed", "stride_period"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise PremotorError(f"reference gait: {name} is {value}; it must be positive")

    def __repr__(self) -> str:
        """One line: speed, stride and size."""
        return (
            f"ReferenceGait({self.speed:.2f} {self.unit}/s, stride {self.stride_period:.3f} s, "
            f"{self.stride_length:.2f} {self.unit}, {len(self.joint_names)} joints, {len(self.hip_height)} phases)"
        )

    @property
    def phase(self) -> np.ndarray:
        """The grid, (phases,), rad in [0, 2π)."""
        return 2 * np.pi * np.arange(len(self.hip_height)) / len(self.hip_height)

    @property
    def stride_length(self) -> float:
        """Way of one stride (two steps), m."""
        return self.speed * self.stride_period

    def qpos(self, phase: np.ndarray) -> np.ndarray:
        """Positions at phases (…,) in rad of any size, (…, 3 + joints): root x, root z, pitch, joint angles.

        Root x grows by the stride length with every 2π of phase.
        """
        phase = np.asarray(phase, float)
        result = self._splines(np.mod(phase, 2 * np.pi))
        result[..., 0] += self.stride_length * phase / (2 * np.pi)
        return result

    def qvel(self, phase: np.ndarray) -> np.ndarray:
        """Velocities at phases (…,) in rad, walking at `speed`, (…, 3 + joints), m/s and rad/s."""
        rate = 2 * np.pi / self.stride_period
        result = self._splines(np.mod(np.asarray(phase, float), 2 * np.pi), 1) * rate
        result[..., 0] += self.speed
        return result

    def contact(self, phase: np.ndarray) -> np.ndarray:
        """Whether each foot is on the ground at phases (…,) in rad, (…, feet), bool: the nearest sample's."""
        samples = len(self.hip_height)
        nearest = np.rint(np.asarray(phase, float) / (2 * np.pi) * samples).astype(int) % samples
        return self.contacts[nearest]

    @cached_property
    def _splines(self) -> CubicSpline:
        values = np.column_stack([self.hip_advance, self.hip_height, self.pitch, self.joint_angles])
        grid = np.append(self.phase, 2 * np.pi)
        return CubicSpline(grid, np.vstack([values, values[:1]]), bc_type="periodic")
