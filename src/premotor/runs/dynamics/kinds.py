"""Every kind of experiment about dynamics; importing this registers them."""

from premotor.runs.dynamics.benchmark import Benchmark
from premotor.runs.dynamics.convergence import Convergence
from premotor.runs.dynamics.spectrum import Spectrum
from premotor.runs.dynamics.sweeps import Transition, Variance

__all__ = ["Benchmark", "Convergence", "Spectrum", "Transition", "Variance"]
