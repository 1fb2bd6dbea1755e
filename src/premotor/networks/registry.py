"""The kinds of network that a controller can be."""

from premotor.networks.rate import RateNetwork, RateNetworkSettings

NETWORKS = {"rate": (RateNetworkSettings, RateNetwork)}
"""Every kind of network: its settings and its class, by the name that `network.kind` takes."""
