"""Learning on the Lyapunov spectrum: losses, gradients, free parameters and descent."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.spectrum.descent import (
        DescentState,
        GradientCheck,
        Parts,
        check_gradient,
        evolution_gradient,
        gradient_of,
        initialise,
        iterate,
        objective,
        outcome,
    )
    from premotor.learning.spectrum.free_parameters import FreeNetwork, free
    from premotor.learning.spectrum.losses import spectrum_loss
    from premotor.learning.spectrum.sequence import PhaseTask, SequenceTask
    from premotor.learning.spectrum.settings import (
        FreedomSettings,
        GradientSettings,
        LossSettings,
        PhaseTaskSettings,
        SpectrumSettings,
        TrainableSettings,
    )
    from premotor.learning.spectrum.window_exponents import Plan, network_exponents
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "DescentState",
    "FreeNetwork",
    "FreedomSettings",
    "GradientCheck",
    "GradientSettings",
    "LossSettings",
    "Parts",
    "PhaseTask",
    "PhaseTaskSettings",
    "Plan",
    "SequenceTask",
    "SpectrumSettings",
    "TrainableSettings",
    "check_gradient",
    "evolution_gradient",
    "free",
    "gradient_of",
    "initialise",
    "iterate",
    "network_exponents",
    "objective",
    "outcome",
    "spectrum_loss",
]
