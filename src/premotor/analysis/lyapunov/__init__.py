"""Lyapunov spectra of maps, networks and differential equations."""

from premotor.analysis.lyapunov.dimension import entropy_rate, kaplan_yorke_dimension, vector_participation
from premotor.analysis.lyapunov.spectrum import LyapunovSpectrum, lyapunov_spectrum
from premotor.analysis.lyapunov.tangent import random_frame, tangent_growth

__all__ = [
    "LyapunovSpectrum",
    "entropy_rate",
    "kaplan_yorke_dimension",
    "lyapunov_spectrum",
    "random_frame",
    "tangent_growth",
    "vector_participation",
]
