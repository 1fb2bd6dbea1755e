"""Lyapunov spectra of maps: the running computation, its stopping rule, its result and the attractor it tells of."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.lyapunov.estimates import entropy_rate, kaplan_yorke_dimension
from premotor.analysis.lyapunov.run import IntervalChoice, Run
from premotor.analysis.lyapunov.system import Precision, in_precision, made
from premotor.analysis.lyapunov.tangent import random_frame
from premotor.errors import PremotorError
from premotor.on_device import PyTree


@dataclass(frozen=True)
class LyapunovSpectrum:
    """Lyapunov exponents and how sure they are; `…` stands for the axes of the batch, if any.

    Attributes:
        exponents: in 1 / (unit of dt), in the order of the frame (descending but for noise), (…, k).
        standard_errors: of the exponents, from the scatter of the means of 20 blocks of equal time, (…, k); NaN
            with fewer intervals than two a block. They hold where the blocks are longer than the correlations.
        growth: ln |diag R| of every interval, (…, intervals, k).
        durations: steps in every interval, (intervals,).
        dt: time of one step.
        qr_interval: steps between two orthonormalisations, at the end.
        largest_spread: largest ln of the ratio of two growth factors within one interval; to be kept below
            18 in float64, 7 in float32.
        steps: steps that were averaged over, transients not among them.
        transient: steps before, of the state alone.
        frame_transient: steps after these, of state and frame.
        converged: whether all standard errors are within the tolerance asked for; False if none was.
        driven: whether the map had inputs; the exponents are then conditional on them.
        participation: participation ratio of the frame's vectors, mean over the intervals, (…, k). The first is the
            leading covariant vector; the others span the leading subspaces (backward Lyapunov vectors).
        movement: ‖step(x) − x‖ / (‖x‖ + 1) at the end, (…,): 0 at a fixed point.
        state: at the end, (…, n).
        frame: at the end, (…, n, k).
    """

    exponents: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    growth: NDArray[np.float64]
    durations: NDArray[np.int64]
    dt: float
    qr_interval: int
    largest_spread: float
    steps: int
    transient: int
    frame_transient: int
    converged: bool
    driven: bool
    participation: NDArray[np.float64]
    movement: NDArray[np.float64]
    state: NDArray[np.floating]
    frame: NDArray[np.floating]

    @property
    def times(self) -> NDArray[np.float64]:
        """Time at the end of every interval since averaging began, (intervals,)."""
        return np.cumsum(self.durations).astype(np.float64) * self.dt

    @property
    def history(self) -> NDArray[np.float64]:
        """Running estimate of the exponents at `times`, (…, intervals, k)."""
        return np.cumsum(self.growth, axis=-2) / self.times[:, None]

    @property
    def kaplan_yorke_dimension(self) -> NDArray[np.float64]:
        """Kaplan–Yorke dimension, (…,); NaN where it needs more exponents (see `kaplan_yorke_dimension`)."""
        return kaplan_yorke_dimension(self.exponents, self.state.shape[-1])

    @property
    def entropy(self) -> NDArray[np.float64]:
        """Sum of the positive exponents, (…,), in nats per unit of time; NaN where it needs more exponents."""
        return entropy_rate(self.exponents, self.state.shape[-1])


def lyapunov_spectrum(
    step: Callable[..., Array],
    state: ArrayLike,
    *,
    exponents: int | None = None,
    steps: int,
    dt: float = 1.0,
    transient: int | None = None,
    frame_transient: int | None = None,
    qr_interval: int | None = None,
    parameters: PyTree = None,
    inputs: PyTree = None,
    tolerance: float | None = None,
    key: Array | None = None,
    precision: Precision = "float64",
) -> LyapunovSpectrum:
    """Leading Lyapunov exponents of a map, by its exact tangent dynamics (Benettin et al. 1980).

    First the state alone takes `transient` steps, then state and frame take `frame_transient` steps, and only the
    growth during the `steps` after these is averaged, over the time of these alone.

    The program is compiled once for each `step` and each shape, and again for no other reason. A plain function
    counts as another `step` each time it is made anew; to try many weights with one program, make `step` a
    `jax.tree_util.Partial`, an `equinox.Module` (such as `network_map` gives), or pass `parameters`.

    Args:
        step: the map, (n,) → (n,), in JAX. It is called with the parameters first, if there are any, then the state,
            then the input, if there are any. It may be anything: a network (`network_map`), a step of a
            differential equation (`runge_kutta`, `diffrax_map`), a closure.
        state: where to start, (n,), or a batch (…, n) of states that are treated alike, in one program.
        exponents: number k of leading exponents; all n when None.
        steps: number of steps to average over; with `tolerance`, the most.
        dt: time of one step, which the exponents are divided by.
        transient: steps of the state before all else; a tenth of `steps` when None.
        frame_transient: further steps, in which the frame turns to its directions; a tenth of `steps` when None.
        qr_interval: steps between two orthonormalisations; when None it is chosen, and chosen again while it runs,
            such that the columns within an interval diverge by no more than the precision allows (a ratio of 1e8 in
            float64, 1e3 in float32).
        parameters: tree of arrays, handed to `step`; each begins with the axes of the batch.
        inputs: what drives the map: an array (or a tree of arrays) with one entry a step, transients included, or a
            function of the number of the step. All of a batch share it. The exponents are then conditional ones:
            λ1 < 0 says that the state comes to depend on the input alone.
        tolerance: stop as soon as all standard errors are within it.
        key: of `jax.random`, for the first frame; `jax.random.key(0)` when None.
        precision: "float64", whatever JAX is set to, or "float32".

    Returns:
        The spectrum, arrays with the axes of the batch in front.

    Raises:
        PremotorError: a number out of its range, shapes that do not agree, inputs that are too short, or a state that
            does not stay finite.
    """
    transient = steps // 10 if transient is None else transient
    frame_transient = steps // 10 if frame_transient is None else frame_transient
    _check_numbers(steps, dt, transient, frame_transient, qr_interval, tolerance)
    with in_precision(precision) as dtype:
        total = transient + frame_transient + steps
        system, parameters, states, batch = made(step, state, parameters, inputs, total, dtype)
        size = states.shape[-1]
        k = size if exponents is None else exponents
        if not 1 <= k <= size:
            raise PremotorError(f"exponents is {k}; a state of {size} numbers has 1 to {size}")
        run = Run.start(system, parameters, states, precision, qr_interval, steps)
        run.move(transient)
        run.add_frame(random_frame(jax.random.key(0) if key is None else key, size, k, dtype))
        run.measure(frame_transient)
        run.forget()
        while run.measured < steps:
            run.measure(steps - run.measured, chunks=1)
            if tolerance is not None and (run.errors(dt) <= tolerance).all():
                break
        if qr_interval is not None:
            _warn_if_too_long(run.choice)
        growth = np.concatenate(run.growth, axis=1)
        errors = run.errors(dt)

        def shaped(array: ArrayLike) -> NDArray:
            return np.array(array).reshape((*batch, *np.shape(array)[1:]))

        return LyapunovSpectrum(
            exponents=shaped(growth.sum(1) / (run.measured * dt)),
            standard_errors=shaped(errors),
            growth=shaped(growth),
            durations=np.array(run.durations),
            dt=dt,
            qr_interval=run.choice.interval,
            largest_spread=run.choice.largest,
            steps=run.measured,
            transient=transient,
            frame_transient=frame_transient,
            converged=tolerance is not None and bool((errors <= tolerance).all()),
            driven=inputs is not None,
            participation=shaped(run.participation / len(run.durations)),
            movement=shaped(run.movement()),
            state=shaped(run.states),
            frame=shaped(run.frames),
        )


def _check_numbers(
    steps: int, dt: float, transient: int, frame_transient: int, qr_interval: int | None, tolerance: float | None
) -> None:
    least = {"steps": (steps, 1), "transient": (transient, 0), "frame_transient": (frame_transient, 0)}
    if qr_interval is not None:
        least["qr_interval"] = (qr_interval, 1)
    for name, (value, allowed) in least.items():
        if value < allowed:
            raise PremotorError(f"{name} is {value}; at least {allowed} is needed")
    for name, number in (("dt", dt), ("tolerance", tolerance)):
        if number is not None and not number > 0:
            raise PremotorError(f"{name} is {number}; it must be positive")


def _warn_if_too_long(choice: IntervalChoice) -> None:
    if choice.largest > choice.hopeless and choice.interval > 1:
        warnings.warn(
            f"within a qr_interval of {choice.interval} steps the columns of the frame diverged by a factor of "
            f"e^{choice.largest:.0f}, more than {choice.precision} resolves; the last exponents are wrong",
            RuntimeWarning,
            stacklevel=3,
        )


AttractorKind = Literal["fixed point", "unstable fixed point", "limit cycle", "torus", "chaos"]
AT_REST = 1e-9
"""Relative movement in one step below which a state counts as resting."""


def zero_tolerance(spectrum: LyapunovSpectrum) -> NDArray[np.float64]:
    """How far from 0 an exponent may be estimated that is 0, (…, k): 3 standard errors + 1 / time.

    The second term is there since the growth along a neutral direction is bounded, but not zero: its mean falls off
    as 1 / time without any scatter. Where no standard error is known, the exponents of the history's second half tell
    the scatter instead.
    """
    time = spectrum.times[-1]
    half = spectrum.history[..., spectrum.history.shape[-2] // 2 :, :]
    with np.errstate(invalid="ignore"):
        range_ = half.max(-2) - half.min(-2)
    errors = np.where(np.isnan(spectrum.standard_errors), range_, spectrum.standard_errors)
    return 3 * np.nan_to_num(errors) + 1 / time


def attractor_kind(spectrum: LyapunovSpectrum, tolerance: float | None = None) -> str | NDArray[np.str_]:
    """Label of the attractor: how many exponents are positive and how many are zero within the tolerance.

    | label | leading exponents |
    |---|---|
    | fixed point | all negative, and the state rests |
    | unstable fixed point | one positive, but the state rests: it started there and never left |
    | limit cycle | one zero; or all negative while the state moves (a cycle of a map) |
    | torus | two or more zero, none positive |
    | chaos | one positive |

    It is a statement about the time that was averaged over: a slow transient looks like a torus or like chaos, and an
    exponent nearer to zero than the tolerance counts as zero.

    Args:
        spectrum: of an autonomous map or flow. Two exponents at least tell a torus from a limit cycle.
        tolerance: how far from zero counts as zero; `zero_tolerance(spectrum)` when None.

    Returns:
        One label, or an array of them with the axes of the batch.

    Raises:
        PremotorError: the map was driven by inputs: its exponents do not tell the kind of attractor.
    """
    if spectrum.driven:
        raise PremotorError(
            "the spectrum is conditional on inputs and tells no kind of attractor; "
            "a negative first exponent means that the state depends on the input alone"
        )
    allowed = zero_tolerance(spectrum) if tolerance is None else np.asarray(tolerance)
    values = spectrum.exponents
    positive = (values > allowed).any(-1)
    zeros = (np.abs(values) <= allowed).sum(-1)
    resting = spectrum.movement <= AT_REST
    labels = np.select(
        [positive & resting, positive, resting, zeros >= 2],
        ["unstable fixed point", "chaos", "fixed point", "torus"],
        "limit cycle",
    )
    return str(labels) if labels.ndim == 0 else labels
