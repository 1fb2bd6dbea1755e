"""How far joint angles are from a reference cycle, once the phase is no longer held against them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from premotor.errors import PremotorError


@dataclass(frozen=True)
class Alignment:
    """The best match of a record to a reference cycle."""

    error: float
    """Root-mean-square error over steps and joints, in the unit of the angles (rad)."""
    per_joint: NDArray[np.float64]
    """Root-mean-square error of each joint, (joints,)."""
    phase: float
    """Phase of the reference at the first step, in cycles, [0, 1)."""
    period: float
    """Duration of a cycle in the record, in s."""

    def reference_phase(self, steps: int, control_period: float) -> NDArray[np.float64]:
        """Phase of the reference, in cycles, at each of `steps` control steps."""
        return np.asarray((self.phase + np.arange(steps) * control_period / self.period) % 1.0, np.float64)


def cycle_spline(reference: ArrayLike) -> CubicSpline:
    """A periodic spline of phase in cycles through a reference cycle.

    Args:
        reference: (samples, joints), sampled at phases 0, 1/samples, …; the first sample is not repeated.
    """
    cycle = np.asarray(reference, np.float64)
    if cycle.ndim != 2 or len(cycle) < 4:
        raise PremotorError(f"reference has shape {cycle.shape}: it must be (samples ≥ 4, joints)")
    phase = np.linspace(0.0, 1.0, len(cycle) + 1)
    return CubicSpline(phase, np.vstack([cycle, cycle[:1]]), bc_type="periodic")


def align(
    angles: ArrayLike, reference: ArrayLike, control_period: float, periods: tuple[float, float] = (0.3, 4.0)
) -> Alignment:
    """Match joint angles to a reference cycle by one constant phase and one constant stride period.

    The squared error is first evaluated on a grid of phases and periods that no minimum can slip through (the
    phase at the end of the record moves by less than a tenth of a cycle between neighbours), then refined.

    Args:
        angles: (steps, joints), in rad.
        reference: one cycle, (samples, joints), the same joints in the same order.
        control_period: time between steps, in s.
        periods: shortest and longest stride period considered, in s.

    Raises:
        PremotorError: shapes do not agree, or values are not finite.
    """
    record = np.asarray(angles, np.float64)
    spline = cycle_spline(reference)
    joints = spline(0.0).shape[0]
    if record.ndim != 2 or record.shape[1] != joints or len(record) < 2:
        raise PremotorError(
            f"angles have shape {record.shape}: with a reference of {joints} joints they must be (steps ≥ 2, {joints})"
        )
    if not np.isfinite(record).all():
        raise PremotorError("angles hold values that are not finite")
    time = np.arange(len(record)) * control_period
    grid = np.linspace(0.0, 1.0, 64, endpoint=False)
    cycle = spline(grid)
    count = max(2, int(np.ceil((1 / periods[0] - 1 / periods[1]) * time[-1] / 0.1)) + 1)
    frequencies = np.linspace(1 / periods[1], 1 / periods[0], count)
    best = (np.inf, 0.0, frequencies[0])
    for frequency in frequencies:
        # Every step falls into one of 64 bins of phase; the error of all 64 shifts is a circular correlation.
        bins = np.round(time * frequency * 64).astype(int) % 64
        occupancy = np.bincount(bins, minlength=64)
        folded = np.stack([np.bincount(bins, weights=column, minlength=64) for column in record.T], axis=1)
        energy = _correlate(occupancy[:, None].astype(float), (cycle**2).sum(1, keepdims=True))
        error = energy - 2 * _correlate(folded, cycle)
        shift = int(np.argmin(error))
        if error[shift] < best[0]:
            best = (float(error[shift]), grid[shift], frequency)

    def residual(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        return (spline((parameters[0] + time * parameters[1]) % 1.0) - record).ravel()

    low, high = [-np.inf, 1 / periods[1] - 1e-12], [np.inf, 1 / periods[0] + 1e-12]
    start = np.clip(best[1:], low, high)
    fit = least_squares(residual, start, bounds=(low, high), x_scale=(0.05, 0.05 / time[-1]))
    squared = fit.fun.reshape(record.shape) ** 2
    return Alignment(
        error=float(np.sqrt(squared.mean())),
        per_joint=np.sqrt(squared.mean(0)),
        phase=float(fit.x[0] % 1.0),
        period=float(1 / fit.x[1]),
    )


def _correlate(folded: NDArray[np.float64], cycle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ over bins b and columns of folded[b] · cycle[b + shift], for every shift."""
    product = np.conj(np.fft.fft(folded, axis=0)) * np.fft.fft(cycle, axis=0)
    return np.fft.ifft(product.sum(1)).real


def cut_strides(values: ArrayLike, strikes: ArrayLike, samples: int = 100) -> NDArray[np.float64]:
    """Cut a record at foot strikes and stretch every stride to the same number of samples.

    Args:
        values: (steps, channels).
        strikes: steps at which the foot lands.
        samples: phases 0, 1/samples, … of a stride; its end is the next stride's beginning.

    Returns:
        (strides, samples, channels); no strides if there are fewer than two strikes.
    """
    record, marks = np.asarray(values, np.float64), np.asarray(strikes, np.intp)
    steps = np.arange(len(record))
    at = [a + (b - a) * np.arange(samples) / samples for a, b in zip(marks[:-1], marks[1:], strict=True)]
    cut = [np.stack([np.interp(t, steps, column) for column in record.T], axis=1) for t in at]
    return np.array(cut).reshape(len(cut), samples, record.shape[1])


def stride_error(strides: ArrayLike, reference: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Root-mean-square error of every stride against the reference cycle, under one shift common to them all.

    Args:
        strides: (strides, samples, joints), from `cut_strides`.
        reference: (reference samples, joints).

    Returns:
        Errors, (strides,), in rad; and the phase of the reference at the strike, in cycles.
    """
    cut = np.asarray(strides, np.float64)
    if cut.ndim != 3 or not len(cut):
        raise PremotorError(f"strides have shape {cut.shape}: they must be (strides ≥ 1, samples, joints)")
    spline = cycle_spline(reference)
    phase = np.arange(cut.shape[1]) / cut.shape[1]
    shifts = np.arange(500) / 500
    cycles = spline((shifts[:, None] + phase) % 1.0)
    mean = cut.mean(0)  # the shift that is best for the sum over strides is the best for their mean
    best = int(np.argmin(((cycles - mean) ** 2).sum((1, 2))))
    return np.sqrt(((cut - cycles[best]) ** 2).mean((1, 2))), float(shifts[best])
