"""An episode of a controller as an NWB file (Neurodata Without Borders 2): activity of its neurons beside the body.

| an episode | where in the file |
|---|---|
| rates of all neurons | processing/activity/rates: a TimeSeries (samples, neurons) |
| the neurons, in the order of this series | processing/activity/neurons: a table |
| what the controller saw, and the actions it chose | processing/task/observation, action |
| reward, and what the environment records of the body (positions, speeds, contacts …) | processing/task |
| when it began and ended, and whether by a fall | trials |
| where the wiring comes from | data_collection |
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from premotor import __version__
from premotor.errors import PremotorError
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.nwb import check_nwb, dynamic_table, module_of, new_file, write_file
from premotor.runs.playing import Player, episodes_of, player

if TYPE_CHECKING:
    from pynwb import NWBFile, ProcessingModule

UNITS = {"qpos": "m or rad", "qvel": "m/s or rad/s", "heading": "rad", "phase": "rad"}
"""Of what environments record; everything else has none that holds for all of its columns."""


def export_episode_nwb(
    source: str | os.PathLike[str], path: str | os.PathLike[str], *, seconds: float | None = None, seed: int = TEST_SEED
) -> Path:
    """Write an episode of a run's or a preset's controller as an NWB file; return its path.

    Args:
        source: ``RUN`` (its best), ``RUN@CHECKPOINT``, or a preset's name.
        path: of the file.
        seconds: of the episode, at most; None: as in its test.
        seed: of its start.

    Raises:
        PremotorError: pynwb is not installed, no such run or preset, or the file exists.
    """
    check_nwb()
    if Path(path).exists():
        raise PremotorError(f"{path} exists already; name another file or remove it first")
    name = os.fspath(source)
    place, at, which = name.rpartition("@")
    shown = player(place, which) if at and not os.path.isdir(name) else player(name)
    seen: list[np.ndarray] = []
    records = episodes_of(shown, seconds, seed).run(
        shown.controller, lambda row: seen.append(np.asarray(row["observation"], np.float32)[0])
    )
    steps = int(records["alive"][:, 0].sum())
    rate = 1.0 / shown.task.control_period
    file = new_file(
        Path(path),
        None,
        f"an episode of {shown.name}",
        f"task {shown.task.name}, {steps} control steps of {shown.task.control_period:g} s, seed {seed}",
        data_collection="" if shown.circuit is None else str(shown.circuit.provenance),
        keywords=["simulation", "connectome", "closed loop"],
        was_generated_by=[["premotor", __version__]],
    )
    _activity(file, shown, records["rates"][:steps], rate)
    module = module_of(file, "task", "what the controller saw and did; one sample a control step")
    controller = shown.controller
    _series(module, "observation", np.stack(seen)[:steps], "n/a", rate, controller.observation_names)
    _series(module, "action", records["action"][:steps, 0], "n/a", rate, controller.action_names)
    for key, values in records.items():
        if key not in ("time", "rates", "action", "alive", "terminated", "command", "observation"):
            _series(module, key, values[:steps, 0], UNITS.get(key, "n/a"), rate)
    file.add_trial(start_time=0.0, stop_time=steps / rate)
    file.add_trial_column("fell", "whether it ended before its time", data=[bool(records["terminated"][0])])
    return write_file(file, Path(path))


def _activity(file: "NWBFile", shown: Player, rates: np.ndarray, rate: float) -> None:
    from hdmf.common import DynamicTable

    module = module_of(file, "activity", "activity of every neuron")
    if shown.circuit is not None:
        neurons = shown.circuit.neurons
        columns = {"neuron_id": neurons.index.to_numpy()}
        columns |= {
            f"neuron_{name}": neurons[name].astype(object).to_numpy()
            for name in ("type", "class", "transmitter", "side")
        }
        table = dynamic_table(DynamicTable, "neurons", "The neurons.", columns | {"sign": neurons["sign"].to_numpy()})
        module.add(table)
    _series(module, "rates", rates, "arbitrary", rate)


def _series(
    module: "ProcessingModule", name: str, values: np.ndarray, unit: str, rate: float, columns: tuple[str, ...] = ()
) -> None:
    from hdmf.backends.hdf5 import H5DataIO
    from pynwb import TimeSeries

    data = H5DataIO(data=values, compression="gzip")
    said = f"{name} (samples, {', '.join(columns)})" if columns else name
    module.add(TimeSeries(name=name, data=data, unit=unit, rate=rate, starting_time=0.0, description=said))
