"""Spiking networks that learn by reward: an event-driven loop, exact between events, and its parts.

Cells, plastic synapses and receptive fields are modules of their own: `cells`, `plasticity`, `homeostasis`, `coding`;
`events` is the loop that joins them, `network` the wiring as plain arrays, `random_wiring` the network of Hasegan et
al. (2022).
"""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.networks.spiking.event_driven.cell import CELLS, RECEPTORS, CellSettings, SpikingCell
    from premotor.networks.spiking.event_driven.circuit_wiring import circuit_network
    from premotor.networks.spiking.event_driven.coding import (
        EvenFields,
        IntervalFields,
        LinearFields,
        LogarithmicFields,
        NormalFields,
        SigmoidFields,
    )
    from premotor.networks.spiking.event_driven.conductance_cell import (
        EXCITATORY,
        FAST_SPIKING,
        LOW_THRESHOLD,
        ConductanceCell,
        ConductanceCellSettings,
    )
    from premotor.networks.spiking.event_driven.network import SpikingNetwork
    from premotor.networks.spiking.event_driven.random_wiring import random_network
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "EXCITATORY",
    "FAST_SPIKING",
    "LOW_THRESHOLD",
    "RECEPTORS",
    "EvenFields",
    "IntervalFields",
    "LinearFields",
    "LogarithmicFields",
    "NormalFields",
    "SigmoidFields",
    "CELLS",
    "CellSettings",
    "ConductanceCell",
    "ConductanceCellSettings",
    "SpikingCell",
    "SpikingNetwork",
    "circuit_network",
    "random_network",
]
