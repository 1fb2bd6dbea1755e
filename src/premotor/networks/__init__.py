"""A circuit as dynamics: networks, and the maps from sensors to neurons and from neurons to actuators."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.networks.base import (
        Baseline as Baseline,
        BuildContext as BuildContext,
        Edges as Edges,
        Network as Network,
        Prepared as Prepared,
        network_arrays as network_arrays,
        started_from as started_from,
    )
    from premotor.networks.baselines import GRUNetwork as GRUNetwork, MLPNetwork as MLPNetwork
    from premotor.networks.cell_types import CellTypeNetwork as CellTypeNetwork
    from premotor.networks.controller.calibration import (
        Normalizer as Normalizer,
        calibrated as calibrated,
        normalized as normalized,
        smooth_noise as smooth_noise,
    )
    from premotor.networks.controller.controller import Controller as Controller, build_controller as build_controller
    from premotor.networks.controller.forward import Forward as Forward, forward_pass as forward_pass
    from premotor.networks.controller.loop import (
        Loop as Loop,
        Wires as Wires,
        spindle_primary as spindle_primary,
        spindle_secondary as spindle_secondary,
        tendon_organ as tendon_organ,
        unit_force as unit_force,
        wire as wire,
    )
    from premotor.networks.controller.muscles import (
        MuscleWires as MuscleWires,
        Place as Place,
        places as places,
        wire_muscles as wire_muscles,
    )
    from premotor.networks.controller.populations import (
        PopulationSettings as PopulationSettings,
        hops_to as hops_to,
        input_neurons as input_neurons,
        neurons_where as neurons_where,
        output_neurons as output_neurons,
    )
    from premotor.networks.controller.settings import (
        LoopInput as LoopInput,
        LoopOutput as LoopOutput,
        LoopSettings as LoopSettings,
        MapSettings as MapSettings,
        MuscleMapSettings as MuscleMapSettings,
        Sense as Sense,
    )
    from premotor.networks.direct import DirectNetwork as DirectNetwork, DisconnectedNetwork as DisconnectedNetwork
    from premotor.networks.layered import LayeredNetwork as LayeredNetwork
    from premotor.networks.perturbed import PerturbedNetwork as PerturbedNetwork
    from premotor.networks.product import Product as Product
    from premotor.networks.random_rate import RandomRateNetwork as RandomRateNetwork
    from premotor.networks.rate import RateNetwork as RateNetwork
    from premotor.networks.settings import (
        ACTIVATIONS as ACTIVATIONS,
        NETWORKS as NETWORKS,
        BaselineSettings as BaselineSettings,
        CellTypeSettings as CellTypeSettings,
        GRUSettings as GRUSettings,
        LayeredNetworkSettings as LayeredNetworkSettings,
        LearningRates as LearningRates,
        MLPSettings as MLPSettings,
        RandomRateSettings as RandomRateSettings,
        RateNetworkSettings as RateNetworkSettings,
        VNCSettings as VNCSettings,
        baseline_settings as baseline_settings,
        is_baseline as is_baseline,
    )
    from premotor.networks.spiking.clock_driven.microcircuit import (
        Microcircuit as Microcircuit,
        potjans_diesmann as potjans_diesmann,
    )
    from premotor.networks.spiking.clock_driven.network import (
        Delays as Delays,
        LIFNetwork as LIFNetwork,
        LIFSettings as LIFSettings,
        Spikes as Spikes,
    )
    from premotor.networks.spiking.clock_driven.populations import (
        Projection as Projection,
        connect_populations as connect_populations,
    )
    from premotor.networks.spiking.surrogate_gradient.network import (
        SurrogateGradientNetwork as SurrogateGradientNetwork,
    )
    from premotor.networks.spiking.surrogate_gradient.settings import (
        ClockedWiring as ClockedWiring,
        SurrogateGradientSettings as SurrogateGradientSettings,
    )
    from premotor.networks.stimulated import stimulate as stimulate
    from premotor.networks.stimulation import (
        ConstantDrive as ConstantDrive,
        Drive as Drive,
        FileDrive as FileDrive,
        PoissonDrive as PoissonDrive,
        PulseDrive as PulseDrive,
        Stimulus as Stimulus,
        make_stimulus as make_stimulus,
        positions_of as positions_of,
    )
    from premotor.networks.vnc import VNCNetwork as VNCNetwork, VNCParameters as VNCParameters
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
