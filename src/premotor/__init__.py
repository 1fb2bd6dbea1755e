"""Real connectomes as controllers of simulated bodies.

The names below load the room they live in when they are first used, so that ``import premotor`` stays quick
and touches neither JAX nor MuJoCo.
"""

from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.analysis import lyapunov_spectrum
    from premotor.bodies import build_body
    from premotor.connectome import Circuit, SignPolicy, load_circuit, nulls
    from premotor.networks import Controller, LIFNetwork, RateNetwork, VNCNetwork
    from premotor.runs import Experiment, Run, evaluate, resume, simulate, train
    from premotor.studies import compare
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__version__ = "0.1.0"

__all__ = [
    "Circuit",
    "Controller",
    "Experiment",
    "LIFNetwork",
    "PremotorError",
    "RateNetwork",
    "Run",
    "SignPolicy",
    "VNCNetwork",
    "__version__",
    "build_body",
    "compare",
    "evaluate",
    "load_circuit",
    "lyapunov_spectrum",
    "nulls",
    "resume",
    "simulate",
    "train",
]
