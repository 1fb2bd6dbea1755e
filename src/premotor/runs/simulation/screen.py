"""Searches in a circuit: which neuron starts a rhythm, and the smallest circuit that keeps it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.files import whole_folder, write_json
from premotor.networks.stimulation import Conditions, positions_of
from premotor.runs.building import build_circuit, without_muscles
from premotor.runs.loading import Overrides, Source, dump_settings
from premotor.runs.provenance import session
from premotor.runs.simulation.models import Bench, Variant
from premotor.runs.simulation.rhythm import ACTIVE, network_rhythm
from premotor.runs.simulation.settings import SimulationSettings, load_simulation, read_conditions


def screen(
    source: Source,
    selection: str | Conditions,
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
    circuit = without_muscles(build_circuit(settings.circuit))
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
    with whole_folder(folder) as path:
        (path / "settings.yaml").write_text(dump_settings(settings), encoding="utf-8")
        write_json(path / "provenance.json", {"seed": settings.seed, "sessions": [session(0)]})
        table.to_parquet(path / "screen.parquet")
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        write_json(path / "screen.json", {"selection": conditions, "neurons": rows})


Test = Callable[[Sequence[NDArray[np.int64]]], list[bool]]
"""Which of several sets of neurons keep the rhythm, all others being silenced."""


@dataclass(frozen=True, eq=False)
class Pruning:
    """What is left of a circuit."""

    settings: SimulationSettings
    circuit: Circuit
    """The neurons that are left, the driven ones among them."""
    removed: int
    rhythmic: float
    """Fraction of replicates that are rhythmic in what is left."""
    whole: float
    """The same in the whole circuit."""
    frequency: float | None
    """Hz, median of the rhythmic replicates in what is left."""
    simulations: int
    """Circuits tried."""
    history: pd.DataFrame
    """After each round: neurons left, circuits tried."""

    def save(self, folder: Path) -> Path:
        """Write settings, the circuit that is left (a source for every command) and pruning.json."""
        with whole_folder(folder) as path:
            (path / "settings.yaml").write_text(dump_settings(self.settings), encoding="utf-8")
            self.circuit.save(path / "circuit")
            write_json(path / "provenance.json", {"seed": self.settings.seed, "sessions": [session(0)]})
            names = ("removed", "rhythmic", "whole", "frequency", "simulations")
            figures: dict[str, object] = {name: getattr(self, name) for name in names}
            figures["neurons"] = self.circuit.ids.tolist()
            figures["history"] = self.history.to_dict("records")
            write_json(path / "pruning.json", figures)
        return folder


def prune(
    source: Source,
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
    *,
    keep: float = 0.5,
    progress: Callable[[int, int], None] | None = None,
) -> Pruning:
    """Silence as many neurons as possible so that at least `keep` of the replicates stay rhythmic.

    First goes everything that never fires. Then parts of the rest are silenced together, half of it, a quarter, …,
    single neurons, as long as any part can go (delta debugging: Zeller and Hildebrandt 2002). In the end no single
    neuron can be spared; another order of trying might end in another such circuit. Driven neurons stay.

    Args:
        source: as for `simulate`.
        overrides: settings by dotted key.
        output: a folder to make.
        keep: fraction of replicates that have to be rhythmic.
        progress: called after every round with the neurons left and the circuits tried.

    Raises:
        PremotorError: the whole circuit has no such rhythm, or `keep` is not in (0, 1].
    """
    if not 0 < keep <= 1:
        raise PremotorError(f"keep is {keep}; it is a fraction of replicates above 0 and at most 1")
    settings = load_simulation(source, overrides)
    circuit = without_muscles(build_circuit(settings.circuit))
    bench = Bench.set_up(circuit, settings)
    driven = np.flatnonzero(bench.stimulus.driven() & ~bench.silenced)
    readout = bench.readout()
    begin = round(settings.transient / settings.sample_period)
    tried = 0

    def rhythms(kept: Sequence[NDArray[np.int64]]) -> list[tuple[float, float | None]]:
        nonlocal tried
        tried += len(kept)
        variants = []
        for neurons in kept:
            silenced = np.ones(len(circuit), bool)
            silenced[neurons] = silenced[driven] = False
            variants.append(Variant(silenced=silenced))
        found = [network_rhythm(rates[begin:], settings.sample_period) for rates in bench.each(variants, readout)]
        return [
            (float(f.rhythmic.mean()), float(np.nanmedian(f.frequency)) if f.rhythmic.any() else None) for f in found
        ]

    everything = np.flatnonzero(~bench.silenced)
    whole, _ = rhythms([everything])[0]
    if whole < keep:
        raise PremotorError(
            f"only {whole:.0%} of the replicates of the whole circuit are rhythmic, fewer than the {keep:.0%} to keep"
        )
    highest = np.zeros(len(circuit))
    for part in np.array_split(np.arange(len(circuit)), max(1, len(circuit) // 500)):
        highest[part] = bench.run(part)[0].max((0, 2))
    left = np.setdiff1d(np.flatnonzero(highest > ACTIVE), driven)
    left = left[np.argsort(highest[left], kind="stable")]  # the quiet ones are tried together first
    if rhythms([left])[0][0] < keep:
        left = np.setdiff1d(everything, driven)
    rows = [{"neurons": len(left) + len(driven), "tried": tried}]

    def keeps(kept: Sequence[NDArray[np.int64]]) -> list[bool]:
        return [fraction >= keep for fraction, _ in rhythms(kept)]

    def report(neurons: NDArray[np.int64]) -> None:
        rows.append({"neurons": len(neurons) + len(driven), "tried": tried})
        if progress:
            progress(rows[-1]["neurons"], tried)

    left = smallest(left, keeps, report)
    fraction, frequency = rhythms([left])[0]
    kept = circuit.subset(circuit.ids[np.sort(np.concatenate([driven, left]))])
    result = Pruning(settings, kept, len(circuit) - len(kept), fraction, whole, frequency, tried, pd.DataFrame(rows))
    if output is not None:
        result.save(Path(output))
    return result


def smallest(
    items: NDArray[np.int64], keeps: Test, report: Callable[[NDArray[np.int64]], None] | None = None
) -> NDArray[np.int64]:
    """A subset of `items` that passes `keeps` and of which no single item can be left out.

    Delta debugging by complements; `items` itself has to pass.
    """
    parts = 2
    while len(items) > 0:
        chunks = np.array_split(np.arange(len(items)), min(parts, len(items)))
        complements = [np.delete(items, chunk) for chunk in chunks]
        passed = keeps(complements)
        if any(passed):
            items = complements[passed.index(True)]
            parts = max(2, len(chunks) - 1)
            if report:
                report(items)
        elif len(chunks) == len(items):
            break
        else:
            parts = 2 * len(chunks)
    return items
