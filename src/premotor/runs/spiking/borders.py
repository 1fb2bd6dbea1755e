"""What the cells of a spiking agent do where an observation enters the next bin of its receptive field."""

import numpy as np
import pandas as pd

from premotor.errors import PremotorError
from premotor.runs.spiking.records import Record, cell_groups
from premotor.runs.spiking.run import SpikingRun


def border_responses(run: SpikingRun, record: Record, before: int = 4, after: int = 8) -> pd.DataFrame:
    """Mean rates around all crossings of a border to the next bin, by variable and direction.

    Args:
        run: the run.
        record: a test of it.
        before: steps shown before the crossing; those and `after` steps have to lie in the same episode.
        after: steps from the crossing on; step 0 is the first in the new bin.

    Returns:
        One row a variable, direction (up, down) and step: variable (its number), direction, step, crossings, and the
        mean rate of every group of cells, Hz.

    Raises:
        PremotorError: no border is crossed far enough from an episode's ends.
    """
    groups, seconds = cell_groups(run), run.settings.interface.step / 1000.0
    rates = {
        name: record.counts[:, cells].sum(1, dtype=np.int64) / len(cells) / seconds for name, cells in groups.items()
    }
    episode, rows, offsets = record.episode, [], np.arange(-before, after)
    for variable, field in enumerate(run.settings.interface.fields):
        place = np.digitize(record.observation[:, variable], field.edges())
        change = np.diff(place, prepend=place[:1])
        for direction, sign in (("up", 1), ("down", -1)):
            at = np.flatnonzero(change == sign)
            at = at[(at >= before) & (at + after <= len(place))]
            at = at[(episode[at - before] == episode[at + after - 1])]
            if not len(at):
                continue
            around = at[:, None] + offsets
            means = {name: values[around].mean(0) for name, values in rates.items()}
            what = {"variable": variable, "direction": direction, "step": offsets, "crossings": len(at)}
            rows.append(pd.DataFrame({**what, **means}))
    if not rows:
        raise PremotorError(
            f"in the test of {run.folder} no border between bins is crossed within {before + after} steps"
        )
    return pd.concat(rows, ignore_index=True)
