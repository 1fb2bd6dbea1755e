"""Real connectomes as controllers of simulated bodies.

The names below load the room they live in when they are first used, so that ``import premotor`` stays quick
and touches neither JAX nor MuJoCo.
"""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor import report as report
    from premotor.analysis import lyapunov_spectrum as lyapunov_spectrum
    from premotor.bodies import build_body as build_body
    from premotor.connectome import (
        Circuit as Circuit,
        SignPolicy as SignPolicy,
        load_circuit as load_circuit,
        nulls as nulls,
    )
    from premotor.errors import PremotorError as PremotorError
    from premotor.networks import (
        Controller as Controller,
        LIFNetwork as LIFNetwork,
        RateNetwork as RateNetwork,
        VNCNetwork as VNCNetwork,
    )
    from premotor.report import plot as plot
    from premotor.runs import (
        Experiment as Experiment,
        Run as Run,
        circuits as circuits,
        evaluate as evaluate,
        load_controller as load_controller,
        play as play,
        presets as presets,
        resume as resume,
        simulate as simulate,
        train as train,
    )
    from premotor.studies import compare as compare, study as study, sweep as sweep
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, "__version__")

__version__ = "0.1.0"
