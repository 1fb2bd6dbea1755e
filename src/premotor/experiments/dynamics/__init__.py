"""Dynamics of networks: Lyapunov spectra, the transition to chaos, and training on the spectrum."""

from premotor.experiments.dynamics.benchmark import benchmark
from premotor.experiments.dynamics.convergence import convergence
from premotor.experiments.dynamics.folder import DynamicsResult
from premotor.experiments.dynamics.loading import dump_dynamics, load_dynamics
from premotor.experiments.dynamics.settings import (
    BenchmarkSettings,
    ConvergenceSettings,
    DynamicsTrainSettings,
    TransitionSettings,
    VarianceSettings,
)
from premotor.experiments.dynamics.sweeps import spectra_by_variance, transition
from premotor.experiments.dynamics.training import train_spectrum

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
