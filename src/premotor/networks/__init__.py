"""A circuit as dynamics: networks, and the maps from sensors to neurons and from neurons to actuators."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.networks.base import Baseline, BuildContext, Edges, Network, Prepared
    from premotor.networks.baselines import GRUNetwork, MLPNetwork
    from premotor.networks.controller.afferents import spindle_primary, spindle_secondary, tendon_organ, unit_force
    from premotor.networks.controller.calibration import calibrated, smooth_noise
    from premotor.networks.controller.controller import Controller, build_controller
    from premotor.networks.controller.loop import Loop, Wires, wire
    from premotor.networks.controller.normalizer import Normalizer
    from premotor.networks.controller.populations import (
        PopulationSettings,
        hops_to,
        input_neurons,
        neurons_where,
        output_neurons,
    )
    from premotor.networks.controller.settings import LoopInput, LoopOutput, LoopSettings, MapSettings
    from premotor.networks.layered import LayeredNetwork
    from premotor.networks.product import Product
    from premotor.networks.random_rate import RandomRateNetwork
    from premotor.networks.rate import RateNetwork
    from premotor.networks.settings import (
        NETWORKS,
        BaselineSettings,
        GRUSettings,
        LayeredNetworkSettings,
        LearningRates,
        MLPSettings,
        RandomRateSettings,
        RateNetworkSettings,
        VNCSettings,
        baseline_settings,
        is_baseline,
    )
    from premotor.networks.spiking.clock_driven.network import LIFNetwork, LIFSettings, Spikes
    from premotor.networks.stimulated import stimulate
    from premotor.networks.stimulation import (
        ConstantDrive,
        Drive,
        FileDrive,
        PoissonDrive,
        PulseDrive,
        Stimulus,
        make_stimulus,
        positions_of,
    )
    from premotor.networks.trained import network_arrays, started_from
    from premotor.networks.vnc import VNCNetwork
    from premotor.networks.vnc_parameters import VNCParameters
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "Baseline",
    "BaselineSettings",
    "BuildContext",
    "Edges",
    "Prepared",
    "Network",
    "ConstantDrive",
    "Controller",
    "Drive",
    "FileDrive",
    "GRUNetwork",
    "GRUSettings",
    "LIFNetwork",
    "LIFSettings",
    "LayeredNetwork",
    "LayeredNetworkSettings",
    "LearningRates",
    "Loop",
    "LoopInput",
    "LoopOutput",
    "LoopSettings",
    "MLPNetwork",
    "MLPSettings",
    "MapSettings",
    "NETWORKS",
    "Normalizer",
    "PoissonDrive",
    "PopulationSettings",
    "Product",
    "PulseDrive",
    "RandomRateNetwork",
    "RandomRateSettings",
    "RateNetwork",
    "RateNetworkSettings",
    "Spikes",
    "Stimulus",
    "VNCNetwork",
    "VNCParameters",
    "VNCSettings",
    "Wires",
    "build_controller",
    "calibrated",
    "hops_to",
    "input_neurons",
    "baseline_settings",
    "is_baseline",
    "make_stimulus",
    "network_arrays",
    "neurons_where",
    "output_neurons",
    "positions_of",
    "smooth_noise",
    "spindle_primary",
    "spindle_secondary",
    "started_from",
    "stimulate",
    "tendon_organ",
    "unit_force",
    "wire",
]
