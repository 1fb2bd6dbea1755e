"""What kind of attractor a spectrum tells of."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from premotor.analysis.lyapunov.spectrum import LyapunovSpectrum
from premotor.errors import PremotorError

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
