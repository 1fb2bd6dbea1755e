"""A circuit as dynamics: networks, and the maps from sensors to neurons and from neurons to actuators."""

from premotor.networks.calibration import calibrated, smooth_noise
from premotor.networks.controller import Controller, MapSettings, build_controller
from premotor.networks.initial import input_normalised, scale_to_radius, spectral_radius
from premotor.networks.normalizer import Normalizer
from premotor.networks.populations import PopulationSettings, hops_to, input_neurons, output_neurons
from premotor.networks.product import Product
from premotor.networks.rate import LearningRates, RateNetwork, RateNetworkSettings

NETWORKS = {"rate": (RateNetworkSettings, RateNetwork)}
"""Every kind of network: its settings and its class, by the name that `network.kind` takes."""

__all__ = [
    "NETWORKS",
    "Controller",
    "LearningRates",
    "MapSettings",
    "Normalizer",
    "PopulationSettings",
    "Product",
    "RateNetwork",
    "RateNetworkSettings",
    "build_controller",
    "calibrated",
    "hops_to",
    "input_neurons",
    "input_normalised",
    "output_neurons",
    "scale_to_radius",
    "smooth_noise",
    "spectral_radius",
]
