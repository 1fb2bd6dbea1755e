"""Dynamics of networks: Lyapunov spectra, the transition to chaos, and training on the spectrum."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.runs.dynamics.building import (
        DynamicsNetwork as DynamicsNetwork,
        Member as Member,
        network_seed as network_seed,
    )
    from premotor.runs.dynamics.measuring import Measurement as Measurement
    from premotor.runs.dynamics.result import (
        DynamicsResult as DynamicsResult,
        dynamics as dynamics,
        load_dynamics as load_dynamics,
    )
    from premotor.runs.dynamics.settings import (
        MODELS as MODELS,
        BenchmarkSettings as BenchmarkSettings,
        ConvergenceSettings as ConvergenceSettings,
        DynamicsTrainSettings as DynamicsTrainSettings,
        NetworksSettings as NetworksSettings,
        TransitionSettings as TransitionSettings,
        VarianceSettings as VarianceSettings,
    )
    from premotor.runs.dynamics.spectrum import SpectrumHooks as SpectrumHooks
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
