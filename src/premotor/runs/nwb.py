"""Simulations and tests of spiking agents as NWB files (Neurodata Without Borders 2), which tools for recordings read.

| a simulation | where in the file |
|---|---|
| spikes of every neuron in every replicate | units: spike_times (s), neuron_id, neuron_type, neuron_class, replicate |
| rates of the recorded neurons | processing/simulation/rates: a TimeSeries (samples, neurons, replicates) |
| membrane potentials, where the model has them | processing/simulation/potential, the same |
| the recorded neurons, in the order of these series | processing/simulation/neurons: a table |
| settings; the record of the circuit | notes; data_collection |

| a test | where in the file |
|---|---|
| every spike | units: spike_times (s), cell, population, action |
| every step of the task | processing/task: series |
| every episode | trials |
| membrane potentials, where they are asked for | processing/potentials/potential: a TimeSeries (samples, cells) |
"""

import uuid
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from premotor import __version__
from premotor.errors import PremotorError
from premotor.files import replace_atomically
from premotor.networks import RateNetworkSettings, Spikes
from premotor.runs.loading import dump_settings

if TYPE_CHECKING:
    from hdmf.common import DynamicTable, VectorData
    from pynwb import NWBFile, ProcessingModule
    from pynwb.misc import Units

    from premotor.runs.settings import RunSettings
    from premotor.runs.simulation.simulate import Simulation
    from premotor.runs.spiking.run import SpikingRun


def check_nwb() -> None:
    """Say in time that pynwb is missing.

    Raises:
        PremotorError: it is.
    """
    try:
        import pynwb  # noqa: F401
    except ImportError:
        raise PremotorError(
            "writing NWB files needs pynwb, which is not installed: pip install 'premotor[nwb]'"
        ) from None


def write_nwb(simulation: "Simulation", path: str | Path) -> Path:
    """Write spikes, rates and potentials of a simulation as an NWB file; return its path.

    Raises:
        PremotorError: pynwb is not installed, the file exists, or it can not be written.
    """
    settings, record = simulation.settings, simulation.circuit.provenance
    file = new_file(
        Path(path),
        settings,
        f"simulation {settings.name} of {record.dataset} {record.version}".rstrip(),
        f"model {settings.model.kind}, {settings.seconds:g} s, {settings.replicates} replicates",
        data_collection=str(record),
        keywords=["simulation", "connectome"],
        was_generated_by=[["premotor", __version__]],
    )
    module = module_of(file, "simulation", "activity of the recorded neurons")
    module.add(_table(simulation.neurons))
    unit = "arbitrary" if isinstance(settings.model, RateNetworkSettings) else "hertz"
    _add_series(module, "rates", simulation.rates, unit, settings.sample_period)
    spikes = simulation.spikes
    if spikes is not None:
        if spikes.potential.shape == simulation.rates.shape:
            _add_series(module, "potential", spikes.potential, "millivolts", settings.sample_period)
        file.units = _units(spikes, simulation.circuit.neurons, settings.steps * settings.step)
    return write_file(file, Path(path))


def export_nwb(run: "SpikingRun", path: str | Path, potentials: pd.DataFrame | None = None) -> Path:
    """Write the recorded test of a spiking agent as an NWB file; return its path.

    Args:
        run: the run.
        path: of the file.
        potentials: as `potentials_of_test` gives them.

    Raises:
        PremotorError: pynwb is not installed, there is no recorded test, or the file exists.
    """
    check_nwb()
    from pynwb import TimeSeries

    from premotor.runs.spiking.records import read_test, tables_of_test

    tables, figures = tables_of_test(run), read_test(run).figures
    file = new_file(
        Path(path),
        run.settings,
        f"test of {run.settings.name}: {figures['episodes']} episodes without learning",
        f"spiking agent, weights {figures['checkpoint']}, iteration {figures['iteration']}",
        keywords=["simulation", "reinforcement learning"],
    )
    module = module_of(file, "task", "what the agent saw and did; one sample a step of the task")
    steps, rate = tables["steps"], 1 / (run.settings.interface.step / 1000.0)
    for name in steps.columns.difference(["time", "episode", "step"], sort=False):
        unit = {"position": "m", "velocity": "m/s", "angle": "rad", "angular_velocity": "rad/s"}.get(name, "n/a")
        values = steps[name].to_numpy()
        data = values.astype(np.int8) if values.dtype == bool else values
        module.add(TimeSeries(name=name, data=data, unit=unit, rate=rate, starting_time=0.0))
    for row in tables["episodes"].to_dict("records"):
        file.add_trial(start_time=row["start"], stop_time=row["stop"])
    file.add_trial_column("undecided", "fraction of undecided moves", data=tables["episodes"]["undecided"].tolist())
    file.add_trial_column("returned", "sum of the task's rewards", data=tables["episodes"]["returned"].tolist())
    _add_units(file, tables["spikes"], tables["cells"], float(tables["episodes"]["stop"].iloc[-1]))
    if potentials is not None:
        time, recorded = potentials["time"].to_numpy(), potentials.drop(columns="time")
        series = TimeSeries(
            name="potential",
            data=recorded.to_numpy(),
            unit="millivolts",
            rate=1 / float(time[0]),
            starting_time=float(time[0]),
            description=f"membrane potentials of the cells {', '.join(str(c).removeprefix('cell_') for c in recorded)}",
        )
        module_of(file, "potentials", "membrane potentials of chosen cells").add(series)
    return write_file(file, Path(path))


