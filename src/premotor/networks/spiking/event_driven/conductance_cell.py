"""The cell of Hasegan et al. (2022): six receptors, driving forces, a relative refractory period.

State of a cell, a row of an array: when it was last brought up to date (ms), the potentials of the six receptors
and the after-hyperpolarisation (mV from rest), and when its refractory time ended (ms; −inf before the first
spike). The raised threshold after a spike follows from that time, so that it needs no state of its own.
"""

from collections.abc import Sequence
from math import exp
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from premotor.compiling import copied
from premotor.networks.spiking.event_driven.cell import CELLS, CellSettings, SpikingCell

LAST, FIRST, AHP, READY, COLUMNS = 0, 1, 7, 8, 9
"""Columns of a cell's state: time, first receptor, after-hyperpolarisation, end of the refractory time."""

REST, THRESHOLD, BLOCK, REFRACTORY, AHP_STEP, AHP_RATE, RISE, RISE_RATE, AMPA, NMDA, GABA, MAGNESIUM, RATE = range(13)
"""Columns of a cell type's parameters; from RATE on, 1/τ of the receptors (1/ms)."""

TAUS_OF_RISE = 40.0
"""After so many time constants the raised threshold is the plain one, to the last bit."""


class ConductanceCellSettings(CellSettings):
    """A type of cell; the defaults are the excitatory cell of Hasegan et al. (2022)."""

    kind: Literal["conductance"] = "conductance"
    resting_potential: float = -65.0
    """mV."""
    threshold: float = -40.0
    """mV."""
    block: float = -25.0
    """Above this the cell does not fire (depolarisation block), mV."""
    refractory: float = Field(5.0, ge=0.1)
    """ms."""
    ahp_step: float = Field(1.0, ge=0)
    """What a spike takes from the after-hyperpolarisation, mV."""
    ahp_time_constant: float = Field(400.0, gt=0)
    """ms."""
    threshold_rise: float = Field(0.75, ge=0)
    """After a spike the threshold is raised by this fraction of its distance to the block."""
    rise_time_constant: float = Field(8.0, gt=0)
    """ms."""
    receptor_time_constants: tuple[float, float, float, float, float, float] = (10.0, 300.0, 10.0, 20.0, 300.0, 20.0)
    """Of AM, NM, GA, AM2, NM2, GA2, ms."""
    ampa_reversal: float = Field(65.0, gt=0)
    """mV from rest, as the next two."""
    nmda_reversal: float = Field(90.0, gt=0)
    gaba_reversal: float = Field(-15.0, lt=0)
    magnesium: float = Field(1.6 / 3.57, ge=0)
    """Concentration over the half-blocking one, of the NMDA receptor's block."""


EXCITATORY = ConductanceCellSettings()
FAST_SPIKING = ConductanceCellSettings(
    resting_potential=-63.0,
    block=-10.0,
    refractory=2.5,
    ahp_step=0.5,
    ahp_time_constant=50.0,
    threshold_rise=0.25,
    rise_time_constant=1.5,
)
LOW_THRESHOLD = FAST_SPIKING.model_copy(update={"resting_potential": -65.0, "threshold": -47.0})


