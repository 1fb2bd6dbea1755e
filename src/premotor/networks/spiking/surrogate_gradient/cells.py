"""A tick of the conductance cell (see `event_driven.conductance_cell`), in NumPy or JAX.

All events of a tick come at once, and are put together so that rates stay those of events one by one: inhibition
first; then AMPA, each event of which takes the distance to its reversal potential by the factor 1 − w/E, so that many
take it by the product; NMDA at the potential halfway. The threshold is tested only in ticks that bring an event.

The raised threshold and the refractory time are one number q, exp((refractory − time since the spike) / τ): the cell is
refractory while q > 1, and its threshold is raised by q times the rise after that.
"""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np

from premotor.networks.spiking.event_driven.cell import RECEPTORS
from premotor.networks.spiking.event_driven.conductance_cell import ConductanceCellSettings
from premotor.networks.spiking.surrogate_gradient.spike import step
from premotor.on_device import Numbers

HEAVIEST = 0.9
"""An AMPA event takes at most this part of the distance to the reversal potential."""
SLACK = 1e-4
"""q up to 1 + SLACK counts as 1, for the sake of rounding."""
Spike = Callable[[Numbers], Numbers]
"""From the potential above the threshold, mV, to a spike."""


class Cells(NamedTuple):
    """Parameters of cells, (cells, 1) each; of potentials in mV."""

    rest: Numbers
    threshold: Numbers
    block: Numbers
    rise: Numbers
    refractory: Numbers
    """q after a spike."""
    rise_decay: Numbers
    """Of q in a tick."""
    ahp_step: Numbers
    ahp_decay: Numbers
    ampa: Numbers
    """Reversal potentials from rest."""
    nmda: Numbers
    gaba: Numbers
    magnesium: Numbers
    decay: dict[str, Numbers]
    """Of each receptor's potential in a tick."""


class Potentials(NamedTuple):
    """State of cells, (cells, environments) each."""

    receptor: dict[str, Numbers]
    """Potential of each receptor, mV from rest."""
    ahp: Numbers
    """After-hyperpolarisation, mV."""
    q: Numbers
    """Of the raised threshold; 0 for a cell that never fired."""


def cells_of(types: Sequence[ConductanceCellSettings], receptors: Sequence[str], clock: float) -> Cells:
    """Parameters of cells, one entry of `types` for each, with a tick of `clock` ms."""

    def column(of: Callable[[ConductanceCellSettings], float]) -> np.ndarray:
        return np.array([[of(cell)] for cell in types], np.float32)

    def decay(tau: float) -> float:
        return float(np.exp(-clock / tau))

    times = np.array([[decay(tau) for tau in cell.receptor_time_constants] for cell in types], np.float32)
    return Cells(
        rest=column(lambda cell: cell.resting_potential),
        threshold=column(lambda cell: cell.threshold),
        block=column(lambda cell: cell.block),
        rise=column(lambda cell: cell.threshold_rise * (cell.block - cell.threshold)),
        refractory=column(lambda cell: float(np.exp(min(cell.refractory / cell.rise_time_constant, 80.0)))),
        rise_decay=column(lambda cell: decay(cell.rise_time_constant)),
        ahp_step=column(lambda cell: cell.ahp_step),
        ahp_decay=column(lambda cell: decay(cell.ahp_time_constant)),
        ampa=column(lambda cell: cell.ampa_reversal),
        nmda=column(lambda cell: cell.nmda_reversal),
        gaba=column(lambda cell: cell.gaba_reversal),
        magnesium=column(lambda cell: cell.magnesium),
        decay={name: times[:, [RECEPTORS.index(name)]] for name in receptors},
    )


def decayed(cells: Cells, state: Potentials, ticks: int = 1) -> Potentials:
    """The state so many ticks later, without an event."""
    kept = {name: value * cells.decay[name] ** ticks for name, value in state.receptor.items()}
    return Potentials(kept, state.ahp * cells.ahp_decay**ticks, state.q * cells.rise_decay**ticks)


def received(
    cells: Cells, state: Potentials, arrived: Mapping[str, Numbers], spike: Spike, xp: ModuleType
) -> tuple[Potentials, Numbers]:
    """Let the events of a tick reach cells that are up to date; the new state, and who fires.

    Args:
        cells: parameters.
        state: before.
        arrived: by receptor, (cells, environments): of AMPA Σ log(1 − w/E), of NMDA Σ w, of GABA Σ w, at most the
            largest (mV).
        spike: of the potential above the threshold.
        xp: `numpy` or `jax.numpy`.
    """
    receptor = dict(state.receptor)
    u = sum(receptor.values()) + state.ahp
    events: Numbers | float = 0.0
    for name in (name for name in arrived if name.startswith("GA")):
        weight, before = arrived[name], receptor[name]
        change = weight * (1.0 - u / cells.gaba) * step(before - cells.gaba, xp)
        receptor[name] = xp.minimum(before - change, 0.0)
        u, events = u + (receptor[name] - before), events + weight
    low = u
    for name in (name for name in arrived if name.startswith("AM")):
        change = (cells.ampa - u) * (1.0 - xp.exp(arrived[name]))
        receptor[name] = receptor[name] + change
        u, events = u + change, events - arrived[name]
    middle = 0.5 * (low + u)
    for name in (name for name in arrived if name.startswith("NM")):
        unblocked = 1.0 / (1.0 + xp.exp(-0.062 * (cells.rest + middle)) * cells.magnesium)
        open_ = step(cells.nmda - receptor[name], xp)
        change = arrived[name] * unblocked * (1.0 - middle / cells.nmda) * open_
        receptor[name] = receptor[name] + change
        u, events = u + change, events + arrived[name]
    potential = cells.rest + u
    able = step(events, xp) * step(1.0 + SLACK - state.q, xp) * (1.0 - step(potential - cells.block, xp))
    fired = able * spike(potential - cells.threshold - cells.rise * state.q)
    ahp = state.ahp - cells.ahp_step * fired
    return Potentials(receptor, ahp, state.q * (1.0 - fired) + cells.refractory * fired), fired
