"""Spiking networks that learn by reward: an event-driven loop, exact between events, and its parts.

Cells, plastic synapses and receptive fields are modules of their own: `cells`, `plasticity`, `homeostasis`, `coding`;
`events` is the loop that joins them, `network` the wiring as plain arrays, `random_wiring` draws networks that
`random_settings` describes, by default that of Hasegan et al. (2022).
"""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.networks.spiking.event_driven.cell import (
        CELLS as CELLS,
        RECEPTORS as RECEPTORS,
        CellSettings as CellSettings,
        SpikingCell as SpikingCell,
    )
    from premotor.networks.spiking.event_driven.circuit_wiring import circuit_network as circuit_network
    from premotor.networks.spiking.event_driven.coding import (
        EvenFields as EvenFields,
        IntervalFields as IntervalFields,
        LinearFields as LinearFields,
        LogarithmicFields as LogarithmicFields,
        NormalFields as NormalFields,
        SigmoidFields as SigmoidFields,
    )
    from premotor.networks.spiking.event_driven.conductance_cell import (
        EXCITATORY as EXCITATORY,
        FAST_SPIKING as FAST_SPIKING,
        LOW_THRESHOLD as LOW_THRESHOLD,
        ConductanceCell as ConductanceCell,
        ConductanceCellSettings as ConductanceCellSettings,
    )
    from premotor.networks.spiking.event_driven.network import SpikingNetwork as SpikingNetwork
    from premotor.networks.spiking.event_driven.random_settings import (
        GainSettings as GainSettings,
        NoiseSettings as NoiseSettings,
        PopulationSettings as PopulationSettings,
        ProjectionSettings as ProjectionSettings,
        RandomNetworkSettings as RandomNetworkSettings,
        StimulusSettings as StimulusSettings,
        SynapseSettings as SynapseSettings,
    )
    from premotor.networks.spiking.event_driven.random_wiring import random_network as random_network
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
