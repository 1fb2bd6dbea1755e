"""Simulating a circuit on its own: from settings to activity, rhythm and a folder."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from premotor.connectome import Circuit
from premotor.files import whole_folder, write_json
from premotor.networks import Spikes
from premotor.networks.stimulation import positions_of
from premotor.runs.arrays import save_arrays
from premotor.runs.building import build_circuit, without_muscles
from premotor.runs.loading import Overrides, Source, dump_settings
from premotor.runs.provenance import session, sha256
from premotor.runs.simulation.models import Bench, check_size
from premotor.runs.simulation.records import SimulationSummary
from premotor.runs.simulation.rhythm import NetworkRhythm, rhythm_table, summarise
from premotor.runs.simulation.settings import SimulationSettings, load_simulation


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a simulation gave."""

    settings: SimulationSettings
    circuit: Circuit
    neurons: pd.DataFrame
    """The recorded neurons: their rows of the neuron table, and whether each is `driven`, `silenced`, `readout`."""
    time: NDArray[np.float64]
    """s, (samples,)."""
    rates: NDArray[np.float32]
    """Hz (in a rate network: its own unit), (samples, recorded neurons, replicates)."""
    spikes: Spikes | None
    """Of all neurons, where the model has spikes."""
    table: pd.DataFrame
    """Figures of every recorded neuron in every replicate: rates, score, frequency, phase."""
    rhythm: NetworkRhythm
    """Of the readout neurons."""
    summary: SimulationSummary

    def save(self, folder: Path) -> Path:
        """Write everything into a new folder.

        Raises:
            PremotorError: the folder exists or cannot be made.
        """
        with whole_folder(folder) as path:
            (path / "settings.yaml").write_text(dump_settings(self.settings), encoding="utf-8")
            self.circuit.save(path / "circuit")
            write_json(path / "provenance.json", self._provenance(path / "circuit"))
            self.write(path)
        return folder

    def write(self, path: Path) -> None:
        """Write activity, tables and, last, the summary into a folder."""
        save_arrays(path / "activity.safetensors", self._arrays())
        self.neurons.reset_index().to_parquet(path / "neurons.parquet")
        self.table.to_parquet(path / "rhythm.parquet")
        self._write_rates(path / "rates.parquet")
        if self.spikes is not None:
            self._write_spikes(path / "spikes.parquet", self.spikes)
        write_json(path / "summary.json", self.summary)

    def _provenance(self, circuit_folder: Path) -> dict[str, object]:
        files = [file for file in sorted(circuit_folder.iterdir()) if file.is_file()]
        drives = [Path(drive.path) for drive in self.settings.drives if drive.kind == "file"]
        return {
            "seed": self.settings.seed,
            "data": {f"circuit/{file.name}": sha256(file) for file in files}
            | {f"drives: {file}": sha256(file) for file in drives},
            "circuit": self.circuit.provenance.as_dict(),
            "sessions": [session(0)],
        }

    def _arrays(self) -> dict[str, NDArray]:
        arrays = {
            "time": self.time,
            "ids": self.neurons.index.to_numpy(),
            "rates": self.rates,
            "score": self.rhythm.score,
            "frequency": self.rhythm.frequency,
        }
        if self.spikes is not None:
            arrays |= {
                "spike_time": self.spikes.time,
                "spike_id": self.circuit.ids[self.spikes.neuron],
                "spike_replicate": self.spikes.replicate,
                "potential": self.spikes.potential,
            }
        return arrays

    def _write_rates(self, path: Path) -> None:
        """One row a replicate, time and neuron; one row group a replicate."""
        samples, recorded, replicates = self.rates.shape
        schema = pa.schema(
            [("replicate", pa.int32()), ("time", pa.float64()), ("id", pa.int64()), ("rate", pa.float32())]
        )
        with pq.ParquetWriter(path, schema) as writer:
            for replicate in range(replicates):
                columns = [
                    np.full(samples * recorded, replicate, np.int32),
                    np.repeat(self.time, recorded),
                    np.tile(self.neurons.index.to_numpy(), samples),
                    self.rates[:, :, replicate].reshape(-1),
                ]
                writer.write_table(pa.Table.from_arrays([pa.array(column) for column in columns], schema=schema))

    def _write_spikes(self, path: Path, spikes: Spikes) -> None:
        frame = {"replicate": spikes.replicate, "time": spikes.time, "id": self.circuit.ids[spikes.neuron]}
        pd.DataFrame(frame).to_parquet(path)


def simulate(
    source: Source = "fly-cpg",
    overrides: Overrides = (),
    output: str | os.PathLike[str] | None = None,
) -> Simulation:
    """Simulate a circuit on its own, and with `output` write a folder.

    Args:
        source: a preset of simulations (`fly-cpg`), a YAML file, a dict of settings, or the source of a circuit.
        overrides: settings by dotted key, such as ``{"model": "lif", "drives": ["class=sensory:poisson,rate=100"]}``.
        output: the folder to make.

    Raises:
        PremotorError: wrong settings, an empty selection, or a folder that exists.
    """
    settings = load_simulation(source, overrides)
    result = simulated(settings, without_muscles(build_circuit(settings.circuit)))
    if output is not None:
        result.save(Path(output))
    return result


def simulated(settings: SimulationSettings, circuit: Circuit) -> Simulation:
    """The simulation of a circuit, written nowhere.

    Raises:
        PremotorError: an empty selection, or too large an activity.
    """
    record = positions_of(circuit, settings.record, "record")
    check_size(settings, len(record))
    bench = Bench.set_up(circuit, settings)
    readout = bench.readout()
    rates, spikes = bench.run(record)
    neurons = circuit.neurons.iloc[record].assign(
        driven=bench.stimulus.driven()[record],
        silenced=bench.silenced[record],
        readout=np.isin(record, readout),
    )
    begin = round(settings.transient / settings.sample_period)
    table, rhythm = rhythm_table(rates[begin:], neurons, neurons["readout"].to_numpy(bool), settings.sample_period)
    return Simulation(
        settings=settings,
        circuit=circuit,
        neurons=neurons,
        time=np.arange(len(rates), dtype=np.float64) * settings.sample_period,
        rates=rates,
        spikes=spikes,
        table=table,
        rhythm=rhythm,
        summary=_summary(settings, circuit, bench, neurons, table, rhythm, spikes),
    )


def _summary(
    settings: SimulationSettings,
    circuit: Circuit,
    bench: Bench,
    neurons: pd.DataFrame,
    table: pd.DataFrame,
    rhythm: NetworkRhythm,
    spikes: Spikes | None,
) -> SimulationSummary:
    figures: SimulationSummary = {
        "circuit": {
            "source": settings.circuit.source,
            "neurons": len(circuit),
            "edges": int(circuit.synapses.nnz),
            "synapses": int(circuit.synapses.sum()),
        },
        "model": settings.model.kind,
        "seconds": settings.steps * settings.step,
        "replicates": settings.replicates,
        "seed": settings.seed,
        "driven": int(bench.stimulus.driven().sum()),
        "silenced": int(bench.silenced.sum()),
        "recorded": len(neurons),
        "readout": int(neurons["readout"].sum()),
        **summarise(table, rhythm),
    }
    if spikes is not None:
        counts = spikes.counts()
        figures["spikes"] = {
            "total": len(spikes.step),
            "mean_rate": float(spikes.rates().mean()),
            "neurons_that_fired": int((counts > 0).any(1).sum()),
        }
    return figures
