"""Lyapunov spectra of maps, networks and differential equations."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.analysis.lyapunov.covariant import CovariantVectors, covariant_vectors
    from premotor.analysis.lyapunov.estimates import entropy_rate, kaplan_yorke_dimension, vector_participation
    from premotor.analysis.lyapunov.flows import DiffraxMap, RungeKutta, diffrax_map, runge_kutta
    from premotor.analysis.lyapunov.network_map import NetworkMap, network_map
    from premotor.analysis.lyapunov.spectrum import LyapunovSpectrum, attractor_kind, lyapunov_spectrum, zero_tolerance
    from premotor.analysis.lyapunov.tangent import random_frame, tangent_growth
    from premotor.analysis.lyapunov.twin import TwinExponents, twin_exponents
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "CovariantVectors",
    "DiffraxMap",
    "LyapunovSpectrum",
    "NetworkMap",
    "RungeKutta",
    "TwinExponents",
    "attractor_kind",
    "covariant_vectors",
    "diffrax_map",
    "entropy_rate",
    "kaplan_yorke_dimension",
    "lyapunov_spectrum",
    "network_map",
    "random_frame",
    "runge_kutta",
    "tangent_growth",
    "twin_exponents",
    "vector_participation",
    "zero_tolerance",
]