def new_file(path: Path, settings: "RunSettings | None", session: str, experiment: str, **options: object) -> "NWBFile":
    """An empty NWB file about something with these settings.

    Raises:
        PremotorError: `path` exists, or pynwb is not installed.
    """
    check_nwb()
    from pynwb import NWBFile

    if path.exists():
        raise PremotorError(f"{path} exists already; name another file or remove it first")
    return NWBFile(
        session_description=session,
        identifier=str(uuid.uuid4()),
        session_start_time=datetime.now(UTC),
        experiment_description=experiment,
        notes=None if settings is None else dump_settings(settings),
        **options,
    )


def module_of(file: "NWBFile", name: str, description: str) -> "ProcessingModule":
    """A new processing module of a file."""
    from pynwb import ProcessingModule

    module = ProcessingModule(name=name, description=description)
    file.add_processing_module(module)
    return module


def write_file(file: "NWBFile", path: Path) -> Path:
    """Write the file, whole or not at all.

    Raises:
        PremotorError: it cannot be written.
    """
    from pynwb import NWBHDF5IO

    try:
        with warnings.catch_warnings(), replace_atomically(path) as aside:
            warnings.simplefilter("ignore", UserWarning)  # advice on chunks, suffixes and empty tables
            with NWBHDF5IO(str(aside), mode="w") as out:
                out.write(file)
    except OSError as error:
        raise PremotorError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def _add_series(module: "ProcessingModule", name: str, values: np.ndarray, unit: str, period: float) -> None:
    from hdmf.backends.hdf5 import H5DataIO
    from pynwb import TimeSeries

    series = TimeSeries(
        name=name,
        data=H5DataIO(data=values, compression="gzip"),
        unit=unit,
        rate=1.0 / period,
        starting_time=0.0,
        description=f"{name} (samples, neurons, replicates); neurons are the rows of the table neurons",
    )
    module.add(series)


def _table(neurons: pd.DataFrame) -> "DynamicTable":
    from hdmf.common import DynamicTable

    columns = {"neuron_id": neurons.index.to_numpy()}
    for name in ("type", "class", "transmitter", "side"):
        columns[f"neuron_{name}"] = neurons[name].astype(object).to_numpy()
    columns |= {name: neurons[name].to_numpy() for name in ("sign", "driven", "silenced", "readout")}
    return dynamic_table(DynamicTable, "neurons", "The recorded neurons.", columns)


def _units(spikes: Spikes, neurons: pd.DataFrame, seconds: float) -> "Units":
    """Return a unit for each neuron in each replicate, also for those that never fired."""
    from pynwb.core import VectorData, VectorIndex
    from pynwb.misc import Units

    order = np.lexsort((spikes.step, spikes.neuron, spikes.replicate))
    unit = spikes.replicate[order].astype(np.int64) * spikes.neurons + spikes.neuron[order]
    many = spikes.neurons * spikes.replicates
    ends = np.cumsum(np.bincount(unit, minlength=many))
    times = VectorData(name="spike_times", description="when it fired, s", data=spikes.time[order])
    spans = VectorData(
        name="obs_intervals", description="when it was simulated, s", data=np.tile([[0.0, seconds]], (many, 1))
    )
    columns = {
        "neuron_id": np.tile(neurons.index.to_numpy(), spikes.replicates),
        "neuron_type": np.tile(neurons["type"].astype(object).to_numpy(), spikes.replicates),
        "neuron_class": np.tile(neurons["class"].astype(object).to_numpy(), spikes.replicates),
        "replicate": np.repeat(np.arange(spikes.replicates), spikes.neurons),
    }
    return dynamic_table(
        Units,
        "units",
        "Every neuron of the circuit in every replicate.",
        columns,
        [
            VectorIndex(name="spike_times_index", target=times, data=ends),
            times,
            VectorIndex(name="obs_intervals_index", target=spans, data=np.arange(1, many + 1)),
            spans,
        ],
    )


def dynamic_table[T: "DynamicTable"](
    kind: type[T], name: str, description: str, columns: dict[str, np.ndarray], first: "list[VectorData] | None" = None
) -> T:
    """Return a table of columns, made at once: row by row would take minutes for a brain."""
    from hdmf.common import ElementIdentifiers, VectorData

    size = next(iter(columns.values())).size
    vectors = [
        VectorData(name=word, description=word.replace("_", " "), data=_plain(values))
        for word, values in columns.items()
    ]
    return kind(
        name=name,
        description=description,
        id=ElementIdentifiers(name="id", data=np.arange(size)),
        columns=[*(first or []), *vectors],
    )


def _plain(values: np.ndarray) -> np.ndarray | list[str]:
    return [str(value) for value in values] if values.dtype == object else values


def _add_units(file: "NWBFile", spikes: pd.DataFrame, cells: pd.DataFrame, end: float) -> None:
    for name, words in (
        ("cell", "number of the cell"),
        ("population", "population of the cell"),
        ("action", "action that it votes for, -1 for none"),
    ):
        file.add_unit_column(name, words)
    order = np.argsort(spikes["cell"].to_numpy(), kind="stable")
    ends = np.cumsum(np.bincount(spikes["cell"], minlength=len(cells)))
    trains = np.split(spikes["time"].to_numpy()[order], ends[:-1])
    for cell, population, _, action in cells.itertuples(index=False):
        file.add_unit(
            spike_times=trains[cell],
            obs_intervals=[[0.0, end]],
            cell=cell,
            population=population,
            action=int(action),
        )
