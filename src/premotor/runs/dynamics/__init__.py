"""Dynamics of networks: Lyapunov spectra, the transition to chaos, and training on the spectrum."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.runs.dynamics.benchmark import benchmark
    from premotor.runs.dynamics.convergence import convergence
    from premotor.runs.dynamics.folder import DynamicsResult
    from premotor.runs.dynamics.loading import dump_dynamics, load_dynamics
    from premotor.runs.dynamics.settings import (
        BenchmarkSettings,
        ConvergenceSettings,
        DynamicsTrainSettings,
        TransitionSettings,
        VarianceSettings,
    )
    from premotor.runs.dynamics.sweeps import spectra_by_variance, transition
    from premotor.runs.dynamics.training import train_spectrum
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "BenchmarkSettings",
    "ConvergenceSettings",
    "DynamicsResult",
    "DynamicsTrainSettings",
    "TransitionSettings",
    "VarianceSettings",
    "benchmark",
    "convergence",
    "dump_dynamics",
    "load_dynamics",
    "spectra_by_variance",
    "train_spectrum",
    "transition",
]
