"""Real connectomes as controllers of simulated bodies.

The names below load the room they live in when they are first used, so that ``import premotor`` stays quick
and touches neither JAX nor MuJoCo.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from premotor.errors import PremotorError

if TYPE_CHECKING:  # the same names for type checkers and editors, which do not run `__getattr__`
    from premotor.analysis import lyapunov_spectrum as lyapunov_spectrum
    from premotor.bodies import build_body as build_body
    from premotor.connectome import Circuit as Circuit
    from premotor.connectome import SignPolicy as SignPolicy
    from premotor.connectome import load_circuit as load_circuit
    from premotor.connectome import nulls as nulls
    from premotor.networks import Controller as Controller
    from premotor.networks import LIFNetwork as LIFNetwork
    from premotor.networks import RateNetwork as RateNetwork
    from premotor.networks import VNCNetwork as VNCNetwork
    from premotor.runs import Experiment as Experiment
    from premotor.runs import Run as Run
    from premotor.runs import evaluate as evaluate
    from premotor.runs import resume as resume
    from premotor.runs import simulate as simulate
    from premotor.runs import train as train
    from premotor.studies import compare as compare

__version__ = "0.1.0"

_ROOMS = {
    "Circuit": "premotor.connectome",
    "Controller": "premotor.networks",
    "Experiment": "premotor.runs",
    "LIFNetwork": "premotor.networks",
    "RateNetwork": "premotor.networks",
    "Run": "premotor.runs",
    "SignPolicy": "premotor.connectome",
    "VNCNetwork": "premotor.networks",
    "build_body": "premotor.bodies",
    "compare": "premotor.studies",
    "evaluate": "premotor.runs",
    "load_circuit": "premotor.connectome",
    "lyapunov_spectrum": "premotor.analysis",
    "resume": "premotor.runs",
    "simulate": "premotor.runs",
    "train": "premotor.runs",
}
"""The room of every public name that is loaded at its first use."""

_MODULES = {
    "nulls": "premotor.connectome.nulls",
}
"""The same for public modules."""

__all__ = ["PremotorError", "__version__", *_ROOMS, *_MODULES]


if not TYPE_CHECKING:  # a type checker that saw it would let any name pass

    def __getattr__(name: str) -> Any:
        if name in _ROOMS:
            value = getattr(import_module(_ROOMS[name]), name)
        elif name in _MODULES:
            value = import_module(_MODULES[name])
        else:
            raise AttributeError(f"module 'premotor' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
