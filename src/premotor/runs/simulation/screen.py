"""Which neuron starts a rhythm: each neuron of a selection driven in turn, and ranked."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.errors import PremotorError
from premotor.networks.stimulation import Conditions, positions_of
from premotor.runs.building import build_circuit
from premotor.runs.files import LOCK_NAME, new_folder, write_json
from premotor.runs.loading import Overrides
from premotor.runs.provenance import session
from premotor.runs.simulation.models import Bench, Variant
from premotor.runs.simulation.rhythm import network_rhythm
from premotor.runs.simulation.selection_syntax import read_conditions
from premotor.runs.simulation.settings import SimulationSettings, dump_simulation, load_simulation


def screen(
    source: SimulationSettings | Mapping[str, Any] | str | os.PathLike[str],
    selection: str | Mapping[str, Any],
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Drive each neuron of `selection` on its own, with the currents of the settings' drives, and rank them.

    Every neuron meets the same draws of parameters. The readout leaves out the driven neuron where it is chosen
    automatically in a circuit without motor neurons.

    Args:
        source: as for `simulate`; its drives need at least one current (constant, pulse or file).
        selection: conditions, or words such as ``class=descending``.
        overrides: settings by dotted key.
        output: a folder to make, with settings.yaml, provenance.json, screen.parquet and screen.json.
        progress: called with the number of neurons done and their total.

    Returns:
        One row a neuron, the best first: rank, id, type, class, rhythmic (fraction of replicates), score,
        frequency (Hz, median of the rhythmic replicates), readout_rate (Hz, mean over time, readout and replicates).

    Raises:
        PremotorError: no neuron selected, or no current among the drives.
    """
    settings = load_simulation(source, overrides)
    if all(drive.kind == "poisson" for drive in settings.drives):
        raise PremotorError("a screen needs a current to drive each neuron with, such as --drive 'all:250'")
    circuit = build_circuit(settings.circuit)
    bench = Bench.set_up(circuit, settings)
    conditions: Conditions = {**(read_conditions(selection) if isinstance(selection, str) else selection)}
    candidates = positions_of(circuit, conditions, "screen")
    inputs = bench.stimulus.target.shape[0]
    variants = []
    for candidate in candidates:
        target = np.zeros((inputs, len(circuit)))
        target[:, candidate] = 1.0
        variants.append(Variant(target=target))
    fixed = settings.readout != "auto" or bool((circuit.neurons["class"] == "motor").any())
    readout = bench.readout() if fixed else np.flatnonzero(~bench.silenced)
    begin = round(settings.transient / settings.sample_period)
    rows = []
    for number, rates in enumerate(bench.each(variants, readout)):
        heard = rates[begin:] if fixed else rates[begin:, readout != candidates[number]]
        found = network_rhythm(heard, settings.sample_period)
        neuron = circuit.neurons.iloc[candidates[number]]
        cycles = found.frequency[found.rhythmic]
        rows.append(
            {
                "id": int(circuit.ids[candidates[number]]),
                "type": str(neuron["type"]),
                "class": str(neuron["class"]),
                "rhythmic": float(found.rhythmic.mean()),
                "score": float(found.score.mean()),
                "frequency": float(np.median(cycles)) if len(cycles) else np.nan,
                "readout_rate": float(heard.mean()) if heard.size else 0.0,
            }
        )
        if progress:
            progress(number + 1, len(candidates))
    table = pd.DataFrame(rows).sort_values(["rhythmic", "score", "id"], ascending=[False, False, True], kind="stable")
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    table = table.reset_index(drop=True)
    if output is not None:
        _save(Path(output), settings, conditions, table)
    return table


def _save(folder: Path, settings: SimulationSettings, conditions: Conditions, table: pd.DataFrame) -> None:
    with new_folder(folder) as (path, lock):
        (path / "settings.yaml").write_text(dump_simulation(settings), encoding="utf-8")
        write_json(path / "provenance.json", {"seed": settings.seed, "sessions": [session(0)]})
        table.to_parquet(path / "screen.parquet")
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        write_json(path / "screen.json", {"selection": conditions, "neurons": rows})
    lock.release()
    (folder / LOCK_NAME).unlink()