@copied
def receive(
    table: NDArray[np.float64],
    kind_of_cell: int | np.uint64,
    cells: NDArray[np.float64],
    i: int | np.uint64,
    t: float,
    receptor: int,
    weight: float,
) -> bool:
    """Bring cell `i` to time `t`, let an event of `weight` (mV) reach a receptor, and say whether the cell fires."""
    p = kind_of_cell
    elapsed = t - cells[i, LAST]
    cells[i, LAST] = t
    slow = exp(-elapsed * table[p, RATE + 3])
    # AMPA and GABA of the fast kind decay twice as fast as their slow partners; a square is cheaper than exp.
    fast = slow * slow if table[p, RATE] == 2.0 * table[p, RATE + 3] else exp(-elapsed * table[p, RATE])
    nmda = exp(-elapsed * table[p, RATE + 1])
    cells[i, 1] *= fast
    cells[i, 2] *= nmda
    cells[i, 3] *= fast if table[p, RATE + 2] == table[p, RATE] else exp(-elapsed * table[p, RATE + 2])
    cells[i, 4] *= slow
    cells[i, 5] *= nmda if table[p, RATE + 4] == table[p, RATE + 1] else exp(-elapsed * table[p, RATE + 4])
    cells[i, 6] *= slow if table[p, RATE + 5] == table[p, RATE + 3] else exp(-elapsed * table[p, RATE + 5])
    cells[i, AHP] *= exp(-elapsed * table[p, AHP_RATE])
    total = cells[i, 1] + cells[i, 2] + cells[i, 3] + cells[i, 4] + cells[i, 5] + cells[i, 6] + cells[i, AHP]

    rest = table[p, REST]
    u = min(max(total, rest), -rest)
    column = FIRST + receptor
    before = cells[i, column]
    if receptor == 0 or receptor == 3:
        after = max(before + weight * (1.0 - u / table[p, AMPA]), 0.0)
    elif receptor == 1 or receptor == 4:
        after = before
        if before < table[p, NMDA]:
            unblocked = 1.0 / (1.0 + exp(-0.062 * (rest + u)) * table[p, MAGNESIUM])
            after = before + weight * unblocked * (1.0 - u / table[p, NMDA])
    else:
        after = before
        if before > table[p, GABA]:
            after = min(before - weight * (1.0 - u / table[p, GABA]), 0.0)
    cells[i, column] = after

    potential = rest + (total + (after - before))
    threshold, ready = table[p, THRESHOLD], cells[i, READY]
    if potential <= threshold or potential > table[p, BLOCK] or t < ready:
        return False
    since = (t - ready) * table[p, RISE_RATE]
    if since < TAUS_OF_RISE and potential <= threshold + table[p, RISE] * exp(-since):
        return False
    cells[i, AHP] -= table[p, AHP_STEP]
    cells[i, READY] = t + table[p, REFRACTORY]
    return True


@CELLS.register("conductance")
class ConductanceCell(SpikingCell):
    """The cell of this file."""

    settings = ConductanceCellSettings
    types = (EXCITATORY, FAST_SPIKING, LOW_THRESHOLD)
    columns = COLUMNS
    receive = staticmethod(receive)

    @classmethod
    def table(cls, types: Sequence[ConductanceCellSettings]) -> NDArray[np.float64]:
        """Parameters of the cell types as `receive` reads them, (types, parameters)."""
        rows = []
        for cell in types:
            rise = cell.threshold_rise * (cell.block - cell.threshold)
            row = [cell.resting_potential, cell.threshold, cell.block, cell.refractory, cell.ahp_step]
            row += [1 / cell.ahp_time_constant, rise, 1 / cell.rise_time_constant]
            row += [cell.ampa_reversal, cell.nmda_reversal, cell.gaba_reversal, cell.magnesium]
            rows.append(row + [1 / tau for tau in cell.receptor_time_constants])
        return np.array(rows)

    @classmethod
    def resting(cls, count: int) -> NDArray[np.float64]:
        """The state of `count` cells at rest at time 0, (cells, columns)."""
        cells = super().resting(count)
        cells[:, READY] = -np.inf
        return cells

    @classmethod
    def potential(
        cls, table: NDArray[np.float64], kinds: NDArray[np.int64], cells: NDArray[np.float64], time: float
    ) -> NDArray[np.float64]:
        """Rest, what is left of the receptors' potentials and the after-hyperpolarisation, within −90 to 0 mV."""
        elapsed = (time - cells[:, LAST])[:, None]
        receptors = cells[:, FIRST : FIRST + 6] * np.exp(-elapsed * table[kinds, RATE : RATE + 6])
        ahp = cells[:, AHP] * np.exp(-elapsed[:, 0] * table[kinds, AHP_RATE])
        return np.clip(table[kinds, REST] + receptors.sum(1) + ahp, -90.0, 0.0)
