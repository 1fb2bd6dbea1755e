"""The kinds of network that a controller can be."""

from typing import Any

from premotor.networks.baselines import GRUNetwork, GRUSettings, MLPNetwork, MLPSettings
from premotor.networks.layered import LayeredNetwork, LayeredNetworkSettings
from premotor.networks.rate import RateNetwork, RateNetworkSettings

NETWORKS: dict[str, tuple[Any, Any]] = {
    "rate": (RateNetworkSettings, RateNetwork),
    "layered": (LayeredNetworkSettings, LayeredNetwork),
    "mlp": (MLPSettings, MLPNetwork),
    "gru": (GRUSettings, GRUNetwork),
}
"""Every kind of network: its settings and its class, by the name that `network.kind` takes."""
