"""A simulation as an NWB file (Neurodata Without Borders 2), which tools for recordings read.

| what | where in the file |
|---|---|
| spikes of every neuron in every replicate | units: spike_times (s), neuron_id, neuron_type, neuron_class, replicate |
| rates of the recorded neurons | processing/simulation/rates: a TimeSeries (samples, neurons, replicates) |
| membrane potentials, where the model has them | processing/simulation/potential, the same |
| the recorded neurons, in the order of these series | processing/simulation/neurons: a table |
| settings; the record of the circuit | notes; data_collection |
"""

import uuid
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from premotor.errors import PremotorError
from premotor.networks import RateNetworkSettings, Spikes
from premotor.runs.simulation.settings import dump_simulation

if TYPE_CHECKING:
    from premotor.runs.simulation.simulate import Simulation


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
    check_nwb()
    from pynwb import NWBHDF5IO, NWBFile, ProcessingModule

    path = Path(path)
    if path.exists():
        raise PremotorError(f"{path} exists already; name another file or remove it first")
    settings, record = simulation.settings, simulation.circuit.provenance
    file = NWBFile(
        session_description=f"simulation {settings.name} of {record.dataset} {record.version}".rstrip(),
        identifier=str(uuid.uuid4()),
        session_start_time=datetime.now(UTC),
        experiment_description=f"model {settings.model.kind}, {settings.seconds:g} s, {settings.replicates} replicates",
        notes=dump_simulation(settings),
        data_collection=str(record),
        keywords=["simulation", "connectome"],
        was_generated_by=[["premotor", _version()]],
    )
    module = ProcessingModule(name="simulation", description="activity of the recorded neurons")
    file.add_processing_module(module)
    module.add(_table(simulation.neurons))
    unit = "arbitrary" if isinstance(settings.model, RateNetworkSettings) else "hertz"
    _add_series(module, "rates", simulation.rates, unit, settings.sample_period)
    spikes = simulation.spikes
    if spikes is not None:
        if spikes.potential.shape == simulation.rates.shape:
            _add_series(module, "potential", spikes.potential, "millivolts", settings.sample_period)
        file.units = _units(spikes, simulation.circuit.neurons, settings.steps * settings.step)
    aside = path.with_name(f".{path.name}-aside")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # advice on chunks and empty tables
            with NWBHDF5IO(str(aside), mode="w") as out:
                out.write(file)
        aside.rename(path)
    except OSError as error:
        raise PremotorError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        aside.unlink(missing_ok=True)
    return path


def _version() -> str:
    from premotor import __version__

    return __version__


def _add_series(module: Any, name: str, values: np.ndarray, unit: str, period: float) -> None:
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


def _table(neurons: pd.DataFrame) -> Any:
    from hdmf.common import DynamicTable

    columns = {"neuron_id": neurons.index.to_numpy()}
    for name in ("type", "class", "transmitter", "side"):
        columns[f"neuron_{name}"] = neurons[name].astype(object).to_numpy()
    columns |= {name: neurons[name].to_numpy() for name in ("sign", "driven", "silenced", "readout")}
    return _dynamic(DynamicTable, "neurons", "The recorded neurons.", columns)


def _units(spikes: Spikes, neurons: pd.DataFrame, seconds: float) -> Any:
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
    return _dynamic(
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


def _dynamic(
    kind: Any, name: str, description: str, columns: dict[str, np.ndarray], first: list[Any] | None = None
) -> Any:
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


def _plain(values: np.ndarray) -> Any:
    return [str(value) for value in values] if values.dtype == object else values
