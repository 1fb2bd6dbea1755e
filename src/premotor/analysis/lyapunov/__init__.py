"""Lyapunov spectra of maps, networks and differential equations."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.analysis.lyapunov.covariant import (
        CovariantVectors as CovariantVectors,
        covariant_vectors as covariant_vectors,
    )
    from premotor.analysis.lyapunov.delays import DelayMap as DelayMap, delay_map as delay_map
    from premotor.analysis.lyapunov.estimates import (
        entropy_rate as entropy_rate,
        kaplan_yorke_dimension as kaplan_yorke_dimension,
        vector_participation as vector_participation,
    )
    from premotor.analysis.lyapunov.flows import (
        DiffraxMap as DiffraxMap,
        RungeKutta as RungeKutta,
        diffrax_map as diffrax_map,
        runge_kutta as runge_kutta,
    )
    from premotor.analysis.lyapunov.spectrum import (
        LyapunovSpectrum as LyapunovSpectrum,
        attractor_kind as attractor_kind,
        lyapunov_spectrum as lyapunov_spectrum,
        zero_tolerance as zero_tolerance,
    )
    from premotor.analysis.lyapunov.system import NetworkMap as NetworkMap, network_map as network_map
    from premotor.analysis.lyapunov.tangent import random_frame as random_frame, tangent_growth as tangent_growth
    from premotor.analysis.lyapunov.twin import TwinExponents as TwinExponents, twin_exponents as twin_exponents
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
