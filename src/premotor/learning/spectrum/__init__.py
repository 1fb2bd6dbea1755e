"""Learning on the Lyapunov spectrum: losses, gradients, free parameters and descent."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.spectrum.descent import (
        DescentState as DescentState,
        GradientCheck as GradientCheck,
        Parts as Parts,
        check_gradient as check_gradient,
        evolution_gradient as evolution_gradient,
        gradient_of as gradient_of,
        initialise as initialise,
        iterate as iterate,
        objective as objective,
        outcome as outcome,
    )
    from premotor.learning.spectrum.free_parameters import FreeNetwork as FreeNetwork, free as free
    from premotor.learning.spectrum.losses import spectrum_loss as spectrum_loss
    from premotor.learning.spectrum.sequence import (
        PhaseTask as PhaseTask,
        SequenceTask as SequenceTask,
    )
    from premotor.learning.spectrum.settings import (
        LOSSES as LOSSES,
        TARGETS as TARGETS,
        FreedomSettings as FreedomSettings,
        GradientSettings as GradientSettings,
        LossSettings as LossSettings,
        PhaseTaskSettings as PhaseTaskSettings,
        SpectrumSettings as SpectrumSettings,
        TrainableSettings as TrainableSettings,
    )
    from premotor.learning.spectrum.window_exponents import Plan as Plan, network_exponents as network_exponents
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
