"""Dynamics of networks: Lyapunov spectra, the transition to chaos, and training on the spectrum."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.runs.dynamics.measuring import Measurement
    from premotor.runs.dynamics.result import DynamicsResult, dynamics, load_dynamics
    from premotor.runs.dynamics.settings import (
        BenchmarkSettings,
        ConvergenceSettings,
        DynamicsTrainSettings,
        NetworksSettings,
        TransitionSettings,
        VarianceSettings,
    )
    from premotor.runs.dynamics.spectrum import SpectrumHooks
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "BenchmarkSettings",
    "ConvergenceSettings",
    "DynamicsResult",
    "DynamicsTrainSettings",
    "Measurement",
    "NetworksSettings",
    "SpectrumHooks",
    "TransitionSettings",
    "VarianceSettings",
    "dynamics",
    "load_dynamics",
]
