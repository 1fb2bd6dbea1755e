"""Exponents without derivatives: twin trajectories, for closed loops of controller and body."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.lyapunov.estimates import block_errors
from premotor.errors import PremotorError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TwinExponents:
    """Exponents from the distances between twin trajectories.

    Attributes:
        exponents: leading exponents of every reference, in 1 / (unit of dt), (batch, k).
        standard_errors: from the means of 20 blocks, (batch, k); NaN with fewer than 40 intervals.
        growth: ln of the growth of the distances in every interval, (batch, intervals, k).
        interval: steps between two rescalings.
        dt: time of one step.
        states: of the references at the end, (batch, n).
    """

    exponents: Floats
    standard_errors: Floats
    growth: Floats
    interval: int
    dt: float
    states: Floats

    @property
    def times(self) -> Floats:
        """Time at the end of every interval, (intervals,)."""
        return np.arange(1, self.growth.shape[1] + 1) * self.interval * self.dt

    @property
    def history(self) -> Floats:
        """Running estimate at `times`, (batch, intervals, k)."""
        return np.cumsum(self.growth, axis=1) / self.times[:, None]


def twin_exponents(
    advance: Callable[[Floats], ArrayLike],
    states: ArrayLike,
    *,
    exponents: int = 1,
    steps: int,
    dt: float = 1.0,
    interval: int = 10,
    distance: float = 1e-6,
    transient: int = 0,
    separation_transient: int | None = None,
    scale: ArrayLike = 1.0,
    difference: Callable[[Floats, Floats], ArrayLike] | None = None,
    displace: Callable[[Floats, Floats], ArrayLike] | None = None,
    seed: int = 0,
) -> TwinExponents:
    """Leading exponents by twins that start `distance` away and are pulled back every `interval` steps.

    Nothing is differentiated, so that `advance` may hold a physics engine with contacts (Benettin et al. 1976; for
    several exponents the displacements are orthonormalised as in Shimada & Nagashima 1979). The result is that of
    finite perturbations: an impact that meets the reference and not its twin counts as growth. Check that it stays
    the same for another `distance`; below 1e-8 or so rounding shows, as √ of the precision would suggest.

    `advance` must be a function of the states alone: put everything that decides how the loop goes on into a row
    (positions, velocities, actuator activations, the controller's rates, a phase).

    Args:
        advance: one step of many copies, (rows, n) → (rows, n), rows = batch · (1 + k).
        states: the references' states, (batch, n).
        exponents: number k of leading exponents.
        steps: to average over, a multiple of `interval`.
        dt: time of one step.
        interval: steps between two rescalings. Long ones lose the directions other than the first; in the time of an
            interval the distance must stay small beside the attractor.
        distance: between a reference and its twins after rescaling, in units of `scale`.
        transient: steps of the references alone (their twins run along unused).
        separation_transient: steps in which the twins turn to the growing directions, not averaged; a tenth of
            `steps` when None.
        scale: unit of every coordinate of a displacement, a number or (n,), so that mixed units can be compared.
            The exponents do not depend on it, their fluctuations do.
        difference: displacement of the second state from the first, (rows, n), (rows, n) → (rows, m), where
            subtraction is wrong (quaternions: `mujoco.mj_differentiatePos`).
        displace: state displaced, (rows, n), (rows, m) → (rows, n); the inverse of `difference`.
        seed: of the first displacements.

    Raises:
        PremotorError: numbers out of range, shapes that do not agree, states that are not finite, or twins that have
            become equal to their reference.
    """
    references = np.array(states, np.float64)
    if references.ndim != 2 or references.size == 0:
        raise PremotorError(f"states has shape {references.shape}; expected (batch, n)")
    if min(steps, interval, exponents) < 1 or steps % interval:
        raise PremotorError(f"steps is {steps} and interval {interval}; steps must be a positive multiple of interval")
    if not distance > 0 or not dt > 0 or (difference is None) != (displace is None):
        raise PremotorError("distance and dt must be positive, and difference and displace come together")
    subtract: Callable[[Floats, Floats], ArrayLike] = difference or (lambda one, two: two - one)
    add: Callable[[Floats, Floats], ArrayLike] = displace or (lambda state, change: state + change)
    width = np.shape(subtract(references, references))[1]
    if exponents > width:
        raise PremotorError(f"exponents is {exponents}; displacements have {width} components")
    batch, count = len(references), exponents
    unit = distance * np.broadcast_to(np.asarray(scale, np.float64), (width,))

    def run(rows: Floats, times: int) -> Floats:
        for _ in range(times):
            after = np.asarray(advance(rows), np.float64)
            if after.shape != rows.shape or not np.isfinite(after).all():
                raise PremotorError(f"advance gave {after.shape} for {rows.shape}, or numbers that are not finite")
            rows = after
        return rows

    def placed(rows: Floats, frames: Floats) -> Floats:
        """References, and twins displaced by the columns of `frames` (batch, width, k)."""
        changes = np.swapaxes(frames, 1, 2).reshape(-1, width) * unit
        twins = np.asarray(add(np.repeat(rows[:batch], count, axis=0), changes), np.float64)
        return np.concatenate([rows[:batch], twins])

    def pulled_back(rows: Floats) -> tuple[Floats, Floats]:
        """Rows with the twins at their distance again, and ln of the growth, (batch, k)."""
        apart = np.asarray(subtract(np.repeat(rows[:batch], count, axis=0), rows[batch:]), np.float64) / unit
        frames, triangles = np.linalg.qr(np.swapaxes(apart.reshape(batch, count, width), 1, 2))
        sizes = np.abs(np.diagonal(triangles, axis1=1, axis2=2))
        if not (sizes > 0).all():
            raise PremotorError(
                "a twin has become equal to its reference, or parallel to another twin; "
                "use a larger distance, a shorter interval or fewer exponents"
            )
        return placed(rows, frames), np.log(sizes)

    random = np.random.default_rng(seed).normal(size=(batch, width, count))
    rows = run(np.concatenate([references, np.repeat(references, count, axis=0)]), transient)
    rows = placed(rows, np.linalg.qr(random)[0])
    settling = steps // 10 if separation_transient is None else separation_transient
    for _ in range(-(-settling // interval)):
        rows, _ = pulled_back(run(rows, interval))
    growth = []
    for _ in range(steps // interval):
        rows, new = pulled_back(run(rows, interval))
        growth.append(new)
    array = np.stack(growth, axis=1)
    errors = block_errors(array, np.full(len(growth), interval), dt)
    return TwinExponents(array.sum(1) / (steps * dt), errors, array, interval, dt, rows[:batch])
